"""Which files may ask the database while they are imported: told from their bytes, so that no other file is read.

A query begins with the method of a manager. It runs at import where that stands outside of functions, or in a function
that is called from there, at some remove.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import PurePosixPath

from qscache_lint.facts.term_graph import reached
from qscache_lint.project.identities import ModulePath
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.outline import (
    Called,
    ClassOutline,
    Outline,
    called_in,
    managers_in,
    outline_of,
    queries_by,
)
from qscache_lint.source.text import name_in_source
from qscache_lint.source.text_index import TextIndex

_RUN_ON_PURPOSE = frozenset({"migrations", "scripts"})
"""The directories of modules that are run once, on purpose: no other code imports them."""


class ImportGate:
    """Finds the files that may ask the database while they are imported.

    `paths` are these files, in a stable order, `names` those by which a query is reached from them: of managers, and of
    functions that may ask one. `building` are the files with a method of a manager outside of functions.
    """

    def __init__(
        self,
        files: Iterable[ModulePath],
        read: Callable[[ModulePath], bytes],
        managers: Iterable[str],
        operations: Iterable[str] = (),
        index: TextIndex | None = None,
    ) -> None:
        """`managers` are the names that Django gives to managers; the files may have others.

        Functions with the names of `operations` are not followed. `index` keeps what is told of the files for a gate
        that is made after an edit.
        """
        self._index = index or TextIndex()
        sources = {path: read(path) for path in files if is_imported(path)}
        ignored = {each.encode() for each in operations}
        named = {*map(str.encode, managers), *managers_in(sources.values(), self._index)}
        self._query = queries_by(named)
        outlines = {path: self._index.ask(outline_of, source) for path, source in sources.items()}
        self._outside = {path: outline.outside for path, outline in outlines.items()}
        functions: dict[Called, list[bytes]] = {}
        for outline in outlines.values():
            for called, text in (*outline.functions, *map(_as_function, outline.classes)):
                functions.setdefault(called, []).append(text)
        functions = {each: text for each, text in functions.items() if each.name not in ignored}
        outside = {path: self._called_in(text) for path, text in self._outside.items()}
        of_objects = _methods_of(outlines.values(), {each.name for several in outside.values() for each in several})
        calls = {path: functions.keys() & set(_meant(several, of_objects)) for path, several in outside.items()}
        asking = self._asking(functions, frozenset().union(*calls.values()))
        self.building = tuple(sorted(path for path in outlines if self._is_asking(outlines[path].outside)))
        self.paths = tuple(sorted({*self.building, *(path for path in outlines if calls[path] & asking)}))
        names = {*named, *(called.name for called in asking)}
        self.names = tuple(sorted(name.decode(errors="replace") for name in names))

    def naming(self, names: Iterable[str]) -> tuple[ModulePath, ...]:
        """The other files that have one of some names outside of functions."""
        words = in_source(rb"\b(?:%b)\b" % b"|".join(re.escape(name_in_source(each)) for each in sorted(names)))
        return tuple(path for path, text in self._outside.items() if path not in self.paths and words.search(text))

    def _called_in(self, text: bytes) -> frozenset[Called]:
        return self._index.ask(_all_called, text)

    def _is_asking(self, text: bytes) -> bool:
        return self._index.ask(lambda each: self._query.search(each) is not None, text, by=self._query)

    def _asking(self, functions: dict[Called, list[bytes]], called: frozenset[Called]) -> set[Called]:
        """The functions that may ask the database, among those that are called and those that these call."""
        callers: dict[Called, list[Called]] = {}

        def inner(function: Called) -> list[Called]:
            below = [each for text in functions[function] for each in self._called_in(text) if each in functions]
            for each in below:
                callers.setdefault(each, []).append(function)
            return below

        every = tuple(reached(called, inner))
        asking = [each for each in every if any(map(self._is_asking, functions[each]))]
        return set(reached(asking, lambda each: callers.get(each, ())))


def _all_called(text: bytes) -> frozenset[Called]:
    return frozenset(called_in(text))


def _as_function(of: ClassOutline) -> tuple[Called, bytes]:
    """What calling a class, or an object of it, runs: its own methods for that, and those of its bases."""
    return Called(of.name, is_method=False), b"\n".join((of.run, *(b"%b()" % base for base in of.bases)))


def _methods_of(outlines: Iterable[Outline], called: Iterable[bytes]) -> frozenset[bytes]:
    """The methods of the classes that are called, and of their bases."""
    classes: dict[bytes, list[ClassOutline]] = {}
    for outline in outlines:
        for each in outline.classes:
            classes.setdefault(each.name, []).append(each)
    made = reached(called, lambda name: [base for each in classes.get(name, ()) for base in each.bases])
    return frozenset(method for name in made for each in classes.get(name, ()) for method in each.methods)


def _meant(called: Iterable[Called], of_objects: Container[bytes]) -> Iterator[Called]:
    """What calls may mean: `registry.load()` a function of a module, or a method of an object."""
    for each in called:
        yield each
        if each.name in of_objects:
            yield Called(each.name, is_method=True)


def is_imported(path: ModulePath) -> bool:
    """Whether other code may import a file: it has the name of a module, and is not there to be run."""
    file = PurePosixPath(path)
    return file.stem.isidentifier() and file.stem != "__main__" and _RUN_ON_PURPOSE.isdisjoint(file.parts)
