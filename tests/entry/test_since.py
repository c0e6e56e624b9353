"""What has changed since a commit: `--since`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from qscache_lint.changed_lines import changed_rows
from tests.entry.console import call, contents, edit, found
from tests.unit.projects import QUERIES, REFINER

OTHER = REFINER.replace("def named", "def other")


def _git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *identity, *arguments], cwd=project, env=environment, check=True, capture_output=True)


@pytest.fixture
def checkout(project: Path) -> Path:
    edit(project, ".gitignore", ".qscache_lint_cache\n")
    _git(project, "init", "-q", "-b", "main")
    _git(project, "add", "-A")
    _git(project, "commit", "-qm", "first")
    return project


def test_without_a_change_nothing_is_reported(checkout: Path) -> None:
    assert found("--since", "HEAD") == []


def test_a_finding_in_a_changed_line_is_reported(checkout: Path) -> None:
    edit(checkout, "shop/refiner.py", f"# new\n{REFINER.replace('title=word', 'title=word.lower()')}")
    assert found("--since", "HEAD") == ["shop/refiner.py:6:32:QSC201"]
    edit(checkout, "shop/refiner.py", f"# new\n{REFINER}")
    assert found("--since", "HEAD") == []


@pytest.mark.parametrize("changed", [False, True])
def test_of_a_file_that_was_moved_the_lines_that_differ_have_changed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    (checkout / "store").mkdir()
    _git(checkout, "mv", "shop/refiner.py", "store/finding.py")
    if changed:
        edit(checkout, "store/finding.py", REFINER.replace("title=word", "title=word.lower()"))
    expected = ["store/finding.py:5:32:QSC201"] if changed else []
    assert found("--since", "HEAD") == expected
    _git(checkout, "add", "-A")
    _git(checkout, "commit", "-qm", "moved")
    assert found("--since", "HEAD~") == expected


def test_a_file_that_was_moved_into_the_project_is_followed(checkout: Path) -> None:
    edit(checkout, "refiner.py", REFINER)
    _git(checkout, "add", "-A")
    _git(checkout, "commit", "-qm", "beside")
    _git(checkout, "mv", "refiner.py", "shop/moved.py")
    (checkout / "shop/pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    assert changed_rows(checkout / "shop", "HEAD") == {"pyproject.toml": ((1, 2**31),)}


def test_a_finding_whose_trail_passes_a_changed_line_is_reported(checkout: Path) -> None:
    edit(checkout, "shop/queries.py", QUERIES.replace("sold=False", "sold=True"))
    assert found("--since", "HEAD") == ["shop/queries.py:6:2:QSC101", "shop/refiner.py:5:32:QSC201"]


def test_a_line_that_is_gone_counts_for_those_around_it(checkout: Path) -> None:
    edit(checkout, "shop/queries.py", QUERIES.replace("def recent", "# why\ndef recent"))
    _git(checkout, "commit", "-qam", "second")
    edit(checkout, "shop/queries.py", QUERIES)
    assert "shop/queries.py:6:2:QSC101" in found("--since", "HEAD")


def test_a_new_file_is_changed_as_a_whole(checkout: Path) -> None:
    edit(checkout, "shop/ü \"x.py", OTHER)
    untracked = call("check", "--output-format", "json", "--since", "HEAD").stdout
    _git(checkout, "add", "-A")
    assert [each["location"]["row"] for each in msgspec.json.decode(untracked)] == [5]
    assert call("check", "--output-format", "json", "--since", "HEAD").stdout == untracked


def test_what_others_have_changed_meanwhile_does_not_count(checkout: Path) -> None:
    _git(checkout, "checkout", "-qb", "mine")
    _git(checkout, "checkout", "-q", "main")
    edit(checkout, "shop/queries.py", QUERIES.replace("sold=False", "sold=True"))
    _git(checkout, "commit", "-qam", "theirs")
    _git(checkout, "checkout", "-q", "mine")
    assert found("--since", "main") == []


def test_a_project_below_the_top_of_the_checkout(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(project.parent, ".gitignore", ".qscache_lint_cache\n")
    _git(project.parent, "init", "-q")
    _git(project.parent, "add", "-A")
    _git(project.parent, "commit", "-qm", "first")
    edit(project, "shop/refiner.py", REFINER.replace("title=word", "title=word.lower()"))
    monkeypatch.chdir(project.parent)
    assert found("project", "--since", "HEAD") == ["project/shop/refiner.py:5:32:QSC201"]


@pytest.mark.parametrize("revision", ["gone", "--output=x", "HEAD:shop", ""])
def test_a_revision_that_git_does_not_know_is_one_line_and_2(checkout: Path, revision: str) -> None:
    before = contents(checkout)
    result = call("check", f"--since={revision}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"qscache-lint: error: --since {revision}: {checkout}: no such revision\n"
    assert contents(checkout) == before


def test_outside_of_a_checkout_is_one_line_and_2(project: Path) -> None:
    result = call("check", "--since", "HEAD")
    assert result.exit_code == 2
    assert result.stderr == f"qscache-lint: error: --since HEAD: {project}: not a git checkout\n"


def test_without_git_is_one_line_and_2(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(checkout))
    result = call("check", "--since", "HEAD")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "qscache-lint: error: --since: git cannot be run: No such file or directory\n"


def test_what_a_hook_says_of_its_checkout_does_not_count(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(checkout, "shop/refiner.py", REFINER.replace("title=word", "title=word.lower()"))
    monkeypatch.setenv("GIT_DIR", os.fspath(checkout.parent / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(checkout.parent / "index"))
    assert found("--since", "HEAD") == ["shop/refiner.py:5:32:QSC201"]


def test_nothing_that_the_checkout_configures_is_executed(checkout: Path) -> None:
    trap = checkout / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch executed\n", encoding="utf-8")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.x.textconv"):
        _git(checkout, "config", name, "./trap.sh")
    edit(checkout, ".gitattributes", "*.py diff=x\n")
    edit(checkout, "shop/refiner.py", OTHER)
    assert found("--since", "HEAD") == []
    assert not (checkout / "executed").exists()
