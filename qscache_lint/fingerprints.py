"""What stays the same of a finding while the code around it moves: the identity that CI services and baselines keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from qscache_lint.source.enclosing import enclosing, scopes_of
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Finding


class Fingerprint(NamedTuple):
    """A finding by its rule, its file, the function or class around it, and its line without indentation.

    `number` tells several alike apart, from 0, in the order of the file.
    """

    code: str
    path: str
    scope: str
    line: str
    number: int = 0

    @property
    def digest(self) -> str:
        """The same in 32 hexadecimal digits."""
        text = "\0".join((self.code, self.path, self.scope, self.line, str(self.number)))
        return sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def fingerprints(
    findings: Iterable[Finding], read: Callable[[str], bytes], shown: Callable[[str], str] = str
) -> Iterator[tuple[Finding, Fingerprint]]:
    """Each finding with its fingerprint. `read` gives the content of a file, `shown` the name that stands for it.

    A file that cannot be read has no scopes and empty lines.
    """
    content = lru_cache(maxsize=1)(lambda path: _Content(read, path))
    seen: Counter[Fingerprint] = Counter()
    for finding in findings:
        scope, line = content(finding.path).at(finding.span.start.row)
        first = Fingerprint(finding.code, shown(finding.path), scope, line)
        yield finding, first._replace(number=seen[first])
        seen[first] += 1


class _Content:
    """One file, as far as fingerprints ask for it."""

    def __init__(self, read: Callable[[str], bytes], path: str) -> None:
        try:
            source = read(path)
        except OSError:
            source = b""
        self._lines = split_rows(decode(source))
        self._scopes = scopes_of(source)

    def at(self, row: int) -> tuple[str, str]:
        """The scope around a row, and the row with single spaces."""
        line = self._lines[row - 1] if row <= len(self._lines) else ""
        return enclosing(self._scopes, row), " ".join(line.split())
