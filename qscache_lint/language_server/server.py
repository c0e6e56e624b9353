"""The server: what the protocol asks of it, over pygls."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from qscache_lint import __version__
from qscache_lint.language_server.positions import path_of, uri_of
from qscache_lint.language_server.updates import Update, Updates
from qscache_lint.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from qscache_lint.language_server.actions import Actions, Capabilities
    from qscache_lint.serving.open_projects import OpenProjects

_OPTIONS = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        [types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
    )
}
NAME = "qscache-lint"
CHECK = "qscache-lint.check"
"""The command that looks at all files on disk again, for editors that do not watch them."""

_FIRST = "qscache-lint.first-analysis"
"""The token of its progress."""

_WATCHED = (
    "**/*.{py,pyi}",
    "**/{templates,jinja2}/**",
    "**/{pyproject.toml,setup.cfg,.gitignore,Pipfile,Pipfile.lock,poetry.lock,pdm.lock,uv.lock}",
    "**/requirements*.{txt,in}",
    "**/requirements/*.{txt,in}",
)
"""What findings rest on, as patterns of the protocol."""


class Server(LanguageServer):
    """Answers an editor. Each method is one kind of message."""

    def __init__(self, open_projects: Callable[[], OpenProjects]) -> None:
        # Whole texts: pygls takes a form feed for the end of a row, and would apply edits behind one wrongly.
        super().__init__(NAME, __version__, types.TextDocumentSyncKind.Full)
        self._updates = Updates(open_projects, self._publish, self._fail)
        self._shown = Update({}, (), (), {})
        self.is_shut_down = False
        for message, method in _HANDLED.items():
            self.feature(message, _OPTIONS.get(message))(partial(method, self))

        @self.command(CHECK)
        async def check() -> None:
            await self.check()

    # -- the session

    def begin(self, _: types.InitializedParams) -> None:
        """Show findings of all that is open by now, and have the editor tell of changes on disk."""
        encoding = self.server_capabilities.position_encoding
        self._updates.begin(str(getattr(encoding, "value", encoding) or "utf-16"))
        self.folders_changed(None)
        workspace = self.client_capabilities.workspace
        watching = workspace and workspace.did_change_watched_files
        if watching and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            watched = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            kind = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            self.client_register_capability(types.RegistrationParams([types.Registration("watched", kind, watched)]))

        window = self.client_capabilities.window
        if window and window.work_done_progress:
            self._first = asyncio.get_running_loop().create_task(self._analyse_first())

    async def _analyse_first(self) -> None:
        """Have the editor show that the first analysis goes on, which may take some seconds."""
        await self.work_done_progress.create_async(_FIRST)
        self.work_done_progress.begin(_FIRST, types.WorkDoneProgressBegin(f"{NAME}: first analysis"))
        await self._updates.settle()
        self.work_done_progress.end(_FIRST, types.WorkDoneProgressEnd())

    def folders_changed(self, _: types.DidChangeWorkspaceFoldersParams | None) -> None:
        """Follow the folders that the editor shows; an old one shows a single folder."""
        names = [*self.workspace.folders] or [self.workspace.root_uri or ""]
        folders = tuple(path for path in map(self._path, names) if path is not None)
        if not folders:
            self._log(types.MessageType.Warning, "no folder is open: nothing is analysed")
        self._updates.have(folders)

    def disk_changed(self, _: object) -> None:
        """Look at the disk again: files have come, gone or changed, or settings."""
        self._updates.look_at_disk()

    async def check(self) -> None:
        """Look at the disk again, and answer when all findings are shown."""
        self._updates.look_at_disk()
        await self._updates.settle()

    # -- files in the editor

    def text_changed(self, params: types.DidOpenTextDocumentParams | types.DidChangeTextDocumentParams) -> None:
        """Follow the text of a file, which may not be saved."""
        path = self._path(params.text_document.uri)
        if path is not None:
            document = self.workspace.get_text_document(params.text_document.uri)
            self._updates.edit(path, document.source, document.version or 0)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """Follow what is on disk from now on."""
        path = self._path(params.text_document.uri)
        if path is not None:
            self._updates.close(path)

    def _path(self, uri: str) -> Path | None:
        """The file that a name means, if it means one. What a malformed name would have to do with is left out."""
        try:
            return path_of(uri)
        except ValueError as error:
            self._log(types.MessageType.Warning, str(error))
            return None

    # -- questions

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """What can be done about the findings at a place, or about all of a file."""
        from qscache_lint.language_server.actions import FIX_ALL, Actions, wants

        path, only = self._path(params.text_document.uri), params.context.only
        fixes_all = only is not None and wants(only, FIX_ALL)
        quick = wants(only, types.CodeActionKind.QuickFix.value) and bool(path and self._shown.diagnostics.get(path))
        if path is None or not (fixes_all or quick):
            return []

        def found(actions: Actions, name: str) -> list[types.CodeAction]:
            return [
                *(actions.quick_fixes(name, params.range) if quick else ()),
                *(actions.fix_all(name) if fixes_all else ()),
            ]

        await self._updates.settle()
        can, versions = self._can, {uri_of(path): version for path, version in self._shown.versions.items()}
        return await self._updates.ask(path, lambda shown, name: found(Actions(shown, versions, can), name)) or []

    @property
    def _can(self) -> Capabilities:
        from qscache_lint.language_server.actions import Capabilities

        workspace = self.client_capabilities.workspace
        edits = workspace and workspace.workspace_edit
        if not edits:
            return Capabilities()
        return Capabilities(bool(edits.document_changes), edits.change_annotation_support is not None)

    # -- what the editor is told

    def _publish(self, update: Update) -> None:
        """Show what is found, where that is new, and in each file whose text has been followed."""
        before, self._shown = self._shown, update
        old, new = before.diagnostics, update.diagnostics
        changed = {path for path in {**old, **new} if old.get(path) != new.get(path)}
        for path in sorted({*changed, *update.followed}):
            shown = types.PublishDiagnosticsParams(uri_of(path), new.get(path, []), update.versions.get(path))
            self.text_document_publish_diagnostics(shown)
        for note in update.notes:
            if note not in before.notes:
                self._log(types.MessageType.Warning, note)

    def _fail(self, error: BaseException) -> None:
        """Say in one line what has kept findings from being found."""
        self._log(types.MessageType.Error, f"not analysed: {_in_one_line(error)}")

    def report_server_error(self, error: Exception, source: object) -> None:
        """Say in one line what has kept a message from being followed; a question has been answered with the error."""
        if source is not FeatureRequestError:
            self._log(types.MessageType.Error, f"message of the editor not followed: {_in_one_line(error)}")

    def _log(self, kind: types.MessageType, line: str) -> None:
        self.window_log_message(types.LogMessageParams(kind, printable(line)))

    def _shut_down(self, _: object) -> None:
        self.is_shut_down = True


def _in_one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


_HANDLED: Mapping[str, Callable[..., object]] = {
    types.INITIALIZED: Server.begin,
    types.SHUTDOWN: Server._shut_down,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: Server.folders_changed,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: Server.disk_changed,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: Server.disk_changed,
    types.TEXT_DOCUMENT_DID_SAVE: Server.disk_changed,
    types.TEXT_DOCUMENT_DID_OPEN: Server.text_changed,
    types.TEXT_DOCUMENT_DID_CHANGE: Server.text_changed,
    types.TEXT_DOCUMENT_DID_CLOSE: Server.closed,
    types.TEXT_DOCUMENT_CODE_ACTION: Server.actions,
}


def serve(open_projects: Callable[[], OpenProjects]) -> int:
    """Serve the editor on standard input and output until it ends the session; the exit code."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # what goes wrong is told to the editor
    server = Server(open_projects)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:  # pygls closes it at the end
        server.start_io(stdout=output)
    return 0 if server.is_shut_down else 1
