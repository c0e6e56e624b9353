"""Compares what the linter reports about a project with what people found by reading it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.corpus.model import Label, LabelledUse, Report, Run, Verdict

_Placed = TypeVar("_Placed", Label, LabelledUse)

UNREADABLE = "QSC900"
"""A file that was not analysed: no finding about a cached QuerySet, and not judged as one."""

NEAR = 2
"""Rows that a label and a finding may be apart: a chain is broken over lines, a reader takes its first one."""


@dataclass(frozen=True)
class Comparison:
    """How one project came out.

    `missed` are labelled refining uses and definitions without a finding, `on_traps` findings where a label says that
    there is nothing to find; `judged` are default-on findings with what a reader said, `unjudged` those without.
    """

    repository: str
    seconds: float
    labelled_uses: int
    missed_uses: tuple[LabelledUse, ...]
    labelled_definitions: int
    missed_definitions: tuple[Label, ...]
    on_traps: tuple[Report, ...]
    findings: tuple[Report, ...]
    judged: tuple[Verdict, ...]
    unjudged: tuple[Report, ...]
    stale: tuple[Verdict, ...]
    others: tuple[Report, ...]
    unreadable: tuple[Report, ...]

    @property
    def found_uses(self) -> int:
        return self.labelled_uses - len(self.missed_uses)

    @property
    def found_definitions(self) -> int:
        return self.labelled_definitions - len(self.missed_definitions)

    @property
    def true(self) -> int:
        """How many of the judged findings are right."""
        return sum(verdict.verdict for verdict in self.judged)

    @property
    def worth_acting_on(self) -> int:
        """How many of the judged findings a developer should act on."""
        return sum(verdict.worth == "yes" for verdict in self.judged)


def compare(repository: str, labels: Sequence[Label], verdicts: Sequence[Verdict], run: Run) -> Comparison:
    """Compare the run over one project with its labels and verdicts."""
    uses = _distinct(use for label in labels for use in label.uses if use.refines is True)
    definitions = [label for label in labels if label.verdict is True]
    missed_uses = _unmatched(uses, [report for report in run.reports if report.is_use])
    missed_definitions = _unmatched(definitions, [report for report in run.reports if report.is_definition])
    findings = tuple(report for report in run.reports if report.default and report.code != UNREADABLE)
    said = {(verdict.path, verdict.line, verdict.code): verdict for verdict in verdicts}
    places = {_place(report) for report in findings}
    return Comparison(
        repository=repository,
        seconds=run.seconds,
        labelled_uses=len(uses),
        missed_uses=missed_uses,
        labelled_definitions=len(definitions),
        missed_definitions=missed_definitions,
        on_traps=_on_traps(labels, run.reports),
        findings=findings,
        judged=tuple(said[place] for place in sorted(places & said.keys())),
        unjudged=tuple(report for report in findings if _place(report) not in said),
        stale=tuple(verdict for place, verdict in said.items() if place not in places),
        others=tuple(report for report in run.reports if not report.default),
        unreadable=tuple(report for report in run.reports if report.code == UNREADABLE),
    )


def _place(report: Report) -> tuple[str, int, str]:
    return report.path, report.line, report.code


def _distinct(uses: Iterable[LabelledUse]) -> tuple[LabelledUse, ...]:
    """The uses, each place once: two definitions can meet in one use."""
    return tuple({(use.path, use.line, use.operation): use for use in uses}.values())


def _unmatched(labelled: Sequence[_Placed], reports: Sequence[Report]) -> tuple[_Placed, ...]:
    """The labelled places that no finding stands for; a finding stands for one of them only, the nearest."""
    left = list(labelled)
    free = list(reports)
    for distance in range(NEAR + 1):
        for place in tuple(left):
            found = next((each for each in free if _apart(place, each) == distance), None)
            if found is not None:
                left.remove(place)
                free.remove(found)
    return tuple(left)


def _apart(place: Label | LabelledUse, report: Report) -> int | None:
    """How many rows a finding is away from a labelled place; None in another file."""
    return abs(place.line - report.line) if place.path == report.path else None


def _on_traps(labels: Sequence[Label], reports: Sequence[Report]) -> tuple[Report, ...]:
    """Findings right where a label says: this keeps no QuerySet, or: this use does not refine."""
    real = {(use.path, use.line) for label in labels for use in label.uses if use.refines is not False}
    uses = {(use.path, use.line) for label in labels for use in label.uses if use.refines is False} - real
    definitions = {(label.path, label.line) for label in labels if label.verdict is False}
    return tuple(
        report
        for report in reports
        if (report.is_definition and (report.path, report.line) in definitions)
        or (report.is_refinement and (report.path, report.line) in uses)
    )
