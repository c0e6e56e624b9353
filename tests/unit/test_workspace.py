"""A project in memory: an edit costs what rests on the edited file."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint import limits
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.project import Project
from qscache_lint.project.workspace import Workspace
from qscache_lint.source.tree import SourceTree
from tests.unit.trees import grow


def _opened(root: Path) -> Workspace:
    grow(root, 20)
    return _analysed(root)


def _analysed(root: Path) -> Workspace:
    files = tuple(path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py")))
    return Workspace.begun(Project(SourceTree(root, files), load_knowledge(MEASURED[-1])))


def test_an_edit_leaves_what_does_not_rest_on_its_file(tmp_path: Path) -> None:
    workspace = _opened(tmp_path)
    table, uses = workspace.analysis.evaluator.table, workspace.analysis.uses
    known = set(table.answers)
    path = next(use.path for use in uses)
    edited = workspace.edit({path: (tmp_path / path).read_bytes() + b"\nNUMBER = 1\n"})
    left = known.intersection(table.answers)
    assert [(use.path, use.span) for use in edited.uses] == [(use.path, use.span) for use in uses]
    assert len(known) / 2 < len(left) < len(known)
    assert edited.evaluator.table is table


def test_a_comment_leaves_all_answers(tmp_path: Path) -> None:
    workspace = _opened(tmp_path)
    table, uses = workspace.analysis.evaluator.table, workspace.analysis.uses
    path = next(use.path for use in uses)
    steps, source = table.steps, (tmp_path / path).read_bytes()
    assert workspace.edit({path: source + b"\n# a comment\n"}).uses == uses
    assert table.steps == steps
    assert workspace.edit({path: b"# a row more\n" + source}).uses != uses
    assert table.steps > steps


def test_an_edited_use_is_another_one(tmp_path: Path) -> None:
    workspace = _opened(tmp_path)
    use = workspace.analysis.uses[0]
    source = (tmp_path / use.path).read_bytes()
    moved = workspace.edit({use.path: b"\n" + source}).uses
    assert [each.span.start.row for each in moved if each.path == use.path] == [use.span.start.row + 1]
    gone = workspace.edit({use.path: b""}).uses
    assert {each.path for each in workspace.edit({use.path: source}).uses} - {each.path for each in gone} == {use.path}


def test_files_come_and_go(tmp_path: Path) -> None:
    workspace = _opened(tmp_path)
    use = workspace.analysis.uses[0]
    added = "elsewhere/refining.py"
    source = (tmp_path / use.path).read_bytes()
    assert added in {each.path for each in workspace.edit({added: source}).uses}
    assert added not in {each.path for each in workspace.edit({added: None}).uses}


def test_a_project_that_is_too_large_is_said_to_be_and_begun_anew_after_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = _opened(tmp_path).analysis.evaluator.table.steps
    monkeypatch.setattr(limits, "COMPONENT_STEPS", needed // 2)
    workspace = _analysed(tmp_path)
    told = [what for what in workspace.analysis.evaluator.project.given_up.values() if "steps" in what]
    assert workspace.is_spent
    assert len(told) == 1
    path = workspace.analysis.examined[0]
    edited = workspace.edit({path: (tmp_path / path).read_bytes() + b"# a comment\n"})
    assert edited.evaluator.project.given_up == workspace.analysis.evaluator.project.given_up
    assert edited.uses == _analysed(tmp_path).analysis.uses


def test_edits_that_add_up_to_too_many_steps_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = _opened(tmp_path)
    uses, table = workspace.analysis.uses, workspace.analysis.evaluator.table
    monkeypatch.setattr(limits, "COMPONENT_STEPS", table.steps + 1)
    path = next(use.path for use in uses)
    edited = workspace.edit({path: (tmp_path / path).read_bytes() + b"\nNUMBER = 1\n"})
    assert [(use.path, use.span) for use in edited.uses] == [(use.path, use.span) for use in uses]
    assert edited.evaluator.table is not table
