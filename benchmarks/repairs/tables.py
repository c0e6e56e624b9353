"""The result as markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.repairs.measuring import Refused, Repaired, RunResult
from tests.execution.harness import COSTS, Change

BEGIN = "<!-- begin: measured -->"
END = "<!-- end: measured -->"

_COSTS = tuple(cost.replace("_", " ") for cost in COSTS)
_BYTES = ("pickled_bytes", "unpickled_bytes")


def report(results: Sequence[RunResult]) -> str:
    """All tables, each under its heading."""
    repaired = [result for result in results if isinstance(result, Repaired)]
    refused = [result for result in results if isinstance(result, Refused)]
    sections = {
        "All calls of a project": summary(repaired),
        "Call by call": details(repaired),
        "Left to people": refusals(refused),
    }
    return "\n\n".join(f"## {heading}\n\n{table}" for heading, table in sections.items())


def details(repaired: Iterable[Repaired]) -> str:
    """What each call costs, before and after."""
    rows = (
        (each.project, each.repair, call, state, *(_change([change], [cost]) for cost in COSTS))
        for each in repaired
        for call, compared in each.comparison.calls.items()
        for state, change in (("miss", compared.miss), ("hit", compared.hit))
    )
    return markdown_table(("project", "repair", "call", "state", *_COSTS), rows)


def summary(repaired: Iterable[Repaired]) -> str:
    """One row for each project: the sums over its calls; bytes are those pickled and those unpickled."""
    states = ("miss", "hit")
    columns = tuple(f"{cost}, {state}" for state in states for cost in ("queries", "rows", "bytes"))
    rows = ((each.project, each.repair, *_sums(each)) for each in repaired)
    return markdown_table(("project", "repair", *columns), rows)


def _sums(each: Repaired) -> Iterator[str]:
    calls = each.comparison.calls.values()
    for changes in ([call.miss for call in calls], [call.hit for call in calls]):
        for costs in (("queries",), ("rows",), _BYTES):
            yield _change(changes, costs)


def refusals(refused: Iterable[Refused]) -> str:
    """What is left to people, and why."""
    return markdown_table(("project", "message"), ((each.project, each.message) for each in refused))


def replaced(page: str, text: str) -> str:
    """`page` with `text` between its markers."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has to have {BEGIN} and {END}")
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"


def _change(changes: Sequence[Change], costs: Sequence[str]) -> str:
    """The sum of some costs before and after, as `before → after`."""
    before = sum(getattr(change.before, cost) for change in changes for cost in costs)
    after = sum(getattr(change.after, cost) for change in changes for cost in costs)
    return f"{before:,} → {after:,}"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under their columns."""
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
