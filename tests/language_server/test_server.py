"""The language server, as an editor meets it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled

from qscache_lint.api import check_paths, plan_fixes
from qscache_lint.mcp_server.answers import Answers
from qscache_lint.serving.open_projects import OpenProjects
from tests.entry.console import contents, fixture
from tests.language_server.editor import Editor, types_path

FOUND = {"views.py": ["QSC201"], "queries.py": ["QSC101"]}
START = types.Range(types.Position(0, 0), types.Position(0, 0))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return fixture("recent_stories", tmp_path)


@pytest.fixture
def editor(project: Path) -> Iterator[Editor]:
    with Editor(project) as editor:
        editor.check()
        yield editor


def _applied(action: types.CodeAction) -> Mapping[str, str]:
    """The files that an action changes, as they are after it."""
    assert action.edit is not None
    assert action.edit.document_changes is not None
    after = {}
    for change in action.edit.document_changes:
        assert isinstance(change, types.TextDocumentEdit)
        path = types_path(change.text_document.uri)
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        for edit in sorted(change.edits, key=lambda each: each.range.start, reverse=True):
            assert isinstance(edit, (types.TextEdit, types.AnnotatedTextEdit))
            assert edit.range.start.character == edit.range.end.character == 0
            lines[edit.range.start.line : edit.range.end.line] = [edit.new_text]
        after[path] = "".join(lines)
    return after


def test_a_finding_is_a_diagnostic(editor: Editor, project: Path) -> None:
    assert editor.codes == FOUND
    (shown,) = editor.diagnostics[project / "archive/views.py"]
    assert (shown.range.start, shown.range.end) == (types.Position(10, 31), types.Position(10, 37))
    assert (shown.source, shown.severity) == ("qscache-lint", types.DiagnosticSeverity.Warning)
    assert shown.code_description is not None
    assert "QSC201" in Path(unquote(urlparse(shown.code_description.href).path)).name
    assert [Path(types_path(each.location.uri)).name for each in shown.related_information or ()] == [
        "models.py",
        "queries.py",
    ]
    assert editor.watched == ["workspace/didChangeWatchedFiles"]
    editor.wait_for(lambda: editor.progress == ["begin", "end"])


def test_quick_fixes_say_how_far_to_trust_them(editor: Editor, project: Path) -> None:
    views = project / "archive/views.py"
    (shown,) = editor.diagnostics[views]
    safe, unsafe, silence = editor.actions(views, shown.range)
    assert safe.is_preferred
    assert not any(each.is_preferred for each in (unsafe, silence))
    assert unsafe.title.endswith("(unsafe)")
    assert unsafe.edit is not None
    assert [each.needs_confirmation for each in (unsafe.edit.change_annotations or {}).values()] == [True]
    assert "noqa" in silence.title
    assert editor.actions(views, START) == []
    assert editor.actions(project / "stories/models.py", START) == []


def test_a_fix_is_what_the_command_writes(editor: Editor, project: Path) -> None:
    views, before = project / "archive/views.py", contents(project)
    (planned,) = map(plan_fixes, check_paths([project]).projects)
    written = {str(project / change.path): change.new for change in planned.changes}
    (shown,) = editor.diagnostics[views]
    safe, *_ = editor.actions(views, shown.range)
    (all_safe,) = editor.actions(views, START, "source.fixAll")
    assert _applied(safe) == _applied(all_safe) == written
    assert all_safe.kind == "source.fixAll.qscache-lint"
    assert editor.actions(project / "stories/queries.py", START, "source.fixAll") == [], "it has unsafe fixes only"
    for name, text in written.items():
        editor.open(Path(name), text)
    editor.settle()
    assert editor.codes == {}
    assert contents(project) == before, "the editor writes, the server does not"


def test_columns_are_in_the_units_of_the_editor(project: Path) -> None:
    views = project / "archive/views.py"
    text = views.read_text(encoding="utf-8").replace("return get", "return '\U0001f600é' and get")
    columns = {}
    for encoding in ("utf-8", "utf-16", "utf-32"):
        with Editor(project, encodings=[encoding]) as editor:
            editor.open(views, text)
            editor.settle()
            (shown,) = editor.diagnostics[views]
            columns[encoding] = shown.range.start.character
    line = next(line for line in text.splitlines() if ".filter(" in line)
    before = line[: line.index("filter(")]
    assert columns == {
        "utf-8": len(before.encode()),
        "utf-16": len(before.encode("utf-16-le")) // 2,
        "utf-32": len(before),
    }


def test_buffers_stand_for_files_until_they_are_closed(editor: Editor, project: Path) -> None:
    queries, views = project / "stories/queries.py", project / "archive/views.py"
    editor.open(queries, queries.read_text(encoding="utf-8").replace("@memoize()\n", ""))
    editor.settle()
    assert editor.codes == {}
    assert editor.versions[queries] == 1
    editor.open(views, "\x0c\n" + views.read_text(encoding="utf-8"))
    editor.change(queries, "# a comment\n" + queries.read_text(encoding="utf-8"))
    editor.settle()
    assert editor.codes == FOUND
    assert editor.versions[queries] == 2
    assert editor.diagnostics[views][0].range.start.line == 11
    editor.close(queries)
    editor.close(views)
    editor.settle()
    assert editor.diagnostics[views][0].range.start.line == 10
    editor.open(project / "archive/fresh.py", views.read_text(encoding="utf-8"))
    editor.open(project / ".venv/fresh.py", views.read_text(encoding="utf-8"))
    editor.open(project.parent / "outside.py", views.read_text(encoding="utf-8"))
    editor.settle()
    assert editor.codes == {**FOUND, "fresh.py": ["QSC201"]}
    assert editor.diagnostics[project / ".venv/fresh.py"] == []


def test_what_happens_on_disk_is_followed(editor: Editor, project: Path) -> None:
    views = project / "archive/views.py"
    copy = Path(shutil.copy(views, project / "archive/again.py"))
    editor.see_disk(copy)
    editor.settle()
    assert editor.codes == {**FOUND, "again.py": ["QSC201"]}
    views.unlink()
    editor.see_disk(views)
    editor.settle()
    assert editor.codes == {"again.py": ["QSC201"], "queries.py": ["QSC101"]}
    copy.write_text("# nothing\n", encoding="utf-8")
    editor.see_disk(copy)
    editor.settle()
    assert editor.codes == {}, "all that is left reads all rows"
    _configure(editor, project, 'select = ["QSC107"]')
    assert editor.codes == {"queries.py": ["QSC107"]}
    _configure(editor, project, 'selekt = ["QSC1"]')
    (told,) = [line for line in editor.log if "selekt" in line]
    assert "\n" not in told
    assert editor.codes == {"queries.py": ["QSC107"]}
    _configure(editor, project, "")
    assert editor.codes == {}


def _configure(editor: Editor, project: Path, table: str) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(f"[tool.qscache-lint]\n{table}\n", encoding="utf-8")
    editor.see_disk(pyproject)
    editor.settle()


def test_several_folders(editor: Editor, project: Path, tmp_path: Path) -> None:
    other = fixture("lru_cache", tmp_path)
    editor.show_folders([other])
    editor.settle()
    assert editor.codes == {
        **FOUND,
        "navigation.py": ["QSC202"],
        "queries.py": ["QSC102"],
        "sitemap.py": ["QSC202"],
    }
    editor.show_folders([], [project])
    editor.settle()
    assert sorted(editor.codes) == ["navigation.py", "queries.py", "sitemap.py"]


def test_a_part_of_a_checkout_says_so(project: Path) -> None:
    (project / ".git").mkdir()
    with Editor(project / "archive") as editor:
        editor.check()
        assert editor.codes == {}
        assert any(str(project) in line and "not read" in line for line in editor.log)
        (project / "stories/pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
        editor.show_folders([project / "stories"])
        editor.check()
        assert not any("stories: " in line for line in editor.log), "with a table it is a project of its own"


def test_a_question_can_be_cancelled(editor: Editor, project: Path) -> None:
    views = project / "archive/views.py"
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(views.as_uri()), START, types.CodeActionContext([], only=["source.fixAll"])
    )

    async def ask() -> object:
        asked = editor.client.protocol.send_request(types.TEXT_DOCUMENT_CODE_ACTION, params, msg_id="asked")
        editor.client.cancel_request(types.CancelParams("asked"))
        return await asyncio.wrap_future(asked)

    with pytest.raises(JsonRpcRequestCancelled):
        editor.run(ask)
    editor.settle()
    assert editor.codes == FOUND


def test_editors_and_agents_are_told_what_the_command_finds(editor: Editor, project: Path) -> None:
    (cold,) = check_paths([project]).projects
    found = {
        (each.path, each.span.start.row, each.span.start.column, each.code, each.message) for each in cold.findings
    }
    shown = {
        (path.relative_to(project).as_posix(), start.line + 1, start.character + 1, str(each.code), each.message)
        for path, several in editor.diagnostics.items()
        for each in several
        for start in [each.range.start]
    }
    told = Answers(OpenProjects(), project).check().findings
    assert shown == found == {(each.path, each.row, each.column, each.code, each.message) for each in told}


@pytest.mark.parametrize("uri", ["file://%2Ftmp%2Fa.py", "file:///a%00b.py", "file:a.py"])
def test_a_malformed_name_concerns_its_own_message(editor: Editor, project: Path, uri: str) -> None:
    item = types.TextDocumentItem(uri, "python", 1, "LIMIT = 3\n")
    editor.tell(lambda: editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item)))
    views = project / "archive/views.py"
    editor.open(views, "")
    editor.settle()
    assert editor.codes == {}
    assert editor.log == [f"{uri}: not followed: this is not the name of a file"]
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), START, types.CodeActionContext([]))
    assert not editor.run(lambda: editor.client.text_document_code_action_async(params))


def test_a_file_without_a_folder_is_not_taken_for_clean(project: Path) -> None:
    with Editor() as editor:
        editor.settle()
        assert editor.log == ["no folder is open: nothing is analysed"]
        editor.show_folders([project])
        editor.settle()
        assert set(editor.codes) == {"queries.py", "views.py"}


def test_an_unknown_command_is_answered(editor: Editor) -> None:
    command = types.ExecuteCommandParams("qscache-lint.unknown")
    with pytest.raises(JsonRpcInvalidParams, match=r"'qscache-lint\.unknown' is not defined"):
        editor.run(lambda: editor.client.workspace_execute_command_async(command))
    editor.settle()
    assert editor.log == []


def test_a_notification_that_cannot_be_followed(editor: Editor) -> None:
    change = types.TextDocumentContentChangeWholeDocument("")
    document = types.VersionedTextDocumentIdentifier(2, "file://[")
    params = types.DidChangeTextDocumentParams(document, [change])
    editor.tell(lambda: editor.client.text_document_did_change(params))
    editor.settle()
    (line,) = editor.log
    assert line.startswith("message of the editor not followed: ")
    assert editor.codes == FOUND
