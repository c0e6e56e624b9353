"""What README.md and docs/ show is what the tool prints and the suite measures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click import unstyle

from docs.generate import HERE as PAGES
from docs.generate import pages
from docs.pictures import PICTURES, printed
from qscache_lint import api
from qscache_lint.cli import main
from qscache_lint.source.discover import find_root
from tests.entry.console import runner
from tests.execution.harness import compare

ROOT = Path(__file__).parent.parent.parent
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
USAGE = (PAGES / "usage.md").read_text(encoding="utf-8")
_SHOWN = re.compile(r"^```text\n\$ qscache-lint ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RUN_BY_SERVICES = re.compile(r"^ +- (?:run: )?qscache-lint ([^\n]+)$", re.MULTILINE)
_WIDTH = 12.2
"""The width of a character in a picture."""


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_is_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    command, _, shown = _drawn(PAGES / "pictures" / f"{name}.svg").partition("\n")
    assert command.rstrip() == f"$ qscache-lint {' '.join(PICTURES[name])}"
    assert _bare(shown) == _bare(unstyle(printed(PICTURES[name])))
    assert f"docs/pictures/{name}.svg" in README


def _bare(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _drawn(path: Path) -> str:
    """The text of a picture; each piece of it is clipped to its line, and spaces alone are left out."""
    lines: dict[int, str] = {}
    for piece in ET.parse(path).iter("{http://www.w3.org/2000/svg}text"):
        row = int(piece.attrib["clip-path"].removeprefix("url(#terminal-line-").removesuffix(")"))
        column = round(float(piece.attrib["x"]) / _WIDTH)
        lines[row] = lines.get(row, "").ljust(column) + (piece.text or "")
    return "".join(lines[row] for row in sorted(lines)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("command", "output"), _SHOWN.findall(USAGE))
def test_the_usage_page_shows_what_is_printed(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name, *arguments = command.split()
    assert runner().invoke(main, [name, "--no-cache", *arguments]).output == output


@pytest.mark.parametrize("command", _RUN_BY_SERVICES.findall(USAGE))
def test_what_services_run_works(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shutil.copytree(ROOT / "fixtures" / "recent_stories", tmp_path / "project"))
    result = runner().invoke(main, command.split())
    assert result.exit_code == (0 if "--exit-zero" in command else 1)
    assert "QSC201" in result.stdout
    assert all("QSC201" in Path(name).read_text(encoding="utf-8") for name in re.findall(r" \w+:(\S+)", command))


def test_what_services_run_is_found() -> None:
    assert len(_RUN_BY_SERVICES.findall(USAGE)) == 3


def test_the_command_to_try_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the environment that it makes, which is the business of `.ci/run`."""
    monkeypatch.chdir(ROOT)
    found = re.search(r"<!-- command: main -->\s*```sh\n(.*)\n```", README)
    assert found is not None
    tool = ".venv/bin/qscache-lint "
    commands = [each.strip().removeprefix(tool).split() for each in found[1].split("&&") if tool in each]
    results = [runner().invoke(main, [name, "--no-cache", *arguments]) for name, *arguments in commands]
    assert [result.exit_code for result in results] == [0, 0]
    assert ["QSC201" in results[0].stdout, "+def getRecentStoriesQuerySet(num=5):" in results[1].stdout] == [True, True]


def test_the_front_page_is_short() -> None:
    assert len(README.splitlines()) <= 120


def test_a_fixture_is_a_project_of_its_own() -> None:
    """The first command of the README reads one fixture, not the whole checkout."""
    fixtures = [path for path in (ROOT / "fixtures").iterdir() if path.is_dir()]
    assert {find_root(path / "manage.py") for path in fixtures} == {*fixtures}


def test_readme_shows_the_measured_improvement(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(ROOT / "fixtures" / "recent_stories", before)
    shutil.copytree(before, after)
    for project in api.check_paths([after]).projects:
        api.write(project, api.plan_fixes(project, unsafe=True))
    measured = compare(before, after)["story-before"]
    for label, change in (("miss", measured.miss), ("hit", measured.hit)):
        cells = [
            f"{change.before.queries} → {change.after.queries}",
            f"{change.before.rows:,} → {change.after.rows:,}",
            f"{_size(change.before.pickled_bytes)} → {_size(change.after.pickled_bytes)}",
            f"{_size(change.before.unpickled_bytes)} → {_size(change.after.unpickled_bytes)}",
        ]
        assert f"| cache {label} | {' | '.join(cells)} |" in README


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "0"


def test_generated_pages_are_those_of_the_code() -> None:
    folders = (PAGES / "rules", PAGES / "tables")
    paths = [*(path for folder in folders for path in folder.glob("*.md")), PAGES / "settings.schema.json"]
    assert {path.relative_to(PAGES).as_posix(): path.read_text(encoding="utf-8") for path in paths} == pages()
