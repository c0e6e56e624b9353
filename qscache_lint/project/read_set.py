"""What a run has asked of the files that it has not read in full.

A file that gives the same answers after an edit changes nothing about what was found, and nobody has to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.project.name_index import Asked, answer
from qscache_lint.source.gate import NamePattern, imports_django, may_memoize
from qscache_lint.source.scout import Signs, look

if TYPE_CHECKING:
    from qscache_lint.project.project import Project

_IN_FULL = "word"
"""Who asks this reads the files that say yes, without noting it."""


class ReadSet(msgspec.Struct, frozen=True, array_like=True):
    """What was looked for: names of caches, names by which cached QuerySets are reached, signs of memos, and words.

    `caches` and `uses` have the names by form, as `gate.NamePattern` takes them. `knows_django`: a file imports Django.
    """

    caches: tuple[tuple[str, ...], ...]
    uses: tuple[tuple[str, ...], ...]
    signs: Signs
    words: Asked
    knows_django: bool


def questions(project: Project) -> ReadSet:
    """The questions that have been asked in a project so far."""
    return ReadSet(
        caches=_sorted(project.cache_names.by_form()),
        uses=_sorted(project.use_names.by_form()),
        signs=project.signs,
        words=project.name_index.asked,
        knows_django=project.knows_django,
    )


def _sorted(names: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(each)) for each in names)


class Check:
    """Compares the answers of single files with those that a run had."""

    def __init__(self, questions: ReadSet) -> None:
        self._questions = questions
        self._caches = NamePattern(*questions.caches)
        self._uses = NamePattern(*questions.uses)

    def is_same(self, path: str, source: bytes) -> bool:
        """Whether a file that no run has read gives, with these bytes, the same answers as before.

        That some file imports Django is for the caller to see to, where `knows_django`.
        """
        if not self._questions.knows_django:
            return not imports_django(source)
        return not self._is_candidate(source) and not self._uses.is_in(source) and self._says_the_same(path, source)

    def _is_candidate(self, source: bytes) -> bool:
        names = self._caches.named_in(source)
        return bool(names or may_memoize(source)) and look(source, names, self._questions.signs) is not None

    def _says_the_same(self, path: str, source: bytes) -> bool:
        return all(
            answer(kind, name, source) == files.get(path, 0) and not (kind == _IN_FULL and path in files)
            for kind, asked in self._questions.words.items()
            for name, files in asked.items()
        )
