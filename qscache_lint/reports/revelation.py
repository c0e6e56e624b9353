"""What the analysis takes expressions for, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qscache_lint.printable import printable
from qscache_lint.reports.json import ascii_json, position_entry, step_entry
from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.reports.text import WIDTH, frame, paragraph
from qscache_lint.revealing.reveal import NOT_EXAMINED
from qscache_lint.values import Step

if TYPE_CHECKING:
    from qscache_lint.api import Revelation
    from qscache_lint.revealing.reveal import Possibility, Revealed


def as_text(revelation: Revelation, here: Path, width: int | None = None) -> Iterator[str]:
    """For each expression the code at hand, what its value may be, and why."""
    for number, expression in enumerate(revelation.expressions):
        yield from [""] if number else []
        yield from _expression(revelation, expression, here, width or WIDTH)


def _expression(revelation: Revelation, expression: Revealed, here: Path, width: int) -> Iterator[str]:
    project, start = revelation.project, expression.span.start
    path = click.style(shown(project.root, expression.path, here), bold=True)
    yield f"{path}:{start.row}:{start.column}: {printable(expression.text)}"
    yield from frame(project, expression.path, expression.span, width)
    for number, possibility in enumerate(expression.possibilities):
        yield from _possibility(project.root, possibility, here, width, "or: " if number else "")
    for step in expression.reasons:
        yield from _step("why: ", project.root, step, here, width)
    for finding in revelation.findings_at(expression):
        yield from paragraph(click.style("reported here: ", fg="red"), f"{finding.code} {finding.name}", width)
    sure = "none, because part of it is unknown" if expression.confidence is None else expression.confidence.value
    yield from paragraph("confidence: ", sure, width)
    if not expression.examined:
        yield from paragraph("not examined: ", NOT_EXAMINED, width)


def _possibility(root: Path, possibility: Possibility, here: Path, width: int, label: str) -> Iterator[str]:
    for number, told in enumerate((possibility.message, *possibility.gives)):
        yield from paragraph("" if number else label, shown_in(told, root, here), width)
    for step in possibility.trail:
        yield from _step(f"{click.style('-->', fg='blue')} ", root, step, here, width)


def _step(label: str, root: Path, step: Step, here: Path, width: int) -> Iterator[str]:
    start = step.span.start
    return paragraph(f"{label}{shown(root, step.path, here)}:{start.row}:{start.column}: ", step.message, width)


def as_json(revelation: Revelation) -> Iterator[str]:
    """The expressions as one JSON array."""
    yield ascii_json([_entry(revelation, each) for each in revelation.expressions])


def _entry(revelation: Revelation, expression: Revealed) -> dict[str, object]:
    root = revelation.project.root
    return {
        "filename": str(root / expression.path),
        "location": position_entry(expression.span.start),
        "end_location": position_entry(expression.span.end),
        "expression": expression.text,
        "confidence": expression.confidence,
        "values": [
            {
                "kind": each.kind,
                "message": each.message,
                "gives": list(each.gives),
                "trail": [step_entry(root, step) for step in each.trail],
            }
            for each in expression.possibilities
        ],
        "examined": expression.examined,
        "reasons": [step_entry(root, step) for step in expression.reasons],
        "findings": [finding.code for finding in revelation.findings_at(expression)],
    }
