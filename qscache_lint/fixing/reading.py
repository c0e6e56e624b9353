"""What a caller needs of the value it gets: to refine it, or to read its rows; a filter over what is done with it.

Rows in a list or tuple mean the same as a QuerySet where the tables say so, of code (`Demand.takes_rows`) and of
templates, which is proved in tests/semantics. Anything else is not reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Awaited, Call, Compare, Constant, Container, Item, Parameter, Ref, Slice
from qscache_lint.fixing.cached_function import BINDING
from qscache_lint.fixing.reflection import reflective_call
from qscache_lint.fixing.requirements import Need, Requirement
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.abstract import External, Function, Literal
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind, text
from qscache_lint.project.identities import ClassId
from qscache_lint.project.operations import Demand
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import Handed, Taking, Way
from qscache_lint.reasons import UseOfValue


class Caller:
    """Follows one value, which is some of `querysets`, through one function and says what is needed of it."""

    def __init__(
        self,
        evaluator: Evaluator,
        templates: Templates,
        path: str,
        function: int,
        querysets: Sequence[QuerySet],
        depth: int = 0,
    ) -> None:
        self._evaluator = evaluator
        self._templates = templates
        self._path = path
        self._querysets = querysets
        self._depth = depth
        self._facts = evaluator.facts(path)
        self._index = function
        self._function = self._facts.functions[function]
        self._open = set[Ref]()

    def requirements(self, ref: Ref) -> Iterator[Requirement]:
        """All that the function needs of the value of term `ref`, by whatever variable."""
        for taking in self.takings(ref):
            yield from self.at(taking)
        yield from self.by_name(ref)

    def by_name(self, *refs: Ref) -> Iterator[Requirement]:
        """What may reach the variables that hold the value, by their names: `render(request, name, locals())`."""
        held = set(reached(refs, self._becomes))
        names = (name for name, bound in self._function.bindings.items() if any(each.value in held for each in bound))
        called = reflective_call(self._evaluator, self._path, self._index) if any(True for _ in names) else None
        if called is not None:
            what = UseOfValue.of("reached-by-name", called=called.name)
            yield Requirement(Need.UNCLEAR, called.span.start.row, refs[0], Way.CAPTURED, called.span, what)

    def takings(self, *refs: Ref) -> Iterator[Taking]:
        """The places that take the value of some terms, by whatever variable."""
        for each in reached(refs, self._becomes):
            yield from self._evaluator.demands.takings_of(self._path, each)

    def _becomes(self, ref: Ref) -> tuple[Ref, ...]:
        """The terms that have the value of a term, awaited or not."""
        awaited = (user for user in self._facts.users(ref) if isinstance(self._facts.terms[user], Awaited))
        return (*becomes(self._facts, ref), *awaited)

    def at(self, taking: Taking) -> Iterator[Requirement]:
        """What one place needs; what stands in a container goes with it."""
        user = None if taking.user is None else self._facts.terms[taking.user]
        if isinstance(user, Awaited) or (taking.handed is not None and taking.handed.entry):
            return
        if isinstance(user, Container) and taking.way is Way.HELD:
            yield self._in_container(taking, user)
        elif isinstance(user, Compare) and self._is_of_none(user):
            yield replace(self._need(taking, Need.ROWS), is_idle=True)
        elif isinstance(user, (Item, Slice)) and taking.way is Way.OPERATOR and self._is_negative(user):
            kind = "index" if isinstance(user, Item) else "slice"
            yield self._unclear(taking, UseOfValue.of("negative-index", what=kind))
        elif isinstance(user, Slice) and taking.user is not None:
            yield from self._in_slice(taking, user, taking.user)
        else:
            yield from self._by_demands(taking)

    def _by_demands(self, taking: Taking) -> Iterator[Requirement]:
        """What the tables and the project say that a place does; one of which they say nothing is unclear."""
        demands = dict.fromkeys(each for queryset in self._querysets for each in self._done(taking, queryset))
        if not demands:
            yield self._unclear(taking)
        for demand in demands:
            if demand.callee is None or taking.handed is None:
                yield self._by(taking, demand)
        for function in dict.fromkeys(each.callee for each in demands):
            if function is not None and taking.handed is not None:
                yield from self._in_parameter(function, taking, taking.handed)

    def _done(self, taking: Taking, queryset: QuerySet) -> Iterator[Demand]:
        """What a place does; a method that is read without a call is called somewhere else."""
        called = msgspec.structs.replace(taking, way=Way.METHOD) if taking.way is Way.BOUND else taking
        return self._evaluator.demands.of(self._path, called, queryset)

    def _by(self, taking: Taking, demand: Demand) -> Requirement:
        if demand.callee is not None and demand.may_read:  # rows that are there spare its query
            return self._unclear(taking, UseOfValue.of("read-by-method", name=taking.symbol))
        if demand.queries_again or demand.callee is not None:  # rows in a list do not have the project's own methods
            return replace(self._need(taking, Need.QUERYSET), way=demand.way, queries_again=demand.queries_again)
        if demand.takes_rows:
            need = self._need(taking, Need.PART if demand.effect is Effect.PART else Need.ROWS)
            return replace(need, kept_as=demand.kept_as, from_end=self._may_be_from_end(taking))
        return self._unclear(taking)

    def _need(self, taking: Taking, need: Need) -> Requirement:
        may_be_async = taking.symbol == "for" and self._function.is_async
        guards = taking.guards if taking.user is None else self._facts.conditions.get(taking.user, ())
        return Requirement(
            need,
            self._row(taking),
            taking.value,
            taking.way,
            taking.span,
            may_be_async=may_be_async,
            is_behind_test=bool(guards),
        )

    def _row(self, taking: Taking) -> int:
        return (taking.span if taking.user is None else self._facts.spans[taking.user]).start.row

    def _unclear(self, taking: Taking, what: UseOfValue | None = None) -> Requirement:
        return replace(self._need(taking, Need.UNCLEAR), what=what or self._what(taking))

    def _what(self, taking: Taking) -> UseOfValue:
        """What a place does that is no reading."""
        match taking:
            case Taking(way=Way.METHOD | Way.BOUND as way, symbol=name):
                return UseOfValue.of("queryset-method", name=f"{name}{'()' if way is Way.METHOD else ''}")
            case Taking(handed=Handed(call=call)):
                called = self._evaluator.value(self._path, call.function)
                external = (each.dotted for each in called if isinstance(each, External))
                return UseOfValue.of("handed-to-unknown", called=next(external, _OTHER))
            case Taking(way=Way.RETURNED, symbol=name):
                return UseOfValue.of("returned", called=name)
            case Taking(owner=int()):
                return UseOfValue.of("kept-by-class")
            case Taking(symbol="match"):
                return UseOfValue.of("matched")
            case Taking(way=Way.OPERATOR, user=int() as user) if isinstance(self._facts.terms[user], Compare):
                return UseOfValue.of("compared")
            case Taking(way=Way.ELSEWHERE, user=None):
                return UseOfValue.of("yielded")
            case _:
                return UseOfValue.of(_UNCLEAR.get(taking.way, "in-expression"))

    # -- operators

    def _is_of_none(self, term: Compare) -> bool:
        sides = (self._facts.terms[term.left], self._facts.terms[term.right])
        return term.operator in _IDENTITY and Constant(None) in sides

    def _is_negative(self, term: Item | Slice) -> bool:
        """Whether a key or a bound is a constant below 0."""
        if isinstance(term, Slice):
            return any((self._number(each) or 0) < 0 for each in (term.start, term.stop, term.step))
        match self._evaluator.value(self._path, term.key):
            case (Literal(value=int() as number),):
                return number < 0
            case _:
                return False

    def _may_be_from_end(self, taking: Taking) -> bool:
        """Whether an item is asked for by an index that may be below 0."""
        term = None if taking.user is None or taking.way is not Way.OPERATOR else self._facts.terms[taking.user]
        return isinstance(term, Item) and not self._is_from_front(term.key)

    def _is_from_front(self, ref: Ref | None) -> bool:
        """Whether an index or a bound is left out, or a constant that is not below 0."""
        value = () if ref is None else self._evaluator.value(self._path, ref)
        known = [atom.value for atom in value if isinstance(atom, Literal)]
        is_known = bool(value) and len(known) == len(value)
        return ref is None or (is_known and all(each is None or _is_count(each) for each in known))

    def _number(self, ref: Ref | None) -> int | None:
        term = None if ref is None else self._facts.terms[ref]
        return term.value if isinstance(term, Constant) and isinstance(term.value, int) else None

    def _in_slice(self, taking: Taking, term: Slice, user: Ref) -> Iterator[Requirement]:
        """A slice is a part where it is read; what else is done with it counts, too. A loop leads back to it."""
        if user in self._open:
            return
        self._open.add(user)
        found = list(self.requirements(user))
        self._open.discard(user)
        others = [each for each in found if each.need not in (Need.ROWS, Need.PART)]
        is_from_front = term.start is None or self._facts.terms[term.start] == Constant(0)
        if not others or len(others) < len(found):
            stop = self._number(term.stop) if is_from_front and term.step is None else None
            from_end = not all(map(self._is_from_front, (term.start, term.stop, term.step)))
            yield replace(self._need(taking, Need.PART), stop=stop, from_end=from_end)
        yield from map(self._of_slice, others)

    def _of_slice(self, requirement: Requirement) -> Requirement:
        """What is needed of a slice: one of rows that are loaded is a list, which has no methods of a QuerySet."""
        is_list = bool(self._querysets) and all(each.kept.store is Store.PICKLED for each in self._querysets)
        if not is_list or requirement.need is not Need.QUERYSET:
            return requirement
        return replace(requirement, need=Need.UNCLEAR, what=UseOfValue.of("slice-refined"))

    # -- functions of the project

    def _in_parameter(self, function: Function, taking: Taking, handed: Handed) -> Iterator[Requirement]:
        facts = self._evaluator.facts(function.of.path)
        callee = facts.functions[function.of.index]
        site = Site(self._path, handed.call.function, None)
        name = bind(callee, self._evaluator.passed(handed.call, site), function.receiver).taking(handed.argument)
        is_too_deep = self._depth == limits.READING_DEPTH
        unfollowed = UseOfValue.of("handed-to-unknown", called=_OTHER)
        problem = unfollowed if is_too_deep else self._problem(function, callee, name)
        if problem is not None:
            yield self._unclear(taking, problem)
            return
        depth = self._depth + 1
        inner = Caller(self._evaluator, self._templates, function.of.path, function.of.index, self._querysets, depth)
        parameters = facts.of_kind(Parameter, function.of.index)
        found = [each for ref, term in parameters if term.name == name for each in inner.requirements(ref)]
        needs = {each.need for each in found}
        if any(each.may_be_async for each in found):
            yield self._unclear(taking, UseOfValue.of("handed-to-async", called=callee.name))
        elif Need.QUERYSET in needs and needs & {Need.ROWS, Need.PART}:
            yield self._unclear(taking, UseOfValue.of("handed-to-both", called=callee.name))
        else:
            row, value, way, place = self._row(taking), taking.value, taking.way, taking.span
            for each in found:
                yield replace(each, row=row, value=value, way=way, place=place, stop=None, by_callee=True)

    def _problem(self, function: Function, callee: FunctionFacts, parameter: str | None) -> UseOfValue | None:
        """Why what a function of the project does with an argument cannot be told; None when it can."""
        if parameter is None:
            return UseOfValue.of("handed-with-star")
        if any(decorator.text not in BINDING for decorator in callee.decorators):
            return UseOfValue.of("handed-to-decorated", called=callee.name)
        if self._is_overridden(function.of.path, callee):
            return UseOfValue.of("handed-to-overridden", called=callee.name)
        return None

    def _is_overridden(self, path: str, callee: FunctionFacts) -> bool:
        if callee.owner is None:
            return False
        below = self._evaluator.classes.subclasses(ClassId(path, callee.owner))
        return any(callee.name in self._evaluator.facts(each.path).classes[each.index].members for each in below)

    # -- templates

    def _in_container(self, taking: Taking, held: Container) -> Requirement:
        """A dict that is the context of `render()`: the template decides."""
        template = self._rendered(taking, held)
        entry = next(each for each in held.entries if each.span == taking.span)
        name = "" if entry.key is None else text(self._facts.terms[entry.key])
        if not template or not name:
            return self._unclear(taking)
        reading = self._templates.reading(template, name)
        if reading.problem is not None:
            return self._unclear(taking, reading.problem)
        return replace(self._need(taking, Need.PART if reading.takes_part else Need.ROWS), template=template)

    def _rendered(self, taking: Taking, held: Container) -> str:
        """The template that gets a container as its context; "" when none does."""
        users = [] if taking.user is None else self._facts.users(taking.user)
        call = self._facts.terms[users[0]] if len(users) == 1 else None
        if held.kind != "dict" or not isinstance(call, Call) or len(call.arguments) < 2:
            return ""
        called = self._evaluator.value(self._path, call.function)
        is_renderer = any(isinstance(atom, External) and atom.dotted in _RENDERERS for atom in called)
        return text(self._facts.terms[call.arguments[1].value]) if is_renderer else ""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


_OTHER = "a function that could not be resolved"
_UNCLEAR = {
    Way.SET: "attribute-set",
    Way.ATTRIBUTE: "kept",
    Way.STORED: "kept",
    Way.GLOBAL: "kept-by-module",
    Way.DEFAULT: "default-argument",
    Way.CAPTURED: "captured",
    Way.HELD: "kept-in-container",
}
"""The kinds of reasons, by the way in which a value is taken."""

_IDENTITY = frozenset({"is", "is not"})
_RENDERERS = frozenset({"django.shortcuts.render"})
