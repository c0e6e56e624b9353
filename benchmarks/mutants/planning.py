"""Which tests a mutation is tried with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.mutants import live
from benchmarks.mutants.model import Mutation, Traced
from benchmarks.mutants.mutations import mutated, statement_rows


class Plan(msgspec.Struct, frozen=True):
    """Mutations, the file that says which test runs which rows, and the seconds of tests for each mutation."""

    mutations: list[Mutation]
    traced: str
    budget: float


class Planned(msgspec.Struct, frozen=True):
    """A mutation, the text that it makes of its file, and the tests that run what it changes."""

    mutation: Mutation
    after: str
    tests: list[str]
    seconds: float


def planned(root: Path, plan: Plan) -> Iterator[Planned]:
    """The tests of each mutation, those that change nothing left out."""
    lines = Path(plan.traced).read_bytes().splitlines()
    coverage = _Coverage([msgspec.json.decode(line, type=Traced) for line in lines])
    for mutation in plan.mutations:
        text = (root / mutation.path).read_text(encoding="utf-8")
        after = mutated(mutation, text)
        changes = None if after is None else live.changes(mutation.path, text, after)
        if after is None or changes == []:
            continue
        rows = range(1) if changes is None else statement_rows(text, mutation.row)  # at import, any test of the file
        yield Planned(mutation, after, *_within(coverage.ordered(mutation.path, rows), plan.budget))


class _Coverage:
    """Which tests run which rows."""

    def __init__(self, traced: Sequence[Traced]) -> None:
        self._tests = sorted(traced, key=lambda each: each.seconds)
        self._rows: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, test in enumerate(self._tests):
            for path, rows in test.rows.items():
                for row in [0, *rows]:
                    self._rows[path][row].append(number)

    def ordered(self, path: str, rows: Iterable[int]) -> Iterator[Traced]:
        """The tests that run any of some rows: first those that run what few others run in the file, then the fastest.

        What every check runs, thousands of tests do; those that go on from there are the ones to notice.
        """
        of_file = self._rows[path]
        wanted = {number for row in rows for number in of_file.get(row, ())}
        rarest = sorted(of_file, key=lambda row: len(of_file[row]))
        rare = (number for row in rarest for number in of_file[row][:_OF_ROW])
        chosen = dict.fromkeys(number for number in (*rare, *sorted(wanted)) if number in wanted)
        return (self._tests[number] for number in chosen)


_OF_ROW = 2
"""Tests that each row of the file sends ahead."""


def _within(tests: Iterable[Traced], budget: float) -> tuple[list[str], float]:
    """The names of the first tests that take no longer together, or of one, and their seconds.

    Slow ones come last: each would take the place of many others.
    """
    names: list[str] = []
    seconds = 0.0
    for test in sorted(tests, key=lambda each: each.seconds > budget / _SHARE):
        if not names or seconds + test.seconds <= budget:
            names.append(test.name)
            seconds += test.seconds
    return names, seconds


_SHARE = 10
"""A test that takes more than this part of the budget is a slow one."""
