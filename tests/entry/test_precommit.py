"""Both hooks under the real pre-commit, in a temporary git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.entry.console import contents, fixture, run

PROJECT = Path(__file__).resolve().parents[2]
PUBLISHED = ("qscache_lint", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


def _git(cwd: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=True).stdout


def _commit_all(directory: Path) -> str:
    _git(directory, "init", "--quiet")
    _git(directory, "add", "--all")
    _git(directory, "commit", "--quiet", "--message", "All")
    return _git(directory, "rev-parse", "HEAD").strip()


def _publish(directory: Path) -> str:
    """A repository with what is published of this project, and its commit."""
    directory.mkdir()
    for name in PUBLISHED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, directory / name)
    return _commit_all(directory)


def _hook(root: Path, name: str) -> tuple[int, str]:
    """Run one hook; its exit code and what pre-commit prints."""
    process = run("pre-commit", "run", "--all-files", "--color", "never", name, cwd=root)
    return process.returncode, process.stdout.decode() + process.stderr.decode()


def test_both_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails and shows the findings; the fix changes the files; then both pass."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    commit = _publish(tmp_path / "qscache-lint")
    root, twin = fixture("recent_stories", tmp_path), fixture("recent_stories", tmp_path / "twin")
    (root / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {tmp_path / 'qscache-lint'}\n  rev: {commit}\n"
        "  hooks:\n  - id: qscache-lint\n  - id: qscache-lint-fix\n    args: [--unsafe-fixes]\n",
        encoding="utf-8",
    )
    _commit_all(root)

    code, output = _hook(root, "qscache-lint")
    assert code == 1, output
    assert "archive/views.py:11:32: QSC201" in output
    assert "stories/queries.py:12:2: QSC101" in output
    assert _git(root, "status", "--porcelain") == ""

    code, output = _hook(root, "qscache-lint-fix")
    assert code == 1, output
    assert "files were modified by this hook" in output
    assert run("qscache-lint", "fix", "--unsafe-fixes", cwd=twin).returncode == 0
    ours = contents(twin)
    assert {path: text for path, text in contents(root).items() if path in ours} == ours

    for name in ("qscache-lint", "qscache-lint-fix"):
        code, output = _hook(root, name)
        assert code == 0, output
