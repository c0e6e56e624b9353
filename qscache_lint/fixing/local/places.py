"""The edits that the uses of one cached value ask for, each at its place, and the repair that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.model import Iteration
from qscache_lint.facts.terms import Attribute, Call, Ref
from qscache_lint.fixing.local.certain import Point, is_read_anyway
from qscache_lint.fixing.local.held_value import Asked, HeldValue, guards_of
from qscache_lint.fixing.model import DROP_COPY, DROP_GUARD, USE_LOADED_ROWS, Kind, Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.requirements import Need
from qscache_lint.fixing.rewriters.uses import (
    Edit,
    body_only,
    calls_by_name,
    chosen_only,
    guarded_comprehension,
    guarded_loop,
    receiver_only,
    told_by,
    truth_tests,
)
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Span


@dataclass(frozen=True, slots=True)
class Place:
    """One place that is edited: the name of the method that is called there, the node, and what becomes of it.

    `sends`: what follows is a query, which has not been sent for no rows.
    """

    kind: Kind
    span: Span
    node: cst.CSTNode
    edit: Edit
    sends: bool = False


class PlaceFinder:
    """Finds what can be edited about one value in a file."""

    def __init__(self, evaluator: Evaluator, path: str, parsed: Parsed, held: HeldValue, terms: frozenset[Ref]) -> None:
        self._evaluator = evaluator
        self._facts = evaluator.facts(path)
        self._tree = parsed.tree
        self._calls = calls_by_name(parsed.tree)
        self._truths = truth_tests(parsed.tree)
        self._copies = tuple(held.idle_copies)
        inner = (held, *(each.inner for each in self._copies))
        self._asked = tuple(asked for each in inner for asked in each.asked)
        self._readings = tuple(reading for each in inner for reading in each.readings)
        handed = {each.taking.user for each in self._readings if each.is_whole and each.taking.user is not None}
        self._readable = terms | handed | {each.call for each in self._copies}

    @property
    def reads_all(self) -> bool:
        """Whether the rows of the value itself are read in full, when its idle copies are gone."""
        return any(each.requirement.need is Need.ROWS for each in self._readings)

    def places(self) -> Iterator[Place]:
        """What can be edited, in the order of the value's flow."""
        for copy in self._copies:
            call = self._calls.get(copy.span)
            if call is not None:
                yield Place(DROP_COPY, copy.span, call, receiver_only)
        for asked in self._asked:
            yield from self._answered(asked)

    def answers(self) -> Iterator[tuple[cst.CSTNode, Edit]]:
        """What becomes of each question where the rows are there. Raises Refused for one that has no place."""
        for asked in self._asked:
            if asked.span not in self._calls:
                raise Refused(reason("nothing-to-rewrite", line=asked.span.start.row, what="call"))
            yield self._calls[asked.span], self._answer(asked, self._calls[asked.span])

    def _answered(self, asked: Asked) -> Iterator[Place]:
        call = self._calls.get(asked.span)
        if call is None:
            return
        loop = self._guarded(asked, call)
        if loop is not None:
            guard, edit, sends = loop
            yield Place(DROP_GUARD, asked.span, guard, edit, sends)
        elif is_read_anyway(self._facts, self._tree, self._point(asked), self._readings):
            yield Place(USE_LOADED_ROWS, asked.span, call, self._answer(asked, call))

    def _point(self, asked: Asked) -> Point:
        return Point(asked.span, guards_of(self._facts, asked.taking), (asked,))

    def _answer(self, asked: Asked, call: cst.Call) -> Edit:
        """The answer of rows that are there; where only its truth counts, the rows are that."""
        is_truth = asked.row.on_rows.startswith(_TRUTH) and id(call) in self._truths
        return receiver_only if is_truth else told_by(asked.row.on_rows)

    def _guarded(self, asked: Asked, call: cst.Call) -> tuple[cst.CSTNode, Edit, bool] | None:
        """What only guards a loop over the value, or over what a query makes of it (True), and what becomes of it."""
        if not asked.row.on_rows.startswith(_TRUTH):
            return None
        found = guarded_loop(self._tree, call) or guarded_comprehension(self._tree, call)
        if found is None:
            return None
        guard, loop = found
        edit = body_only if isinstance(guard, cst.If) else chosen_only
        at = self._tree.positions.span(loop.iter)
        function = self._facts.functions[self._facts.around(asked.call)]
        iterated = {each.value for each in function.events if isinstance(each, Iteration) and each.span == at}
        if iterated & self._readable:
            return guard, edit, False
        calls = len(m.findall(loop.iter, m.Call()))
        return (guard, edit, True) if any(self._steps(each) == calls for each in iterated) else None

    def _steps(self, ref: Ref) -> int | None:
        """How many lazy operations on the value make a term; None for any other term."""
        steps = 0
        while ref not in self._readable:
            term = self._facts.terms[ref]
            method = self._facts.terms[term.function] if isinstance(term, Call) else None
            row = self._evaluator.knowledge.operations.get(method.name) if isinstance(method, Attribute) else None
            if row is None or not isinstance(method, Attribute) or row.gives not in ("queryset", "values"):
                return None
            ref, steps = method.base, steps + 1
        return steps


_TRUTH = "bool("
