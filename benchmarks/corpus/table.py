"""The result of the benchmark as text: a table by project, then what to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.corpus.compare import Comparison

_COLUMNS = (  # as README.md explains them
    "project",
    "uses",
    "found",
    "recall",
    "defs",
    "found",
    "findings",
    "judged",
    "true",
    "precision",
    "worth",
    "share",
    "traps",
    "unread",
    "s",
)


def table(compared: Sequence[Comparison]) -> str:
    """One row for each project, and their sum (the columns are explained in README.md)."""
    rows = [_COLUMNS, *(_row(each.repository, [each]) for each in compared), _row("all", compared)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in ([*zip(row, widths, strict=True)] for row in rows)
    )


def _row(name: str, compared: Sequence[Comparison]) -> tuple[str, ...]:
    uses = sum(each.labelled_uses for each in compared)
    found = sum(each.found_uses for each in compared)
    judged = sum(len(each.judged) for each in compared)
    true = sum(each.true for each in compared)
    worth = sum(each.worth_acting_on for each in compared)
    return (
        name,
        str(uses),
        str(found),
        _percent(found, uses),
        str(sum(each.labelled_definitions for each in compared)),
        str(sum(each.found_definitions for each in compared)),
        str(sum(len(each.findings) for each in compared)),
        str(judged),
        str(true),
        _percent(true, judged),
        str(worth),
        _percent(worth, judged),
        str(sum(len(each.on_traps) for each in compared)),
        str(sum(len(each.unreadable) for each in compared)),
        f"{sum(each.seconds for each in compared):.1f}",
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def details(compared: Comparison) -> Iterator[str]:
    """What there is to read about one project: misses, findings on traps, false and unjudged findings, the others."""
    for use in compared.missed_uses:
        yield f"missed use         {use.path}:{use.line} {use.operation}"
    for label in compared.missed_definitions:
        yield f"missed definition  {label.path}:{label.line} {label.name}"
    for report in compared.on_traps:
        yield f"on a trap          {report.path}:{report.line} {report.code} {report.message}"
    for verdict in compared.judged:
        if not verdict.verdict:
            yield f"false alarm        {verdict.path}:{verdict.line} {verdict.code} {verdict.reason}"
    for verdict in compared.stale:
        yield f"no longer found    {verdict.path}:{verdict.line} {verdict.code} (judged {str(verdict.verdict).lower()})"
    for report in compared.unjudged:
        yield f"to be judged       {report.path}:{report.line} {report.code} {report.message}"
    for report in compared.others:
        yield f"off by default     {report.path}:{report.line} {report.code} {report.message}"
