"""The gate: which files can matter at all, told from their bytes.

The gate only ever skips. What passes it goes on to the scout (see `scout`) or is parsed; decisions are made there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

_DJANGO = re.compile(rb"\b(?:from|import)\s+django\b")
_STORE = re.compile(rb"[\w\])][ \t]*(?::[^=\n]*)?=[^=]|\bsetattr\(|\.\w+\(")


_FILLS = re.compile(
    rb"""
      \b(?: setattr | setdefault | global | nonlocal )\b
    | (?: \.[\s\\]*\w+ | [\])] ) [\s\\)\]]* (?: :[^=\n]* )? (?: [-+*/|&^@%] | << | >> | // | \*\* )? =(?!=)
    | ^[ \t]* (?: [^\n=()#] | \([^\n()]*\) )* (?: \.\s*\w+ | \] ) \s*,          # the first of several targets
      (?: [^\n=()] | \([^\n()]*\) | \\\n )* =(?!=)
    | \bfor\b (?: (?!\bin\b) [^:\n] )* [.\]]
    | \bas\b [^:\n]* [.\]]
    """,
    re.VERBOSE | re.MULTILINE,
)

_FORMS = (rb"\b%b\b", rb"""[.'"]\s*%b\b""", rb"\.\s*%b\s*\(\s*[^)\s]", rb"\b%b\s*\[[^\]]*\]\s*=[^=]")


class Wanted:
    """Names to look for.

    `words` standing alone, `attributes` as `.name` or in quotes, `calls` as `.name(argument`, `entries` as `name[…] =`.
    """

    def __init__(
        self,
        words: Iterable[str],
        attributes: Iterable[str] = (),
        calls: Iterable[str] = (),
        entries: Iterable[str] = (),
    ) -> None:
        self._patterns = tuple(
            (name, name.encode(), re.compile(form % re.escape(name.encode())))
            for names, form in zip((words, attributes, calls, entries), _FORMS, strict=True)
            for name in sorted(names)
        )

    def named_in(self, source: bytes) -> frozenset[str]:
        """Those of the names that stand in `source`, be it in a comment."""
        # A plain search finds most files out twenty times faster than a pattern does.
        return frozenset(name for name, text, pattern in self._patterns if text in source and pattern.search(source))

    def is_in(self, source: bytes) -> bool:
        """Whether any of the names stands in `source`."""
        return any(text in source and pattern.search(source) for _, text, pattern in self._patterns)

    def places_in(self, source: bytes) -> Iterator[int]:
        """The offsets at which the names stand in `source`, a name as often as it does."""
        for _, text, pattern in self._patterns:
            if text in source:
                for match in pattern.finditer(source):
                    yield source.index(text, match.start())


def imports_django(source: bytes) -> bool:
    """Whether a file imports Django, or says in a comment that it does."""
    return _DJANGO.search(source) is not None


def may_memoize(source: bytes) -> bool:
    """Whether a file may have a memo made by hand: it has a function, and fills something."""
    return (b"def " in source or b"lambda" in source) and _STORE.search(source) is not None


def may_fill(source: bytes) -> bool:
    """Whether code may assign to an attribute, an item or a global, as every memo made by hand does."""
    return _FILLS.search(source) is not None


def may_store(methods: frozenset[str], source: bytes) -> bool:
    """Whether code may call one of some methods, or assign to something."""
    return _calls(methods).search(source) is not None or may_fill(source)


@cache
def _calls(methods: frozenset[str]) -> re.Pattern[bytes]:
    names = b"|".join(re.escape(name.encode()) for name in sorted(methods))
    return re.compile(rb"\.[\s\\]*(?:%b)[\s\\)]*\(" % names)
