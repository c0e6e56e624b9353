"""The body of a builder: everything in it has to be known to give the same, without a query, each time it runs.

What is not known here is a concern. Terms are checked one by one: a value that is made of harmless parts by a harmless
step is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import chain

import libcst.matchers as m

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, Escape, Event, ItemStore, Iteration, NameStore, Removal, Test
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Free,
    FunctionTerm,
    Import,
    Item,
    Join,
    Member,
    Mutated,
    Name,
    Narrowed,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Text,
    Updated,
)
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.calls import Calls
from qscache_lint.fixing.repeatability.chains import chains_inside
from qscache_lint.fixing.repeatability.handlers import idle_handlers, is_idle
from qscache_lint.fixing.repeatability.moved import Moved, is_lazy, whole
from qscache_lint.fixing.repeatability.only_read import is_only_read
from qscache_lint.fixing.repeatability.parts import part_concerns
from qscache_lint.fixing.repeatability.row_concerns import one_of_each_kind, one_of_each_place
from qscache_lint.fixing.repeatability.settled import found_at, other_names
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import (
    Formatted,
    Frame,
    Function,
    Instance,
    Literal,
)
from qscache_lint.reasons import reason
from qscache_lint.values import Reason, Span

_SIMPLE_OPAQUE = frozenset({"unary operator", "chained comparison", "float", "bytes", "complex", "unfinished loop"})
_STATEMENTS = m.Try() | m.TryStar() | m.With() | m.Match()
_JUMPS = m.Del() | m.Global() | m.Nonlocal() | m.Raise()
_SILENT = (Constant, Join, Not, Container, Narrowed, FunctionTerm, Element, Member)
"""Terms that do nothing by themselves: what they are made of is checked, and events say where something is read."""


def body_concerns(moved: Moved, chains: Collection[Chain] = (), callable_value: bool = False) -> Iterator[Reason]:
    """What speaks against running some terms again.

    `chains` are those that the key reads, too, at each call. `callable_value`: what is handed out is called first.
    """
    body = _Body(moved, frozenset(chains), frozenset({moved.subject.identity}), limits.BUILDER_DEPTH)
    yield from one_of_each_place((*body.reasons(), *(body.of_callables() if callable_value else ())))


class _Body(Calls):
    """Checks all that runs again."""

    def reasons(self) -> Iterator[Reason]:
        yield from self._of_syntax()
        yield from self.of_terms()
        for event in self.moved.events:
            yield from self._event(event)
        yield from part_concerns(self.moved)

    def _of_syntax(self) -> Iterator[Reason]:
        """Statements that change what is around them, or how the function goes on."""
        facts = self.subject.facts
        try:
            parsed = Parsed.read(self.subject.evaluator.project.tree.read(self.subject.path))
            node = parsed.function_at(self.subject.function.span)
        except Refused as refusal:
            yield reason("body-unreadable", self.subject.path, problem=refusal)
            return
        places = [facts.spans[ref].start for ref in self.moved.refs]
        for found in (*m.findall(node.body, _STATEMENTS), *m.findall(node.body, _JUMPS)):
            if is_idle(self.subject, found):
                continue
            span = parsed.positions.span(found)
            if m.matches(found, _JUMPS) or any(span.start <= place < span.end for place in places):
                yield self._statement(span, f"{type(found).__name__.lower()} statement")

    def _step(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        if isinstance(term, _SILENT) and not isinstance(term, (Element, Member)):
            return
        check = _CHECKS.get(type(term))
        if check is None:
            yield self._unknown(ref, "an expression")
            return
        yield from check(self, ref)

    def _parameter(self, ref: Ref) -> Iterator[Reason]:
        """Those of an inner function get what is not followed: `lambda name=name: …`."""
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Parameter)
        if term.function != self.subject.identity.index:
            yield self._unknown(ref, f"{term.name}, the parameter of an inner function,")

    def of_terms(self) -> Iterator[Reason]:
        """What speaks against the terms alone."""
        for ref in sorted(self.moved.refs):
            yield from self._step(ref)

    def _binary(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Binary)
        left, right = self.subject.value(term.left), self.subject.value(term.right)
        if is_lazy(left) or is_lazy(right):
            if term.operator not in self.subject.evaluator.knowledge.combining:
                yield self._unknown(ref, f"the operator {term.operator}")
        elif term.operator == "%" and self.terms.is_text(term.left):
            yield from self._formats(ref, self._values(term.right))
        elif any(isinstance(atom, Instance) and not isinstance(atom.of, str) for atom in (*left, *right)):
            yield self._unknown(ref, f"the operator {term.operator}")

    def _values(self, ref: Ref) -> list[Ref]:
        term = self.subject.facts.terms[ref]
        return [each.value for each in term.entries] if isinstance(term, Container) else [ref]

    def _formats(self, ref: Ref, parts: Collection[Ref]) -> Iterator[Reason]:
        for part in parts:
            if not self.terms.is_text(part):
                yield self._unknown(ref, "the text that is made of an object")

    def _text(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Text)
        yield from self._formats(ref, term.parts)

    def _compare(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Compare)
        if term.operator in ("in", "not in") and not self.terms.is_data(term.right):
            yield self._query(ref, f"the operator {term.operator}")

    def _item(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Item)
        if is_lazy(self.subject.value(term.base)):
            yield self._query(ref, "an index")
        elif not self.terms.is_data(term.base):
            yield self._unknown(ref, "an item")

    def _slice(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Slice)
        if is_lazy(self.subject.value(term.base)):
            if term.step is not None:
                yield self._query(ref, "a slice with a step")
        elif not self.terms.is_data(term.base):
            yield self._unknown(ref, "a slice")

    def _element(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Element, Member))
        if is_lazy(self.subject.value(term.base)):
            yield self._query(ref, "reading the rows")
        elif not self.terms.is_data(term.base):
            yield self._used_up(term.base) or self._unknown(ref, "what is iterated")

    def _changed(self, ref: Ref) -> Iterator[Reason]:
        """A container that is changed has to be the function's own."""
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Updated, Mutated))
        if not self.terms.is_own(term.base):
            yield self._again(ref, "the change of an object that others have")

    def _opaque(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Opaque)
        if term.reason == "exception":
            if self.subject.facts.spans[ref].start in idle_handlers(self.subject):
                return
            yield self._again(ref, "what is done about an exception")
        elif term.reason not in _SIMPLE_OPAQUE:
            yield self._unknown(ref, "an expression")

    def _event(self, event: Event) -> Iterator[Reason]:
        match event:
            case Test(value=value) if is_lazy(self.subject.value(value)) or self._may_be_lazy(value):
                yield self._query(value, "the test of a QuerySet")
            case Iteration(value=value) if is_lazy(self.subject.value(value)):
                yield self._query(value, "the loop over a QuerySet")
            case Iteration(value=value) if not self.terms.is_data(value):
                yield self._used_up(value) or self._unknown(value, "what is iterated")
            case AttributeStore(name=name, span=span) | NameStore(name=name, span=span):
                yield self._statement(span, f"assignment to {name}")
            case ItemStore(base=base, span=span) if not self.terms.is_own(base):
                yield self._statement(span, "assignment to an item")
            case Removal(value=base, span=span) if not self.terms.is_own(base):
                yield self._statement(span, "removal of an item")
            case Escape(span=span):
                yield reason("raises-or-yields", self.subject.path, span.start.row)

    def _statement(self, span: Span, what: str) -> Reason:
        return reason("statement-runs-again", self.subject.path, span.start.row, what=what)

    def _may_be_lazy(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        return isinstance(term, Parameter) and self.subject.may_be_lazy(term.name)

    def _followed(self, ref: Ref, atom: Function, frame: Frame | None, name: str) -> Iterator[Reason]:
        """What a function of the project does that is called."""
        evaluator, identity = self.subject.evaluator, atom.of
        facts = evaluator.facts(identity.path).functions[identity.index]
        if identity in self.around or self.depth == 0:
            yield self._unknown(ref, f"{name}, which is not followed further,")
            return
        kept = [each.text for each in facts.decorators if each.text not in _BINDING]
        if kept or facts.is_async or facts.is_generator:
            yield self._unknown(ref, name)
            return
        activation = frame if frame is not None else evaluator.activation(atom, ())
        inner = whole(Subject(evaluator, identity, activation))
        around = self.around | {identity}
        chains = chains_inside(self.subject, self.chains, ref, atom)
        body = replace(self, moved=inner, chains=chains, around=around, depth=self.depth - 1, models=self.queried)
        yield from one_of_each_kind(chain(default_concerns(inner.subject), body.reasons()))

    def _is_followed_constant(self, path: str, ref: Ref) -> bool:
        """Whether a statement of a module computes the same in every process."""
        evaluator = self.subject.evaluator
        inner = found_at(evaluator, path, ref)
        if not all(is_only_read(evaluator, path, each, name) for name, each in other_names(inner, ref)):
            return False
        around = self.around | {inner.subject.identity}
        body = replace(self, moved=inner, chains=frozenset(), around=around, depth=self.depth - 1, models=self.queried)
        return next(body.of_terms(), None) is None


_BINDING = frozenset({"classmethod", "staticmethod", "property"})

_CHECKS: dict[type[object], Callable[[_Body, Ref], Iterator[Reason]]] = {
    Parameter: _Body._parameter,
    Free: _Body._free,
    Name: _Body._name,
    Import: _Body._name,
    Attribute: _Body._attribute,
    Call: _Body._call,
    Item: _Body._item,
    Slice: _Body._slice,
    Binary: _Body._binary,
    Compare: _Body._compare,
    Element: _Body._element,
    Member: _Body._element,
    Updated: _Body._changed,
    Mutated: _Body._changed,
    Text: _Body._text,
    Opaque: _Body._opaque,
}
"""How terms are checked that do something; of all other kinds nothing is known."""


def default_concerns(subject: Subject) -> Iterator[Reason]:
    """The defaults of a function: each is made when the function is defined, and has to be a constant."""
    for parameter in subject.function.parameters:
        if parameter.default is None:
            continue
        value = subject.evaluator.value(subject.path, parameter.default)
        if not value or not all(isinstance(atom, (Literal, Formatted)) for atom in value):
            yield reason("default-not-constant", *subject.place(parameter.default), name=parameter.name)
