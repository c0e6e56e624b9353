"""An editor: a client of the language server, which runs as a process of its own, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

Result = TypeVar("Result")

ELSEWHERE = Path("/nowhere/at_all.py")
SECONDS = 120


class Editor:
    """Shows what the server tells of some folders. Its methods may be called by a test without a loop of events."""

    def __init__(self, *folders: Path, encodings: Sequence[str] = ()) -> None:
        self.diagnostics: dict[Path, list[types.Diagnostic]] = {}
        self.versions: dict[Path, int | None] = {}
        self.log: list[str] = []
        self.watched: list[str] = []
        self.progress: list[str] = []
        self._texts: dict[Path, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = LanguageClient("editor", "1")
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self._show(params))
        self.client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: self.log.append(params.message))
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: self._watch(params))
        self.client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(lambda params: None)
        self.client.feature(types.PROGRESS)(lambda params: self.progress.append(params.value["kind"]))
        self.started = self.run(lambda: self._start(folders, encodings))

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)

    def run(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """The answer of the server."""

        async def asked() -> Result:
            return await ask()

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result(SECONDS)

    def tell(self, notify: Callable[[], None]) -> None:
        """Send a notification."""
        done = Event()

        def tell() -> None:
            notify()
            done.set()

        self._loop.call_soon_threadsafe(tell)
        assert done.wait(SECONDS)

    # -- what a user does

    def open(self, path: Path, text: str) -> None:
        self._texts[path] = 1
        item = types.TextDocumentItem(path.as_uri(), "python", 1, text)
        self.tell(lambda: self.client.text_document_did_open(types.DidOpenTextDocumentParams(item)))

    def change(self, path: Path, text: str) -> None:
        self._texts[path] += 1
        document = types.VersionedTextDocumentIdentifier(self._texts[path], path.as_uri())
        params = types.DidChangeTextDocumentParams(document, [types.TextDocumentContentChangeWholeDocument(text)])
        self.tell(lambda: self.client.text_document_did_change(params))

    def close(self, path: Path) -> None:
        del self._texts[path]
        params = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(path.as_uri()))
        self.tell(lambda: self.client.text_document_did_close(params))

    def see_disk(self, *paths: Path) -> None:
        """Files have changed on disk, whatever has become of them."""
        events = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        self.tell(lambda: self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events)))

    def show_folders(self, added: Sequence[Path], removed: Sequence[Path] = ()) -> None:
        event = types.WorkspaceFoldersChangeEvent([*map(_folder, added)], [*map(_folder, removed)])
        params = types.DidChangeWorkspaceFoldersParams(event)
        self.tell(lambda: self.client.workspace_did_change_workspace_folders(params))

    def actions(self, path: Path, place: types.Range, *only: str) -> list[types.CodeAction]:
        context = types.CodeActionContext([], only=list(only) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(path.as_uri()), place, context)
        found = self.run(lambda: self.client.text_document_code_action_async(params))
        return [each for each in found or () if isinstance(each, types.CodeAction)]

    def settle(self) -> None:
        """Wait until all is shown that was told by now."""
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        assert self.actions(ELSEWHERE, nowhere, types.CodeActionKind.SourceFixAll.value) == []

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the server tells in its own time."""
        until = monotonic() + SECONDS
        while not condition():
            assert monotonic() < until
            sleep(0.01)

    def check(self) -> None:
        """Have the server look at the disk, and wait for what it finds."""
        self.run(lambda: self.client.workspace_execute_command_async(types.ExecuteCommandParams("qscache-lint.check")))

    @property
    def codes(self) -> dict[str, list[str]]:
        """What is shown, by the names of files."""
        return {path.name: [str(each.code) for each in shown] for path, shown in self.diagnostics.items() if shown}

    # -- the protocol

    async def _start(self, folders: Sequence[Path], encodings: Sequence[str]) -> Any:
        script = str(Path(sys.executable).with_name("qscache-lint"))
        await self.client.start_io(script, "server", "--no-cache")
        watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        editing = types.WorkspaceEditClientCapabilities(
            document_changes=True, change_annotation_support=types.ChangeAnnotationsSupportOptions()
        )
        workspace = types.WorkspaceClientCapabilities(workspace_edit=editing, did_change_watched_files=watching)
        general = types.GeneralClientCapabilities(position_encodings=list(encodings)) if encodings else None
        window = types.WindowClientCapabilities(work_done_progress=True)
        started = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(workspace=workspace, general=general, window=window),
                workspace_folders=[_folder(each) for each in folders],
            )
        )
        self.client.initialized(types.InitializedParams())
        return started

    async def _stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()  # type: ignore[no-untyped-call]

    def _show(self, params: types.PublishDiagnosticsParams) -> None:
        path = Path(types_path(params.uri))
        self.diagnostics[path] = list(params.diagnostics)
        self.versions[path] = params.version

    def _watch(self, params: types.RegistrationParams) -> None:
        self.watched += [each.method for each in params.registrations]


def types_path(uri: str) -> str:
    """The path that a name in the protocol means."""
    from pygls.uris import to_fs_path

    path = to_fs_path(uri)
    assert path is not None
    return path


def _folder(path: Path) -> types.WorkspaceFolder:
    return types.WorkspaceFolder(path.as_uri(), path.name)
