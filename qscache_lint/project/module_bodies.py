"""Bodies of modules that may ask the database, or use a QuerySet that one of them builds, and what is found there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.importing import ImportGate
from qscache_lint.project.reports import FrozenIn, FrozenInMemos, ImportedIn, SharedIn, SharedReadsIn
from qscache_lint.project.shared import SharedRead
from qscache_lint.source.outline import bare_name
from qscache_lint.source.text_index import TextIndex


class Bodies(NamedTuple):
    """The files whose bodies are looked at, the names that lead to a query, and those of QuerySets that all share."""

    paths: tuple[ModulePath, ...]
    names: tuple[str, ...]
    shared: tuple[str, ...]


def bodies_of(evaluator: Evaluator, texts: TextIndex) -> Bodies:
    """The bodies of modules that may ask the database, or have to do with a QuerySet which one of them builds."""
    project, table, every = evaluator.project, evaluator.table, _every(evaluator)
    files = project.tree.files if project.knows_django else ()
    with project.statistics.phase("gate"):
        knowledge = project.knowledge
        managers = knowledge.querysets.managers.names
        texts.look_again()
        gate = ImportGate(files, project.source, managers, knowledge.operations, texts)
    building = every or gate.building
    project.prefetch(building)
    built = {name for path in building for name in table.report(SharedIn(path, gate.names))}
    naming = gate.naming(built) if built else ()
    paths, names = every or (*gate.paths, *naming), tuple(sorted({*gate.names, *built}))
    project.prefetch(paths)
    derived = {name for path in every or naming for name in table.report(SharedIn(path, names))}
    return Bodies(paths, names, tuple(sorted(built | derived)))


def queries_in(evaluator: Evaluator, bodies: Bodies) -> Iterator[ImportQuery]:
    """The queries that are sent while modules are imported."""
    for path in bodies.paths:
        yield from evaluator.table.report(ImportedIn(path, bodies.names))


def shared_reads(evaluator: Evaluator, names: tuple[str, ...]) -> Iterator[SharedRead]:
    """The places that read QuerySets which a module or class body has built, by all their names."""
    project, table, every = evaluator.project, evaluator.table, _every(evaluator)
    if not names:
        return
    bare = bare_name(names)
    for path in every or project.tree.files:
        if every or bare.search(project.source(path)):
            yield from table.report(SharedReadsIn(path, names))


def frozen_clocks(evaluator: Evaluator, bodies: Bodies, examined: Iterable[ModulePath]) -> Iterator[FrozenClock]:
    """The clocks in filters of QuerySets that a module or class body has built, or that a memo keeps for ever."""
    table = evaluator.table
    yield from (each for path in bodies.paths for each in table.report(FrozenIn(path, bodies.names)))
    yield from (found for path in examined for found in table.report(FrozenInMemos(path)))


def _every(evaluator: Evaluator) -> tuple[ModulePath, ...]:
    """All files where each is looked at, whatever the gates say; else none."""
    project = evaluator.project
    return tuple(project.tree.files) if project.to_caches.everywhere else ()
