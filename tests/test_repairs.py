"""Runs the literate repairs: each states every repair of its project, and every file that changes, byte for byte."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.fixing.model import Repair
from tests.literate import write_files
from tests.repairs_reader import ExpectedRepair, RepairCase, read_repairs
from tests.rewritten import COMMENT, of_windows, with_comments

CASES = list(read_repairs())
REPAIRED = [case for case in CASES if case.after]
WIDE = "\n[tool.flake8]\nmax-line-length = 120\n"
"""What a project says of its lines, unless a formatter's settings are among the files of a case."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_repair(case: RepairCase, tmp_path: Path) -> None:
    write_files(tmp_path, case.before, case.settings + WIDE)
    before = _texts(tmp_path)
    project = _check(case, tmp_path)
    repaired = api.plan_fixes(project, unsafe=True)
    _compare_repairs(case.repairs, (*repaired.applied, *repaired.refused))
    api.write(project, repaired)
    _compare_files({**before, **case.after}, _texts(tmp_path))
    _is_finished(case, tmp_path, len(project.findings))


@pytest.mark.parametrize("case", [case for case in CASES if case.is_unsafe], ids=lambda case: case.name)
def test_what_is_unsafe_waits_until_it_is_asked_for(case: RepairCase, tmp_path: Path) -> None:
    write_files(tmp_path, case.before, case.settings + WIDE)
    repaired = api.plan_fixes(_check(case, tmp_path), unsafe=False)
    assert {each.applicability.value for each in repaired.applied} <= {"safe"}
    assert {each.applicability.value for each in repaired.waiting} <= {"unsafe"}
    if not repaired.applied:  # else what is left to do is another repair
        assert repaired.waiting
        late = "remove-suppression"  # a comment is needed until then
        _compare_repairs(
            tuple(each for each in case.repairs if each.name != late), (*repaired.waiting, *repaired.refused)
        )


@pytest.mark.drawn(share=6)
@pytest.mark.parametrize("case", REPAIRED, ids=lambda case: case.name)
def test_no_comment_is_lost(case: RepairCase, tmp_path: Path) -> None:
    before = {path: with_comments(source) if path.endswith(".py") else source for path, source in case.before.items()}
    write_files(tmp_path, before, case.settings + WIDE)
    changes = api.plan_fixes(_check(case, tmp_path), unsafe=True).changes
    assert {change.path for change in changes} == set(case.after)
    for change in changes:
        assert set(COMMENT.findall(change.old)) - set(COMMENT.findall(change.new)) == set()


@pytest.mark.drawn(share=6)
@pytest.mark.parametrize("case", REPAIRED, ids=lambda case: case.name)
def test_line_ends_and_tabs_stay(case: RepairCase, tmp_path: Path) -> None:
    write_files(tmp_path, _of_windows(case.before), case.settings + WIDE)
    changes = api.plan_fixes(_check(case, tmp_path), unsafe=True).changes
    assert {change.path: change.after.decode() for change in changes} == _of_windows(case.after)


def _of_windows(files: Mapping[str, str]) -> dict[str, str]:
    return {path: of_windows(source) if path.endswith(".py") else source for path, source in files.items()}


def _check(case: RepairCase, root: Path) -> api.ProjectReport:
    options = api.Options(overrides={"keep_cached_name": case.keep_cached_name or None})
    (project,) = api.check_paths([root], options).projects
    return project


def _texts(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in files}


def _compare_repairs(expected: tuple[ExpectedRepair, ...], repairs: tuple[Repair, ...]) -> None:
    """Each repair answers one expectation, in any order."""
    surplus = [str(_stated(each)) for each in repairs]
    missing = []
    for wanted in expected:
        match = next((line for line in surplus if _answers(line, wanted)), None)
        if match is None:
            missing.append(str(wanted))
        else:
            surplus.remove(match)
    lines = (*(f"expected: {line}" for line in missing), *(f"got:      {line}" for line in surplus))
    assert not lines, "\n".join(("", *lines))


def _stated(repair: Repair) -> ExpectedRepair:
    message = "; ".join(repair.concerns) or repair.message
    return ExpectedRepair(repair.name, repair.applicability.value, message, bool(repair.concerns))


def _answers(line: str, wanted: ExpectedRepair) -> bool:
    head, _, message = line.partition(": ")
    return head == str(wanted).partition(": ")[0] and wanted.message in message


def _compare_files(expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    paths = sorted({*expected, *found})
    difference = "".join(_difference(path, expected.get(path, ""), found.get(path, "")) for path in paths)
    assert not difference, f"\n- stands in the document, + was written\n{difference}"


def _difference(path: str, expected: str, found: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(True), found.splitlines(True), path, path, n=2)
    return "".join(lines)


def _is_finished(case: RepairCase, root: Path, found: int) -> None:
    """What is written parses; the findings are gone, unless it has to be done by hand; nothing is left to do.

    A local repair ends some of what was `found`: the cache stays as it is, and so may other uses.
    """
    for path in case.after:
        if path.endswith(".py"):
            ast.parse((root / path).read_bytes())
    project = _check(case, root)
    left = [f"{each.path}:{each.span.start.row}: {each.code} {each.message}" for each in project.findings]
    if case.is_local:
        assert len(left) < found, left
    else:
        assert bool(left) == case.is_refused, left
    assert api.plan_fixes(project, unsafe=True).changes == ()
