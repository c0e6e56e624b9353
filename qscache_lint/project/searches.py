"""Searches for names in the files of a project, by the gate and the scout: made once, and again in edited files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Generic, TypeVar

from qscache_lint.project.identities import ModulePath
from qscache_lint.source.gate import NamePattern, may_memoize
from qscache_lint.source.scout import Memos, Sought

Found = TypeVar("Found")
Scouts = Callable[[Iterable[tuple[ModulePath, Sought]]], Iterator[tuple[ModulePath, Memos]]]


class _Search(Generic[Found]):
    """What a search has found, by file, and the files that it has not seen as they are."""

    def __init__(self, files: Iterable[ModulePath]) -> None:
        self.found: dict[ModulePath, Found] = {}
        self.unseen = dict.fromkeys(files)

    def look(self, without: Container[ModulePath]) -> list[ModulePath]:
        """The files to look at now; those `without` need are looked at another time."""
        paths = [path for path in self.unseen if path not in without]
        self.unseen = {path: None for path in self.unseen if path in without}
        return paths


class Searches:
    """Finds the files of a project in which names stand."""

    def __init__(
        self,
        files: tuple[ModulePath, ...],
        source: Callable[[ModulePath], bytes],
        scout: Scouts,
        packages: frozenset[bytes],
    ) -> None:
        """`scout` says of files that the gate lets through whether they have the names in their code.

        `packages` are the first names of the modules of the project (see `ModuleIndex.packages`).
        """
        self.packages = packages
        self._files = files
        self._source = source
        self._scout = scout
        self._mentions: dict[NamePattern, _Search[None]] = {}
        self._in_code: dict[tuple[NamePattern, bool], _Search[tuple[int, ...]]] = {}
        self._places: dict[tuple[NamePattern, ModulePath], tuple[int, ...]] = {}

    def among(self, paths: Iterable[ModulePath]) -> Searches:
        """Searches in some of the files."""
        return Searches(tuple(paths), self._source, self._scout, self.packages)

    def edited(self, paths: Iterable[ModulePath]) -> None:
        """Take files for edited: they are searched again."""
        paths = frozenset(paths)
        searches: list[_Search[Any]] = [*self._mentions.values(), *self._in_code.values()]
        for search in searches:
            search.unseen.update(dict.fromkeys(sorted(paths)))
            for path in paths:
                search.found.pop(path, None)
        self._places = {key: places for key, places in self._places.items() if key[1] not in paths}

    def mentioning(self, wanted: NamePattern, without: Container[ModulePath] = ()) -> list[ModulePath]:
        """The files that have one of the names, be it in a comment; files `without` need may be left out."""
        search: _Search[None] = self._mentions.setdefault(wanted, _Search[None](self._files if wanted else ()))
        paths = search.look(without)
        search.found.update(dict.fromkeys(path for path in paths if wanted.is_in(self._source(path), self.packages)))
        return sorted(search.found)

    def naming(self, wanted: NamePattern, without: Container[ModulePath] = ()) -> list[ModulePath]:
        """The files that have one of the names in their code, not in a comment only."""
        return sorted(self._scouted(wanted, without, with_memos=False) if wanted else ())

    def candidates(self, wanted: NamePattern) -> Iterator[tuple[ModulePath, tuple[int, ...]]]:
        """The files that have one of the names in their code, or the shape of a memo; with the rows of such shapes."""
        return iter(sorted(self._scouted(wanted, (), with_memos=True).items()))

    def _scouted(
        self, wanted: NamePattern, without: Container[ModulePath], *, with_memos: bool
    ) -> dict[ModulePath, tuple[int, ...]]:
        fresh = _Search[tuple[int, ...]](self._files)
        search = self._in_code.setdefault((wanted, with_memos), fresh)
        sources = ((path, self._source(path)) for path in search.look(without))
        sought = ((path, source, wanted.named_in(source, self.packages)) for path, source in sources)
        passed = (each for each in sought if each[2] or (with_memos and may_memoize(each[1])))
        for path, memos in self._scout((path, (source, words)) for path, source, words in passed):
            if memos is not None:
                search.found[path] = memos
        return search.found

    def places(self, wanted: Iterable[NamePattern], path: ModulePath) -> frozenset[int]:
        """The offsets at which names stand in a file."""
        return frozenset(itertools.chain.from_iterable(self._places_of(each, path) for each in wanted if each))

    def _places_of(self, wanted: NamePattern, path: ModulePath) -> tuple[int, ...]:
        key = (wanted, path)
        if key not in self._places:
            self._places[key] = tuple(wanted.places_in(self._source(path), self.packages))
        return self._places[key]
