"""The reasons of a fix as the text report shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.reports.obstacles import obstacles
from qscache_lint.values import Applicability, Fix, Reason

HERE = Path("/nowhere")


def _fix(*kinds: str, summary: str = "items_queryset() returns the QuerySet") -> Fix:
    reasons = tuple(Reason(kind, f"{kind} {number}") for number, kind in enumerate(kinds))
    return Fix("extract-builder", Applicability.UNSAFE, summary, reasons=reasons)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        pytest.param("", "", id="none"),
        pytest.param("ab", "a 0 [a]; b 1 [b]", id="few"),
        pytest.param(
            "aaba", "a 0 [a], and 2 more of this kind; b 2 [b]", id="of a kind"
        ),
        pytest.param(
            "abccde",
            "a 0 [a]; b 1 [b]; c 2 [c], and 1 more of this kind; "
            "and 2 more (all with --output-format json)",
            id="many",
        ),
    ],
)
def test_a_fix_names_a_few_kinds_of_reasons(kinds: str, told: str) -> None:
    assert obstacles(_fix(*kinds).reasons, HERE, HERE) == told


def test_without_a_summary_reasons_say_why_there_is_no_fix() -> None:
    assert _fix("a", summary="").message == "no automatic fix: a 0"


def test_the_message_has_all_reasons() -> None:
    assert _fix(*"abcde").message.endswith("; a 0; b 1; c 2; d 3; e 4")
