"""Findings as JSON: the shape that programs rely on, and the edits in it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import msgspec
import pytest

from qscache_lint.source.edits import apply_edits
from qscache_lint.values import Edit as TextEdit
from qscache_lint.values import Position, Span
from tests.entry.console import call, contents, fixture
from tests.entry.json_shape import Entry, Location
from tests.unit.projects import lay


def test_json_without_findings_is_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    assert msgspec.json.decode(call("check", "--output-format", "json").stdout) == []


def test_json_has_the_shape_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    refined, cached = msgspec.json.decode(call("check", "--output-format", "json").stdout, type=list[Entry])
    assert (refined.code, refined.name, refined.confidence) == ("QSC201", "refined-pickled-queryset", "high")
    assert refined.filename == str(root / "archive/views.py")
    assert (refined.location, refined.end_location) == (Location(11, 32), Location(11, 38))
    assert refined.noqa_row == 11
    assert "(QSC201)" in Path(unquote(urlparse(refined.url).path)).read_text(encoding="utf-8")
    decorator = Location(12, 2)
    assert (str(root / "stories/queries.py"), decorator) in [(step.filename, step.location) for step in refined.trail]
    assert (cached.code, cached.location) == ("QSC101", decorator)
    assert refined.fix is not None
    assert (refined.fix.applicability, refined.fix.name) == ("safe", "extract-builder")
    changed = {str(root / path) for path in ("archive/views.py", "stories/queries.py")}
    assert {edit.filename for edit in refined.fix.edits} == changed
    assert cached.fix is not None
    assert (cached.fix.applicability, cached.fix.name) == ("unsafe", "split-function")
    assert cached.fix in refined.alternatives


def test_the_edits_in_json_are_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    (entry, *_) = msgspec.json.decode(call("check", "--output-format", "json").stdout, type=list[Entry])
    assert entry.fix is not None
    edited = {path: (root / path).read_text(encoding="utf-8") for path in contents(root)}
    for path, text in edited.items():
        edits = [
            TextEdit(
                path,
                Span(
                    Position(edit.location.row, edit.location.column),
                    Position(edit.end_location.row, edit.end_location.column),
                ),
                edit.content,
            )
            for edit in entry.fix.edits
            if edit.filename == str(root / path)
        ]
        edited[path] = apply_edits(text, edits)
    assert call("fix").exit_code == 0
    assert {path: text.encode() for path, text in edited.items()} == contents(root)
