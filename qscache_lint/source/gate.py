"""The gate: which files can matter at all, told from their bytes.

The gate only ever skips. What passes it goes on to the scout (see `scout`) or is parsed; decisions are made there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from qscache_lint import limits
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.text import name_in_source

_DJANGO = re.compile(rb"\b(?:from|import)\s+django\b")
_STORE = in_source(rb"[\w\])][ \t]*(?::[^=\n]*)?=[^=]|\bsetattr\(|\.\w+\(")
"""What an assignment or the call of a method looks like, in one quick search of a whole file."""
_IMPORT = re.compile(
    rb"(?:\bfrom\b(?:[ \t\f]|\\\r?\n?)*(?P<module>[^\s\\;#()]+)(?:[ \t\f]|\\\r?\n?)*)?"
    rb"\bimport\b[ \t\\\r\n]*(?P<names>\((?:[^)#]|#[^\n]*)*\)|(?:[^\n\\]|\\(?:\r?\n)?)*)"
)
_FORMS = {
    "words": (b"", re.compile(b"")),
    "attributes": (b".'\"", re.compile(b"")),
    "calls": (b".", re.compile(rb"\s*\(\s*[^)\s]")),
    "entries": (b"", re.compile(rb"\s*\[[^\]]*\]\s*=[^=]")),
    "elsewhere": (b"", re.compile(b"")),
}
"""How names are written, by form: what may stand before one (nothing: anything), and what follows."""
_BEHIND = b".:"
"""What stands before a global that is reached by way of its module: `queries.stories`, `"app.queries:stories"`."""
_ASKED_FOR = re.compile(rb"\bgetattr\s*\([^,]*,\s*$")
"""What stands before one in quotes: `getattr(queries, "stories")`."""
_GIVEN = re.compile(rb"\s*(?::[^=\n]*)?=(?!=)")
"""What stands behind a variable that is given something."""
_QUOTES = (b"'", b'"')
_SPACE = b" \t\n\r\f\v"
_WORD = in_source(rb"\w+").wide
_DOTTED = in_source(rb"[\w.]*").wide


class _Sought(NamedTuple):
    name: str
    text: bytes
    form: str


class _Source:
    """The bytes of a file, and where words stand in them."""

    def __init__(self, source: bytes, packages: Container[bytes] | None = None) -> None:
        """`packages` are the first names of all modules that there are; None where any may be one."""
        self.bytes = source
        self._packages = packages
        self._offsets: dict[bytes, list[int]] | None = None
        """The offsets of every word, where there is an index."""
        self._modules: dict[bytes, bool] = {}

    @cached_property
    def words(self) -> frozenset[bytes]:
        """Every word, which tells at once those of many names that stand here."""
        return frozenset(_WORD.findall(self.bytes))

    def index(self) -> None:
        """Find each word at once from now on: one search of the whole is quicker for a few words."""
        self._offsets = {}
        for match in _WORD.finditer(self.bytes):
            self._offsets.setdefault(match[0], []).append(match.start())

    @cached_property
    def imported(self) -> _Source:
        """What is imported of the modules that there are: the names, and those that stand for them."""
        statements = _IMPORT.finditer(self.bytes)
        return _Source(b"\n".join(each["names"] for each in statements if self._is_of_packages(each)))

    def _is_of_packages(self, statement: re.Match[bytes]) -> bool:
        """Whether an import statement may be of a module that there is; of relative imports, and others than ASCII."""
        if self._packages is None:
            return True
        module = statement["module"]
        firsts = _WORD.findall(statement["names"]) if module is None else [module.partition(b".")[0]]
        return any(not first or not first.isascii() or first in self._packages for first in firsts)

    def has(self, word: bytes) -> bool:
        """Whether a word stands anywhere, alone or in a longer one."""
        return word in self.bytes

    def starts(self, word: bytes) -> Iterable[int]:
        """The offsets at which a word stands alone."""
        return self._found(word) if self._offsets is None else self._offsets.get(word, ())

    def _found(self, word: bytes) -> Iterator[int]:
        start = self.bytes.find(word)
        while start >= 0:
            end = start + len(word)
            if not (_WORD.match(self.bytes, max(0, start - 1), start) or _WORD.match(self.bytes, end, end + 1)):
                yield start
            start = self.bytes.find(word, end)

    def places(self, sought: _Sought) -> Iterator[int]:
        """The offsets at which a name stands in its form."""
        before, behind = _FORMS[sought.form]
        for start in self.starts(sought.text):
            if (not before or self.before(start) in before) and behind.match(self.bytes, start + len(sought.text)):
                yield start

    def before(self, start: int) -> bytes:
        """What stands before an offset, without the space in between; a new row at the beginning."""
        end = self.end_before(start)
        return self.bytes[end - 1 : end] if end else b"\n"

    def end_before(self, start: int) -> int:
        """Where that ends which stands before an offset."""
        while start and self.bytes[start - 1] in _SPACE:
            start -= 1
        return start

    def may_be_module(self, name: bytes) -> bool:
        """Whether a name may stand for a module: it is imported, or a variable that is given something."""
        if name not in self._modules:
            given = (_GIVEN.match(self.bytes, start + len(name)) for start in self.starts(name))
            self._modules[name] = any(True for _ in self.imported.starts(name)) or any(given)
        return self._modules[name]

    def is_asked_for(self, start: int, end: int) -> bool:
        """Whether `getattr` is given a name that stands between two offsets."""
        quotes = self.bytes[start - 1 : start], self.bytes[end : end + 1]
        asking = quotes[0] in _QUOTES and quotes[1] in _QUOTES and start > 1
        return asking and _ASKED_FOR.search(self.bytes, max(0, start - limits.DOTTED_NAME), start - 1) is not None


class NamePattern:
    """Names to look for.

    `words` standing alone, `attributes` as `.name` or in quotes, `calls` as `.name(argument`, `entries` as `name[…] =`.
    `elsewhere` are globals of other modules, which mean something in a file only if it imports them. Where `packages`,
    the first names of these modules, are known, what is imported of others is something else.
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        attributes: Iterable[str] = (),
        calls: Iterable[str] = (),
        entries: Iterable[str] = (),
        elsewhere: Iterable[str] = (),
    ) -> None:
        self._names = tuple(map(frozenset, (words, attributes, calls, entries, elsewhere)))
        names = zip(_FORMS, self._names, strict=True)
        self._sought = [_Sought(name, name_in_source(name), form) for form, given in names for name in sorted(given)]
        self._by_word: dict[bytes, list[_Sought]] = {}
        for each in self._sought:
            self._by_word.setdefault(each.text, []).append(each)

    def __bool__(self) -> bool:
        return bool(self._sought)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamePattern) and self._names == other._names

    def __hash__(self) -> int:
        return hash(self._names)

    def named_in(self, source: bytes, packages: Container[bytes] | None = None) -> frozenset[str]:
        """Those of the names that stand in `source`, be it in a comment."""
        return frozenset(each.name for each, _ in self._standing_in(_Source(source, packages)))

    def is_in(self, source: bytes, packages: Container[bytes] | None = None) -> bool:
        """Whether any of the names stands in `source`."""
        return any(True for _ in self._standing_in(_Source(source, packages)))

    def places_in(self, source: bytes, packages: Container[bytes] | None = None) -> Iterator[int]:
        """The offsets at which the names stand in `source`, a name as often as it does."""
        for _, places in self._standing_in(_Source(source, packages)):
            yield from places

    def _standing_in(self, source: _Source) -> Iterator[tuple[_Sought, list[int]]]:
        for each in self._sought_in(source):
            places = [*source.places(each)]
            if places and (each.form != "elsewhere" or _is_reached(each, places, source)):
                yield each, places

    def _sought_in(self, source: _Source) -> Iterable[_Sought]:
        """The names that may stand in `source`: looked for one by one, or among its words where there are many."""
        if len(self._sought) <= limits.NAMES_ONE_BY_ONE:
            return (each for each in self._sought if source.has(each.text))
        known = sorted(self._by_word.keys() & source.words)
        if len(known) > limits.NAMES_ONE_BY_ONE:
            source.index()
        return itertools.chain.from_iterable(self._by_word[word] for word in known)


