"""A baseline: the findings that are known, so that only new ones are reported.

An entry names a rule, a file (as seen from the baseline), the function or class around the finding, and its line
without indentation, so that it holds while the code around it moves. It holds for as many findings as it counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import NamedTuple, TypeAlias

import msgspec

from qscache_lint.errors import UsageError
from qscache_lint.printable import encodable
from qscache_lint.source.files import read_regular
from qscache_lint.values import Finding, Surroundings

_VERSION = 1


class Key(NamedTuple):
    """What tells known findings apart."""

    path: str
    code: str
    scope: str
    line: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    code: str
    scope: str
    line: str
    count: int = 1


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    findings: list[_Entry]


Known: TypeAlias = Mapping[Key, int]


@dataclass(frozen=True)
class Found:
    """What was found in a project, with what is around each finding; paths are relative to `root`."""

    root: Path
    findings: tuple[Finding, ...]
    around: Mapping[Finding, Surroundings]


@dataclass(frozen=True)
class Compared:
    """What of a project is not known, how much is, and what of the baseline no finding is like."""

    fresh: tuple[Finding, ...]
    hidden: int
    unmatched: Known


@dataclass(frozen=True)
class Baseline:
    """The known findings, each with how many there are. `path` is the file from which all others are named."""

    path: Path
    known: Known

    @staticmethod
    def read(path: Path) -> Baseline:
        """The baseline in a file. Raises UsageError when it is none."""
        try:
            return Baseline(path, _decoded(read_regular(path)))
        except FileNotFoundError:
            raise UsageError(f"{path}: there is no such baseline; make one with --write-baseline") from None
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
        except ValueError as error:
            raise UsageError(f"{path}: not a baseline: {error}") from None

    @staticmethod
    def of(path: Path, projects: Iterable[Found]) -> Baseline:
        """The baseline that what was found would make."""
        return Baseline(path, Counter(key for found in projects for _, key in _keyed(path, found)))

    def compare(self, found: Found) -> Compared:
        """What was found, without what is known."""
        left = Counter(self.known)
        fresh = []
        for finding, key in _keyed(self.path, found):
            if left[key] > 0:
                left[key] -= 1
            else:
                fresh.append(finding)
        return Compared(tuple(fresh), len(found.findings) - len(fresh), +left)

    def without(self, stale: Known) -> Baseline:
        """The baseline without what no finding is like."""
        return replace(self, known=Counter(self.known) - Counter(stale))

    def file_of(self, key: Key) -> Path:
        """The file that an entry names."""
        return Path(os.path.abspath(self.path.parent / key.path))  # noqa: PTH100 (links stay)

    @property
    def content(self) -> bytes:
        """What is in the file: in the order of names, one line for each part of an entry, for people who compare."""
        entries = [_Entry(*key, count=count) for key, count in sorted(self.known.items()) if count > 0]
        encoded = msgspec.json.encode(_Document(_VERSION, entries))
        return msgspec.json.format(encoded, indent=1) + b"\n"


def is_baseline(content: bytes) -> bool:
    """Whether a file with this content is one, and may be written anew."""
    try:
        _decoded(content)
    except ValueError:
        return False
    return True


def _decoded(content: bytes) -> Known:
    """Raises ValueError when it is none."""
    document = msgspec.json.decode(content, type=_Document)
    if document.version != _VERSION:
        raise ValueError(f"version {document.version} is not supported, only {_VERSION}")
    known: Counter[Key] = Counter()
    for each in document.findings:
        known[Key(each.path, each.code, each.scope, each.line)] += max(each.count, 1)
    return known


def _keyed(baseline: Path, found: Found) -> Iterable[tuple[Finding, Key]]:
    here = os.path.abspath(baseline.parent)  # noqa: PTH100 (links stay)
    for finding in found.findings:
        around = found.around[finding]
        path = encodable(PurePath(os.path.relpath(found.root / finding.path, here)).as_posix())
        yield finding, Key(path, finding.code, around.scope, encodable(around.line))
