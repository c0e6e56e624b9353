"""Runs the installed commands, and knows what the fixtures hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from qscache_lint.cli import main

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

FINDINGS = {
    "cached_property": [],
    "cached_property_clean": [],
    "get_miss_set": ["tickets/selectors.py:13:9: QSC101", "tickets/worklist.py:8:27: QSC201"],
    "get_miss_set_clean": [],
    "lru_cache": [
        "catalogue/navigation.py:12:38: QSC202",
        "catalogue/queries.py:8:2: QSC102",
        "catalogue/sitemap.py:6:39: QSC202",
    ],
    "lru_cache_clean": [],
    "recent_stories": ["archive/views.py:11:32: QSC201", "stories/queries.py:12:2: QSC101"],
    "recent_stories_clean": [],
    "recent_stories_mixed": [
        "archive/views.py:11:32: QSC201",
        "stories/queries.py:12:2: QSC101",
        "stories/queries.py:12:2: QSC104",
    ],
}
"""Every finding in every fixture."""

SILENT_FIRST = sorted(FINDINGS, key=lambda name: (len(FINDINGS[name]), name))


def fixture(name: str, directory: Path) -> Path:
    """A copy of a fixture in a directory of its own."""
    return Path(shutil.copytree(FIXTURES / name, directory / name, ignore=shutil.ignore_patterns("__pycache__")))


def run(command: str, *arguments: str | Path, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a console script of this environment.

    It gets the variables that Python knows of: GNU readline, which pytest loads, sets COLUMNS behind its back.
    """
    script = Path(sys.executable).with_name(command)
    environment = dict(os.environ)
    return subprocess.run([script, *arguments], cwd=cwd, input=stdin, capture_output=True, check=False, env=environment)


def runner() -> CliRunner:
    """Runs commands in this process, and has standard output and standard error apart, as click does since 8.2."""
    apart: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
    return CliRunner(**apart)


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"__pycache__", ".qscache_lint_cache"} & set(path.parts)
    }


def call(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """What the command does with some arguments, in this process."""
    return runner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def heads(output: str) -> list[str]:
    """The lines of `concise` without their messages."""
    return [" ".join(line.split(" ")[:2]) for line in output.splitlines()]


def found(*arguments: str) -> list[str]:
    """The place and code of each finding of a check."""
    output = call("check", "--output-format", "concise", *arguments).stdout
    return [line.split(" ")[0] + line.split(" ")[1] for line in output.splitlines()]


def edit(project: Path, path: str, text: str) -> None:
    """Give a file of a project another content."""
    (project / path).write_text(text, encoding="utf-8")
