"""Snapshots: all that an analysis knows, as one value from which another process goes on after edits."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.given_names import NAMES
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.kept_table import KeptTable
from qscache_lint.project.name_index import Asked
from qscache_lint.project.project import ChosenUnits, Project
from qscache_lint.source.syntax import Unreadable


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """What is chosen, what was asked of the bytes of all files, and every answer with what it rests on."""

    chosen: ChosenUnits
    asked: Asked
    visited: tuple[ModulePath, ...]
    unreadable: dict[ModulePath, Unreadable]
    hidden: frozenset[ModulePath]
    knows_django: bool
    has_lost_names: bool
    steps: int
    """The steps that were spent on all answers so far."""
    table: KeptTable

    @classmethod
    def of(cls, evaluator: Evaluator) -> Snapshot:
        """What an analysis knows that is complete."""
        project = evaluator.project
        return cls(
            project.chosen,
            project.name_index.asked,
            project.visited,
            project.unreadable,
            frozenset(project.hidden),
            project.knows_django,
            project.has_lost_names,
            evaluator.table.steps,
            KeptTable.of(evaluator.table.answers.holding.values()),
        )

    def restored(self, project: Project) -> Evaluator:
        """The evaluator of that analysis, over a project with the same files. Raises ValueError, see `KeptTable`."""
        project.choose(self.chosen)
        project.name_index.asked = self.asked
        project.visited_before = frozenset(self.visited)
        project.take_unreadable(self.unreadable, self.hidden)
        project.has_lost_names = self.has_lost_names
        evaluator = Evaluator(project)
        answers = list(self.table.answers())
        for kept in answers:
            evaluator.table.answers.put(kept)
        evaluator.table.steps = self.steps
        project.given.update((kept.question, kept.value) for kept in answers if isinstance(kept.question, NAMES))
        return evaluator

    def is_usable(self, project: Project, edited: Collection[ModulePath]) -> bool:
        """Whether the analysis can go on from here: not where Django comes or goes, or a file that hides content."""
        if not self.hidden.isdisjoint(edited):
            return False
        try:
            for path in edited:
                project.tree.read(path)
        except OSError:
            return False
        return project.knows_django == self.knows_django
