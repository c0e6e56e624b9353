"""Findings that have a cached value in common, the most costly first."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.values import Applicability, CachedValue, Finding, Fix, Step

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport

Weight: TypeAlias = tuple[float, ...]

_PICKLED = "pickled"


@dataclass(frozen=True)
class Group:
    """The findings about one cached value: what stands where it is stored, then its uses, the most costly first.

    What is about no cached value is a group of its own.
    """

    project: ProjectReport
    kept: CachedValue | None
    definitions: tuple[Finding, ...]
    uses: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.definitions, *self.uses)

    @property
    def shared(self) -> tuple[Step, ...]:
        """The steps with which the trail of the first finding begins: those up to the place that stores the value."""
        trail = self.findings[0].trail
        if self.kept is None:
            return trail
        stored = [number for number, step in enumerate(trail) if (step.path, step.span) == self.kept.place]
        return trail[: stored[0] + 1] if stored else trail

    @property
    def weight(self) -> Weight:
        return max(map(self.weight_of, self.findings))

    def weight_of(self, finding: Finding) -> Weight:
        """What decides the order: a file that was not analysed, what a finding was seen to cost, then the whole table
        pickled, a loop, a view."""
        around, kept = self.project.around[finding], finding.kept
        unreadable = severity_of(finding.code) is Severity.ERROR
        is_whole = kept is not None and kept.store == _PICKLED and not kept.limited
        seen = (-each for each in self.project.cost_of(finding).heavy_first)
        return unreadable, *seen, is_whole, around.in_loop, around.in_view


def groups_of(project: ProjectReport) -> Iterator[Group]:
    """The findings of a project in groups, the most costly first, and of equal ones in the order of places."""
    found: dict[Hashable, list[Finding]] = {}
    for finding in project.findings:
        key = finding.kept.place if finding.kept is not None else finding.order
        found.setdefault(key, []).append(finding)
    groups = (_group(project, several) for several in found.values())
    yield from sorted(groups, key=lambda group: _heavy_first(group.weight))


def _group(project: ProjectReport, findings: list[Finding]) -> Group:
    kept = findings[0].kept
    definitions = [each for each in findings if kept is None or (each.path, each.span) == kept.place]
    uses = [each for each in findings if each not in definitions]
    group = Group(project, kept, tuple(definitions), tuple(uses))
    ordered = tuple(sorted(uses, key=lambda use: _heavy_first(group.weight_of(use))))
    return Group(project, kept, group.definitions, ordered)


def _heavy_first(weight: Weight) -> Weight:
    return tuple(-each for each in weight)


def alike(fixes: Sequence[Fix]) -> list[list[Fix]]:
    """Fixes that say the same of what they do, together."""
    found: dict[tuple[str, Applicability, str], list[Fix]] = {}
    for fix in fixes:
        found.setdefault((fix.name, fix.applicability, fix.summary), []).append(fix)
    return [*found.values()]
