"""Finds the templates of a project by the names that code gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from qscache_lint.source.files import read_regular
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.related_files import RelatedFiles
from qscache_lint.templates.model import Language, Template

_OF_DJANGO = "templates"
_OF_JINJA = "jinja2"
_DIRECTORIES = frozenset({_OF_DJANGO, _OF_JINJA})
_ENDINGS_OF_JINJA = (".jinja", ".jinja2", ".j2")

Seen = tuple[tuple[str, bytes], ...]
"""The files that a search finds, each with what stands for its content."""


class Search(NamedTuple):
    """What templates are looked for by: the name that code gives one, or a word that stands in it."""

    text: str
    is_word: bool = False


class TemplateFiles:
    """The templates below `root`: in directories that are called so, and in those whose paths end in `directories`.

    Those `of_jinja` hold templates of Jinja's.
    """

    def __init__(
        self, root: Path, related_files: RelatedFiles, directories: Sequence[str] = (), of_jinja: Sequence[str] = ()
    ) -> None:
        self._root = root
        self._related_files = related_files
        self._directories = tuple(directories)
        self._of_jinja = tuple(of_jinja)
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
        form = in_source(rf"\b{re.escape(word)}\b")
        sources = ((path, self.source(path)) for path in self.paths)
        return tuple(path for path, source in sources if source is None or form.search(source))

    def names_of(self, path: str) -> tuple[str, ...]:
        """The names that a file has as a template."""
        return tuple(self._names(path))

    def text(self, path: str) -> str | None:
        """The text of one of them; None where it cannot be read."""
        source = self.source(path)
        if source is None:
            return None
        try:
            return source.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return None

    def template(self, path: str) -> Template:
        """What one of them says, read in its language."""
        return _read(self.text(path), self.language(path))

    def language(self, path: str) -> Language:
        """The language of one of them: Jinja's in directories that are called so, or that settings give to Jinja."""
        if path.endswith(_ENDINGS_OF_JINJA):
            return Language.JINJA
        parts = path.split("/")[:-1]
        for at in range(len(parts), 0, -1):
            above = f"/{'/'.join(parts[:at])}"
            if parts[at - 1] == _OF_JINJA or any(above.endswith(f"/{each}") for each in self._of_jinja):
                return Language.JINJA
            if parts[at - 1] == _OF_DJANGO:
                return Language.DJANGO
        return Language.DJANGO

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


@lru_cache(maxsize=256)
def _read(text: str | None, language: Language) -> Template:
    """The model of a template; without a text, of one that cannot be read."""
    if text is None:
        return Template(known=False)
    if language is Language.JINJA:
        from qscache_lint.templates.jinja_parser import read_jinja

        return read_jinja(text)
    from qscache_lint.templates.parser import read_template

    return read_template(text)


def _digest(source: bytes | None) -> bytes:
    return b"" if source is None else sha256(source).digest()[:16]
