"""Which modules the files of a tree are to a type checker, and from which directory each Django project is checked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from qscache_lint.project.project_roots import above
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.request import Source

_IMPORTED = in_source(rb"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)


class Modules:
    """The modules of one tree."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        managing = (path for path in tree.files if path.rpartition("/")[2] == "manage.py")
        self._sites = frozenset(path.rpartition("/")[0] for path in managing)

    def by_site(self, paths: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """Some files by the Django project that each belongs to: the directory of its `manage.py`.

        What belongs to none is checked with the first that there is, else from the top of the tree.
        """
        shared = min(self._sites, default="")
        found: dict[str, list[str]] = {}
        for path in paths:
            site = next((directory for directory in above(path) if directory in self._sites), shared)
            found.setdefault(site, []).append(path)
        return found

    def batches(self, site: str, paths: Iterable[str]) -> Iterator[Mapping[str, Source]]:
        """Some files of one Django project as sources, no two of one name in a batch."""
        batches: list[dict[str, Source]] = []
        for path in paths:
            module = _module(path, self.root(site, path))
            source = Source(os.path.relpath(path, site or "."), module, self._text(path))
            batch = next((each for each in batches if all(module != known.module for known in each.values())), None)
            if batch is None:
                batches.append(batch := {})
            batch[path] = source
        yield from batches

    def search_path(self, site: str, paths: Iterable[str]) -> tuple[str, ...]:
        """The directories from which some files of a Django project are imported, seen from that of the project."""
        roots = dict.fromkeys((site, *(self.root(site, path) for path in paths)))
        return tuple(os.path.relpath(root or ".", site or ".") for root in roots)

    def _text(self, path: str) -> str | None:
        source = self._tree.overlay.get(path)
        return None if source is None else source.decode(errors="replace")

    def root(self, site: str, path: str) -> str:
        """The directory from which a file is imported: the first below the site whose next name is imported at all."""
        around = [*above(path)][::-1]
        inside = [each for each in around if not site or each == site or each.startswith(f"{site}/")]
        tops = [each for each in inside or around if each == site or not self._is_package(each)]
        for top in tops[:-1]:
            first = path[len(top) :].strip("/").partition("/")[0]
            if self._is_package(f"{top}/{first}".strip("/")) or first in self._imported:
                return top
        return tops[-1] if tops else ""

    def _is_package(self, directory: str) -> bool:
        return directory != "" and f"{directory}/__init__.py" in self._tree

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The first names of all that is imported anywhere."""
        return frozenset(name.decode() for path in self._tree.files for name in _IMPORTED.findall(self._read(path)))

    def _read(self, path: str) -> bytes:
        try:
            return self._tree.read(path)
        except OSError:
            return b""


def _module(path: str, root: str) -> str:
    inside = path[len(root) :].strip("/").rpartition(".")[0]
    return inside.removesuffix("/__init__").replace("/", ".")