def _is_reached(sought: _Sought, places: Sequence[int], source: _Source) -> bool:
    """Whether a file may have a global of another module: it imports that, or the module, or names it in a string."""
    if source.imported.has(b"*") or any(True for _ in source.imported.starts(sought.text)):
        return True
    if any(source.is_asked_for(start, start + len(sought.text)) for start in places):
        return True
    behind = (start for start in places if source.before(start) in _BEHIND)
    around = {_names_before(source.bytes, source.end_before(start) - 1) for start in behind}
    return any(names is None or any(map(source.may_be_module, names)) for names in around)


def _names_before(source: bytes, end: int) -> frozenset[bytes] | None:
    """The names of what ends before a dot (`boards.quay`); None for what may be anything."""
    before = source[max(0, end - limits.DOTTED_NAME) : end][::-1].lstrip()
    dotted = _DOTTED.match(before)
    written = b"" if dotted is None else dotted[0]
    if before[len(written) : len(written) + 1] in (b'"', b"'") or before[:1] in (b")", b"]"):
        return None
    return frozenset(written[::-1].split(b".")) - {b""}


def imports_django(source: bytes) -> bool:
    """Whether a file imports Django, or says in a comment that it does."""
    return _DJANGO.search(source) is not None


def may_memoize(source: bytes) -> bool:
    """Whether a file may have a memo made by hand: it has a function, and fills something."""
    return (b"def " in source or b"lambda" in source) and _STORE.search(source) is not None
