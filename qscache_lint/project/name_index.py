"""NameIndex of the whole project, told from the bytes of its files: where a class or relation of some name may stand.

This only says which files to look into; what they declare is read from their facts.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from qscache_lint.source.files import hides_content
from qscache_lint.source.name_patterns import SourcePattern, in_source, normalised
from qscache_lint.source.text import name_in_source
from qscache_lint.source.tree import SourceTree

_CLASS = in_source(rb"^[ \t]*class[ \t]+(\w+)", re.MULTILINE)
_METHOD = in_source(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_BASES = in_source(rb"^[ \t]*class[ \t]+\w+[ \t]*\(([^)]*)\)", re.MULTILINE)
_BASE = in_source(rb"(\w+)\s*(?:,|$|\[)")
_RELATION = re.compile(rb"ForeignKey|ManyToManyField|OneToOneField|ParentalKey|ForeignObject")
_SETTING = re.compile(rb"^([A-Z][A-Z0-9_]*_MODEL)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_RELATED_NAME = re.compile(rb"related_name\s*=\s*[\"']([^\"']*)[\"']")
_NAMED_RELATED = re.compile(rb"related_name\s*=\s*[A-Za-z_]")
_WORD = re.compile(rb"\w+")


class _Form(NamedTuple):
    """How a name is written: what ends before it, and what follows. `is_long`: it may begin a row above."""

    before: SourcePattern
    behind: SourcePattern
    is_long: bool = False

    def starts(self, source: bytes) -> Callable[[int, int], int | None]:
        """Says where this form begins in a source where the name stands between two offsets; None for another form."""
        before, behind, is_long = self.before.of(source), self.behind.of(source), self.is_long

        def start(begin: int, end: int) -> int | None:
            if not behind.match(source, end):
                return None
            if not is_long:
                return begin if before.match(source, begin) else None
            found = before.search(source, _row_above(source, begin), begin)
            return None if found is None else found.start()

        return start


def _row_above(source: bytes, start: int) -> int:
    """The offset at which the row above that of an offset begins."""
    row = source.rfind(b"\n", 0, start)
    return source.rfind(b"\n", 0, row) + 1 if row > 0 else 0


def _short(before: bytes, behind: bytes) -> _Form:
    return _Form(in_source(before), in_source(behind))


def _long(before: bytes, behind: bytes) -> _Form:
    return _Form(in_source(before + rb"\Z"), in_source(behind), is_long=True)


_STORED = _short(rb"(?<=\.)", rb"\s*(?::[^=\n]*)?=(?!=)")
_GIVEN = (
    _short(rb"(?<=\bdef )", rb"\b"),
    _short(rb"(?<![.\w])", rb"\s*(?:=(?!=)|:(?!=))"),
    _long(rb"\b(?:setattr|add_to_class)\([^\n]*[\"']", rb"[\"']"),
    _long(rb"\b(?:to_attr|\w*related_name)\s*=\s*[\"']", rb"[\"']"),
)
_SEARCHED = {
    "call": (_short(rb"(?<!def )\b", rb"\s*\("),),
    "method call": (_short(rb"(?<=\.)", rb"\s*\("), _long(rb"\.\s+", rb"\s*\(")),
    "made": (_long(rb"_class\s*=\s*(?:\w+\.)*", rb"\b"),),
    "attribute given": (_STORED, _long(rb"\bsetattr\([^\n]*[\"']", rb"[\"']")),
    "given to request": (
        _long(rb"req\w*[\"'\])]*\s*\.", rb"\s*(?::[^=\n]*)?=(?!=)"),
        _long(rb"\bsetattr\([^\n]*req[^\n]*[\"']", rb"[\"']"),
    ),
    "word": (_short(rb"\b", rb"\b"),),
    "ending": (_short(b"", rb"\b"),),
    "text": (_short(b"", b""),),
    "given": (*_GIVEN, _STORED),
    "given, set apart": _GIVEN,
}
"""Searches that the forms of a name answer; the others are answered by what a file declares."""
_COUNTED = frozenset({"given", "given, set apart"})
"""Those that ask how often."""

Search: TypeAlias = tuple[str, str]
"""A kind of question and a name."""

Asked: TypeAlias = dict[str, dict[str, dict[str, int]]]
"""What was asked, by kind of question and name: the files in which the answer is not zero."""


class NameIndex:
    """Finds files by what they may declare. Reads each file of the tree once for each question, on first access."""

    def __init__(self, tree: SourceTree, note: Callable[[Search], None] = lambda _: None) -> None:
        """`note` is told of each search."""
        self._tree = tree
        self._note = note
        self.asked: Asked = {}
        self.hidden: set[str] = set()
        """The files that are there and cannot be read: they may hold any word."""

    def files_with_class(self, name: str) -> tuple[str, ...]:
        """The files that may declare a class of this name; upper and lower case are the same, as for Django."""
        return tuple(self._ask("class", name.lower()))

    def files_with_related(self, name: str) -> tuple[str, ...]:
        """The files that may declare a relation whose other side is called `name`."""
        return tuple(dict.fromkeys((*self._ask("related", name), *self._ask("related", ""))))

    def files_calling(self, name: str) -> tuple[str, ...]:
        """The files that may call something of this name."""
        return tuple(self._ask("call", name))

    def files_calling_method(self, name: str) -> tuple[str, ...]:
        """The files that may call a method of this name."""
        return tuple(self._ask("method call", name))

    def files_giving(self, name: str) -> tuple[str, ...]:
        """The files that give a name to something."""
        return tuple(self._ask("given", name))

    def files_with_made(self, name: str) -> tuple[str, ...]:
        """The files that may name a class of this name in an attribute, as one that a framework makes."""
        return tuple(self._ask("made", name))

    def files_giving_attribute(self, name: str) -> tuple[str, ...]:
        """The files that may set an attribute of this name on something, by a statement or by `setattr`."""
        return tuple(self._ask("attribute given", name))

    def files_giving_to_request(self, name: str) -> tuple[str, ...]:
        """The files that may set an attribute of this name on a request, by a statement or by `setattr`.

        All names by which requests go (`requests` in `functions.toml`) have `req` in them.
        """
        return tuple(self._ask("given to request", name))

    def files_defining(self, name: str) -> tuple[str, ...]:
        """The files that define a method, or another function that is not at the top of its module, of this name."""
        return tuple(self._ask("method", name))

    def files_with_base(self, name: str) -> tuple[str, ...]:
        """The files that may declare a class derived from one of this name."""
        return tuple(self._ask("base", name))

    def files_with_setting(self, name: str) -> tuple[str, ...]:
        """The files with a global of this name that may be a setting which names a model."""
        return tuple(self._ask("setting", name))

    def files_with_word(self, name: str) -> tuple[str, ...]:
        """The files in which a name stands as a word, be it in a comment, and those that cannot be read."""
        return tuple(self._ask("word", name))

    def files_with_ending(self, name: str) -> tuple[str, ...]:
        """The files in which a word ends with a name, or is the name."""
        return tuple(self._ask("ending", name))

    def files_with_text(self, text: str) -> tuple[str, ...]:
        """The files in which a text stands, be it within a word."""
        return tuple(self._ask("text", text))

    def times_given(self, name: str, *, has_setter: bool) -> int:
        """How often files give a name to something; with a setter for it, `x.name = …` is not counted."""
        return sum(self._ask("given, set apart" if has_setter else "given", name).values())

    def edit(self, before: Mapping[str, bytes]) -> tuple[Search, ...]:
        """Take files of the tree for edited, which had these bytes `before`; returns the searches that find others."""
        for path, source in before.items():
            self._declare_anew(path, declared(source), declared(self._tree.read(path)))
        return tuple(search for search in self._searches() if self._is_other(search, before))

    def _searches(self) -> Iterator[Search]:
        return ((kind, name) for kind, asked in self.asked.items() for name in asked)

    def _is_other(self, search: Search, before: Iterable[str]) -> bool:
        """Whether a search finds others in edited files; what it finds there is noted."""
        kind, name = search
        found = self.asked[kind][name]
        now = {path: answer(kind, name, self._tree.read(path)) for path in before}
        if all(found.get(path, 0) == count for path, count in now.items()):
            return False
        found |= now
        self.asked[kind][name] = {path: found[path] for path in sorted(found) if found[path]}
        return True

    def _declare_anew(self, path: str, before: dict[str, set[str]], now: dict[str, set[str]]) -> None:
        """Move a file from what it declared to what it declares, in the index of declarations."""
        if "_declared" not in self.__dict__:
            return
        for kind, names in self._declared.items():
            for name in before[kind] - now[kind]:
                names[name].remove(path)
            for name in now[kind] - before[kind]:
                insort(names.setdefault(name, []), path)

    def _ask(self, kind: str, name: str) -> dict[str, int]:
        self._note((kind, name))
        known = self.asked.setdefault(kind, {})
        if name not in known:
            known[name] = self._search(kind, name) if kind in _SEARCHED else self._declaring(kind, name)
        return known[name]

    def _declaring(self, kind: str, name: str) -> dict[str, int]:
        return dict.fromkeys(self._declared[kind].get(name, ()), 1)

    def _search(self, kind: str, name: str) -> dict[str, int]:
        sources = self._sources(self._files_to_search(kind, name))
        counted = ((path, answer(kind, name, source)) for path, source in sources)
        found = {path: count for path, count in counted if count}
        return found | dict.fromkeys(self.hidden, 1) if kind == "word" else found

    def _files_to_search(self, kind: str, name: str) -> Iterable[str]:
        """The files that have a name as a word, or at the end of one. What is not ASCII may stand in every file."""
        if kind == "text" or not name.isascii():
            return self._tree.files
        words = self._declared["word"]
        if kind != "ending":
            return words.get(name, [])
        return sorted({path for word in words if word.endswith(name) for path in words[word]})

    @cached_property
    def _declared(self) -> dict[str, dict[str, list[str]]]:
        """The files that declare something, by kind of question and name."""
        found: dict[str, dict[str, list[str]]] = {kind: {} for kind in declared(b"")}
        for path, source in self._sources(self._tree.files):
            for kind, names in declared(source).items():
                for name in names:
                    found[kind].setdefault(name, []).append(path)
        return found

    def _sources(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The files that can be read, with their bytes."""
        for path in paths:
            try:
                source = self._tree.read(path)
            except OSError as error:
                if hides_content(error):
                    self.hidden.add(path)
                continue
            yield path, source


