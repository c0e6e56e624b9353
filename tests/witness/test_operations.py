"""Every row of the operations table, executed on a cached QuerySet, is recorded with the effect that the table says."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qscache_lint.knowledge.model import Effect
from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.semantics.django_project import prepare
from tests.semantics.operations import probes
from tests.semantics.operations.observe import observe
from tests.semantics.operations.probes import Probe
from tests.semantics.operations.states import ORDERS, TABLES, Kind, Order
from tests.witness.projects import unexpected

ROOT = Path(__file__).parents[1]

RECORDED: dict[Effect, set[str]] = {
    Effect.REFINES: {"refined"},
    Effect.REQUERIES: {"refined"},
    Effect.PART: {"part"},
    Effect.ROWS: {"read"},
    Effect.WRITES: {"written"},
    Effect.NONE: set(),
    Effect.RAISES: set(),
}

OTHERWISE: dict[str, tuple[set[str], str]] = {
    "resolve_expression": ({"passed"}, "in the table, what becomes part of another query is left alone"),
    "reversed()": ({"read", "part"}, "Python asks for the length, and then for each row by its index"),
    "[-1]": ({"part"}, "it is refused, but asked for"),
    "[:-1]": ({"part"}, "it is refused, but asked for"),
}
"""Rows that are recorded in another way than the table says, with the reason."""

METHODS = {**TABLES.operations, **TABLES.properties}
COMPOUND = frozenset({"union", "intersection", "difference"})
ORDERED = [order for order in ORDERS if order.name in ("ordered", "unordered")]


def _expected(name: str, kind: Kind) -> set[str]:
    if name in OTHERWISE:
        return OTHERWISE[name][0]
    row = METHODS.get(name)
    return RECORDED[TABLES.operators[name].effect if row is None else row.effect_on(kind.ordered)]


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    prepare()
    with witnessed(ROOT) as witness:
        yield witness


def memoized(kind: Kind) -> Any:
    """What a memo hands out."""

    @functools.cache
    def build() -> Any:
        return kind.build()

    return build()


def unpickled(kind: Kind) -> Any:
    return pickle.loads(pickle.dumps(kind.build()))


def _cases() -> Iterator[Any]:
    for probe in (*probes.SYNC, *probes.ASYNC, *probes.LEFT, *probes.RIGHT, *probes.PROTOCOLS):
        if probe.name in METHODS or probe.name in TABLES.operators:
            yield from (pytest.param(probe, order, id=f"{probe.id}-{order.name}") for order in _orders(probe))


def _orders(probe: Probe) -> list[Order]:
    """SQLite has no ORDER BY in the parts of a compound statement."""
    return [order for order in ORDERED if probe.name not in COMPOUND or order.name == "unordered"]


@pytest.mark.parametrize("store", [memoized, unpickled])
@pytest.mark.parametrize(("probe", "order"), list(_cases()))
def test_what_is_done_is_recorded(witness: Witness, probe: Probe, order: Order, store: Callable[[Kind], Any]) -> None:
    kind = Kind("plain", order)
    value = store(kind)
    witness.begin_anew()
    observe(value, probe.call)
    recording = witness.recording()
    assert {use.effect for use in recording.uses} == _expected(probe.name, kind)
    assert {Path(use.place.path).parent.as_posix() for use in recording.uses} <= {"semantics/operations"}
    assert unexpected(recording) == []


def test_every_row_is_executed() -> None:
    executed = {case.values[0].name for case in _cases()}
    of_versions = {name for name in (*METHODS, *TABLES.operators) if not name.startswith("_")}
    assert of_versions - executed == set()


QUERIES = [case for case in _cases() if case.values[0].name in ("filter", "get", "count", "[]", "aggregate", "for")]


@pytest.mark.parametrize(("probe", "order"), QUERIES)
def test_queries_are_those_that_were_sent(witness: Witness, probe: Probe, order: Order) -> None:
    value = memoized(Kind("plain", order))
    witness.begin_anew()
    seen = observe(value, probe.call)
    assert [use.queries for use in witness.recording().uses] == [seen.queries] == [1]
