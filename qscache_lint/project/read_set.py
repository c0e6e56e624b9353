"""What an analysis has looked at: files in full, and of the bytes of all others whether some names stand in them.

A file that was not read in full and gives the same answers after an edit changes nothing about what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.project.name_index import Asked, answer
from qscache_lint.source.gate import NamePattern, imports_django, may_memoize
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import look

if TYPE_CHECKING:
    from qscache_lint.project.project import Project

_IN_FULL = "word"
"""The files that answer yes to this are read without being noted."""


class AnalysisReadSet(msgspec.Struct, frozen=True, array_like=True):
    """Modules and related files that were read in full, and what was looked for in the bytes of all modules.

    That is: names of caches and names by which cached QuerySets are reached, by form, as `gate.NamePattern` takes them,
    signs of memos, questions to the name index, and whether some file imports Django.
    """

    modules: tuple[str, ...]
    related_files: tuple[str, ...]
    caches: tuple[tuple[str, ...], ...]
    uses: tuple[tuple[str, ...], ...]
    signs: Signs
    asked: Asked
    knows_django: bool
    packages: frozenset[bytes]
    """The first names of the modules that other files may import."""

    @classmethod
    def of(cls, project: Project, related_files: Collection[str]) -> AnalysisReadSet:
        """What the analysis of a project has looked at so far, and `related_files` besides."""
        return cls(
            modules=tuple(sorted({*project.visited, *project.unreadable})),
            related_files=tuple(sorted(related_files)),
            caches=_sorted(project.cache_names.by_form()),
            uses=_sorted(project.use_names.by_form()),
            signs=project.signs,
            asked=project.name_index.asked,
            knows_django=project.knows_django,
            packages=project.searches.packages,
        )

    def holds(self, changed: Collection[str], read: Callable[[str], bytes]) -> bool:
        """Whether an analysis would find the same, now that some files have changed."""
        if not {*self.modules, *self.related_files}.isdisjoint(changed):
            return False
        try:
            if any(imports_django(read(path)) for path in self.modules) != self.knows_django:
                return False
            return self._say_the_same({path: read(path) for path in changed})
        except OSError:
            return False

    def _say_the_same(self, sources: dict[str, bytes]) -> bool:
        """Whether files that were not read in full give, with these bytes, the same answers as before."""
        if any(self._answers_otherwise(path, source) for path, source in sources.items()):
            return False
        if not self.knows_django:
            return not any(map(imports_django, sources.values()))
        caches, uses = NamePattern(*self.caches), NamePattern(*self.uses)
        return not any(
            uses.is_in(source, self.packages) or self._is_candidate(caches, source) for source in sources.values()
        )

    def _is_candidate(self, caches: NamePattern, source: bytes) -> bool:
        names = caches.named_in(source, self.packages)
        return bool(names or may_memoize(source)) and look(source, names, self.signs) is not None

    def _answers_otherwise(self, path: str, source: bytes) -> bool:
        return any(
            answer(kind, name, source) != files.get(path, 0) or (kind == _IN_FULL and path in files)
            for kind, asked in self.asked.items()
            for name, files in asked.items()
        )


def _sorted(names: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(each)) for each in names)
