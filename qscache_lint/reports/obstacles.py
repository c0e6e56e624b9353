"""What stands in the way of fixes, short: the reasons of one fix by kind, and those that findings of a report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint import limits
from qscache_lint.reports.paths import shown_in
from qscache_lint.values import Reason, told

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report


def obstacles(reasons: Sequence[Reason], root: Path, here: Path) -> str:
    """A few of some reasons, one of each kind, and how many there are beside these; "" where there are none."""
    kinds: dict[str, list[Reason]] = {}
    for reason in reasons:
        kinds.setdefault(reason.kind, []).append(reason)
    shown = list(kinds.values())[: limits.SHOWN_REASONS]
    clauses = [_clause(several, root, here) for several in shown]
    more = len(reasons) - sum(map(len, shown))
    if more:
        clauses.append(f"and {more} more (all with --output-format json)")
    return "; ".join(clauses)


def briefly(summary: str, reasons: Sequence[Reason], root: Path, here: Path) -> str:
    """What a repair does, or that there is none, with a few of its reasons."""
    return told(shown_in(summary, root, here), [obstacles(reasons, root, here)] if reasons else [])


def _clause(several: Sequence[Reason], root: Path, here: Path) -> str:
    """Reasons of one kind: the first, its kind, and how many are like it."""
    first, *others = several
    alike = f", and {len(others)} more of this kind" if others else ""
    return f"{shown_in(first.message, root, here)} [{first.kind}]{alike}"


def counted(projects: Sequence[ProjectReport]) -> Counter[tuple[str, str]]:
    """How many findings have no fix, or no safe one, for reasons of each kind: by which of these, and by the kind."""
    fixes = (project.fixes.get(finding) for project in projects for finding in project.findings)
    return Counter(
        ("no fix" if not fix.summary else fix.applicability.value, kind)
        for fix in fixes
        if fix is not None
        for kind in {reason.kind for reason in fix.reasons}
    )


def ordered(counts: Mapping[tuple[str, str], int]) -> list[tuple[int, str, str]]:
    """Counts, the most frequent first, with what each is about."""
    found = ((count, what, kind) for (what, kind), count in counts.items())
    return sorted(found, key=lambda each: (each[1], -each[0], each[2]))


def shared(report: Report) -> Iterator[str]:
    """The kinds of reasons that several findings of a report have in common, with what each means."""
    rows = [each for each in ordered(counted(report.projects)) if each[0] > 1]
    if not rows:
        return
    from qscache_lint.reasons import load_reasons

    known = load_reasons()
    for count, what, kind in rows:
        about = f": {known[kind].about}" if kind in known else ""
        yield f"{what} for {count} findings [{kind}]{about}"
