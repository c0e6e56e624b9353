"""The server for agents, as one meets it: a process of its own, asked by the official client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from qscache_lint.api import check_paths, plan_fixes
from qscache_lint.rules import RULES
from tests.entry.console import contents, fixture

Call = tuple[str, Mapping[str, object]]
FOUND = [("archive/views.py", 11, 32, "QSC201"), ("stories/queries.py", 12, 2, "QSC101")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return fixture("recent_stories", tmp_path)


def _ask(project: Path, *calls: Call) -> list[Any]:
    """The results of some calls, in one session."""
    script = str(Path(sys.executable).with_name("qscache-lint"))
    server = StdioServerParameters(command=script, args=["mcp", "--no-cache", str(project)])

    async def ask() -> list[Any]:
        async with Client(stdio_client(server)) as client:
            tools = await client.list_tools()
            assert {tool.name for tool in tools.tools} == {"check", "explain", "preview_fix"}
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.tools)
            return [await client.call_tool(name, dict(given)) for name, given in calls]

    return asyncio.run(ask())


def _places(result: Any) -> list[tuple[object, ...]]:
    found = result.structured_content["findings"]
    return [(each["path"], each["row"], each["column"], each["code"]) for each in found]


def test_a_session(project: Path) -> None:
    before = contents(project)
    every, part, rule, why, value, safe, unsafe = _ask(
        project,
        ("check", {}),
        ("check", {"paths": ["archive"]}),
        ("explain", {"rule": "QSC201"}),
        ("explain", {"path": "archive/views.py", "row": 11}),
        ("explain", {"path": "stories/queries.py", "row": 19}),
        ("preview_fix", {}),
        ("preview_fix", {"unsafe": True, "paths": [str(project / "archive")]}),
    )
    assert _places(every) == FOUND
    assert _places(part) == FOUND[:1]
    assert rule.content[0].text == next(each.page for each in RULES if each.code == "QSC201")
    assert "archive/views.py:11:32" in why.content[0].text
    assert "stories/models.py" in why.content[0].text
    assert "Nothing is reported here" in value.content[0].text
    (planned,) = map(plan_fixes, check_paths([project]).projects)
    patch = safe.structured_content["patch"]
    assert all(f"+++ b/{change.path}" in patch or f"+++ {change.path}" in patch for change in planned.changes)
    assert len(safe.structured_content["fixes"]) == 1
    assert unsafe.structured_content["patch"] != patch
    assert contents(project) == before


def test_what_an_agent_does_wrong_is_said(project: Path) -> None:
    outside, missing, zero, rule, nothing, absent = _ask(
        project,
        ("check", {"paths": ["../elsewhere"]}),
        ("check", {"paths": ["nowhere.py"]}),
        ("check", {"paths": ["archive/\0views.py"]}),
        ("explain", {"rule": "QSC999"}),
        ("explain", {}),
        ("explain", {"path": "archive/absent.py", "row": 1}),
    )
    told = [each.content[0].text for each in (outside, missing, zero, rule, nothing, absent) if each.is_error]
    assert [len(text.splitlines()) for text in told] == [1, 1, 1, 1, 1, 1]
    assert str(project) in told[0]
    assert "nowhere.py: no such file" in told[1]
    assert "QSC201" in told[3]


def test_a_wrong_argument_is_said(project: Path) -> None:
    """An agent that writes `path` for `paths` would get an answer about the whole project."""
    for answer in _ask(
        project,
        ("check", {"path": "archive"}),
        ("check", {"paths": [""]}),
        ("preview_fix", {"paths": ["archive"], "unsave": True}),
        ("explain", {"rule": "QSC201", "path": "archive/views.py", "row": 11}),
    ):
        assert answer.is_error
        assert len(answer.content[0].text.splitlines()) == 1


def test_links_out_of_the_folder_are_not_followed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "keys.py"
    secret.write_text('TOKEN = "4fb1"\n')
    (project / "archive" / "keys.py").symlink_to(secret)
    for answer in _ask(
        project,
        ("explain", {"path": "archive/keys.py", "row": 1}),
        ("check", {"paths": ["archive/keys.py"]}),
        ("preview_fix", {"paths": ["archive/keys.py"]}),
    ):
        assert answer.is_error
        assert "leads outside" in answer.content[0].text
