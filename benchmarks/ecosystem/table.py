"""The results as text: a table by tree, and what is different between two versions."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.ecosystem.model import Session, TreeResult
from benchmarks.repairs.tables import markdown_table

_COLUMNS = ("tree", "files", "s", "files / s", "MB", "findings", "faults")


def table(session: Session) -> str:
    """One row for each tree, and all that went wrong below."""
    rows = [*map(_row, session.trees), _sum(session.trees)]
    faults = [f"- {tree.name}: {fault}" for tree in session.trees for fault in tree.faults]
    return "\n\n".join((session.version, markdown_table(_COLUMNS, rows), *faults))


def _row(tree: TreeResult) -> tuple[str, ...]:
    cost = tree.cost
    figures = ("-", "-", "-") if cost is None else _figures(tree.files, cost.cpu, cost.memory)
    return (tree.name, str(tree.files), *figures, str(len(tree.findings)), str(len(tree.faults)))


def _sum(trees: tuple[TreeResult, ...]) -> tuple[str, ...]:
    done = [(tree.files, tree.cost) for tree in trees if tree.cost is not None]
    cpu = sum(cost.cpu for _, cost in done)
    largest = max((cost.memory for _, cost in done), default=0)
    figures = _figures(sum(files for files, _ in done), cpu, largest)
    findings, faults = (sum(map(len, lists)) for lists in zip(*((t.findings, t.faults) for t in trees), strict=True))
    return (f"{len(trees)} trees", str(sum(tree.files for tree in trees)), *figures, str(findings), str(faults))


def _figures(files: int, cpu: float, memory: int) -> tuple[str, str, str]:
    return f"{cpu:.1f}", f"{files / max(cpu, 0.01):.0f}", f"{memory / 1e6:.0f}"


def difference(old: Session, new: Session) -> Iterator[str]:
    """What the new version does otherwise with the trees that both have seen: findings, faults, cost."""
    before = {tree.name: tree for tree in old.trees}
    for tree in new.trees:
        if tree.name in before:
            lines = list(_difference(before[tree.name], tree))
            yield from (f"## {tree.name}", *lines) if lines else ()


def _difference(old: TreeResult, new: TreeResult) -> Iterator[str]:
    for sign, one, other in (("-", old, new), ("+", new, old)):
        yield from (f"{sign} {finding}" for finding in one.findings if finding not in set(other.findings))
        yield from (f"{sign} {fault}" for fault in one.faults if fault not in other.faults)
    for what, was, now in _compared(old, new):
        if not 1 / _WORTH_TELLING < now / was < _WORTH_TELLING:
            yield f"! {what}: {was:.1f} before, {now:.1f} now"


_WORTH_TELLING = 1.3
"""How many times more or less a run costs before it is told: single runs differ that much on a busy machine."""


def _compared(old: TreeResult, new: TreeResult) -> Iterator[tuple[str, float, float]]:
    if old.cost is not None and new.cost is not None:
        yield "seconds of CPU", old.cost.cpu, new.cost.cpu
        yield "MB", old.cost.memory / 1e6, new.cost.memory / 1e6
