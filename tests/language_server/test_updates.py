"""Updates: what is put together, what goes on meanwhile, and what becomes of errors."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event

import pytest

from qscache_lint.language_server.updates import PAUSE, Update, Updates
from qscache_lint.serving.changes import Changes
from qscache_lint.serving.open_projects import OpenProjects
from tests.entry.console import runner

VIEWS = Path("/shop/views.py")


class Projects(OpenProjects):
    """Takes until it is let go for each change, and keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Changes] = []
        self.may_go_on = Event()
        self.may_go_on.set()
        self.fails = False

    def apply(self, changes: Changes) -> None:
        assert self.may_go_on.wait(60)
        self.told.append(changes)
        if self.fails:
            raise LookupError("a row\nis missing")


class Editor:
    """What is published and said."""

    def __init__(self) -> None:
        self.projects = Projects()
        self.published: list[Update] = []
        self.errors: list[str] = []
        self.updates = Updates(
            lambda: self.projects, self.published.append, lambda error: self.errors.append(str(error))
        )


def _run(test: Callable[[Editor], Awaitable[None]]) -> None:
    async def tested() -> None:
        await test(Editor())

    asyncio.run(tested())


def test_an_edit_waits_for_a_pause() -> None:
    async def test(editor: Editor) -> None:
        for version, text in enumerate(("a", "ab", "abc")):
            editor.updates.edit(VIEWS, text, version)
            await asyncio.sleep(PAUSE / 10)
        assert editor.projects.told == []
        while not editor.published:
            await asyncio.sleep(PAUSE / 10)
        assert [each.buffers for each in editor.projects.told] == [{VIEWS: b"abc"}]
        assert [(each.followed, each.versions) for each in editor.published] == [((VIEWS,), {VIEWS: 2})]

    _run(test)


def test_what_changes_meanwhile_is_done_next_and_questions_come_last() -> None:
    async def test(editor: Editor) -> None:
        editor.projects.may_go_on.clear()
        editor.updates.edit(VIEWS, "a", 1)
        asked = asyncio.ensure_future(editor.updates.settle())
        await asyncio.sleep(0.05)
        assert not asked.done(), "the loop goes on while the analysis waits"
        editor.updates.edit(VIEWS, "ab", 2)
        editor.updates.close(VIEWS)
        editor.updates.look_at_disk()
        editor.updates.have((Path("/shop"),))
        editor.projects.may_go_on.set()
        await asked
        await editor.updates.settle()
        assert editor.projects.told == [
            Changes(None, {VIEWS: b"a"}, disk=False),
            Changes((Path("/shop"),), {VIEWS: None}, disk=True),
        ]
        assert [each.versions for each in editor.published] == [{VIEWS: 1}, {}]

    _run(test)


def test_the_waiting_may_be_cancelled() -> None:
    async def test(editor: Editor) -> None:
        editor.projects.may_go_on.clear()
        editor.updates.edit(VIEWS, "a", 1)
        asked = asyncio.ensure_future(editor.updates.settle())
        await asyncio.sleep(0.05)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        editor.projects.may_go_on.set()
        await editor.updates.settle()
        assert len(editor.published) == 1

    _run(test)


def test_an_error_ends_one_update() -> None:
    async def test(editor: Editor) -> None:
        editor.projects.fails = True
        editor.updates.edit(VIEWS, "a", 1)
        await editor.updates.settle()
        assert editor.errors == ["a row\nis missing"]
        editor.projects.fails = False
        editor.updates.edit(VIEWS, "b", 2)
        await editor.updates.settle()
        assert len(editor.published) == 1

    _run(test)


def test_the_server_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:

    from qscache_lint.cli import main

    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    monkeypatch.delitem(sys.modules, "qscache_lint.language_server.server", raising=False)
    result = runner().invoke(main, ["server"])
    assert result.exit_code == 2
    assert "pip install 'qscache-lint[lsp]'" in result.output
