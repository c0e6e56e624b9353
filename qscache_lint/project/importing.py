"""Which files may ask the database while they are imported: told from their bytes, so that no other file is read.

A query begins with the method of a manager. It runs at import where that stands outside of functions, or in a function
that is called from there, at some remove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from qscache_lint.project.abstract import ModulePath
from qscache_lint.project.takings import reached
from qscache_lint.source.outline import Called, called_in, managers_in, outline_of, queries_by

_RUN_ON_PURPOSE = frozenset({"migrations", "scripts"})
"""The directories of modules that are run once, on purpose: no other code imports them."""


class ImportGate:
    """Finds the files that may ask the database while they are imported.

    `paths` are these files, in a stable order, `names` those by which a query is reached from them: of managers, and of
    functions that may ask one. `building` are the files with a method of a manager outside of functions.
    """

    def __init__(
        self, files: Iterable[ModulePath], read: Callable[[ModulePath], bytes], managers: Iterable[str]
    ) -> None:
        """`managers` are the names that Django gives to managers; the files may have others."""
        sources = {path: read(path) for path in files if _is_imported(path)}
        named = {*map(str.encode, managers), *managers_in(sources.values())}
        self._query = queries_by(named)
        outlines = {path: outline_of(source) for path, source in sources.items()}
        functions: dict[Called, list[bytes]] = {}
        for outline in outlines.values():
            for called, text in outline.functions:
                functions.setdefault(called, []).append(text)
        calls = {path: functions.keys() & set(called_in(outline.outside)) for path, outline in outlines.items()}
        asking = self._asking(functions, frozenset().union(*calls.values()))
        self.building = tuple(sorted(path for path in outlines if self._query.search(outlines[path].outside)))
        self.paths = tuple(sorted({*self.building, *(path for path in outlines if calls[path] & asking)}))
        names = {*named, *(called.name for called in asking)}
        self.names = tuple(sorted(name.decode(errors="replace") for name in names))

    def _asking(self, functions: dict[Called, list[bytes]], called: frozenset[Called]) -> set[Called]:
        """The functions that may ask the database, among those that are called and those that these call."""
        callers: dict[Called, list[Called]] = {}

        def inner(function: Called) -> list[Called]:
            below = [each for text in functions[function] for each in called_in(text) if each in functions]
            for each in below:
                callers.setdefault(each, []).append(function)
            return below

        every = tuple(reached(called, inner))
        asking = [each for each in every if any(self._query.search(text) for text in functions[each])]
        return set(reached(asking, lambda each: callers.get(each, ())))


def _is_imported(path: ModulePath) -> bool:
    """Whether other code may import a file: it has the name of a module, and is not there to be run."""
    file = PurePosixPath(path)
    return file.stem.isidentifier() and _RUN_ON_PURPOSE.isdisjoint(file.parts)
