"""An analysis that goes on: of a project as it is, from what an earlier process has kept, and after edits."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from qscache_lint import limits
from qscache_lint.errors import Fault
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.readers import Reader, Scouting
from qscache_lint.knowledge.tables import Knowledge
from qscache_lint.oracles import Oracle
from qscache_lint.project.analysis import Analysis, gathered
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.kept_answers import KeptAnswer
from qscache_lint.project.module_bodies import bodies_of
from qscache_lint.project.project import Edited, Project
from qscache_lint.project.reachability import SearchTerms
from qscache_lint.project.rounds import begin, begin_again, choose_all, choose_anew, choose_candidates, choose_users
from qscache_lint.project.snapshot import Snapshot
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.text_index import TextIndex
from qscache_lint.source.tree import SourceTree


class Workspace:
    """A project whose answers are kept: after edits, only what rests on the edited files is evaluated again."""

    analysis: Analysis

    def __init__(self, evaluator: Evaluator, always: Iterable[ModulePath] = ()) -> None:
        """`always` names files of which all units are looked at."""
        self._evaluator = evaluator
        self._always = tuple(always)
        self._texts = TextIndex()
        self.kept = 0
        """How many answers are those of an earlier process."""

    @classmethod
    def begun(cls, project: Project, always: Iterable[ModulePath] = ()) -> Workspace:
        """Analyse a project from the beginning."""
        workspace = cls(Evaluator(project), always)
        workspace._begin()
        return workspace

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
        with _without_collector():
            try:
                workspace = cls(snapshot.restored(project))
            except ValueError:
                return None
            gave = {path: project.given_by(path) for path in edited}
            workspace._go_on(gave, project.edited(dict.fromkeys(edited, b""), facts_before))
        return None if workspace.is_spent else workspace

    def _begin(self) -> None:
        with _without_collector():
            begin(self._evaluator.project)
            self.analysis = self._analyse_with_types()

    def _begin_with(self, project: Project) -> None:
        self._evaluator = Evaluator(project)
        self._begin()

    @property
    def evaluated(self) -> int:
        """How many answers are new since an earlier process has kept the others."""
        return len(self._evaluator.table.answers) - self.kept

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The mistakes of ours that have cost what there is to say of some files."""
        return tuple(self._evaluator.project.faults)

    @property
    def is_spent(self) -> bool:
        """Whether the project was too large; what is known of it is nothing to go on from."""
        return self._evaluator.table.is_spent

    def answers(self) -> Iterator[KeptAnswer]:
        """Every answer, with what it rests on."""
        return iter(self._evaluator.table.answers.holding.values())

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
            self._begin_with(project.of_other_files(files))
            return self.analysis
        with _without_collector():
            self._evaluator.table.answers.index()
            self._go_on(gave, edited)
        if self.is_spent:  # edits add up, and what is cut is that of a new run
            self._begin_with(project.of_other_files(files))
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
        self.kept = len(self._evaluator.table.answers)
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
        before, known = project.chosen_units, len(table.answers)
        choose_anew(self._evaluator, self._always)
        self._evaluator.refresh(frozenset(project.tree.files))
        return (project.chosen_units, len(table.answers)) == (before, known)

    def _analyse_with_types(self) -> Analysis:
        """The analysis, again and again while an oracle of types has more to say of what it leaves open."""
        analysis = self._analyse()
        for _ in range(limits.ORACLE_ROUNDS):
            if not self._evaluator.learn_types():
                break
            analysis = self._analyse()
        self._evaluator.table.answers.drop_suspended()
        return analysis

    def _analyse(self) -> Analysis:
        evaluator = self._evaluator
        choose_candidates(evaluator)
        choose_users(evaluator, self._always)
        while choose_candidates(evaluator):  # what was known of a unit may not hold any more
            choose_users(evaluator, self._always)
        examined = tuple(sorted({*self._always, *evaluator.project.using.paths}))
        return gathered(evaluator, examined, bodies_of(evaluator, self._texts))


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
    return Workspace.begun(project, tree.files if everything else always).analysis


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
