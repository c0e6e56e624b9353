"""The outline of a file, told from its bytes: what runs while it is imported, and where its functions stand.

Like the gate it only chooses what is read: a body that it takes for a function ends at the first row that is not
indented further, so that a string which is not may make it end too early, and more of the file count as outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from qscache_lint.source.name_patterns import SourcePattern, in_source
from qscache_lint.source.text import name_in_source
from qscache_lint.source.text_index import TextIndex

_FUNCTION = in_source(
    rb"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)[^\n]*\n"
    rb"(?:[ \t]*(?:#[^\n]*)?\n|\1(?:[ \t]|\))[^\n]*(?:\n|\Z))*",
    re.MULTILINE,
)
_CLASS = in_source(rb"^([ \t]*)class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?", re.MULTILINE)
_BASE = in_source(rb"(?<![\w.=])(?:\w+\.)*(\w+)(?![\w.=(])")
_RUN_BY_CALLS = frozenset({b"__init__", b"__new__", b"__call__"})
"""Methods that run where a class, or an object of it, is called."""
_HEAD = re.compile(rb"(?:[^\n]*\n)*?[^\n]*:[ \t]*(?:#[^\n]*)?\n")
"""The rows of a `def` up to the first that ends in a colon."""
_CALL = in_source(rb"(?<![\w.])(?<!def )(?<!class )(?:(\w+)[ \t]*\.[ \t]*)?(\w+)\(|\)\s*\.[ \t]*(\w+)\(")
_DECORATOR = in_source(rb"^[ \t]*@[ \t]*(?:(\w+)[ \t]*\.[ \t]*)?(\w+)[ \t]*(?:#.*)?$", re.MULTILINE)
"""What is called by standing there alone."""
_RECEIVERS = (b"cls", b"self")
_ALIAS = in_source(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")
_MANAGER_CLASS = in_source(rb"^class[ \t]+(\w+)[ \t]*\([^)]*(?:Manager|QuerySet)\b", re.MULTILINE)
_GIVEN = in_source(rb"^[ \t]+(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*([\w.]+)\(", re.MULTILINE)
_MAKES_MANAGER = (b"Manager", b"QuerySet", b"as_manager", b"from_queryset")
_GAP = rb"(?:\s|\\\n|#[^\n]*\n)*"
"""What may stand between two steps of a chain."""


class Called(NamedTuple):
    """A name that is called, and whether it is a method of what is named like a class."""

    name: bytes
    is_method: bool


class ClassOutline(NamedTuple):
    """A class: its name, those of its bases, and its methods; `run` is the text of those that calls of it run."""

    name: bytes
    bases: tuple[bytes, ...]
    methods: tuple[bytes, ...]
    run: bytes


class Outline(NamedTuple):
    """What stands outside of the functions of a file, their heads included, the text of these, and the classes."""

    outside: bytes
    functions: tuple[tuple[Called, bytes], ...]
    classes: tuple[ClassOutline, ...]


def outline_of(source: bytes) -> Outline:
    """The outline of a file."""
    functions: list[tuple[Called, bytes]] = []
    methods: list[re.Match[bytes]] = []

    def head(match: re.Match[bytes]) -> bytes:
        functions.append((Called(match[2], is_method=bool(match[1])), match[0]))
        methods.extend([match] if match[1] else [])
        found = _HEAD.match(match[0])
        return b"" if found is None else found[0]

    outside = _FUNCTION.of(source).sub(head, source)
    return Outline(outside, tuple(functions), tuple(_classes(source, methods)))


def _classes(source: bytes, methods: Sequence[re.Match[bytes]]) -> Iterator[ClassOutline]:
    """The classes, each with the methods that are indented below its head."""
    heads = tuple(_CLASS.finditer(source)) if b"class" in source else ()
    own: dict[int, list[re.Match[bytes]]] = {head.start(): [] for head in heads}
    around: list[re.Match[bytes]] = []
    for match in sorted((*heads, *methods), key=lambda each: each.start()):
        while around and len(around[-1][1]) >= len(match[1]):
            around.pop()
        if match.start() in own:
            around.append(match)
        elif around:
            own[around[-1].start()].append(match)
    for head in heads:
        below = own[head.start()]
        run = b"\n".join(each[0] for each in below if each[2] in _RUN_BY_CALLS)
        yield ClassOutline(head[2], tuple(_BASE.findall(head[3] or b"")), tuple(each[2] for each in below), run)


def called_in(source: bytes) -> Iterator[Called]:
    """The names of functions that some code calls, by themselves, through a module, a class, or what a call gives.

    `Base.__init__(self)` calls the class; `super().__init__()` those of the bases, which `ClassOutline` has.
    """
    aliases = _ALIAS.findall(source) if b" as" in source or b"\tas" in source else ()
    names: dict[bytes, bytes] = {alias: name for name, alias in aliases}
    decorators = _DECORATOR.findall(source) if b"@" in source else ()
    for owner, name, of_result in {*_CALL.findall(source), *((*each, b"") for each in decorators)}:
        if (of_result or name) in _RUN_BY_CALLS:
            if owner and owner not in _RECEIVERS:
                yield Called(names.get(owner, owner), is_method=False)
        elif of_result:
            yield Called(of_result, is_method=True)
        else:
            is_method = owner in _RECEIVERS or (bool(owner) and owner[:1].isupper())
            yield Called(names.get(name, name), is_method)


def managers_in(sources: Iterable[bytes], index: TextIndex) -> Iterator[bytes]:
    """The names that some files give to managers in the bodies of classes."""
    sources = tuple(sources)
    classes = {name for source in sources for name in index.ask(_MANAGER_CLASS.findall, source)}
    makes = in_source(rb"(?:%b)\b" % b"|".join(map(re.escape, sorted({*_MAKES_MANAGER, *classes}))))

    def given(source: bytes) -> tuple[bytes, ...]:
        pairs = _GIVEN.findall(source) if makes.search(source) else ()
        return tuple(name for name, made in pairs if makes.search(made))

    for source in sources:
        yield from index.ask(given, source, by=makes)


def queries_by(names: Iterable[bytes]) -> SourcePattern:
    """What calls a method of one of some managers."""
    return in_source(rb"\.\s*(?:%b)%b\.\s*\w+\s*\(" % (b"|".join(map(re.escape, sorted(names))), _GAP))


def bare_name(names: Iterable[str]) -> SourcePattern:
    """Where one of some names stands by itself: no attribute of it is read, and nothing is given to it."""
    written = b"|".join(re.escape(name_in_source(name)) for name in sorted(names))
    return in_source(rb"\b(?:%b)\b(?!%b(?:\.|=[^=]))" % (written, _GAP))
