"""Finds the templates of a project by the names that code gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from qscache_lint.source.files import read_regular
from qscache_lint.source.related_files import RelatedFiles

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
    """The templates below `root`: in directories that are called so, and in those whose paths end in `directories`."""

    def __init__(self, root: Path, related_files: RelatedFiles, directories: Sequence[str] = ()) -> None:
        self._root = root
        self._related_files = related_files
        self._directories = tuple(directories)
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
        sources = ((path, self.source(path)) for path in self.paths)
        return tuple(path for path, source in sources if source is None or form.search(source))

    def names_of(self, path: str) -> tuple[str, ...]:
        """The names that a file has as a template."""
        return tuple(self._names(path))

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
    def paths(self) -> tuple[str, ...]:
        """All of them, relative to the root."""
        return self._related_files.templates_in(self._directories)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.paths:
            for name in self._names(path):
                found.setdefault(name, []).append(path)
        return found

    def _names(self, path: str) -> Iterator[str]:
        """The names that a file has as a template: its path below each directory of templates around it."""
        parts = path.split("/")
        if not _DIRECTORIES.isdisjoint(self._root.parts):
            yield path
        for at, part in enumerate(parts[:-1], 1):
            above = f"/{'/'.join(parts[:at])}"
            if part in _DIRECTORIES or any(above.endswith(f"/{each}") for each in self._directories):
                yield "/".join(parts[at:])


def _digest(source: bytes | None) -> bytes:
    return b"" if source is None else sha256(source).digest()[:16]
