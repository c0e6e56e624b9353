"""What the types in a file rest on: the files that it imports, and those that these import, as far as they are ours.

Django knows relations from both ends and reads settings, so that models, settings and apps count for all files. A file
too many costs a question, so imports are found by their text, and modules by the ends of their paths.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from typing import TypeAlias

from qscache_lint.project.project_roots import above
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.tree import SourceTree

_FROM = in_source(rb"(?:^|[;:])[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n;#]*)", re.MULTILINE)
_IMPORT = re.compile(rb"(?:^|[;:])[ \t]*import[ \t]+([^\n;#]*)", re.MULTILINE)
_LEFT_OUT = re.compile(rb"\\\r?\n|#[^\r\n]*")
"""Ends of rows that end no statement, and comments."""

_NAME = re.compile(r"[^\W\d]\w*")
_OF_ALL = frozenset({"models", "settings", "apps"})
"""Names of modules and packages that count for all files; settings may have another name."""

_SETTING = b"INSTALLED_APPS"


Imported: TypeAlias = dict[tuple[str, bytes], tuple[str, ...]]
"""The full names that a file may import, by its path and what stands for its content."""


class Reach:
    """What the files of a tree rest on.

    `others` are files besides, which count for all. `known` has what files with a content import, and gets more.
    """

    def __init__(self, tree: SourceTree, others: Collection[str] = (), known: Imported | None = None) -> None:
        self._tree = tree
        self._others = others
        self._known: Imported = {} if known is None else known
        self._imports: dict[str, frozenset[str]] = {}
        self._digests: dict[str, bytes] = {}

    def state(self, path: str) -> bytes:
        """What stands for all that the types in a file rest on."""
        found = self._closure([path]) | self._of_all
        told = (f"{each}\0".encode(errors="surrogateescape") + self._digest(each) for each in sorted(found))
        return sha256(b"".join((self._files, *told))).digest()

    def _closure(self, paths: Collection[str]) -> frozenset[str]:
        found, waiting = set(paths), [*paths]
        while waiting:
            fresh = self._imported(waiting.pop()) - found
            found |= fresh
            waiting += fresh
        return frozenset(found)

    @cached_property
    def _of_all(self) -> frozenset[str]:
        named = (path for path in self._tree.files if not _OF_ALL.isdisjoint(path.removesuffix(".py").split("/")))
        configuring = (path for path in self._tree.files if _SETTING in self._read(path))
        return self._closure({*named, *configuring}) | {*self._others}

    @cached_property
    def _files(self) -> bytes:
        """What stands for the names of all files: another one may be what an import means."""
        return sha256("\0".join(self._tree.files).encode(errors="surrogateescape")).digest()

    @cached_property
    def _by_name(self) -> Mapping[str, frozenset[str]]:
        """The files that each end of a dotted name may mean."""
        found: dict[str, set[str]] = {}
        for path in self._tree.files:
            parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
            for at in range(len(parts)):
                found.setdefault(".".join(parts[at:]), set()).add(path)
        return {name: frozenset(paths) for name, paths in found.items()}

    def _imported(self, path: str) -> frozenset[str]:
        """The files that a file may import; those of the packages around it, and around these, run as well."""
        if path not in self._imports:
            named = (self._by_name.get(name, frozenset()) for name in self._names(path))
            around = (f"{each}/__init__.py".lstrip("/") for each in above(path))
            self._imports[path] = frozenset().union(*named, (each for each in around if each in self._tree))
        return self._imports[path]

    def _names(self, path: str) -> tuple[str, ...]:
        state = (path, self._digest(path))
        if state not in self._known:
            self._known[state] = tuple(dict.fromkeys(_names(self._read(path), path)))
        return self._known[state]

    def _digest(self, path: str) -> bytes:
        if path not in self._digests:
            self._digests[path] = sha256(self._read(path)).digest()
        return self._digests[path]

    def _read(self, path: str) -> bytes:
        try:
            return self._tree.read(path)
        except OSError:
            return b""


def _names(source: bytes, path: str) -> Iterator[str]:
    """The full names that the imports in a source may mean, those of relative ones from the top of the tree."""
    code = _LEFT_OUT.sub(b"", source)
    for found in _IMPORT.finditer(code):
        for each in found[1].decode(errors="replace").split(","):
            parts = each.split()
            yield from _prefixes(parts[0]) if parts else ()
    for found in _FROM.finditer(code):
        module = _absolute(found[1].decode(errors="replace"), path)
        yield from _prefixes(module)
        yield from (f"{module}.{name}".lstrip(".") for name in _NAME.findall(found[2].decode(errors="replace")))


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


def _absolute(module: str, path: str) -> str:
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return name
    around = path.split("/")[:-level]
    return ".".join((*around, *filter(None, (name,))))
