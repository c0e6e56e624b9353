"""What README.md shows is what the tool prints and the suite measures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.generate import HERE, pages
from qscache_lint import api
from qscache_lint.cli import main
from qscache_lint.source.discover import find_root
from tests.execution.harness import compare

ROOT = Path(__file__).parent.parent.parent
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")


def test_readme_shows_the_real_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["check", "--no-cache", "--select", "QSC201", "fixtures/recent_stories"])
    assert result.exit_code == 1
    assert result.output in README


def test_readme_shows_what_is_revealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["reveal", "--no-cache", "fixtures/recent_stories/archive/views.py:11:30"])
    assert result.output in README


def test_a_fixture_is_a_project_of_its_own() -> None:
    """The first command of the README reads one fixture, not the whole checkout."""
    fixtures = [path for path in (ROOT / "fixtures").iterdir() if path.is_dir()]
    assert {find_root(path / "manage.py") for path in fixtures} == {*fixtures}


def test_readme_shows_the_measured_improvement(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(ROOT / "fixtures" / "recent_stories", before)
    shutil.copytree(before, after)
    for project in api.check([after]).projects:
        api.write(project, api.repair(project, unsafe=True))
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
    folders = (HERE / "rules", HERE / "tables")
    paths = [path for folder in folders for path in folder.glob("*.md")]
    assert {path.relative_to(HERE).as_posix(): path.read_text(encoding="utf-8") for path in paths} == pages()
