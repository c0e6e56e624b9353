"""One run over a project: every definition and use found in it, and what edits change of that."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.errors import Fault
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.readers import Reader, Scouting
from qscache_lint.knowledge import Knowledge
from qscache_lint.oracles import Oracle
from qscache_lint.project.abstract import ClassId, ModulePath
from qscache_lint.project.definitions import Definition, once, without_helpers
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.importing import ImportGate
from qscache_lint.project.mutations import Mutation
from qscache_lint.project.project import Edited, Project
from qscache_lint.project.reachability import SearchTerms
from qscache_lint.project.reports import (
    DefinitionsIn,
    FrozenIn,
    FrozenInMemos,
    ImportedIn,
    MethodCallsIn,
    MutationsIn,
    SerializedIn,
    SharedIn,
    SharedReadsIn,
    TemplateUsesIn,
    UsesIn,
)
from qscache_lint.project.rounds import begin, begin_again, choose_all, choose_anew, choose_candidates, choose_users
from qscache_lint.project.serialized import Serialized
from qscache_lint.project.serialized import without_helpers as without_serializing_helpers
from qscache_lint.project.shared import SharedRead
from qscache_lint.project.snapshot import Snapshot
from qscache_lint.project.table import Kept
from qscache_lint.project.template_uses import each_once
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.outline import bare_name
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text_index import TextIndex
from qscache_lint.source.tree import SourceTree


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


def analyse(
    tree: SourceTree,
    knowledge: Knowledge,
    always: Iterable[str] = (),
    earlier: Project | None = None,
    reader: Reader | None = None,
    statistics: RunStatistics | None = None,
    scouting: Scouting | None = None,
    oracle: Oracle | None = None,
    *,
    everything: bool = False,
) -> Analysis:
    """Analyse a project. `always` names files that are parsed whatever the gate says.

    What an `earlier` project has read of the same files is not read again; `reader` gives the facts of the others, and
    `scouting` says which files are worth it. With `everything`, every unit of every file is looked at, which finds the
    same and takes much longer (see `benchmarks/gate.py`). An `oracle` is asked for types that are left open.
    """
    project = Project(tree, knowledge, earlier, reader, statistics, scouting, oracle)
    if everything:
        choose_all(project)
    return Workspace(project, tree.files if everything else always).analysis


class Bodies(NamedTuple):
    """The files whose bodies are looked at, the names that lead to a query, and those of QuerySets that all share."""

    paths: tuple[ModulePath, ...]
    names: tuple[str, ...]
    shared: tuple[str, ...]


class Workspace:
    """A project whose answers are kept: after edits, only what rests on the edited files is evaluated again."""

    def __init__(self, project: Project, always: Iterable[ModulePath] = ()) -> None:
        """Analyse a project. `always` names files of which all units are looked at."""
        self._always = tuple(always)
        self._texts = TextIndex()
        self.kept = 0
        """How many answers are those of an earlier process."""
        self._begin(project)

    @classmethod
    def after(
        cls,
        snapshot: Snapshot,
        project: Project,
        edited: Collection[ModulePath],
        facts_before: Callable[[ModulePath], ModuleFacts | None] = lambda path: None,
    ) -> Workspace | None:
        """Go on from what an earlier process has kept of a project in which some files are others now.

        None where the project has to be analysed anew. `facts_before` gives what an edited file stated, where that is
        known.
        """
        if not snapshot.is_usable(project, edited):
            return None
        workspace = cls.__new__(cls)
        with _without_collector():
            try:
                workspace._always, workspace._evaluator = (), snapshot.restored(project)
                workspace._texts = TextIndex()
            except ValueError:
                return None
            gave = {path: project.given_by(path) for path in edited}
            workspace._go_on(gave, project.edited(dict.fromkeys(edited, b""), facts_before))
        return None if workspace.is_spent else workspace

    def _begin(self, project: Project) -> None:
        self._evaluator = Evaluator(project)
        with _without_collector():
            begin(project)
            self.analysis = self._analyse_with_types()

    @property
    def evaluated(self) -> int:
        """How many answers are new since an earlier process has kept the others."""
        return len(self._evaluator.table) - self.kept

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The mistakes of ours that have cost what there is to say of some files."""
        return tuple(self._evaluator.project.faults)

    @property
    def is_spent(self) -> bool:
        """Whether the project was too large; what is known of it is nothing to go on from."""
        return self._evaluator.table.is_spent

    def answers(self) -> Iterator[Kept]:
        """Every answer, with what it rests on."""
        return self._evaluator.table.answers()

    def snapshot(self) -> Snapshot:
        """What another process needs to go on from here."""
        return Snapshot.of(self._evaluator)

    def edit(self, files: Mapping[ModulePath, bytes | None]) -> Analysis:
        """The analysis after files have got other bytes, or have gone (None): the same as that of a new run."""
        self._texts.keeps = True
        project = self._evaluator.project
        known = {path: source for path, source in files.items() if source is not None and path in project.tree}
        knew_django = project.knows_django
        gave = {path: project.given_by(path) for path in known}
        edited = project.edit(known)
        if len(known) < len(files) or project.knows_django != knew_django:
            self._begin(project.of_other_files(files))
            return self.analysis
        with _without_collector():
            self._evaluator.table.index()
            self._go_on(gave, edited)
        if self.is_spent:  # edits add up, and what is cut is that of a new run
            self._begin(project.of_other_files(files))
        return self.analysis

    def look_again(self) -> Analysis:
        """The analysis after what stands around the modules, such as templates, may have changed on disk."""
        self._evaluator.project.look_again()
        if self._evaluator.look_again():
            with _without_collector():
                self._go_on({}, Edited(frozenset(), ()))
        return self.analysis

    def _go_on(self, gave: Mapping[ModulePath, SearchTerms], edited: Edited) -> None:
        """Evaluate what rests on an edit of files, which gave some names before."""
        project = self._evaluator.project
        self._evaluator.edited(edited.files, edited.searches)
        self._evaluator.ask_types_again()
        self.kept = len(self._evaluator.table)
        begin_again(project, gave)
        self.analysis = self._analyse_with_types()
        for path, names in gave.items():
            project.has_lost_names |= not project.given_by(path).has_all_of(names)
        if self.analysis.unreadable:
            self.make_exact()

    def make_exact(self) -> Analysis:
        """The analysis without what is chosen for names that no file gives any more.

        That may lead to a file that is broken, and decides about fixes, but finds nothing else. Names that are given
        only while less is known, and so in every run, end where the same units are chosen again.
        """
        project = self._evaluator.project
        seen = {project.chosen_units}
        while project.has_lost_names and not self._is_exact():
            self.analysis = self._analyse()
            if project.chosen_units in seen:
                break
            seen.add(project.chosen_units)
        return self.analysis

    def _is_exact(self) -> bool:
        """Whether nothing is chosen for a name that no file gives any more. What is chosen is put right."""
        project, table = self._evaluator.project, self._evaluator.table
        before, known = project.chosen_units, len(table)
        choose_anew(self._evaluator, self._always)
        self._evaluator.refresh(frozenset(project.tree.files))
        return (project.chosen_units, len(table)) == (before, known)

    def _analyse_with_types(self) -> Analysis:
        """The analysis, again and again while an oracle of types has more to say of what it leaves open."""
        analysis = self._analyse()
        for _ in range(limits.ORACLE_ROUNDS):
            if not self._evaluator.learn_types():
                break
            analysis = self._analyse()
        self._evaluator.table.drop_suspended()
        return analysis

    def _analyse(self) -> Analysis:
        evaluator, project, table = self._evaluator, self._evaluator.project, self._evaluator.table
        choose_candidates(evaluator)
        choose_users(evaluator, self._always)
        while choose_candidates(evaluator):  # what was known of a unit may not hold any more
            choose_users(evaluator, self._always)
        examined = tuple(sorted({*self._always, *project.using.paths}))
        bodies = self._bodies()
        reported = tuple(found for path in examined for found in table.report(DefinitionsIn(path)))
        rendering = dict.fromkeys((*examined, *self._showing(reported)))
        uses = (*self._reported(UsesIn, examined), *each_once(self._reported(TemplateUsesIn, rendering)))
        kept = tuple(self._with_callers(each, examined) for each in once(project, without_helpers(reported)))
        return Analysis(
            evaluator,
            tuple(definition for definition in kept if definition.values),
            tuple(use for use in uses if use.kind not in (UseKind.READ, UseKind.WRITTEN)),
            tuple(use for use in uses if use.kind is UseKind.READ),
            tuple(use for use in uses if use.kind is UseKind.WRITTEN),
            tuple(found for path in examined for found in table.report(MutationsIn(path))),
            without_serializing_helpers(found for path in examined for found in table.report(SerializedIn(path))),
            tuple(definition for definition in kept if definition.rowless),
            tuple(self._imported(bodies)),
            tuple(self._shared(bodies.shared)),
            tuple(self._frozen(bodies, examined)),
            tuple(self._unreadable()),
            examined,
        )

    def _showing(self, definitions: Iterable[Definition]) -> Iterator[ModulePath]:
        """The files with views that may show an object of a model with a cached member, whose template may use that."""
        index, views = self._evaluator.project.name_index, self._evaluator.knowledge.templates.object_views
        models = {name for each in definitions for name in self._model_around(each)}
        if models:
            showing = {path for view in views for path in index.files_with_word(view)}
            yield from sorted(showing & {path for name in models for path in index.files_with_word(name)})

    def _model_around(self, definition: Definition) -> Iterator[str]:
        """The name of the model whose method or property a definition is."""
        owner = self._evaluator.facts(definition.path).functions[definition.function].owner
        of = None if owner is None else ClassId(definition.path, owner)
        if of is not None and self._evaluator.classes.kind(of) == "model":
            yield self._evaluator.project.class_name(of).rpartition(".")[2]

    def _with_callers(self, definition: Definition, examined: Iterable[ModulePath]) -> Definition:
        """A definition with what its callers call where it keeps a container, and what fails on an empty one."""
        if not definition.containers:
            return definition
        table = self._evaluator.table
        calls = [call for path in examined for call in table.report(MethodCallsIn(path, definition.stores))]
        is_empty = definition.empty == definition.containers
        failing = tuple(call.step for call in calls if call.fails and is_empty)
        return replace(definition, failing=failing, is_called=bool(calls))

    def _reported(self, kind: type[UsesIn | TemplateUsesIn], paths: Iterable[ModulePath]) -> Iterator[Use]:
        return (found for path in paths for found in self._evaluator.table.report(kind(path)))

    def _bodies(self) -> Bodies:
        """The bodies of modules that may ask the database, or have to do with a QuerySet which one of them builds."""
        project, table = self._evaluator.project, self._evaluator.table
        files = project.tree.files if project.knows_django else ()
        with project.statistics.phase("gate"):
            knowledge = project.knowledge
            managers = knowledge.querysets.managers.names
            self._texts.look_again()
            gate = ImportGate(files, project.source, managers, knowledge.operations, self._texts)
        building = self._every or gate.building
        project.prefetch(building)
        built = {name for path in building for name in table.report(SharedIn(path, gate.names))}
        naming = gate.naming(built) if built else ()
        paths, names = self._every or (*gate.paths, *naming), tuple(sorted({*gate.names, *built}))
        project.prefetch(paths)
        derived = {name for path in self._every or naming for name in table.report(SharedIn(path, names))}
        return Bodies(paths, names, tuple(sorted(built | derived)))

    def _imported(self, bodies: Bodies) -> Iterator[ImportQuery]:
        """The queries that are sent while modules are imported."""
        for path in bodies.paths:
            yield from self._evaluator.table.report(ImportedIn(path, bodies.names))

    def _shared(self, names: tuple[str, ...]) -> Iterator[SharedRead]:
        """The places that read QuerySets which a module or class body has built, by all their names."""
        project, table = self._evaluator.project, self._evaluator.table
        if not names:
            return
        bare = bare_name(names)
        for path in self._every or project.tree.files:
            if self._every or bare.search(project.source(path)):
                yield from table.report(SharedReadsIn(path, names))

    def _frozen(self, bodies: Bodies, examined: Iterable[ModulePath]) -> Iterator[FrozenClock]:
        """The clocks in filters of QuerySets that a module or class body has built, or that a memo keeps for ever."""
        table = self._evaluator.table
        yield from (each for path in bodies.paths for each in table.report(FrozenIn(path, bodies.names)))
        yield from (found for path in examined for found in table.report(FrozenInMemos(path)))

    @property
    def _every(self) -> tuple[ModulePath, ...]:
        """All files where each is looked at, whatever the gates say; else none."""
        project = self._evaluator.project
        return tuple(project.tree.files) if project.to_caches.everywhere else ()

    def _unreadable(self) -> Iterator[tuple[str, Unreadable]]:
        """The files that cannot be read, and on which something rests that is looked at."""
        project, unreadable = self._evaluator.project, self._evaluator.project.unreadable
        resting = self._evaluator.table.resting_on(unreadable)
        needed = {each for each, report in resting if report.path in project.making or report.path in project.using}
        for path, reason in unreadable.items():
            if (path in project.hidden or path in needed) and not reason.is_fault:
                yield path, reason


@contextmanager
def _without_collector() -> Iterator[None]:
    """Python's cycle collector looks through millions of new objects again and again, and finds nothing to free."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
