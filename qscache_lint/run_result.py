"""What a run over a component of a project comes to, whatever is asked for and whichever rules are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TypeAlias, TypeVar

import msgspec

from qscache_lint.errors import Fault
from qscache_lint.values import Finding, Fix, Surroundings

TemplatesSeen: TypeAlias = tuple[tuple[tuple[str, bool], tuple[tuple[str, bytes], ...]], ...]
"""Templates by what they are looked for (see `templates.files`): the files, each with what stands for its content."""


class DjangoVersion(msgspec.Struct, frozen=True):
    """The Django version that a project is analysed for, and how it was found."""

    version: tuple[int, ...]
    reason: str

    def __str__(self) -> str:
        return f"Django {'.'.join(map(str, self.version))} ({self.reason})"


class ReportedFinding(msgspec.Struct, frozen=True, array_like=True):
    """A finding, whether a comment silences it, its fix, if it has one and fixes are planned, and what is around it."""

    finding: Finding
    silenced: bool = False
    fix: Fix | None = None
    around: Surroundings = Surroundings()


class GivenUp(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something that was too much to be followed to its end: where it begins, and what it is."""

    path: str
    row: int
    what: str


class PlannedFindings(msgspec.Struct, frozen=True, array_like=True):
    """The findings of a component with their fixes; what follows in the entry is for applying them."""

    found: tuple[ReportedFinding, ...]


class EngineReport(msgspec.Struct, frozen=True, array_like=True):
    """How the type checker fared that was asked, if any: what the user should know, and why it could not be asked.

    Where it is not `complete`, it knew less than it might have, and the result is not kept.
    """

    notes: tuple[str, ...] = ()
    failure: str = ""
    complete: bool = True


class RunResult(msgspec.Struct, frozen=True):
    """The findings of all rules in the order of reports, the number of files, and those that were read in full.

    `templates` are those that code names, as they were, `directories` those of settings in which they are.
    `faults` are mistakes of ours. `has_fixes`: the fixes are planned. `statistics` and `cache_note` are those of
    another process that did the run.
    """

    found: tuple[ReportedFinding, ...]
    files: int
    read: tuple[str, ...]
    django: DjangoVersion
    given_up: tuple[GivenUp, ...] = ()
    faults: tuple[Fault, ...] = ()
    templates: TemplatesSeen = ()
    directories: tuple[str, ...] = ()
    has_fixes: bool = False
    statistics: dict[str, int] = {}
    cache_note: str = ""
    engine: EngineReport = EngineReport()

    @property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one."""
        return {each.finding: each.fix for each in self.found if each.fix is not None}

    @staticmethod
    def together(results: tuple[RunResult, ...]) -> RunResult:
        """The results of the components of a project as one."""
        first, *others = results
        if not others:
            return first
        return RunResult(
            found=tuple(sorted(_all(each.found for each in results), key=lambda found: found.finding.order)),
            files=sum(each.files for each in results),
            read=tuple(sorted(_all(each.read for each in results))),
            django=first.django,
            given_up=tuple(sorted(_all(each.given_up for each in results))),
            faults=tuple(sorted(_all(each.faults for each in results))),
            engine=EngineReport(
                tuple(dict.fromkeys(_all(each.engine.notes for each in results))),
                next((each.engine.failure for each in results if each.engine.failure), ""),
                all(each.engine.complete for each in results),
            ),
        )


_Item = TypeVar("_Item")


def _all(several: Iterable[Iterable[_Item]]) -> Iterable[_Item]:
    return chain.from_iterable(several)
