"""Reads the documents in `tests/repairs`: small projects, the repair each should get, and the files that it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.literate import SETTINGS, Reading, fenced_blocks, keep_block, split_sections

REPAIRS = Path(__file__).parent / "repairs"

_KINDS = (
    "split-function|extract-builder|drop-cache|materialise|store-rows|use-loaded-rows|drop-guard|drop-copy"
    "|remove-suppression|read-copy|defer-query"
)
_LOCAL = frozenset({"extract-builder", "use-loaded-rows", "drop-guard", "drop-copy", "read-copy", "defer-query"})
_STATED = re.compile(rf"({_KINDS}) (safe|unsafe|display-only)( because)?: (\S.*)")
_OPTIONS = {"": False, "--keep-cached-name": True}


@dataclass(frozen=True)
class ExpectedRepair:
    """One repair a case states; `message` is a piece of what the repair says, of its concerns if it `has_concerns`."""

    name: str
    applicability: str
    message: str
    has_concerns: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.applicability}{' because' if self.has_concerns else ''}: {self.message}"


@dataclass(frozen=True)
class RepairCase:
    """One case: a project, the repairs it gets, and the changed files as they are afterwards."""

    document: str
    title: str
    before: dict[str, str] = field(default_factory=dict)
    settings: str = ""
    keep_cached_name: bool = False
    repairs: tuple[ExpectedRepair, ...] = ()
    after: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.document}: {self.title}"

    @property
    def is_unsafe(self) -> bool:
        return any(repair.applicability == "unsafe" for repair in self.repairs)

    @property
    def is_local(self) -> bool:
        """Whether single places alone are repaired: the QuerySet stays in the cache."""
        return not self.is_refused and {repair.name for repair in self.repairs} <= _LOCAL

    @property
    def is_refused(self) -> bool:
        return any(repair.applicability == "display-only" for repair in self.repairs)


@dataclass
class _Parts:
    before: Reading = field(default_factory=Reading)
    after: Reading = field(default_factory=Reading)
    stated: tuple[str, str] | None = None


def read_repairs(directory: Path = REPAIRS) -> Iterator[RepairCase]:
    """Every case of every document, in order."""
    for path in sorted(directory.glob("*.md")):
        if path.name != "README.md":
            yield from _read_document(path.stem, path.read_text(encoding="utf-8"))


def _read_document(document: str, text: str) -> Iterator[RepairCase]:
    """Raises ValueError for whatever would be passed over in silence."""
    head, sections = split_sections(document, text)
    shared = _read_parts(document, head)
    for title, body in sections.items():
        yield _read_case(f"{document}: {title!r}", RepairCase(document, title), shared, _read_parts(document, body))


def _read_case(where: str, case: RepairCase, shared: _Parts, own: _Parts) -> RepairCase:
    if own.stated is None or not own.before.files:
        raise ValueError(f"{where} needs files and then a repair")
    info, body = own.stated
    repairs = tuple(_stated(where, line) for line in body.splitlines())
    changes = any(repair.applicability != "display-only" for repair in repairs)
    case = replace(
        case,
        before={**shared.before.files, **own.before.files},
        settings=own.before.settings or shared.before.settings or SETTINGS,
        keep_cached_name=_option(where, info),
        repairs=repairs,
        after={**(shared.after.files if changes else {}), **own.after.files},
    )
    _refuse_nonsense(where, case)
    return case


def _read_parts(document: str, text: str) -> _Parts:
    parts = _Parts()
    for info, body in fenced_blocks(document, text):
        if info.partition(" ")[0] != "repair":
            keep_block(document, parts.before if parts.stated is None else parts.after, info, body)
        elif parts.stated is None:
            parts.stated = (info, body)
        else:
            raise ValueError(f"{document}: {info!r} states a second repair in one case")
    return parts


def _option(where: str, info: str) -> bool:
    option = info.partition(" ")[2].strip()
    if option not in _OPTIONS:
        raise ValueError(f"{where}: what does {option!r} mean?")
    return _OPTIONS[option]


def _stated(where: str, line: str) -> ExpectedRepair:
    found = _STATED.fullmatch(line)
    if found is None:
        raise ValueError(f"{where}: what does {line!r} mean?")
    name, applicability, because, message = found.groups()
    return ExpectedRepair(name, applicability, message, has_concerns=because is not None)


def _refuse_nonsense(where: str, case: RepairCase) -> None:
    if not case.repairs:
        raise ValueError(f"{where} states no repair")
    if all(repair.applicability == "display-only" for repair in case.repairs) == bool(case.after):
        raise ValueError(f"{where}: a repair changes files, a refusal changes none")
    same = [path for path, source in case.after.items() if case.before.get(path) == source]
    if same:
        raise ValueError(f"{where}: {', '.join(same)} would not change")
