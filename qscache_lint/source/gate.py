"""The gate: which files can matter at all, told from their bytes.

The gate only ever skips. What passes it goes on to the scout (see `scout`) or is parsed; decisions are made there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from qscache_lint.source.text import name_in_source

_DJANGO = re.compile(rb"\b(?:from|import)\s+django\b")
_STORE = re.compile(rb"[\w\])][ \t]*(?::[^=\n]*)?=[^=]|\bsetattr\(|\.\w+\(")
"""Of a whole file, in one quick search; `_FILLS` is for single functions, and leaves out variables and most calls."""
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
_IMPORT = re.compile(rb"\bimport\b[ \t\\\r\n]*(\((?:[^)#]|#[^\n]*)*\)|(?:[^\n\\]|\\(?:\r?\n)?)*)")
_FORMS = {
    "words": rb"\b%b\b",
    "attributes": rb"""[.'"]\s*%b\b""",
    "calls": rb"\.\s*%b\s*\(\s*[^)\s]",
    "entries": rb"\b%b\s*\[[^\]]*\]\s*=[^=]",
    "elsewhere": rb"\b%b\b",
}
_THROUGH = {
    "behind": rb"[.:]\s*%b\b",
    "asked for": rb"\bgetattr\s*\([^,]*,\s*['\"]%b['\"]",
}
"""A global by way of its module: `queries.stories`, `"app.queries:stories"`; `getattr(queries, "stories")`."""
_WORD = re.compile(rb"\w+")
_MANY = 40
"""Names beyond which telling the words of a file apart is quicker than looking for each name."""
_DOTTED = re.compile(rb"[\w.]*")
_LONGEST = 200
"""Bytes before a dot that are looked at: a dotted name in quotes is not longer."""


class _Sought(NamedTuple):
    name: str
    text: bytes
    form: str

    @property
    def pattern(self) -> re.Pattern[bytes]:
        return _pattern(self.form, self.text)


@cache
def _pattern(form: str, text: bytes) -> re.Pattern[bytes]:
    return re.compile({**_FORMS, **_THROUGH}[form] % re.escape(text))


class Wanted:
    """Names to look for.

    `words` standing alone, `attributes` as `.name` or in quotes, `calls` as `.name(argument`, `entries` as `name[…] =`.
    `elsewhere` are globals of other modules, which mean something in a file only if it imports them.
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        attributes: Iterable[str] = (),
        calls: Iterable[str] = (),
        entries: Iterable[str] = (),
        elsewhere: Iterable[str] = (),
    ) -> None:
        names = zip(_FORMS, (words, attributes, calls, entries, elsewhere), strict=True)
        self._sought = [_Sought(name, name_in_source(name), form) for form, given in names for name in sorted(given)]
        self._by_word: dict[bytes, list[_Sought]] = {}
        for each in self._sought if len(self._sought) > _MANY else ():
            self._by_word.setdefault(each.text if _WORD.fullmatch(each.text) else b"", []).append(each)

    def named_in(self, source: bytes) -> frozenset[str]:
        """Those of the names that stand in `source`, be it in a comment."""
        return frozenset(each.name for each in self._standing_in(source))

    def is_in(self, source: bytes) -> bool:
        """Whether any of the names stands in `source`."""
        return any(True for _ in self._standing_in(source))

    def places_in(self, source: bytes) -> Iterator[int]:
        """The offsets at which the names stand in `source`, a name as often as it does."""
        for each in self._standing_in(source):
            for match in each.pattern.finditer(source):
                yield source.index(each.text, match.start())

    def _standing_in(self, source: bytes) -> Iterator[_Sought]:
        imported: bytes | None = None
        for each in self._sought_in(source):
            # A plain search finds most files out twenty times faster than a pattern does.
            if each.text not in source or not each.pattern.search(source):
                continue
            if each.form == "elsewhere":
                imported = b"\n".join(_IMPORT.findall(source)) if imported is None else imported
                if not _is_reached(each, imported, source):
                    continue
            yield each

    def _sought_in(self, source: bytes) -> Iterable[_Sought]:
        """All names, or those that may stand in `source` when they are so many that its words are fewer."""
        if not self._by_word:
            return self._sought
        words = self._by_word.keys() & {b"", *_WORD.findall(source)}
        return itertools.chain.from_iterable(self._by_word[word] for word in sorted(words))


def _is_reached(sought: _Sought, imported: bytes, source: bytes) -> bool:
    """Whether a file may have a global of another module: it imports that, or the module, or names it in a string."""
    if b"*" in imported or sought.pattern.search(imported):
        return True
    if _pattern("asked for", sought.text).search(source):
        return True
    bases = {_base(source, match.start()) for match in _pattern("behind", sought.text).finditer(source)}
    return any(base is None or _is_module(base, imported, source) for base in bases - {b""})


def _base(source: bytes, end: int) -> bytes | None:
    """The last name of what ends before a dot; nothing where none does, None for what may be anything."""
    before = source[max(0, end - _LONGEST) : end][::-1].lstrip()
    dotted = _DOTTED.match(before)
    written = b"" if dotted is None else dotted[0]
    if before[len(written) : len(written) + 1] in (b'"', b"'") or before[:1] in (b")", b"]"):
        return None
    return written.partition(b".")[0][::-1]


def _is_module(name: bytes, imported: bytes, source: bytes) -> bool:
    """Whether a name may stand for a module: it is imported, or a variable that is given something."""
    return bool(re.search(rb"\b%b\b" % name, imported) or re.search(rb"\b%b\s*(?::[^=\n]*)?=(?!=)" % name, source))


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
