"""One cached value in one function: what is asked of it, the copies made of it, and where its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Call, Element, Guard, Item, Member, Ref, Slice
from qscache_lint.fixing.effects import SAVING
from qscache_lint.fixing.reading import Caller
from qscache_lint.fixing.requirements import Need, Requirement
from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.queryset_rows import Operation, is_told_by_rows
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import Taking, Way
from qscache_lint.values import Span

_NEEDING_NOW = SAVING | {"refresh_from_db", "arefresh_from_db"}
"""Methods of a row that need the row of now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A method called on the value whose answer rows that are there give as well: `.exists()`, `.count()`."""

    taking: Taking
    row: Operation

    @property
    def call(self) -> Ref:
        return _call(self.taking)

    @property
    def span(self) -> Span:
        """The place of the method's name."""
        return self.taking.span


@dataclass(frozen=True, slots=True)
class Reading:
    """A place that reads rows of the value, some or all; `is_here`: itself, and no function that it is handed to."""

    taking: Taking
    requirement: Requirement
    is_here: bool

    @property
    def is_whole(self) -> bool:
        """Whether all rows are read for certain when this is reached: a template may read none."""
        return self.requirement.need is Need.ROWS and self.is_here and not self.requirement.template


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that is made of the value, and what is done with it."""

    taking: Taking
    inner: HeldValue

    @property
    def call(self) -> Ref:
        return _call(self.taking)

    @property
    def span(self) -> Span:
        """The place of the method's name."""
        return self.taking.span


@dataclass(frozen=True, slots=True)
class HeldValue:
    """What one function does with a value. `others` are the places that do something else with it than rows can tell.

    `changes_rows`: rows that are read here get other values, or are saved.
    """

    asked: tuple[Asked, ...]
    copies: tuple[Copy, ...]
    readings: tuple[Reading, ...]
    others: tuple[Requirement, ...]
    changes_rows: bool

    @property
    def is_only_read(self) -> bool:
        """Whether rows that others have as well would do for all that is done."""
        if self.others or self.changes_rows:
            return False
        is_used = bool(self.readings or self.asked or self.copies)
        return is_used and all(each.inner.is_only_read for each in self.copies)

    @property
    def idle_copies(self) -> Iterator[Copy]:
        """The copies that are only read, those made of them included."""
        for each in self.copies:
            if each.inner.is_only_read:
                yield each
                yield from each.inner.idle_copies


def hold(evaluator: Evaluator, caller: Caller, path: str, refs: Iterable[Ref]) -> HeldValue:
    """Follow a value, which some terms of a function are, by way of its `caller`."""
    return _Follower(evaluator, caller, path).follow(tuple(refs))


class _Follower:
    def __init__(self, evaluator: Evaluator, caller: Caller, path: str) -> None:
        self._evaluator = evaluator
        self._caller = caller
        self._path = path
        self._facts = evaluator.facts(path)
        self._followed: set[Ref] = set()

    def follow(self, refs: tuple[Ref, ...]) -> HeldValue:
        asked: list[Asked] = []
        copies: list[Copy] = []
        readings: list[Reading] = []
        others: list[Requirement] = []
        for taking in self._caller.takings(*refs):
            row = self._told_by_rows(taking)
            if row is not None and row.copies and _call(taking) not in self._followed:
                self._followed.add(_call(taking))
                copies.append(Copy(taking, self.follow((_call(taking),))))
            elif row is not None and not row.copies:
                asked.append(Asked(taking, row))
            elif not self._only_compares(taking):
                for each in self._caller.at(taking):
                    is_reading = each.need in (Need.ROWS, Need.PART)
                    readings.extend([Reading(taking, each, self._is_here(taking))] if is_reading else [])
                    others.extend([] if is_reading else [each])
        others.extend(self._caller.by_name(*refs))
        changed = changes_rows(self._evaluator, self._path, self._facts, refs)
        return HeldValue(tuple(asked), tuple(copies), tuple(readings), tuple(others), changed)

    def _only_compares(self, taking: Taking) -> bool:
        """Whether a place asks for nothing: `rows is None`. What else is compared is told by the caller."""
        row = self._evaluator.knowledge.operators.get(taking.symbol) if taking.way is Way.OPERATOR else None
        is_idle = row is not None and row.effect is Effect.NONE
        return is_idle and all(each.need is Need.ROWS for each in self._caller.at(taking))

    def _is_here(self, taking: Taking) -> bool:
        """Whether no function of the project is what reads."""
        if taking.handed is None:
            return True
        called = self._evaluator.value(self._path, taking.handed.call.function)
        return bool(called) and all(isinstance(atom, External) for atom in called)

    def _told_by_rows(self, taking: Taking) -> Operation | None:
        """The row of a method of Django's own, called without arguments, that rows can tell; else None."""
        row = self._evaluator.knowledge.operations.get(taking.symbol) if taking.way is Way.METHOD else None
        if row is None or not is_told_by_rows(row) or taking.user is None:
            return None
        call = self._facts.terms[taking.user]
        value = self._evaluator.value(self._path, taking.value)
        demands = [
            each
            for queryset in value
            if isinstance(queryset, QuerySet)
            for each in self._evaluator.demands.of(self._path, taking, queryset)
        ]
        is_django = bool(demands) and all(each.callee is None and each.effect is row.effect for each in demands)
        return row if is_django and isinstance(call, Call) and not call.arguments else None


def _call(taking: Taking) -> Ref:
    """The call by which a method takes the value. Raises LookupError for a place that is none."""
    if taking.user is None:
        raise LookupError(taking.symbol)
    return taking.user


def changes_rows(evaluator: Evaluator, path: str, facts: ModuleFacts, refs: Iterable[Ref]) -> bool:
    """Whether something that was got out of the value is given another attribute, or saved."""
    inside = set(reached(refs, _got_out(facts)))
    for ref in inside:
        for taking in evaluator.demands.takings_of(path, ref):
            if taking.way is Way.SET or (taking.way is Way.METHOD and taking.symbol in _NEEDING_NOW):
                return True
    return False


def _got_out(facts: ModuleFacts) -> Callable[[Ref], Iterator[Ref]]:
    def steps(ref: Ref) -> Iterator[Ref]:
        yield from becomes(facts, ref)
        for user in facts.users(ref):
            term = facts.terms[user]
            is_argument = isinstance(term, Call) and term.function != ref
            if is_argument or isinstance(term, (Element, Item, Member, Slice)):
                yield user

    return steps


def guards_of(facts: ModuleFacts, taking: Taking) -> tuple[Guard, ...]:
    """The tests on the way to a place."""
    return taking.guards if taking.user is None else facts.conditions.get(taking.user, ())
