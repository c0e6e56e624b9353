"""A part of the projects that `python -m tests.exploring` tries, and what it says of a wrong repair."""

from __future__ import annotations

import pytest

from tests.drawing import some

from .drawing import drawn
from .exploring import different, explored

PROJECTS = 250
"""How many are tried where all tests run."""

REACH = 0.25
"""The least share of projects that have to get a safe repair, for the others prove little."""


def test_no_repair_breaks_a_project() -> None:
    outcomes = [*explored(range(some(PROJECTS)))]
    assert len(outcomes) == some(PROJECTS)
    assert [each for each in outcomes if each.problems] == []
    assert all(each.runs for each in outcomes)
    assert sum(bool(each.safe) for each in outcomes) >= REACH * len(outcomes)


def test_a_project_is_that_of_its_number() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


@pytest.mark.parametrize(
    ("after", "problems"),
    [
        pytest.param([("a", 1), ("b", 2)], [], id="nothing"),
        pytest.param([("a", 2), ("b", 1)], [], id="another call pays"),
        pytest.param([("a", 0), ("c", 2)], ['page(): "b" -> "c"'], id="result"),
        pytest.param([("a", 1), ("b", 3)], ["queries: [1, 2] -> [1, 3]"], id="queries"),
    ],
)
def test_what_is_different_is_told(after: list[tuple[str, int]], problems: list[str]) -> None:
    before = [{"result": "a", "queries": 1}, {"result": "b", "queries": 2}]
    now = [{"result": result, "queries": queries} for result, queries in after]
    assert [*different(["feed()", "page()"], before, now)] == problems
