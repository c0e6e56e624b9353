"""Finds the templates of a project by the names that code gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from qscache_lint.source.files import read_regular

_OF_DJANGO = "templates"
_OF_JINJA = "jinja2"
_DIRECTORIES = frozenset({_OF_DJANGO, _OF_JINJA})

Seen = tuple[tuple[str, bytes], ...]
"""The files that a search finds, each with what stands for its content."""


class Search(NamedTuple):
    """What templates are looked for by: the name that code gives one, or a word that stands in it."""

    text: str
    is_word: bool = False


class TemplateFiles:
    """The templates below `root`; `list_paths` gives their paths relative to it when they are first asked for."""

    def __init__(self, root: Path, list_paths: Callable[[], Iterable[str]]) -> None:
        self._root = root
        self._list_paths = list_paths
        self._sources: dict[str, bytes | None] = {}

    def find(self, name: str) -> tuple[str, ...]:
        """The files that a template name may mean: below any directory of templates, as apps and settings have them."""
        return tuple(self._by_name.get(name, ()))

    def look(self, search: Search) -> Seen:
        """The files that a search finds, with what stands for their content."""
        found = self.mentioning(search.text) if search.is_word else self.find(search.text)
        return tuple((path, _digest(self.source(path))) for path in found)

    def mentioning(self, word: str) -> tuple[str, ...]:
        """The files in which a word stands, and those that cannot be read."""
        form = re.compile(rb"\b%s\b" % re.escape(word.encode()))
        sources = ((path, self.source(path)) for path in self._paths)
        return tuple(path for path, source in sources if source is None or form.search(source))

    def names_of(self, path: str) -> tuple[str, ...]:
        """The names that a file has as a template."""
        return tuple(_names(self._root.parts, path))

    def text(self, path: str) -> str | None:
        """The text of one of them; None where it cannot be read, or is written in another language."""
        source = self.source(path)
        parts = path.split("/")
        if source is None or (_OF_JINJA in parts and _OF_DJANGO not in parts[parts.index(_OF_JINJA) :]):
            return None
        try:
            return source.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return None

    def source(self, path: str) -> bytes | None:
        """The bytes of a template; None where it cannot be read."""
        if path not in self._sources:
            try:
                self._sources[path] = read_regular(self._root / path)
            except OSError:
                self._sources[path] = None
        return self._sources[path]

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(self._list_paths())

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._paths:
            for name in _names(self._root.parts, path):
                found.setdefault(name, []).append(path)
        return found


def _names(above: tuple[str, ...], path: str) -> Iterator[str]:
    """The names that a file has as a template: its path below each directory of templates around it."""
    parts = path.split("/")
    if not _DIRECTORIES.isdisjoint(above):
        yield path
    yield from ("/".join(parts[at + 1 :]) for at, part in enumerate(parts[:-1]) if part in _DIRECTORIES)


def _digest(source: bytes | None) -> bytes:
    return b"" if source is None else sha256(source).digest()[:16]
