"""JSON in the shape of ruff's, with trail, confidence and fixes over several files.

It is ASCII, so that it is the same wherever it is sent to; a file name that is no text has Python's escapes in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.codes import document_of
from qscache_lint.printable import encodable
from qscache_lint.reports.paths import shown_in
from qscache_lint.reports.testimony import as_entry, missed_message, record_entry
from qscache_lint.values import Finding, Fix, Position, Reason, Step

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.api.reports import Missed


def as_json(report: Report, here: Path) -> Iterator[str]:
    """The findings as one JSON array; file names are absolute, those in messages as seen from `here`."""
    yield ascii_json([*entries_of(report, here)])


def entries_of(report: Report, here: Path) -> Iterator[dict[str, object]]:
    """The findings, and behind them what was recorded and not found, which has no code."""
    for project in report.projects:
        yield from (finding_entry(project, finding, here) for finding in project.findings)
    for project in report.projects:
        yield from (_missed_entry(project, each, here) for each in project.missed)


def ascii_json(entries: object, indent: int = 2) -> str:
    """Plain values as JSON that is ASCII; on one line without an indentation."""
    written = msgspec.json.format(msgspec.json.encode(_encodable(entries)), indent=indent).decode()
    return _NOT_ASCII.sub(_escape, written)


_NOT_ASCII = re.compile(r"[^\n -~]")


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[index : index + 2].hex()}" for index in range(0, len(units), 2))


def _encodable(value: object) -> object:
    match value:
        case str():
            return encodable(value)
        case list():
            return [_encodable(each) for each in value]
        case dict():
            return {key: _encodable(each) for key, each in value.items()}
        case _:
            return value


def finding_entry(project: ProjectReport, finding: Finding, here: Path) -> dict[str, object]:
    """A finding with its trail and its fixes, and what was recorded of it."""
    fix, testimony = project.fixes.get(finding), project.testimony(finding)
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "confidence": finding.confidence,
        "filename": str(project.root / finding.path),
        "location": position_entry(finding.span.start),
        "end_location": position_entry(finding.span.end),
        "noqa_row": finding.span.start.row,
        "url": document_of(finding.code),
        "trail": [step_entry(project.root, step) for step in finding.trail],
        "suggestion": project.help_for(finding),
        "fix": None if fix is None else _fix(project, fix, here),
        "alternatives": [_fix(project, each, here) for each in (() if fix is None else fix.alternatives)],
        **({} if project.witness is None else {"witness": None if testimony is None else as_entry(testimony)}),
    }


def _missed_entry(project: ProjectReport, missed: Missed, here: Path) -> dict[str, object]:
    """What was recorded and not found, in the shape of a finding."""
    place = {"row": missed.row, "column": missed.column}
    return {
        "code": None,
        "name": "witnessed-not-found",
        "message": missed_message(missed),
        "confidence": None,
        "filename": str(project.root / missed.path),
        "location": place,
        "end_location": place,
        "noqa_row": None,
        "url": None,
        "trail": [step_entry(project.root, step) for step in missed.trail],
        "suggestion": "",
        "fix": None,
        "alternatives": [],
        "reason": shown_in(missed.reason, project.root, here),
        "witness": {"lifetime": missed.store.lifetime, "store": missed.store.keeper, **record_entry(missed.record)},
    }


def step_entry(root: Path, step: Step) -> dict[str, object]:
    """A place on a trail."""
    location = position_entry(step.span.start)
    return {"filename": str(root / step.path), "location": location, "message": step.message}


def _fix(project: ProjectReport, fix: Fix, here: Path) -> dict[str, object]:
    return {
        "name": fix.name,
        "applicability": fix.applicability,
        "message": shown_in(fix.message, project.root, here),
        "reasons": [_reason(project, each, here) for each in fix.reasons],
        "edits": [
            {
                "filename": str(project.root / edit.path),
                "location": position_entry(edit.span.start),
                "end_location": position_entry(edit.span.end),
                "content": edit.content,
            }
            for edit in fix.edits
        ],
    }


def _reason(project: ProjectReport, reason: Reason, here: Path) -> dict[str, object]:
    return {
        "kind": reason.kind,
        "message": shown_in(reason.message, project.root, here),
        "filename": str(project.root / reason.path) if reason.path else None,
        "row": reason.row or None,
        "data": dict(reason.data),
    }


def position_entry(position: Position) -> dict[str, int]:
    """A place in a file."""
    return {"row": position.row, "column": position.column}
