"""Calls: operations that build a query, expressions, and functions of the project, which are followed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from qscache_lint.facts.terms import Attribute, Call, FunctionTerm, Parameter, Ref
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.repeatability.columns import any_unfollowed_column, lookups_of, unfollowed_column
from qscache_lint.fixing.repeatability.known import (
    COMPARING_METHODS,
    NAMING_METHODS,
    READING_CALLS,
    UNREPEATABLE_OPERATIONS,
    is_condition,
    is_expression,
    is_plain_call,
    is_text_call,
)
from qscache_lint.fixing.repeatability.managers import getters, is_queryset_class, unfollowed
from qscache_lint.fixing.repeatability.moved import is_cache_call, is_lazy
from qscache_lint.fixing.repeatability.names import Names
from qscache_lint.project.abstract import (
    Atom,
    Data,
    External,
    Formatted,
    Function,
    Instance,
    Literal,
    Memoized,
    Method,
    Super,
    Unknown,
    leaves,
)
from qscache_lint.project.abstract import (
    Collection as Members,
)
from qscache_lint.project.evaluate import Site
from qscache_lint.project.identities import ClassId
from qscache_lint.project.operations import builds_query
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def _is_outside(atom: Atom) -> bool:
    """Whether an object comes from outside the project, or is text."""
    match atom:
        case External(dotted=dotted):
            return dotted.endswith("()")
        case Instance(of=of):
            return isinstance(of, str)
        case _:
            return isinstance(atom, (Unknown, Literal, Formatted))


class Calls(Names):
    """Checks calls."""

    def _call(self, ref: Ref) -> Iterator[Reason]:
        term = self.subject.facts.terms[ref]
        assert isinstance(term, Call)
        value = self.subject.value(term.function)
        name = f"{written_call(self.subject.facts, term.function)}()"
        if self.terms.is_text_method(term.function):
            return
        if not value:
            yield self._unknown(ref, name)
        if any(each.star and is_lazy(self.subject.value(each.value)) for each in term.arguments):
            yield self._query(ref, f"{name} with all rows")
        for atom in value:
            yield from self._called(ref, term, atom, name)

    def _called(self, ref: Ref, term: Call, atom: Atom, name: str) -> Iterator[Reason]:
        evaluator = self.subject.evaluator
        match atom:
            case Method(receiver=QuerySet() | Manager() as receiver, name=method):
                yield from self._operation(ref, term, receiver, method)
            case Method(receiver=Members()):
                method_term = self.subject.facts.terms[term.function]
                if not isinstance(method_term, Attribute) or not self.terms.is_own(method_term.base):
                    yield self._again(ref, name)
            case External(dotted="super"):
                return
            case External(dotted="functools.partial"):
                yield from self._partial(ref, term, name)
            case External(dotted=dotted) if is_expression(dotted) or is_plain_call(dotted):
                yield from self._expression(ref, term, dotted)
            case External() if is_text_call((atom,)):
                yield from self._of_texts(ref, term, name)
            case External(dotted=dotted) if dotted in READING_CALLS:
                yield from self._reading(ref, term, name)
            case External() | Memoized() if isinstance(atom, Memoized) or is_cache_call(self.subject, (atom,)):
                yield self._again(ref, f"{name}, a cache of its own,")
            case _ if is_queryset_class(evaluator, atom):
                return
            case Function():
                passed = evaluator.passed(term, Site(self.subject.path, ref, self.subject.frame))
                frame = evaluator.activation(atom, passed)
                yield from self._followed(ref, atom, frame, name)
            case _:
                yield self._unknown(ref, name)

    def _partial(self, ref: Ref, term: Call, name: str) -> Iterator[Reason]:
        called = self.subject.value(term.arguments[0].value) if term.arguments else ()
        for atom in called:
            if isinstance(atom, Function):
                yield from self._followed(ref, atom, None, name)
            else:
                yield self._unknown(ref, name)
        if not called:
            yield self._unknown(ref, name)

    def _reading(self, ref: Ref, term: Call, name: str) -> Iterator[Reason]:
        for argument in term.arguments:
            if is_lazy(self.subject.value(argument.value)):
                yield self._query(ref, name)
            elif argument.keyword is None and not self.terms.is_data(argument.value):
                yield self._used_up(argument.value) or self._unknown(ref, name)

    def _of_texts(self, ref: Ref, term: Call, name: str) -> Iterator[Reason]:
        """A function that makes text: of a row by `__str__()`, of a match by what it calls: `re.sub("a", f, text)`."""
        for argument in term.arguments:
            value = self.subject.value(argument.value)
            is_made = isinstance(self.subject.facts.terms[argument.value], FunctionTerm)
            is_known = self.terms.is_text(argument.value) or all(map(_is_outside, value))
            if is_made or argument.star or not is_known:
                yield self._unknown(ref, name)
                return

    def _operation(self, ref: Ref, term: Call, receiver: QuerySet | Manager, method: str) -> Iterator[Reason]:
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
            yield reason("manager-not-followed", *self.subject.place(ref), what=missing)
            return
        if isinstance(receiver, Manager) and not self._is_super(term.function):
            for identity in getters(evaluator, receiver.classes):
                yield from self._followed(ref, Function(identity, receiver=receiver), None, ".get_queryset()")
        yield from self._arguments(ref, term, method)
        model = frozenset() if receiver.model is None else frozenset({receiver.model.identity})
        if method in NAMING_METHODS:
            names = self._names_of(term, has_keywords=method in COMPARING_METHODS)
            yield from self._columns(ref, names, model)

    def _expression(self, ref: Ref, term: Call, dotted: str) -> Iterator[Reason]:
        """An expression names columns by texts, and a condition by keywords, too."""
        if is_expression(dotted) and not dotted.endswith(".Value"):
            yield from self._columns(ref, self._names_of(term, has_keywords=is_condition(dotted)), self.queried)

    @property
    def queried(self) -> frozenset[ClassId | str]:
        """The models of all QuerySets here, and around: one of them has the columns that an expression names."""
        atoms = (atom for ref in self.moved.refs for atom in self.subject.value(ref))
        models = (atom.model for atom in atoms if isinstance(atom, (QuerySet, Manager)))
        return self.models.union(each.identity for each in models if each is not None)

    def _names_of(self, term: Call, *, has_keywords: bool) -> Collection[str] | None:
        given = ((each, self.subject.value(each.value)) for each in term.arguments)
        return lookups_of(given, has_keywords=has_keywords)

    def _columns(
        self, ref: Ref, names: Collection[str] | None, models: Collection[ClassId | str]
    ) -> Iterator[Reason]:
        """What look-ups do with a value when the query is built; with None for names it may be any of a model."""
        evaluator = self.subject.evaluator
        if names is None:
            what = any_unfollowed_column(evaluator, models)
        else:
            what = unfollowed_column(evaluator, models, names)
        if what:
            yield reason("column-not-followed", *self.subject.place(ref), what=what)

    def _is_super(self, function: Ref) -> bool:
        method = self.subject.facts.terms[function]
        base = self.subject.value(method.base) if isinstance(method, Attribute) else ()
        return any(isinstance(atom, Super) for atom in base)

    def _arguments(self, ref: Ref, term: Call, method: str) -> Iterator[Reason]:
        for argument in term.arguments:
            given = self.subject.facts.terms[argument.value]
            if method == "order_by":
                known = leaves(self.subject.value(argument.value))
                if any(isinstance(atom, Literal) and atom.value == "?" for atom in known):
                    yield self._unknown(ref, 'order_by("?")')
                elif isinstance(given, Parameter) and not self._is_ordering(given.name):
                    yield self._unknown(ref, f"order_by({given.name})")
            several = argument.keyword is not None and argument.keyword.endswith(("__in", "__range"))
            used_up = self._used_up(argument.value) if several else None
            if used_up is not None:
                yield used_up

    def _is_ordering(self, name: str) -> bool:
        known = self.subject.known_of(name)
        return bool(known) and all(isinstance(atom, Literal) and atom.value != "?" for atom in known)

    def _used_up(self, ref: Ref) -> Reason | None:
        """Why what is iterated may have nothing left for a second call; None for what can be read again."""
        term = self.subject.facts.terms[ref]
        if not isinstance(term, Parameter) or self._can_be_read_again(term.name):
            return None
        return reason("iterator", *self.subject.place(ref), name=term.name)

    def _can_be_read_again(self, name: str) -> bool:
        stated = self.subject.parameter(name)
        is_star = stated is not None and stated.kind in ("*", "**")
        return is_star or self.subject.is_container(name) or self.subject.may_be_lazy(name)

    def of_callables(self) -> Iterator[Reason]:
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
