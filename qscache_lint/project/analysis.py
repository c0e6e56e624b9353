"""What an analysis finds in a project: every definition and use, put together from the reports on its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from qscache_lint.project.definitions import Definition, once, without_helpers
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.module_bodies import Bodies, frozen_clocks, queries_in, shared_reads
from qscache_lint.project.mutations import Mutation
from qscache_lint.project.reports import DefinitionsIn, MethodCallsIn, MutationsIn, SerializedIn, TemplateUsesIn, UsesIn
from qscache_lint.project.serialized import Serialized
from qscache_lint.project.serialized import without_helpers as without_serializing_helpers
from qscache_lint.project.shared import SharedRead
from qscache_lint.project.template_uses import each_once
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.source.syntax import Unreadable


class Analysis(msgspec.Struct, frozen=True):
    """What a run found, in the order of files and places."""

    evaluator: Evaluator
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    reads: tuple[Use, ...]
    """The uses that read all rows."""

    writes: tuple[Use, ...]
    """The uses that change the database through the QuerySet itself."""

    mutations: tuple[Mutation, ...]

    serialized: tuple[Serialized, ...]
    rowless: tuple[Definition, ...]
    """The definitions that keep a value without rows, be it on one path only."""

    imported: tuple[ImportQuery, ...]
    """The queries that are sent while modules are imported."""

    shared: tuple[SharedRead, ...]
    """The places that read QuerySets which all code shares."""

    frozen: tuple[FrozenClock, ...]
    """The clocks in filters of QuerySets that stay."""

    unreadable: tuple[tuple[str, Unreadable], ...]
    examined: tuple[str, ...]
    """The files in which definitions and uses were looked for."""


def gathered(evaluator: Evaluator, examined: tuple[ModulePath, ...], bodies: Bodies) -> Analysis:
    """What the reports say, of the files with chosen units and of the bodies of modules."""
    table = evaluator.table
    reported = tuple(found for path in examined for found in table.report(DefinitionsIn(path)))
    rendering = dict.fromkeys((*examined, *_showing(evaluator, reported)))
    uses = (*_reported(evaluator, UsesIn, examined), *each_once(_reported(evaluator, TemplateUsesIn, rendering)))
    distinct = once(evaluator.project, without_helpers(reported))
    kept = tuple(_with_callers(evaluator, each, examined) for each in distinct)
    return Analysis(
        evaluator,
        tuple(definition for definition in kept if definition.values),
        tuple(use for use in uses if use.kind not in (UseKind.READ, UseKind.WRITTEN)),
        tuple(use for use in uses if use.kind is UseKind.READ),
        tuple(use for use in uses if use.kind is UseKind.WRITTEN),
        tuple(found for path in examined for found in table.report(MutationsIn(path))),
        without_serializing_helpers(found for path in examined for found in table.report(SerializedIn(path))),
        tuple(definition for definition in kept if definition.rowless),
        tuple(queries_in(evaluator, bodies)),
        tuple(shared_reads(evaluator, bodies.shared)),
        tuple(frozen_clocks(evaluator, bodies, examined)),
        tuple(_unreadable(evaluator)),
        examined,
    )


def _showing(evaluator: Evaluator, definitions: Iterable[Definition]) -> Iterator[ModulePath]:
    """The files with views that may show an object of a model with a cached member, whose template may use that."""
    index, views = evaluator.project.name_index, evaluator.knowledge.templates.object_views
    models = {name for each in definitions for name in _model_around(evaluator, each)}
    if models:
        showing = {path for view in views for path in index.files_with_word(view)}
        yield from sorted(showing & {path for name in models for path in index.files_with_word(name)})


def _model_around(evaluator: Evaluator, definition: Definition) -> Iterator[str]:
    """The name of the model whose method or property a definition is."""
    owner = evaluator.facts(definition.path).functions[definition.function].owner
    of = None if owner is None else ClassId(definition.path, owner)
    if of is not None and evaluator.classes.kind(of) == "model":
        yield evaluator.project.class_name(of).rpartition(".")[2]


def _with_callers(evaluator: Evaluator, definition: Definition, examined: Iterable[ModulePath]) -> Definition:
    """A definition with what its callers call where it keeps a container, and what fails on an empty one."""
    if not definition.containers:
        return definition
    table = evaluator.table
    calls = [call for path in examined for call in table.report(MethodCallsIn(path, definition.stores))]
    is_empty = definition.empty == definition.containers
    failing = tuple(call.step for call in calls if call.fails and is_empty)
    return replace(definition, failing=failing, is_called=bool(calls))


def _reported(evaluator: Evaluator, kind: type[UsesIn | TemplateUsesIn], paths: Iterable[ModulePath]) -> Iterator[Use]:
    return (found for path in paths for found in evaluator.table.report(kind(path)))


def _unreadable(evaluator: Evaluator) -> Iterator[tuple[str, Unreadable]]:
    """The files that cannot be read, and on which something rests that is looked at."""
    project, unreadable = evaluator.project, evaluator.project.unreadable
    resting = evaluator.table.answers.reports_on(unreadable)
    needed = {each for each, report in resting if report.path in project.making or report.path in project.using}
    for path, reason in unreadable.items():
        if (path in project.hidden or path in needed) and not reason.is_fault:
            yield path, reason
