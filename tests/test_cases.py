"""Runs the literate cases: each states every finding of its project, and nothing else may be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import Report, check_paths
from qscache_lint.values import Finding
from tests.literate import Case, Expected, read_cases, write_project


@pytest.mark.parametrize("case", list(read_cases()), ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path) -> None:
    write_project(case, tmp_path)
    missing, surplus = compare((*case.expected, *case.false_alarms), found_as_stated(check_paths([tmp_path])))
    assert (missing, surplus) == ([], [])


def found_as_stated(report: Report) -> list[Expected]:
    """The findings of a report in the form in which cases state them."""
    return [_found(finding) for project in report.projects for finding in project.findings]


def _found(finding: Finding) -> Expected:
    start = finding.span.start
    return Expected(finding.path, start.row, finding.code, start.column, finding.confidence.value)


def compare(expected: tuple[Expected, ...], found: list[Expected]) -> tuple[list[Expected], list[Expected]]:
    """What was expected and not found, and the reverse; each finding answers one expectation."""
    surplus = sorted(found)
    missing: list[Expected] = []
    for wanted in sorted(expected, key=lambda each: -each.column):
        match = next((each for each in surplus if _answers(each, wanted)), None)
        if match is None:
            missing.append(wanted)
        else:
            surplus.remove(match)
    return missing, surplus


def _answers(found: Expected, wanted: Expected) -> bool:
    if wanted.column and found.column != wanted.column:
        return False
    if found.code not in wanted.code.split("|"):
        return False
    return (found.path, found.row, found.confidence) == (wanted.path, wanted.row, wanted.confidence)
