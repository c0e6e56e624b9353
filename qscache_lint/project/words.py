"""Words of the whole project, told from the bytes of its files: where a class or relation of some name may stand.

This only says which files to look into; what they declare is read from their facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from qscache_lint.source.tree import SourceTree

_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)", re.MULTILINE)
_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_BASES = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*\(([^)]*)\)", re.MULTILINE)
_BASE = re.compile(rb"(\w+)\s*(?:,|$|\[)")
_RELATION = re.compile(rb"ForeignKey|ManyToManyField|OneToOneField")
_SETTING = re.compile(rb"^([A-Z][A-Z0-9_]*_MODEL)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_RELATED_NAME = re.compile(rb"related_name\s*=\s*[\"']([^\"']*)[\"']")


MOST_CALLERS = 12
"""Files that are looked through for the callers of one function; a name in more of them tells too little."""


class _Found(NamedTuple):
    classes: dict[str, list[str]]
    related: dict[str, list[str]]
    bases: dict[str, list[str]]
    settings: dict[str, list[str]]
    methods: dict[str, list[str]]


class Words:
    """Finds files by what they may declare. Reads each file of the tree once, when somebody first asks."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._calling: dict[str, tuple[str, ...]] = {}

    def files_with_class(self, name: str) -> tuple[str, ...]:
        """The files that may declare a class of this name; upper and lower case are the same, as for Django."""
        return tuple(self._found.classes.get(name.lower(), ()))

    def files_with_related(self, name: str) -> tuple[str, ...]:
        """The files that may declare a relation whose other side is called `name`."""
        return tuple(dict.fromkeys((*self._found.related.get(name, ()), *self._found.related.get("", ()))))

    @cached_property
    def _found(self) -> _Found:
        found = _Found({}, {}, {}, {}, {})
        for path, source in self.sources():
            names = {name.decode().lower() for name in _CLASS.findall(source)}
            for name in names:
                found.classes.setdefault(name, []).append(path)
            for method in set(_METHOD.findall(source)):
                found.methods.setdefault(method.decode(), []).append(path)
            bases = {base.decode() for line in _BASES.findall(source) for base in _BASE.findall(line)}
            for name in bases:
                found.bases.setdefault(name, []).append(path)
            for name in {name.decode() for name in _SETTING.findall(source)}:
                found.settings.setdefault(name, []).append(path)
            if not _RELATION.search(source):
                continue
            related = {_fixed(name) for name in _RELATED_NAME.findall(source)} | {f"{name}_set" for name in names}
            for name in related | (names if b"OneToOneField" in source else set()):
                found.related.setdefault(name, []).append(path)
        return found

    def files_calling(self, name: str) -> tuple[str, ...]:
        """The files that may call something of this name; none when there are more than `MOST_CALLERS`."""
        if name not in self._calling:
            text = name.encode()
            pattern = re.compile(rb"\b%b\s*\(" % re.escape(text))
            found = [path for path, source in self.sources() if text in source and pattern.search(source)]
            self._calling[name] = tuple(found) if len(found) <= MOST_CALLERS else ()
        return self._calling[name]

    def files_defining(self, name: str) -> tuple[str, ...]:
        """The files that define a method, or another function that is not at the top of its module, of this name."""
        return tuple(self._found.methods.get(name, ()))

    def files_with_base(self, name: str) -> tuple[str, ...]:
        """The files that may declare a class derived from one of this name."""
        return tuple(self._found.bases.get(name, ()))

    def files_with_setting(self, name: str) -> tuple[str, ...]:
        """The files with a global of this name that may be a setting which names a model."""
        return tuple(self._found.settings.get(name, ()))

    def sources(self) -> Iterator[tuple[str, bytes]]:
        """Every file that can be read, with its bytes."""
        for path in self._tree.files:
            try:
                source = self._tree.read(path)
            except OSError:
                continue
            yield path, source


def _fixed(name: bytes) -> str:
    """A related name; "" for one that is made of the class's own name."""
    return "" if b"%" in name else name.decode(errors="replace")
