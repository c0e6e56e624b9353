"""Write the table of docs/comparison.md: `python -m benchmarks.comparison --bin DIRECTORY`.

Every tool checks the same projects, and the table says what it reports at the lines that we report.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from qscache_lint.api import check_paths

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "comparison.md"
PROJECTS = ("recent_stories", "get_miss_set", "lru_cache", "property_split")
"""The fixtures: a home-made memoizer, a cache by hand, a memo, a property."""

_TABLE = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
_VERSION = re.compile(r"\d+(?:\.\d+)+")


class Place(msgspec.Struct, frozen=True):
    """A finding: its code, and the row of a file in a project."""

    path: str
    row: int
    code: str


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of tools.toml."""

    name: str
    about: str
    command: tuple[str, ...]
    version: tuple[str, ...]
    finding: str

    def places(self, project: Path, tools: Path) -> Iterator[Place]:
        """What it finds in a project. Raises RuntimeError where it does not run."""
        output = _run(self.command, project, tools)
        for found in re.finditer(self.finding, output, re.MULTILINE):
            yield Place(os.path.normpath(project / found["path"]), int(found["row"]), found["code"])

    def told_version(self, tools: Path) -> str:
        found = _VERSION.search(_run(self.version, REPOSITORY, tools))
        return found[0] if found else "?"


class Tools(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of tools.toml."""

    tool: tuple[Tool, ...]


def load_tools() -> tuple[Tool, ...]:
    """The rows of tools.toml."""
    source = Path(__file__).with_name("tools.toml").read_bytes()
    return msgspec.toml.decode(source, type=Tools).tool


def _run(command: Sequence[str], project: Path, tools: Path) -> str:
    words: list[str] = []
    for word in command:
        if word == "{files}":
            words += sorted(map(str, project.rglob("*.py")))
        else:
            words.append(word.format(bin=tools, rules=REPOSITORY / "benchmarks" / "speed" / "rules"))
    done = subprocess.run(words, cwd=project, capture_output=True, encoding="utf-8", timeout=300)
    if done.returncode < 0 or "unrecognized arguments" in done.stderr:
        raise RuntimeError(f"{words[0]}: {done.stderr}")
    return done.stdout


def table(projects: Sequence[Path], tools: Path) -> Iterator[str]:
    """The rows of the table, as Markdown."""
    yield "| tool | version | what it was asked | reports | of our lines | what it says of them |"
    yield "|---|---|---|---:|---:|---|"
    ours = [
        Place(str(report.root / each.path), each.span.start.row, each.code)
        for report in check_paths(projects).projects
        for each in report.findings
    ]
    lines = {(each.path, each.row) for each in ours}
    yield _row("qscache-lint", "this one", "the rules that are on", ours, lines)
    for tool in load_tools():
        found = [place for project in projects for place in tool.places(project, tools)]
        yield _row(tool.name, tool.told_version(tools), tool.about, found, lines)


def _row(name: str, version: str, about: str, found: Iterable[Place], lines: set[tuple[str, int]]) -> str:
    reports = list(found)
    there = [each for each in reports if (each.path, each.row) in lines]
    covered = len({(each.path, each.row) for each in there})
    codes = ", ".join(f"`{code}`" for code in sorted({each.code for each in there})) or "–"
    return f"| {name} | {version} | {about} | {len(reports)} | {covered} of {len(lines)} | {codes} |"


def main(arguments: Sequence[str]) -> None:
    """Check copies of the projects with every tool, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="the directory with the commands of the other tools")
    tools = parser.parse_args(arguments).bin.resolve()
    with tempfile.TemporaryDirectory() as directory:
        copies = [Path(directory).resolve() / name for name in PROJECTS]
        for copy in copies:
            shutil.copytree(REPOSITORY / "fixtures" / copy.name, copy)
        rows = "\n".join(table(copies, tools))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda found: f"{found[1]}\n{rows}\n\n{found[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
