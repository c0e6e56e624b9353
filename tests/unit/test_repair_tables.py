"""The tables of `python -m benchmarks.repairs`."""

from __future__ import annotations

import pytest

from benchmarks.repairs.__main__ import README
from benchmarks.repairs.measuring import Refused, Repaired
from benchmarks.repairs.tables import BEGIN, END, replaced, report
from tests.execution.harness import CallComparison, Change, Comparison, Measurement
from tests.execution.repairing import expected_repairs


def _change(before: tuple[int, int, int, int], after: tuple[int, int, int, int]) -> Change:
    return Change(Measurement(*before, result=None), Measurement(*after, result=None))


WORKLIST = CallComparison(
    miss=_change((2, 1001, 50_000, 0), (1, 1, 0, 0)),
    hit=_change((1, 1, 0, 50_000), (1, 1, 0, 0)),
)
REPORT = CallComparison(
    miss=_change((1, 1000, 50_000, 0), (1, 1000, 40_000, 0)),
    hit=_change((0, 0, 0, 50_000), (0, 0, 0, 40_000)),
)
HELPDESK = Repaired("helpdesk", "split-function (unsafe)", Comparison({"worklist": WORKLIST, "report": REPORT}))


def test_each_call_has_a_row_for_each_state() -> None:
    rows = report([HELPDESK]).splitlines()
    assert (
        "| helpdesk | split-function (unsafe) | worklist | miss | 2 → 1 | 1,001 → 1 | 50,000 → 0 | 0 → 0 |" in rows
    )
    assert "| helpdesk | split-function (unsafe) | report | hit | 0 → 0 | 0 → 0 | 0 → 0 | 50,000 → 40,000 |" in rows


def test_each_project_has_a_row_of_sums() -> None:
    row = "| 3 → 2 | 2,001 → 1,001 | 100,000 → 40,000 | 1 → 1 | 1 → 1 | 100,000 → 40,000 |"
    assert f"| helpdesk | split-function (unsafe) {row}" in report([HELPDESK]).splitlines()


def test_what_is_refused_has_its_message() -> None:
    rows = report([Refused("library", "no automatic fix: `a | b` is returned")]).splitlines()
    assert rows[-1] == "| library | no automatic fix: `a \\| b` is returned |"
    assert not any("→" in row for row in rows)


def test_the_text_between_the_markers_is_replaced() -> None:
    once = replaced(f"# Title\n{BEGIN}\nold\n{END}\nend\n", "new")
    assert once == f"# Title\n{BEGIN}\n\nnew\n\n{END}\nend\n"
    assert replaced(once, "new") == once


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="has to have"):
        replaced("# Title\n", "new")


def test_the_page_speaks_of_every_fixture_with_a_repair() -> None:
    page = README.read_text(encoding="utf-8")
    assert [name for name in expected_repairs() if f"\n| {name} |" not in page] == []
