"""The pages of the site: links lead somewhere, all of them are reached, and what they show is what the tool prints."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.site import ROOT, configuration, sources
from qscache_lint.cli import main
from tests.entry.console import runner

PAGES = tuple(path for path in sources() if path.suffix == ".md")
WORKED = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
_LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)\s]*)?\)")
_FILE = re.compile(r'^```python title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^```text\n\$ qscache-lint ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_to_files_of_the_site(page: Path) -> None:
    """The strict build looks at pages and headings; pictures, and what is no page, only here."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = {(ROOT / page).parent.joinpath(unquote(link)).resolve() for link in _LINK.findall(text)}
    assert targets <= {(ROOT / path).resolve() for path in sources()}


def test_every_page_is_in_the_navigation() -> None:
    assert sorted(re.findall(r'= "([^"]+\.md)"', configuration())) == sorted(map(Path.as_posix, PAGES))


def test_the_worked_example_is_what_the_tool_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = _FILE.findall(WORKED)
    assert [name for name, _ in files] == ["kiosk/models.py", "kiosk/views.py"]
    (tmp_path / "pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    for name, content in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = _COMMAND.findall(WORKED)
    assert [command.split()[0] for command, _ in commands] == ["check", "fix"]
    for command, printed in commands:
        name, *arguments = command.split()
        assert runner().invoke(main, [name, "--no-cache", *arguments]).stdout == printed
