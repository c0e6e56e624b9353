"""Runs the literate cases that change: each state gives its own findings, whatever an earlier one has left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths
from tests.literate import Case, read_cases, write_project
from tests.test_cases import compare, found_as_stated


@pytest.mark.parametrize("case", [case for case in read_cases() if case.later], ids=lambda case: case.title)
def test_case(case: Case, tmp_path: Path) -> None:
    assert case.later is not None
    for state in (case, case.later, case.later, case):
        write_project(state, tmp_path)
        found = found_as_stated(check_paths([tmp_path], means=Means(cached=True)))
        assert compare((*state.expected, *state.false_alarms), found) == ([], [])


def test_there_are_cases() -> None:
    assert sum(case.later is not None for case in read_cases()) >= 15
