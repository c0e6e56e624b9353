"""The body of a builder: everything in it has to be known to give the same, without a query, each time it runs.

What is not known here is a concern. Terms are checked one by one: a value that is made of harmless parts by a harmless
step is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

import libcst.matchers as m

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Escape,
    Event,
    Free,
    FunctionTerm,
    Import,
    Item,
    ItemStore,
    Iteration,
    Join,
    Member,
    Mutated,
    Name,
    NameStore,
    Narrowed,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Test,
    Text,
    Updated,
    same_object,
)
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.known import (
    READING_CALLS,
    TEXT_METHODS,
    UNREPEATABLE_OPERATIONS,
    is_expression,
    is_plain_call,
)
from qscache_lint.fixing.repeatability.managers import getters, is_queryset_class, unfollowed
from qscache_lint.fixing.repeatability.moved import Moved, is_cache_call, is_lazy, whole
from qscache_lint.fixing.repeatability.settled import constant_at, found_at, is_settled
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Data,
    External,
    Formatted,
    Function,
    FunctionId,
    Instance,
    Literal,
    Manager,
    Memoized,
    Method,
    ModelOptions,
    Module,
    QuerySet,
    Super,
    Value,
)
from qscache_lint.project.abstract import (
    Collection as Members,
)
from qscache_lint.project.evaluate import Site
from qscache_lint.project.operations import builds_query

_SIMPLE_OPAQUE = frozenset({"unary operator", "chained comparison", "float", "bytes", "complex", "unfinished loop"})
_OPTIONS = frozenset({"label", "label_lower", "app_label", "model_name", "object_name", "concrete_model", "db_table"})
"""What a model keeps in `_meta` that is never anything else."""

_STATEMENTS = m.Try() | m.TryStar() | m.With() | m.Match()
_JUMPS = m.Del() | m.Global() | m.Nonlocal() | m.Raise()
_SILENT = (Constant, Join, Not, Container, Narrowed, FunctionTerm, Element, Member)
"""Terms that do nothing by themselves: what they are made of is checked, and events say where something is read."""


def body_concerns(moved: Moved, chains: Collection[Chain] = (), callable_value: bool = False) -> Iterator[str]:
    """What speaks against running some terms again.

    `chains` are those that the key reads, too, at each call. `callable_value`: what is handed out is called first.
    """
    body = _Body(moved, frozenset(chains), frozenset({moved.subject.identity}), limits.BUILDER_DEPTH)
    found: dict[str, str] = {}
    for sentence in (*body.sentences(), *(body.of_callables() if callable_value else ())):
        place = _PLACE.search(sentence)
        found.setdefault(sentence if place is None else place[0], sentence)
    yield from found.values()


@dataclass(frozen=True)
class _Body:
    """What runs again of one function, at some depth; `around` are the functions that it is called in."""

    moved: Moved
    chains: frozenset[Chain]
    around: frozenset[FunctionId]
    depth: int

    @property
    def subject(self) -> Subject:
        return self.moved.subject

    def sentences(self) -> Iterator[str]:
        yield from self._of_syntax()
        yield from self.of_terms()
        for event in self.moved.events:
            yield from self._event(event)

    def _again(self, ref: Ref, what: str) -> str:
        return f"{what} on {self.subject.where(ref)} runs again at each call of the builder"

    def _query(self, ref: Ref, what: str) -> str:
        return f"{what} on {self.subject.where(ref)} sends a query of its own, which the cache has saved"

    def _unknown(self, ref: Ref, what: str) -> str:
        return f"{what} on {self.subject.where(ref)} may give something else at each call"

    # -- statements

    def _of_syntax(self) -> Iterator[str]:
        """Statements that change what is around them, or how the function goes on."""
        facts = self.subject.facts
        try:
            parsed = Parsed.read(self.subject.evaluator.project.tree.read(self.subject.path))
            node = parsed.function_at(self.subject.function.span)
        except Refused as refusal:
            yield f"{self.subject.path} cannot be looked at: {refusal}"
            return
        places = [facts.spans[ref].start for ref in self.moved.refs]
        for found in (*m.findall(node.body, _STATEMENTS), *m.findall(node.body, _JUMPS)):
            span = parsed.positions.span(found)
            if m.matches(found, _JUMPS) or any(span.start <= place < span.end for place in places):
                word = type(found).__name__.lower()
                yield f"the {word} statement on line {span.start.row} of {self.subject.path} would run again"

    # -- terms

    def _step(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        if isinstance(term, _SILENT) and not isinstance(term, (Element, Member)):
            return
        check = _CHECKS.get(type(term))
        if check is None:
            yield self._unknown(ref, "an expression")
            return
        yield from check(self, ref)

    def _parameter(self, ref: Ref) -> Iterator[str]:
        return iter(())

    def _free(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Free)
        around = self.subject.facts.functions[term.function]
        is_parameter = any(each.name == term.name for each in around.parameters)
        if len(around.bindings.get(term.name, ())) + is_parameter > 1:
            yield self._unknown(ref, f"{term.name}, which changes around the function that reads it,")

    def _name(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Name, Import))
        yield from self._named(ref, term.name or "", self.subject.value(ref))

    def _named(self, ref: Ref, name: str, value: Value) -> Iterator[str]:
        """What a global, or an attribute of a module or class, is."""
        if value and all(isinstance(atom, _STATELESS) for atom in value):
            return
        is_outside = bool(value) and all(isinstance(atom, External) for atom in value)
        is_made = any(isinstance(atom, External) and atom.dotted.endswith("()") for atom in value)
        if is_outside and not is_made:
            yield from self._outside(ref, name)
        elif is_outside and self._is_step(ref):
            return  # what is called or asked is looked at where that is done
        elif not self._is_constant(ref, name, value):
            yield f"{name} on {self.subject.where(ref)} is not known to be constant"

    def _is_settled(self, name: str) -> bool:
        return is_settled(self.subject.evaluator, self.subject.path, name)

    def _is_constant(self, ref: Ref, name: str, value: Value) -> bool:
        """Whether a global or class attribute is bound once, to what is the same in every process."""
        if not self._is_settled(name):
            return False
        if value and all(isinstance(atom, Literal) for atom in value):
            return True
        found = constant_at(self.subject, ref)
        if found is None or not self.depth:
            return False
        inner = found_at(self.subject.evaluator, *found)
        around = self.around | {inner.subject.identity}
        body = replace(self, moved=inner, chains=frozenset(), around=around, depth=self.depth - 1)
        return next(body.of_terms(), None) is None

    def of_terms(self) -> Iterator[str]:
        """What speaks against the terms alone."""
        for ref in sorted(self.moved.refs):
            yield from self._step(ref)

    def _outside(self, ref: Ref, name: str) -> Iterator[str]:
        """Something outside the project is harmless where it is only called, or asked for an attribute."""
        names = [atom.dotted for atom in self.subject.value(ref) if isinstance(atom, External)]
        if not self._is_step(ref) and not all(is_expression(each) for each in names):
            yield self._unknown(ref, names[0] if names[0].startswith("django.conf.") else name)

    def _is_step(self, ref: Ref) -> bool:
        """Whether a term is only called, or asked for an attribute."""
        users = [self.subject.facts.terms[user] for user in self.moved.users(ref)]
        return bool(users) and all(
            (isinstance(user, Attribute) and user.base == ref) or (isinstance(user, Call) and user.function == ref)
            for user in users
        )

    def _attribute(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Attribute)
        base, value = self.subject.value(term.base), self.subject.value(ref)
        if value and all(isinstance(atom, (Method, Super)) for atom in value):
            return
        if base and all(isinstance(atom, Instance) and isinstance(atom.of, ClassId) for atom in base):
            for atom in base:
                if isinstance(atom, Instance) and isinstance(atom.of, ClassId):
                    yield from self._of_instance(ref, term, atom.of)
        elif base and all(isinstance(atom, (Module, External)) for atom in base):
            yield from self._named(ref, term.name, value)
        elif base and all(isinstance(atom, ClassValue) for atom in base):
            yield from self._of_class(ref, term, value)
        elif base and all(isinstance(atom, (Manager, QuerySet, Super)) for atom in base):
            if not all(isinstance(atom, (Function, ClassValue)) for atom in value):
                yield self._unknown(ref, f".{term.name}")
        elif base and all(isinstance(atom, ModelOptions) for atom in base):
            if term.name not in _OPTIONS:
                yield self._unknown(ref, f"._meta.{term.name}")
        elif not self._is_harmless_attribute(ref, term):
            yield self._unknown(ref, f".{term.name}")

    def _is_harmless_attribute(self, ref: Ref, term: Attribute) -> bool:
        """Whether an attribute of something that is not known better is that of text, a key, or is read by the key."""
        if self._is_text(term.base) and term.name in (*TEXT_METHODS, "value"):
            return True
        read = chain_of(self.subject, ref)
        return read is not None and (read in self.chains or (term.name in ("pk", "id") and not read[1][1:]))

    def _of_class(self, ref: Ref, term: Attribute, value: Value) -> Iterator[str]:
        if term.name == "__name__":
            return
        yield from self._named(ref, term.name, value)

    def _of_instance(self, ref: Ref, term: Attribute, owner: ClassId) -> Iterator[str]:
        """An attribute of a row, or of another object."""
        evaluator = self.subject.evaluator
        if fields.is_overridden(evaluator, owner, term.name):
            yield self._unknown(ref, f".{term.name}, which derived classes override,")
            return
        match fields.member(evaluator, owner, term.name):
            case fields.Member.KEY | fields.Member.COLUMN | fields.Member.ROWS:
                return
            case fields.Member.CONSTANT | fields.Member.ASSIGNED:
                if not self._is_settled(term.name):
                    yield f".{term.name} on {self.subject.where(ref)} is not known to be constant"
            case fields.Member.FUNCTION:
                identity = fields.function_of(evaluator, owner, term.name)
                if identity is None or evaluator.flavour(identity) == "property":
                    yield from self._of_property(ref, term, owner, identity)
            case fields.Member.ROW:
                if chain_of(self.subject, ref) not in self.chains:
                    yield self._query(ref, f".{term.name}")
            case _:
                if chain_of(self.subject, ref) not in self.chains:
                    yield self._unknown(ref, f".{term.name}")

    def _of_property(self, ref: Ref, term: Attribute, owner: ClassId, identity: FunctionId | None) -> Iterator[str]:
        """A property is a call; one that is cached, or bound several times, is not followed."""
        if identity is None:
            yield self._unknown(ref, f".{term.name}")
            return
        function = Function(identity, receiver=Instance(owner))
        yield from self._followed(ref, function, None, f".{term.name}")

    def _binary(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Binary)
        left, right = self.subject.value(term.left), self.subject.value(term.right)
        if is_lazy(left) or is_lazy(right):
            if term.operator not in self.subject.evaluator.knowledge.combining:
                yield self._unknown(ref, f"the operator {term.operator}")
        elif term.operator == "%" and self._is_text(term.left):
            yield from self._formats(ref, self._values(term.right))
        elif any(isinstance(atom, Instance) and not isinstance(atom.of, str) for atom in (*left, *right)):
            yield self._unknown(ref, f"the operator {term.operator}")

    def _values(self, ref: Ref) -> list[Ref]:
        term = self.subject.facts.terms[ref]
        return [each.value for each in term.entries] if isinstance(term, Container) else [ref]

    def _formats(self, ref: Ref, parts: Collection[Ref]) -> Iterator[str]:
        for part in parts:
            if not self._is_text(part):
                yield self._unknown(ref, "the text that is made of an object")

    def _text(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Text)
        yield from self._formats(ref, term.parts)

    def _is_text(self, ref: Ref) -> bool:
        """Whether a term is text or a number: a known one, or what methods of text give."""
        term = self.subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            return self._is_text(same)
        match term:
            case Call(function=function):
                method = self.subject.facts.terms[function]
                is_method = isinstance(method, Attribute) and method.name in TEXT_METHODS
                return is_method and self._is_text(method.base) if isinstance(method, Attribute) else False
            case Item(base=base) | Element(base=base) | Member(base=base) | Slice(base=base):
                return self._is_text(base)
            case Join(choices=choices):
                return all(choice.value != ref and self._is_text(choice.value) for choice in choices)
            case Binary(operator="%" | "+", left=left):
                return self._is_text(left)
            case Attribute(base=base, name="value"):
                return self._is_text(base)
            case _:
                return self.subject.is_text(ref) or self._is_column(ref)

    def _is_column(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        base = self.subject.value(term.base) if isinstance(term, Attribute) else ()
        owners = [atom.of for atom in base if isinstance(atom, Instance) and isinstance(atom.of, ClassId)]
        name = term.name if isinstance(term, Attribute) else ""
        columns = (fields.Member.KEY, fields.Member.COLUMN)
        evaluator = self.subject.evaluator
        return len(owners) == len(base) > 0 and all(fields.member(evaluator, each, name) in columns for each in owners)

    def _compare(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Compare)
        if term.operator in ("in", "not in") and not self._is_data(term.right):
            yield self._query(ref, f"the operator {term.operator}")

    def _item(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Item)
        if is_lazy(self.subject.value(term.base)):
            yield self._query(ref, "an index")
        elif not self._is_data(term.base):
            yield self._unknown(ref, "an item")

    def _slice(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Slice)
        if is_lazy(self.subject.value(term.base)):
            if term.step is not None:
                yield self._query(ref, "a slice with a step")
        elif not self._is_data(term.base):
            yield self._unknown(ref, "a slice")

    def _element(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Element, Member))
        if is_lazy(self.subject.value(term.base)):
            yield self._query(ref, "the rows that are read")
        elif not self._is_data(term.base):
            yield self._unknown(ref, "what is iterated")

    def _is_data(self, ref: Ref) -> bool:
        """Whether a term is text, or a container that can be read again and again."""
        term = self.subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            return self._is_data(same)
        if isinstance(term, Parameter):
            stated = self.subject.parameter(term.name)
            is_own = stated is not None and stated.kind in ("*", "**")
            return is_own or self.subject.is_container(term.name) or self.subject.is_scalar(term.name)
        if isinstance(term, (Container, Updated)):
            return not isinstance(term, Container) or term.kind != "generator"
        value = self.subject.value(ref)
        is_known = bool(value) and all(isinstance(atom, (Members, Literal, Formatted)) for atom in value)
        return is_known or self._is_text(ref)

    def _changed(self, ref: Ref) -> Iterator[str]:
        """A container that is changed has to be the function's own."""
        term = self.subject.facts.terms[ref]
        assert isinstance(term, (Updated, Mutated))
        if not self._is_own(term.base):
            yield self._again(ref, "the change of an object that others have")

    def _is_own(self, ref: Ref) -> bool:
        """Whether an object has been made in the function, or by its call."""
        pending, seen = [ref], set[Ref]()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            match self.subject.facts.terms[current]:
                case Updated(base=base) | Mutated(base=base) | Narrowed(base=base):
                    pending.append(base)
                case Join(choices=choices):
                    pending.extend(choice.value for choice in choices)
                case Parameter(name=name):
                    stated = self.subject.parameter(name)
                    if stated is None or stated.kind not in ("*", "**"):
                        return False
                case Call(function=function):
                    if not self._makes_container(function) and not self._makes_condition(current):
                        return False
                case Container() | Opaque(reason="unfinished loop"):
                    pass
                case _:
                    return False
        return True

    def _makes_container(self, function: Ref) -> bool:
        made = self.subject.value(function)
        return bool(made) and all(isinstance(each, External) and each.dotted in READING_CALLS for each in made)

    def _makes_condition(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        made = self.subject.value(term.function) if isinstance(term, Call) else ()
        return bool(made) and all(isinstance(each, External) and is_expression(each.dotted) for each in made)

    def _opaque(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Opaque)
        if term.reason == "exception":
            yield self._again(ref, "what is done about an exception")
        elif term.reason not in _SIMPLE_OPAQUE:
            yield self._unknown(ref, "an expression")

    # -- calls

    def _call(self, ref: Ref) -> Iterator[str]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Call)
        value = self.subject.value(term.function)
        name = f"{written_call(self.subject.facts, term.function)}()"
        if self._is_text_method(term.function):
            return
        if not value:
            yield self._unknown(ref, name)
        for atom in value:
            yield from self._called(ref, term, atom, name)

    def _is_text_method(self, function: Ref) -> bool:
        method = self.subject.facts.terms[function]
        return isinstance(method, Attribute) and method.name in TEXT_METHODS and self._is_text(method.base)

    def _called(self, ref: Ref, term: Call, atom: Atom, name: str) -> Iterator[str]:
        evaluator = self.subject.evaluator
        match atom:
            case Method(receiver=QuerySet() | Manager() as receiver, name=method):
                yield from self._operation(ref, term, receiver, method)
            case Method(receiver=Members()):
                method_term = self.subject.facts.terms[term.function]
                if not isinstance(method_term, Attribute) or not self._is_own(method_term.base):
                    yield self._again(ref, name)
            case External(dotted="super"):
                return
            case External(dotted="functools.partial"):
                yield from self._partial(ref, term, name)
            case External(dotted=dotted) if is_expression(dotted) or is_plain_call(dotted):
                return
            case External(dotted=dotted) if dotted in READING_CALLS:
                yield from self._reading(ref, term, name)
            case External() if is_cache_call(self.subject, (atom,)):
                yield self._again(ref, f"{name}, a cache of its own,")
            case _ if is_queryset_class(evaluator, atom):
                return
            case Function():
                passed = evaluator.passed(term, Site(self.subject.path, ref, self.subject.frame))
                frame = evaluator.activation(atom, passed)
                yield from self._followed(ref, atom, frame, name)
            case Memoized():
                yield self._again(ref, f"{name}, a cache of its own,")
            case _:
                yield self._unknown(ref, name)

    def _partial(self, ref: Ref, term: Call, name: str) -> Iterator[str]:
        called = self.subject.value(term.arguments[0].value) if term.arguments else ()
        for atom in called:
            if isinstance(atom, Function):
                yield from self._followed(ref, atom, None, name)
            else:
                yield self._unknown(ref, name)
        if not called:
            yield self._unknown(ref, name)

    def _reading(self, ref: Ref, term: Call, name: str) -> Iterator[str]:
        for argument in term.arguments:
            if is_lazy(self.subject.value(argument.value)):
                yield self._query(ref, name)
            elif argument.keyword is None and not self._is_data(argument.value):
                yield self._unknown(ref, name)

    def _operation(self, ref: Ref, term: Call, receiver: QuerySet | Manager, method: str) -> Iterator[str]:
        """A method of Django's own on a QuerySet or manager."""
        evaluator = self.subject.evaluator
        row = evaluator.knowledge.operations.get(method)
        is_same = method == "get_queryset" or method in evaluator.knowledge.querysets.managers.same
        if not is_same and (row is None or not builds_query(row)):
            yield self._query(ref, f".{method}()")
            return
        if method in UNREPEATABLE_OPERATIONS:
            yield self._unknown(ref, f".{method}()")
            return
        missing = unfollowed(evaluator, receiver)
        if missing:
            yield f"{missing} on {self.subject.where(ref)} is not followed, and may send queries or read a clock"
            return
        if isinstance(receiver, Manager) and not self._is_super(term.function):
            for identity in getters(evaluator, receiver.classes):
                yield from self._followed(ref, Function(identity, receiver=receiver), None, ".get_queryset()")
        yield from self._arguments(ref, term, method)

    def _is_super(self, function: Ref) -> bool:
        method = self.subject.facts.terms[function]
        base = self.subject.value(method.base) if isinstance(method, Attribute) else ()
        return any(isinstance(atom, Super) for atom in base)

    def _arguments(self, ref: Ref, term: Call, method: str) -> Iterator[str]:
        for argument in term.arguments:
            given = self.subject.facts.terms[argument.value]
            if method == "order_by":
                known = self.subject.value(argument.value)
                if given == Constant("?") or any(isinstance(atom, Literal) and atom.value == "?" for atom in known):
                    yield self._unknown(ref, 'order_by("?")')
                elif isinstance(given, Parameter) and not self._is_ordering(given.name):
                    yield self._unknown(ref, f"order_by({given.name})")
            several = argument.keyword is not None and argument.keyword.endswith(("__in", "__range"))
            if several and isinstance(given, Parameter) and not self._can_be_read_again(given.name):
                yield f"{given.name} on {self.subject.where(ref)} may be an iterator, which can be read once"

    def _is_ordering(self, name: str) -> bool:
        known = self.subject.known_of(name)
        return bool(known) and all(isinstance(atom, Literal) and atom.value != "?" for atom in known)

    def _can_be_read_again(self, name: str) -> bool:
        stated = self.subject.parameter(name)
        is_star = stated is not None and stated.kind in ("*", "**")
        return is_star or self.subject.is_container(name) or self.subject.may_be_lazy(name)

    def of_callables(self) -> Iterator[str]:
        """What is handed out as a callable, and called by the cache on a miss."""
        for ref in self.moved.roots:
            if isinstance(self.subject.facts.terms[ref], FunctionTerm):
                continue  # a function of this very function, whose terms move with it
            for atom in self.subject.value(ref):
                if isinstance(atom, Function):
                    yield from self._followed(ref, atom, None, "the function that is stored")
                elif not isinstance(atom, (QuerySet, Data)) and not self._is_partial(ref):
                    yield self._unknown(ref, "what is stored")

    def _is_partial(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        return isinstance(term, Call) and self.subject.value(term.function) == (External("functools.partial"),)

    # -- functions of the project

    def _followed(self, ref: Ref, atom: Function, frame: object, name: str) -> Iterator[str]:
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
        inner = whole(Subject(evaluator, identity, activation))  # type: ignore[arg-type]
        around = self.around | {identity}
        body = replace(self, moved=inner, chains=frozenset(), around=around, depth=self.depth - 1)
        yield from islice(chain(default_concerns(inner.subject), body.sentences()), 1)

    # -- events

    def _event(self, event: Event) -> Iterator[str]:
        match event:
            case Test(value=value) if is_lazy(self.subject.value(value)) or self._may_be_lazy(value):
                yield self._query(value, "the test of a QuerySet")
            case Iteration(value=value) if is_lazy(self.subject.value(value)):
                yield self._query(value, "the loop over a QuerySet")
            case Iteration(value=value) if not self._is_data(value):
                yield self._unknown(value, "what is iterated")
            case AttributeStore(name=name, span=span) | NameStore(name=name, span=span):
                yield f"the assignment to {name} on line {span.start.row} of {self.subject.path} would run again"
            case ItemStore(base=base, span=span) if not self._is_own(base):
                yield f"the assignment to an item on line {span.start.row} of {self.subject.path} would run again"
            case Escape(span=span):
                yield f"line {span.start.row} of {self.subject.path} raises or yields something"

    def _may_be_lazy(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        return isinstance(term, Parameter) and self.subject.may_be_lazy(term.name)


_PLACE = re.compile(r"line \d+ of \S+")
"""A place: of several things on one line, the first is said."""

_BINDING = frozenset({"classmethod", "staticmethod", "property"})
_STATELESS = (ClassValue, Function, Manager, Method, Module, ModelOptions)
"""What is no data, and does something only where it is called or asked."""

_CHECKS: dict[type[object], Callable[[_Body, Ref], Iterator[str]]] = {
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


def default_concerns(subject: Subject) -> Iterator[str]:
    """The defaults of a function: each is made when the function is defined, and has to be a constant."""
    for parameter in subject.function.parameters:
        if parameter.default is None:
            continue
        value = subject.evaluator.value(subject.path, parameter.default)
        if not value or not all(isinstance(atom, (Literal, Formatted)) for atom in value):
            yield f"the default of {parameter.name} on {subject.where(parameter.default)} is not known to be constant"


def chain_of(subject: Subject, ref: Ref) -> Chain | None:
    """The parameter that a term is, with the attributes that are read of it; None for other terms."""
    names: list[str] = []
    while True:
        term = subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            ref = same
        elif isinstance(term, Attribute):
            names.insert(0, term.name)
            ref = term.base
        elif isinstance(term, (Parameter, Free)) and term.function == subject.identity.index:
            return term.name, tuple(names)
        else:
            return None
