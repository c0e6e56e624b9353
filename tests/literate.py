"""Reads literate cases: Markdown documents with the files of small projects and the findings they should give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).parent / "cases"

_FENCE = re.compile(r"^```(\w+) +(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"#\s*(expect|known miss|known false alarm):\s*([^#\n]+)")
_CODE = re.compile(r"(QSC\d+)(?:@(\d+))?")


@dataclass(frozen=True, order=True)
class Expected:
    """One finding a case states: `column` 0 means any."""

    path: str
    row: int
    code: str
    column: int = 0
    confidence: str = "high"


@dataclass(frozen=True)
class Case:
    """One case: its files, and what it states about them."""

    document: str
    title: str
    files: dict[str, str]
    settings: str = ""
    expected: tuple[Expected, ...] = ()
    misses: tuple[Expected, ...] = ()
    false_alarms: tuple[Expected, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.document}: {self.title}"


@dataclass
class _Reading:
    files: dict[str, str] = field(default_factory=dict)
    settings: str = ""


def read_cases() -> Iterator[Case]:
    """Every case of every document, in order."""
    for path in sorted(CASES.glob("*.md")):
        if path.name != "README.md":
            yield from _read_document(path.stem, path.read_text(encoding="utf-8"))


def _read_document(document: str, text: str) -> Iterator[Case]:
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    shared = _read_blocks(head)
    for section in sections:
        title, _, body = section.partition("\n")
        own = _read_blocks(body)
        files = {**shared.files, **own.files}
        marks = [mark for path, source in files.items() for mark in _marks(path, source)]
        yield Case(
            document,
            title.strip(),
            files,
            own.settings or shared.settings,
            tuple(sorted(mark for kind, mark in marks if kind == "expect")),
            tuple(sorted(mark for kind, mark in marks if kind == "known miss")),
            tuple(sorted(mark for kind, mark in marks if kind == "known false alarm")),
        )


def _read_blocks(text: str) -> _Reading:
    reading = _Reading()
    for kind, path, body in _FENCE.findall(text):
        if kind == "toml" and path == "settings":
            reading.settings = body
        else:
            reading.files[path] = body
    return reading


def _marks(path: str, source: str) -> Iterator[tuple[str, Expected]]:
    for row, line in enumerate(source.splitlines(), start=1):
        for kind, stated in _MARKER.findall(line):
            confidence = "medium" if "medium" in stated else "high"
            for code, column in _CODE.findall(stated):
                yield kind, Expected(path, row, code, int(column or 0), confidence)


def write_project(case: Case, root: Path) -> None:
    """Lay the files of a case out below `root`."""
    for path, source in case.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8")
    table = "[tool.qscache-lint]\n" + case.settings
    (root / "pyproject.toml").write_text(table, encoding="utf-8")
