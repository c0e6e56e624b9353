"""The recipes of CONTRIBUTING.md work as they stand, each in a copy of what git knows of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = ROOT.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
_PART = re.compile(r"^## ([^\n]+)|^(`{3,})(\S+)(?: ([^\n]+))?\n(.*?)^\2\n", re.MULTILINE | re.DOTALL)
"""A heading, or a fenced block with all that is in it."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind that, and its content."""

    language: str
    about: str
    content: str


def _recipes() -> dict[str, list[Block]]:
    """The blocks of each section that has commands to run."""
    sections: dict[str, list[Block]] = {"": []}
    for found in _PART.finditer(TEXT):
        heading, _, language, about, content = found.groups()
        if heading is None:
            sections[[*sections][-1]].append(Block(language, about or "", content))
        else:
            sections[heading] = []
    return {heading: blocks for heading, blocks in sections.items() if heading and blocks}


RECIPES = _recipes()


def test_there_are_recipes() -> None:
    assert [*RECIPES] == [
        "Find out why something is not found",
        "Add a cache in one row",
        "Add a rule",
        "Add an output format",
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_works(recipe: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    _copy(clone)
    printed = ""
    for block in RECIPES[recipe]:
        if block.language == "sh":
            printed = "".join(_run(line, clone, fails=block.about == "fails") for line in block.content.splitlines())
        elif block.language == "output":
            assert [line for line in block.content.splitlines() if line not in printed] == [], printed
        else:
            _write(clone, block)


def _copy(clone: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in map(os.fsdecode, listed.rstrip(b"\0").split(b"\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, clone / name)


def _write(clone: Path, block: Block) -> None:
    """Write a file, or add to one: at its end, or below the line that has some words."""
    name, _, words = block.about.partition(" below ")
    path = clone / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if words:
        (line,) = [each for each in before.splitlines(keepends=True) if words in each]
        after = before.replace(line, line + block.content)
    else:
        after = before + block.content
    path.write_text(after, encoding="utf-8")


def _run(line: str, clone: Path, *, fails: bool) -> str:
    """Run one command of a recipe with this environment's Python, over the code of the copy; gives what it prints."""
    command, _, arguments = line.partition(" ")
    scripts = {".venv/bin/python": "", ".venv/bin/qscache-lint": "-m qscache_lint "}
    process = subprocess.run(
        f"{sys.executable} {scripts[command]}{arguments}",
        shell=True,
        cwd=clone,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(clone)},
    )
    output = process.stdout + process.stderr
    assert (process.returncode == 1) if fails else (process.returncode == 0), output
    return output
