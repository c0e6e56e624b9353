"""Reads literate cases: Markdown documents with the files of small projects and the findings they should give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

CASES = Path(__file__).parent / "cases"

_THEN = " then"
_KINDS = ("python", "html", "toml", "text")
_MARKER = re.compile(r"#\s*(expect\w*|known [\w ]+?|gained|vetoed):\s*([^#\n]+)")
_MARKS = ("expect", "known miss", "known false alarm", "gained", "vetoed")
_CODE = re.compile(r"(QSC\d+(?:\|QSC\d+)?)(?:@(\d+))?")

TWINS = ("QSC107", "QSC251", "QSC253")
"""The rules, off by default, that tell a finding where other uses in the project make it worth less."""

SETTINGS = f"extend-select = {[*TWINS]}\n"
"""Those of a case that gives none: what is found shows, by whichever of two codes."""


@dataclass(frozen=True, order=True)
class Expected:
    """One finding a case states: `column` 0 means any; of the codes `QSC101|QSC107`, it is one."""

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
    gained: tuple[Expected, ...] = ()
    """What an engine with types finds in addition."""
    vetoed: tuple[Expected, ...] = ()
    """What it does not find although the fast engine does."""
    later: Case | None = None
    """The same project at a second run, where the case says that it changes."""

    @property
    def name(self) -> str:
        return f"{self.document}: {self.title}"


@dataclass
class Reading:
    """The files that blocks give so far, and the settings."""

    files: dict[str, str] = field(default_factory=dict)
    settings: str = ""
    then: Reading | None = None
    gone: list[str] = field(default_factory=list)


def read_cases(directory: Path | None = None) -> Iterator[Case]:
    """Every case of every document, in order."""
    for path in sorted((directory or CASES).glob("*.md")):
        if path.name != "README.md":
            yield from _read_document(path.stem, path.read_text(encoding="utf-8"))


def _read_document(document: str, text: str) -> Iterator[Case]:
    """Raises ValueError for whatever would be passed over in silence."""
    head, sections = split_sections(document, text)
    shared = _read_blocks(document, head)
    for title, body in sections.items():
        own = _read_blocks(document, body)
        if not own.files and not shared.files:
            raise ValueError(f"{document}: {title!r} has no files")
        settings = own.settings or shared.settings or SETTINGS
        case = _case(document, title.strip(), {**shared.files, **own.files}, settings)
        yield case if own.then is None else replace(case, later=_later(case, own.then))


def _case(document: str, title: str, files: dict[str, str], settings: str) -> Case:
    marks = [mark for path, source in files.items() for mark in _marks(document, path, source)]
    expected, misses, alarms, gained, vetoed = (
        tuple(sorted(mark for kind, mark in marks if kind == wanted)) for wanted in _MARKS
    )
    return Case(document, title, files, settings, expected, misses, alarms, gained, vetoed)


def _later(case: Case, then: Reading) -> Case:
    kept = {path: source for path, source in case.files.items() if path not in then.gone}
    if len(kept) != len(case.files) - len(then.gone):
        raise ValueError(f"{case.name}: a file goes that was not there")
    return _case(case.document, case.title, {**kept, **then.files}, then.settings or case.settings)


def split_sections(document: str, text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first heading of level 2, and below each. Raises ValueError for a title used twice."""
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    sections: dict[str, str] = {}
    for part in parts:
        title, _, body = part.partition("\n")
        if title.strip() in sections:
            raise ValueError(f"{document}: two cases are called {title.strip()!r}")
        sections[title.strip()] = body
    return head, sections


def _read_blocks(document: str, text: str) -> Reading:
    reading = Reading()
    for info, body in fenced_blocks(document, text):
        keep_block(document, reading, info, body)
    return reading


def fenced_blocks(document: str, text: str) -> Iterator[tuple[str, str]]:
    """The info string and the body of every fenced block. Raises ValueError for one that is not closed."""
    opened: list[str] | None = None
    info = ""
    for line in text.splitlines(keepends=True):
        if not line.startswith("```"):
            if opened is not None:
                opened.append(line)
        elif opened is None:
            opened, info = [], line[3:].strip()
        else:
            yield info, "".join(opened)
            opened = None
    if opened is not None:
        raise ValueError(f"{document}: the block {info!r} is not closed")


def keep_block(document: str, reading: Reading, info: str, body: str) -> None:
    """Keep a block as a file or as the settings. Raises ValueError when it is neither, or its path is taken."""
    kind, _, path = info.partition(" ")
    if path.endswith(_THEN):
        path = path.removesuffix(_THEN)
        reading.then = reading.then or Reading()
        reading = reading.then
    if kind == "gone" and path and not body:
        reading.gone.append(path)
        return
    if kind not in _KINDS or not path or path in reading.files:
        raise ValueError(f"{document}: {info!r} is no block of a new file")
    if (kind, path) == ("toml", "settings"):
        reading.settings = body
    else:
        reading.files[path] = body


def _marks(document: str, path: str, source: str) -> Iterator[tuple[str, Expected]]:
    for row, line in enumerate(source.splitlines(), start=1):
        for kind, stated in _MARKER.findall(line):
            codes = _CODE.findall(stated)
            if kind not in _MARKS or not codes:
                raise ValueError(f"{document}: {path}:{row}: what does {kind!r} mean?")
            confidence = "medium" if "medium" in stated else "high"
            for code, column in codes:
                yield kind, Expected(path, row, code, int(column or 0), confidence)


def write_project(case: Case, root: Path) -> None:
    """Lay the files of a case out below `root`; files of an earlier run that it has no more go."""
    for present in (*root.rglob("*.py"), *root.rglob("*.html")):
        if present.relative_to(root).as_posix() not in case.files:
            present.unlink()
    write_files(root, case.files, case.settings)


def write_files(root: Path, files: Mapping[str, str], settings: str = "") -> None:
    """Lay files out below `root`, with our table in a `pyproject.toml` unless that is one of them."""
    table = "[tool.qscache-lint]\n" + settings
    for path, source in {"pyproject.toml": table, **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.encode())
