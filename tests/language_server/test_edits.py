"""After any edits that an editor and its user make, the server shows what a cold run of the command finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from qscache_lint.api import ProjectReport, check_paths
from qscache_lint.values import Position
from tests.drawing import some
from tests.language_server.editor import Editor
from tests.literate import write_files
from tests.unit.generated import projects

Shown = tuple[str, int, int, str, str]
"""A diagnostic: its file, line and column, code and message."""

TEXTS = ("", "\n", "def broken(:\n", "# \U0001f600 \x0c\n", "from functools import lru_cache\n", "LIMIT = 3\n")
TABLES = ("select = ['QSC2']\n", "exclude = ['common.py']\n", "")


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    with Editor() as editor:
        yield editor


@dataclass
class Session:
    """A project, and what the editor has open of it."""

    editor: Editor
    root: Path
    buffers: dict[Path, str] = field(default_factory=dict)

    def write(self, path: Path, text: str | None) -> None:
        """Another program changes a file."""
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text.encode())
        self.editor.see_disk(path)

    def type(self, path: Path, text: str | None) -> None:
        """The user types in a file, or closes it."""
        if text is None:
            if self.buffers.pop(path, None) is not None:
                self.editor.close(path)
            return
        (self.editor.change if path in self.buffers else self.editor.open)(path, text)
        self.buffers[path] = text

    def switch(self, path: Path) -> None:
        """The user opens a file and changes nothing; then another branch is checked out, without it, and with more."""
        if path.is_file() and path not in self.buffers:
            self.type(path, path.read_bytes().decode())
            self.assert_agrees()
        self.write(path, None)
        self.assert_agrees()
        self.write(path.with_name(f"with_{path.name}"), "LIMIT = 3\n")

    def save(self, path: Path) -> None:
        """The user saves what is open of a file."""
        if path in self.buffers:
            self.write(path, self.buffers[path])

    def assert_agrees(self) -> None:
        self.editor.settle()
        with TemporaryDirectory() as directory:
            saved = Path(shutil.copytree(self.root, Path(directory) / "project"))
            for path, text in self.buffers.items():
                (saved / path.relative_to(self.root)).write_bytes(text.encode())
            (cold,) = check_paths([saved]).projects
            expected = _expected(cold)
        assert sorted(_shown(self.root, self.editor.diagnostics)) == expected


def _expected(cold: ProjectReport) -> list[Shown]:
    """What is to be shown of a report."""
    return sorted(
        (each.path, *_units(cold.text(each.path), each.span.start), each.code, each.message) for each in cold.findings
    )


def _units(text: str, position: Position) -> tuple[int, int]:
    """A place as an editor has it that counts in UTF-16."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return position.row - 1, len(lines[position.row - 1][: position.column - 1].encode("utf-16-le")) // 2


def _shown(root: Path, diagnostics: Mapping[Path, Iterable[types.Diagnostic]]) -> Iterator[Shown]:
    for path, several in diagnostics.items():
        for each in several if path.is_relative_to(root) else ():
            start = each.range.start
            yield path.relative_to(root).as_posix(), start.line, start.character, str(each.code), each.message


def _steps(paths: list[str], others: Mapping[str, str]) -> st.SearchStrategy[tuple[str, str, str | None]]:
    """What is done, to which file, and with which text, if one goes with it."""
    texts = st.one_of(
        st.sampled_from(sorted(others.values())),
        st.tuples(st.sampled_from(TEXTS), st.sampled_from(sorted(others.values()))).map("".join),
        st.sampled_from(TEXTS),
        st.none(),
    )
    files = st.sampled_from([*paths, "fleet/added.py"])
    edits = st.tuples(st.sampled_from(("type", "type", "write")), files, texts)
    saves = st.tuples(st.just("save"), files, st.none())
    tables = st.sampled_from(TABLES).map(lambda table: ("write", "pyproject.toml", f"[tool.qscache-lint]\n{table}"))
    return st.one_of(edits, edits, edits, saves, tables, _switches(paths))


def _switches(paths: list[str]) -> st.SearchStrategy[tuple[str, str, str | None]]:
    return st.tuples(st.just("switch"), st.sampled_from(paths), st.none())


@given(data=st.data(), first=projects(), second=projects())
@settings(
    max_examples=some(30),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_edits(
    data: st.DataObject,
    first: dict[str, str],
    second: dict[str, str],
    editor: Editor,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("project")
    write_files(root, first)
    session = Session(editor, root)
    editor.show_folders([root])
    session.assert_agrees()
    steps = st.tuples(_switches(sorted(first)), st.lists(_steps(sorted(first), second), min_size=3, max_size=8))
    switch, others = data.draw(steps)
    for action, name, text in (switch, *others):
        path = root / name
        if action == "save":
            session.save(path)
        elif action == "switch":
            session.switch(path)
        elif action == "type":
            session.type(path, text)
        else:
            session.write(path, text)
        session.assert_agrees()
    for path in list(session.buffers):
        session.type(path, None)
    editor.show_folders([], [root])
