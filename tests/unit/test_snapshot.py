"""Snapshots: another process goes on from what an analysis knows, and knows the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project import kept_table
from qscache_lint.project.evaluation.core import ANSWERERS
from qscache_lint.project.kept_answers import KeptAnswer
from qscache_lint.project.new_names import NewNames, Sought
from qscache_lint.project.project import Project
from qscache_lint.project.snapshot import Snapshot
from qscache_lint.project.workspace import Workspace
from qscache_lint.source.discover import python_files
from qscache_lint.source.tree import SourceTree
from tests.literate import read_cases, write_project
from tests.unit.trees import grow


def _project(root: Path, overlay: dict[str, bytes] | None = None) -> Project:
    return Project(SourceTree(root, tuple(python_files(root)), overlay), load_knowledge(MEASURED[-1]))


def _sent(snapshot: Snapshot) -> Snapshot:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=Snapshot)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    grow(tmp_path, 20)
    return tmp_path


def _answers(workspace: Workspace) -> list[KeptAnswer]:
    return [kept for kept in workspace.answers() if not isinstance(kept.question, kept_table.MADE_ANEW)]


def test_another_process_has_every_answer(root: Path) -> None:
    begun = Workspace.begun(_project(root))
    gone_on = Workspace.after(_sent(begun.snapshot()), _project(root), ())
    assert gone_on is not None
    assert gone_on.evaluated == 0
    assert gone_on.kept == len(_answers(begun)) > 100
    assert [(kept.question, kept.value) for kept in _answers(gone_on)] == [
        (kept.question, kept.value) for kept in _answers(begun)
    ]
    assert gone_on.analysis.uses == begun.analysis.uses != ()
    assert gone_on.analysis.definitions == begun.analysis.definitions != ()


def test_answers_of_the_cases_are_the_same_after_they_were_kept(tmp_path: Path) -> None:
    for number, case in enumerate(read_cases()):
        if number % 4:
            continue
        write_project(case, tmp_path / str(number))
        begun = Workspace.begun(_project(tmp_path / str(number)))
        gone_on = Workspace.after(_sent(begun.snapshot()), _project(tmp_path / str(number)), ())
        assert gone_on is not None
        assert [(kept.question, kept.value) for kept in _answers(gone_on)] == [
            (kept.question, kept.value) for kept in _answers(begun)
        ]


def test_an_edit_costs_what_rests_on_its_file(root: Path) -> None:
    begun = Workspace.begun(_project(root))
    path = begun.analysis.uses[0].path
    edited = {path: b"\n" + (root / path).read_bytes()}
    gone_on = Workspace.after(_sent(begun.snapshot()), _project(root, edited), edited)
    assert gone_on is not None
    assert 0 < gone_on.evaluated < gone_on.kept
    assert gone_on.analysis.uses == Workspace.begun(_project(root, edited)).analysis.uses != begun.analysis.uses


def test_nothing_goes_on_where_django_goes_or_a_file_hides_its_content(root: Path) -> None:
    snapshot = msgspec.msgpack.encode(Workspace.begun(_project(root)).snapshot())
    gone = dict.fromkeys(python_files(root), b"")
    assert Workspace.after(msgspec.msgpack.decode(snapshot, type=Snapshot), _project(root, gone), gone) is None
    path = next(iter(gone))
    (root / path).unlink()
    assert Workspace.after(msgspec.msgpack.decode(snapshot, type=Snapshot), _project(root), [path]) is None


def test_numbers_that_mean_nothing_are_no_table(root: Path) -> None:
    snapshot = Workspace.begun(_project(root)).snapshot()
    table = snapshot.table
    for damaged in (
        msgspec.structs.replace(table, values=()),
        msgspec.structs.replace(table, terms=table.terms[1:]),
        msgspec.structs.replace(table, others=msgspec.Raw(b"\x90")),
        msgspec.structs.replace(table, others=msgspec.Raw(b"\x01")),
    ):
        with pytest.raises(ValueError, match="no table"):
            damaged.answers()
        assert Workspace.after(msgspec.structs.replace(snapshot, table=damaged), _project(root), ()) is None


def test_every_kind_of_question_is_written_or_made_anew() -> None:
    written = {kind for kind in ANSWERERS if kind not in kept_table.MADE_ANEW}
    assert set(kept_table.MADE_ANEW) < set(ANSWERERS)
    assert len({kind.__name__ for kind in written}) == len(written)
    nothing = msgspec.Raw(msgspec.msgpack.encode([[] for _ in written][1:]))  # the most frequent has its own column
    assert kept_table.decoded(nothing) == ([],) * (len(written) - 1)


def test_a_new_name_concerns_the_files_in_which_it_stands() -> None:
    sources = {"a.py": b"store = 1", "b.py": b"x = other", "c.py": b"y = self.__rows", "d.py": b""}
    before = Sought(frozenset({"other"}), {"d.py": frozenset()}, frozenset())
    now = Sought(frozenset({"other", "store", "_Board__rows"}), {"d.py": frozenset({"own"})}, frozenset())
    new = NewNames.between(before, now, sources.__getitem__)
    assert [path for path in sources if new.stand_in(path)] == ["a.py", "c.py", "d.py"]
    assert not new.has_classes
    none = NewNames.between(now, now, sources.__getitem__)
    assert not any(map(none.stand_in, sources))
    lost = NewNames.between(now, before, sources.__getitem__)
    assert all(map(lost.stand_in, sources))
