"""Demands: what the code does with a QuerySet, the only place that says so.

A *taking* (see `takings`) is a place of the code; a demand is what that place does with one QuerySet. What a function
of the project does with an argument is what its own code does with it: that is walked in the activation which the call
makes, and in which the argument is marked. So a use in a helper is seen as it would be where the helper is called.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache, partial

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, Call, Choice, Container, Free, FunctionFacts, Name, Parameter, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Consumer, Effect, Operation, State, Store
from qscache_lint.knowledge.model import Operator
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    External,
    Frame,
    Function,
    Literal,
    Method,
    Origin,
    QuerySet,
    Super,
    Value,
    all_querysets,
    querysets,
)
from qscache_lint.project.evaluation.binding import callees, written
from qscache_lint.project.evaluation.branches import Branches
from qscache_lint.project.evaluation.consumers import Consumers
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.project.takings import Handed, Taking, Way, same, statements, takings
from qscache_lint.values import Position, Span, Step

_NOWHERE = Span(Position(1, 1), Position(1, 1))


class Embedding(Enum):
    """How a QuerySet is a part of another query: `story__in=` and `Subquery(…)`, or an argument of `union()`."""

    SUBQUERY = "subquery"
    COMBINED = "combined"


class Demand(msgspec.Struct, frozen=True):
    """One thing that is done with a QuerySet.

    `effect`: what it does with the rows; None where the QuerySet goes to code that may do anything with it.
    `operation` is how users write it (`.filter()`), `span` the place that a finding names, `way` and `value` how the
    code takes it. `is_lazy`: it may give a QuerySet that has not been read. `refused_after`: what has been done to the
    QuerySet, where Django refuses the operation for that. `embedding`: how it becomes a part of another query.
    """

    effect: Effect | None
    operation: str
    span: Span
    way: Way
    value: Ref
    is_lazy: bool = False
    refused_after: State | None = None
    embedding: Embedding | None = None

    @property
    def queries_again(self) -> bool:
        """Whether it sends a query of its own, whatever rows are there."""
        return self.effect is not None and self.effect.queries_again

    @property
    def may_read(self) -> bool:
        """Whether it reads all rows, or goes where that may happen."""
        return self.effect is None or self.effect is Effect.ROWS


class Demands:
    """Tells what the code of a project does with a QuerySet."""

    def __init__(self, core: Core, branches: Branches, consumers: Consumers) -> None:
        self._core = core
        self._branches = branches
        self._consumers = consumers
        self._effects: dict[tuple[object, str, Frame], Value] = {}
        self._statements = lru_cache(maxsize=None)(self._find_statements)

    # -- the stream

    def on(self, path: str, ref: Ref, queryset: QuerySet, frame: Frame | None = None) -> Iterator[Demand]:
        """All that the function around term `ref` does with the very object that it is."""
        facts = self._core.facts(path)
        for each in same(facts, ref):
            yield from self.on_term(path, each, queryset, frame)

    def on_term(self, path: str, ref: Ref, queryset: QuerySet, frame: Frame | None = None) -> Iterator[Demand]:
        """What takes one term, by whatever name it goes there."""
        for taking in self.takings_of(path, ref):
            yield from self.of(path, taking, queryset, frame)

    def takings_of(self, path: str, ref: Ref) -> Iterator[Taking]:
        """The places that take a term. Between it and a call may stand a method's name, or the list in an argument."""
        facts = self._core.facts(path)
        yield from self._statements(path, facts.around(ref)).get(ref, ())
        users = list(facts.users(ref))
        for user in users:
            if isinstance(facts.terms[user], (Attribute, Container)):
                users.extend(each for each in facts.users(user) if isinstance(facts.terms[each], Call))
        for user in dict.fromkeys(users):
            yield from (taking for taking in takings(facts, user) if taking.value == ref)

    def _find_statements(self, path: str, index: int) -> dict[Ref, list[Taking]]:
        found: dict[Ref, list[Taking]] = {}
        for taking in statements(self._core.facts(path), index):
            found.setdefault(taking.value, []).append(taking)
        return found

    def of(self, path: str, taking: Taking, queryset: QuerySet, frame: Frame | None = None) -> Iterator[Demand]:
        """What one place does with a QuerySet, once for each thing that it may be."""
        match taking.way:
            case Way.METHOD:
                yield from self._called(path, taking, queryset, queryset, frame)
            case Way.OPERATOR:
                yield self._operated(taking, queryset)
            case Way.ARGUMENT if taking.handed is not None:
                yield from self._handed(path, taking, taking.handed, queryset, frame)
            case Way.ATTRIBUTE | Way.RETURNED:
                yield from self._given(path, taking, queryset)
            case _:
                yield _demand(taking, None)

    def may_cost(self, taking: Taking) -> bool:
        """Whether a place may query again or take a part, as far as its form tells: iterating never does."""
        if taking.way is not Way.OPERATOR:
            return taking.way is not Way.ELSEWHERE
        row = self._core.knowledge.operators.get(taking.symbol)
        return row is not None and not row.shows and (row.effect.queries_again or row.effect is Effect.PART)

    def is_given(self, path: str, taking: Taking) -> bool:
        """Whether a framework takes what a statement sets an attribute to, binds in a class body, or returns."""
        return self._framework(path, taking) is not None

    def _framework(self, path: str, taking: Taking) -> Consumer | None:
        """The row of what takes an attribute of an object or class, or what a method returns."""
        if taking.base is not None:
            return self._consumers.by_attribute(path, taking.base, taking.symbol)
        if taking.owner is not None:
            return self._consumers.by_class(ClassId(path, taking.owner), taking.symbol)
        owner = self._around(path, taking.value).owner if taking.way is Way.RETURNED else None
        return None if owner is None else self._consumers.by_return(ClassId(path, owner), taking.symbol)

    def _around(self, path: str, ref: Ref) -> FunctionFacts:
        facts = self._core.facts(path)
        return facts.functions[facts.around(ref)]

    def _given(self, path: str, taking: Taking, queryset: QuerySet) -> Iterator[Demand]:
        """What a framework does that takes a value without a call; it leaves the function in any case."""
        row = self._framework(path, taking)
        if row is not None:
            receiver = "" if taking.base is None else "."
            operation = f"{taking.symbol}()" if taking.way is Way.RETURNED else f"{receiver}{taking.symbol} ="
            yield _demand(taking, _effect_of(row, queryset), operation)
        yield _demand(taking, None)

    # -- operators and methods

    def _operated(self, taking: Taking, queryset: QuerySet) -> Demand:
        row = self._core.knowledge.operators.get(taking.symbol)
        operation = _SPELLINGS.get(taking.symbol, taking.symbol)
        if row is None or row.effect is Effect.RAISES:
            return _demand(taking, None, operation)  # an operator of whatever else the value may be
        is_truth = taking.symbol == "if" and queryset.kept.store is Store.PICKLED  # nothing that was not stored is read
        effect = Effect.NONE if is_truth or row.shows else row.effect
        return replace(_demand(taking, effect, operation), is_lazy=_is_lazy(row))

    def _called(
        self, path: str, taking: Taking, through: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        """What a method does with the QuerySet that it is called on, be it `through` super()."""
        facts = self._core.facts(path)
        call = facts.terms[taking.user or 0]
        if not isinstance(call, Call) or self._is_shared(path, taking, frame):
            return
        operation = f".{taking.symbol}()"
        for atom in self._core.attribute(through, taking.symbol, Site(path, call.function, frame)):
            match atom:
                case Method(name=name) if name in self._core.knowledge.operations:
                    yield self._by_row(taking, self._core.knowledge.operations[name], queryset, call)
                case Function(receiver=QuerySet()):
                    function = replace(atom, receiver=_marked(queryset))
                    passed = self._core.passed(call, Site(path, taking.user or 0, frame))
                    for effect in self.effects(self._core.activation(function, passed)):
                        yield replace(_demand(taking, effect, operation), is_lazy=True)

    def _by_row(self, taking: Taking, row: Operation, queryset: QuerySet, call: Call) -> Demand:
        effect = row.effect_on(queryset.ordering.known)
        refused = _refused_after(row, queryset, is_empty=not call.arguments) if effect.queries_again else None
        made = _demand(taking, effect, f".{taking.symbol}()")
        return replace(made, is_lazy=_is_lazy(row), refused_after=refused)

    def _is_shared(self, path: str, taking: Taking, frame: Frame | None) -> bool:
        """Whether the receiver may be rows in a list as well, and lists have a method of this name."""
        if taking.symbol not in self._core.knowledge.querysets.rows.methods:
            return False
        return any(isinstance(atom, Collection) for atom in self._core.value(path, taking.value, frame))

    # -- arguments

    def _handed(
        self, path: str, taking: Taking, handed: Handed, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        keyword = handed.argument.keyword
        lookups = self._core.knowledge.consumer_table.lookups.refining
        if keyword is not None and keyword.endswith(lookups) and not handed.entry:
            yield _demand(taking, Effect.REFINES, f"{keyword}=", Embedding.SUBQUERY)
            return
        for atom in self._core.value(path, handed.call.function, frame):
            yield from self._by_callee(path, taking, handed, atom, queryset, frame)

    def _by_callee(
        self, path: str, taking: Taking, handed: Handed, atom: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        row = self._consumers.by_call(atom, handed.position, handed.argument.keyword, handed.entry)
        operation = f"{self._callee(path, handed.call, frame)}()"
        if row is not None:
            embedding = Embedding.SUBQUERY if row.embeds else None
            yield _demand(taking, _effect_of(row, queryset), operation, embedding)
        elif isinstance(atom, Method) and not isinstance(atom.receiver, Collection):
            method = self._core.knowledge.operations.get(atom.name)
            refines = method is not None and method.refines_arguments and handed.argument.keyword is None
            effect = Effect.REFINES if refines and not handed.entry else Effect.NONE
            yield _demand(taking, effect, f".{atom.name}()", Embedding.COMBINED if refines else None)
        else:
            effects = self._inside(path, handed, atom, queryset, frame)
            yield from (_demand(taking, effect, operation) for effect in effects)

    def _inside(
        self, path: str, handed: Handed, atom: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Effect | None]:
        """What the functions of the project that a call runs do with an argument; None where anything may happen."""
        site = Site(path, handed.call.function, frame)
        passed = self._passed(site, handed, queryset)
        called = [(atom, passed)]
        if isinstance(atom, External) and atom.dotted in self._core.knowledge.querysets.constructors.partial:
            called = [(inner, passed[1:]) for inner in passed[0].value] if passed else []
            yield None
        found = [each for inner, given in called for each in callees(self._core, inner, given, site)]
        for function, given in found:
            yield from self.effects(self._core.activation(function, given))
        if not found:
            yield None

    def _passed(self, site: Site, handed: Handed, queryset: QuerySet) -> tuple[Passed, ...]:
        """The arguments of a call; in the one that is handed over, the QuerySet is marked."""
        ask = partial(self._core.value, site.path)
        arguments = written(self._core.facts(site.path), handed.call)
        return tuple(
            Passed(each, partial(ask, each.value, site.frame))
            if each != handed.argument
            else Passed.known(each, _with_mark(ask(each.value, site.frame), queryset, is_inside=bool(handed.entry)))
            for each in arguments
        )

    def _callee(self, path: str, call: Call, frame: Frame | None) -> str:
        """The name of what is called, as users write it."""
        term = self._core.facts(path).terms[call.function]
        if isinstance(term, Attribute):
            return f".{term.name}"
        for atom in self._core.value(path, call.function, frame):
            match atom:
                case External(dotted=dotted):
                    return dotted.rpartition(".")[2]
                case ClassValue(of=identity):
                    return self._core.project.class_name(identity)
                case Function(of=identity):
                    return self._core.facts(identity.path).functions[identity.index].name
        return "function"

    # -- functions of the project

    def effects(self, frame: Frame) -> tuple[Effect | None, ...]:
        """What an activation does with the marked QuerySets that it is given; None where they go elsewhere."""
        found = self._core.settle((frame.of, "demands", frame), self._effects, lambda: self._find_effects(frame))
        known = {atom.value: Effect(atom.value) for atom in found if isinstance(atom, Literal) and atom.value}
        return (*known.values(), *((None,) if len(known) < len(found) else ()))

    def _find_effects(self, frame: Frame) -> Value:
        function = self._core.facts(frame.of.path).functions[frame.of.index]
        names = [name for name, value in frame.arguments if any(map(_is_marked, all_querysets(value)))]
        if function.is_generator or not names:  # nothing runs yet, or the activation is too deep to be told
            return (_ANYTHING,)
        found = (effect for ref in self._reached(frame, names) for effect in self._effects_on(frame, ref))
        return tuple(dict.fromkeys(_ANYTHING if effect is None else Literal(effect.value) for effect in found))

    def _reached(self, frame: Frame, names: Several[str]) -> Iterator[Ref]:
        """The terms of a function, and of those nested in it, that are made of some of its parameters."""
        path, index = frame.of.path, frame.of.index
        facts = self._core.facts(path)
        pending = list(_roots(facts, index, names))
        seen = set(pending)
        while pending:
            current = pending.pop()
            yield current
            fresh = [each for each in (*facts.users(current), *_held(facts, index, current)) if each not in seen]
            seen.update(fresh)
            pending.extend(fresh)

    def _effects_on(self, frame: Frame, ref: Ref) -> Iterator[Effect | None]:
        """What is done with a term, where it is a marked QuerySet, `super()` of one, or a container that has one."""
        path = frame.of.path
        value = self._core.value(path, ref, frame)
        marked: list[tuple[Atom, QuerySet]] = [(each, each) for each in querysets(value) if _is_marked(each)]
        marked += [
            (atom, atom.receiver)
            for atom in value
            if isinstance(atom, Super) and isinstance(atom.receiver, QuerySet) and _is_marked(atom.receiver)
        ]
        inside = [each for atom in value if isinstance(atom, Collection) for each in atom.inside if _is_marked(each)]
        for taking in self.takings_of(path, ref) if marked or inside else ():
            if not self._is_reached(path, taking, frame):
                continue
            for through, queryset in marked:
                yield from (each.effect for each in self._in_frame(path, taking, through, queryset, frame))
            if inside:
                yield from self._of_container(path, taking, inside[0], frame)

    def _in_frame(
        self, path: str, taking: Taking, through: Atom, queryset: QuerySet, frame: Frame
    ) -> Iterator[Demand]:
        if through is queryset:
            return self.of(path, taking, queryset, frame)
        return self._called(path, taking, through, queryset, frame) if taking.way is Way.METHOD else iter(())

    def _of_container(
        self, path: str, taking: Taking, queryset: QuerySet, frame: Frame
    ) -> Iterator[Effect | None]:
        """What is done with a container of marked QuerySets as a whole: its members are terms of their own."""
        if taking.way is Way.ARGUMENT and taking.handed is not None and not taking.handed.entry:
            for atom in self._core.value(path, taking.handed.call.function, frame):
                yield from self._inside(path, replace(taking.handed, entry="[]"), atom, queryset, frame)
        elif taking.way is not Way.OPERATOR and taking.way is not Way.METHOD:
            yield None

    def _is_reached(self, path: str, taking: Taking, frame: Frame) -> bool:
        """Whether the tests on the way to a place let the activation pass."""
        if taking.user is None:
            return True
        guards = self._core.facts(path).conditions.get(taking.user, ())
        choice = Choice(taking.user, guards)
        return not guards or self._branches.excluded(choice, Site(path, taking.user, frame)) is None


def strongest(demands: Iterable[Demand]) -> Demand | None:
    """Of what one place may do with a QuerySet, that which costs most; None when nothing is known to cost anything."""
    found = tuple(demands)
    again = next((each for each in found if each.queries_again), None)
    return again or next((each for each in found if each.effect is Effect.PART), None)


_SPELLINGS = {"[]": "[…]", "[::]": "[:]"}
_ANYTHING = Literal("")


def _demand(taking: Taking, effect: Effect | None, operation: str = "", embedding: Embedding | None = None) -> Demand:
    return Demand(effect, operation, taking.span, taking.way, taking.value, embedding=embedding)


def _effect_of(row: Consumer, queryset: QuerySet) -> Effect:
    """What a consumer does with a QuerySet. It leaves alone what only shows it, and what a total order may spare."""
    known = queryset.ordering.known
    if row.shows or (known == "yes" and row.effect_on("totally") is not row.effect_on(known)):
        return Effect.NONE
    return row.effect_on(known)


def _is_lazy(row: Operation | Operator) -> bool:
    """Whether an operation gives another QuerySet, which has not been read."""
    return row.gives in ("queryset", "values")


def _refused_after(row: Operation, queryset: QuerySet, *, is_empty: bool) -> State | None:
    """What has been done to a QuerySet after which Django refuses the operation; None when it does not."""
    refusing = row.raises_on(queryset.ordering.known)
    allowed = row.allows_empty if is_empty else ()
    return next((state for state in refusing if state in queryset.states and state not in allowed), None)


# -- marks


def _marked(queryset: QuerySet) -> QuerySet:
    """A cached QuerySet as a function of the project gets it: the same for all that make no difference there."""
    mark = Origin(queryset.kept.store, "", "handed over", Step("", _NOWHERE, "handed over"))
    return replace(queryset, origin=mark, built=None, hops=())


def _is_marked(queryset: QuerySet) -> bool:
    return queryset.origin is not None and queryset.origin.site.path == ""


def _with_mark(value: Value, queryset: QuerySet, *, is_inside: bool) -> Value:
    """A value in which a QuerySet is marked; one that stands in a container only there."""
    found = tuple(_mark_in(atom, queryset) for atom in value)
    return found if is_inside or _marked(queryset) in found else (_marked(queryset), *found)


def _mark_in(atom: Atom, queryset: QuerySet) -> Atom:
    match atom:
        case QuerySet() if atom == queryset:
            return _marked(queryset)
        case Collection() if queryset in atom.inside:
            members = tuple((key, tuple(_mark_in(each, queryset) for each in value)) for key, value in atom.members)
            return replace(atom, members=members, rest=tuple(_mark_in(each, queryset) for each in atom.rest))
        case _:
            return atom


# -- terms that are made of a parameter


def _roots(facts: ModuleFacts, index: int, names: Several[str]) -> Iterator[Ref]:
    """The parameters as a function and its nested ones name them, and `super()` where the first one is its receiver."""
    function = facts.functions[index]
    wanted = {kind(index, name) for name in names for kind in (Parameter, Free)}
    for each in facts.inside(index):
        named = (*facts.of_kind(Parameter, each), *facts.of_kind(Free, each))
        yield from (ref for ref, term in named if term in wanted)
    if function.owner is not None and function.parameters and function.parameters[0].name in names:
        yield from (ref for ref, call in facts.of_kind(Call, index) if facts.terms[call.function] == Name("super"))


def _held(facts: ModuleFacts, index: int, ref: Ref) -> Iterator[Ref]:
    """The terms by which nested functions read the variables that hold a term."""
    inner = facts.inside(index)
    if len(inner) == 1:
        return
    bindings = facts.functions[index].bindings
    names = {name for name, bound in bindings.items() if any(each.value == ref for each in bound)}
    for each in inner if names else ():
        free = facts.of_kind(Free, each)
        yield from (found for found, term in free if term.function == index and term.name in names)
