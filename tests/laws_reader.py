"""Reads the documents in `tests/laws`: small projects that are written to break repairs, and the steps they take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.literate import fenced_blocks, split_sections

LAWS = Path(__file__).parent / "laws"

_FILE = re.compile(r"(?:python|html) (\S+?)( \+)?")
_STEP = re.compile(r"(?P<code>.+?)(?:\s+# unsafe( queries)?: (?P<owed>.+))?")
_SAFE = "safe: "


@dataclass(frozen=True)
class Step:
    """One expression or statement; `owed` is a piece of the unsafe repair that may change its result, if one may.

    With `in_queries` that repair may make the run dearer instead.
    """

    code: str
    owed: str = ""
    in_queries: bool = False


@dataclass(frozen=True)
class Law:
    """One project, and the steps of each of its runs."""

    document: str
    title: str
    is_safe: bool
    files: Mapping[str, str]
    runs: tuple[tuple[Step, ...], ...]

    def __str__(self) -> str:
        return f"{self.document}: {self.title}"


@dataclass(frozen=True)
class _Parts:
    files: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    steps: str = ""

    def over(self, shared: _Parts) -> _Parts:
        """These files and steps, and of the shared ones what is not replaced."""
        kept = {**shared.files, **self.files}
        files = {**kept, **{path: kept.get(path, "") + text for path, text in self.added.items()}}
        return _Parts(files, {}, self.steps or shared.steps)


def read_laws(directory: Path = LAWS) -> Iterator[Law]:
    """Every law of every document, in order. Raises ValueError for whatever would be passed over in silence."""
    everywhere = _read_parts("README", (directory / "README.md").read_text(encoding="utf-8"))
    for path in sorted(directory.glob("*.md")):
        if path.name != "README.md":
            head, sections = split_sections(path.stem, path.read_text(encoding="utf-8"))
            shared = _read_parts(path.stem, head).over(everywhere)
            for title, body in sections.items():
                yield _law(path.stem, title, _read_parts(path.stem, body).over(shared))


def _law(document: str, title: str, parts: _Parts) -> Law:
    runs = re.split(r"^-+\n", parts.steps, flags=re.MULTILINE)
    steps = tuple(tuple(_step(line) for line in run.splitlines()) for run in runs)
    if not all(steps):
        raise ValueError(f"{document}: {title!r} has a run without steps")
    return Law(document, title.removeprefix(_SAFE), title.startswith(_SAFE), parts.files, steps)


def _step(line: str) -> Step:
    found = _STEP.fullmatch(line)
    if found is None:
        raise ValueError(f"a step is empty: {line!r}")
    return Step(found["code"], found["owed"] or "", found[2] is not None)


def _read_parts(document: str, text: str) -> _Parts:
    parts, steps = _Parts(), []
    for info, body in fenced_blocks(document, text):
        named = _FILE.fullmatch(info)
        if info == "steps":
            steps.append(body)
        elif named is None:
            raise ValueError(f"{document}: what does the block {info!r} mean?")
        else:
            _keep(document, parts.added if named[2] else parts.files, named[1], body)
    if len(steps) > 1:
        raise ValueError(f"{document}: one law has two blocks of steps")
    return _Parts(parts.files, parts.added, "".join(steps))


def _keep(document: str, files: dict[str, str], path: str, body: str) -> None:
    if path in files:
        raise ValueError(f"{document}: {path} is given twice")
    files[path] = body
