"""What stays the same of a finding while the code around it moves: the identity that CI services and baselines keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from qscache_lint.values import Finding, Surroundings


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
        return sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def fingerprints(
    findings: Iterable[Finding], around: Mapping[Finding, Surroundings], shown: Callable[[str], str] = str
) -> Iterator[tuple[Finding, Fingerprint]]:
    """Each finding with its fingerprint, in any order. `around` says what stands around each, `shown` names a file."""
    ordered = tuple(findings)
    seen: Counter[Fingerprint] = Counter()
    known: dict[Finding, Fingerprint] = {}
    for finding in sorted(ordered, key=lambda each: each.order):
        place = around[finding]
        first = Fingerprint(finding.code, shown(finding.path), place.scope, place.line)
        known[finding] = first._replace(number=seen[first])
        seen[first] += 1
    yield from ((finding, known[finding]) for finding in ordered)