def answer(kind: str, name: str, source: bytes) -> int:
    """What one file answers to one question: how often, or whether."""
    if kind not in _SEARCHED:
        return int(name in declared(source)[kind])
    text = source if name.isascii() or kind == "text" else normalised(source)
    found = _written(_SEARCHED[kind], name_in_source(name), text)
    return len(set(found)) if kind in _COUNTED else int(any(True for _ in found))


def _written(forms: Iterable[_Form], text: bytes, source: bytes) -> Iterator[int]:
    """Where some forms of a name begin in a file."""
    start = source.find(text)
    starts = [form.starts(source) for form in forms] if start >= 0 else []
    while start >= 0:
        end = start + len(text)
        begins = (each(start, end) for each in starts)
        yield from islice((each for each in begins if each is not None), 1)
        start = source.find(text, end)


@lru_cache(maxsize=1)
def declared(source: bytes) -> dict[str, set[str]]:
    """What a file may declare, told from its bytes, by kind of question."""
    classes = {_told(name).lower() for name in _CLASS.findall(source)}
    related: set[str] = set()
    if _RELATION.search(source):
        related = {_fixed(name) for name in _RELATED_NAME.findall(source)} | {f"{name}_set" for name in classes}
        related |= classes if b"OneToOneField" in source else set()
        related |= {""} if _NAMED_RELATED.search(source) else set()
    return {
        "class": classes,
        "method": {_told(name) for name in _METHOD.findall(source)},
        "base": {_told(base) for line in _BASES.findall(source) for base in _BASE.findall(line)},
        "setting": {name.decode() for name in _SETTING.findall(source)},
        "related": related,
        "word": {word.decode("latin-1") for word in set(_WORD.findall(source))},
    }


def _fixed(name: bytes) -> str:
    """A related name; "" for one that the bytes do not tell: it is made of the class's own name, or a constant."""
    return "" if b"%" in name else _told(name)


def _told(name: bytes) -> str:
    return name.decode(errors="replace")
