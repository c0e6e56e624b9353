"""The worked example of docs/witness.md is what happens, from the test run to the report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import fixture

PAGE = Path(__file__).parents[2].joinpath("docs", "witness.md").read_text(encoding="utf-8")
_FILE = re.compile(r'^```python title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^```text\n\$ ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b[\d.,]+ (?:ms|s|kB|MB)\b"), "…"),
    (re.compile(r"\bin [\d.]+s\b"), "in …"),
    (re.compile(r"\b(Django|Python) [\w.]+"), r"\1 …"),
    (re.compile(r"\S+(?=/recorded\.json)"), "…"),
)
"""What is different on each machine."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the commands of the page print, one after the other."""
    root = fixture("recent_stories", tmp_path_factory.mktemp("page"))
    for name, content in _FILE.findall(PAGE):
        (root / name).write_text(content, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "COLUMNS"
    }
    found = {}
    for command, _ in _COMMAND.findall(PAGE):
        script, *arguments = command.split()
        process = subprocess.run(
            [Path(sys.executable).with_name(script), *arguments],
            cwd=root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        found[command] = process.stdout
    return found


def _steady(text: str) -> str:
    """Without what is different on each machine, numbers with units and where lines are wrapped for their lengths."""
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


@pytest.mark.parametrize(("command", "shown"), _COMMAND.findall(PAGE))
def test_the_page_shows_what_is_printed(command: str, shown: str, printed: dict[str, str]) -> None:
    assert _steady(printed[command]) == _steady(shown)


def test_the_page_goes_from_the_tests_to_the_report() -> None:
    assert [command.split()[0] for command, _ in _COMMAND.findall(PAGE)] == ["pytest", "qscache-lint", "qscache-lint"]
