"""A file could not be read or parsed, and was not analysed.

## Why

It may contain findings, or definitions that other files need. Every other file is still analysed.

## Bad

A file with a syntax error, an unknown encoding, or without permission to read it.

## Good

Fix the file, or exclude it.

## Fix safety

There is no automatic fix.

## Not seen

Files that cannot matter: those that name no cache and use none of the cached functions are not parsed at all. One
that is there and cannot be read may hold anything, and is always reported; a dangling link, a pipe or a device only
where something needs it. flake8 runs no plugin on a file that it cannot read or parse: it reports E902 or E999 itself,
so only the command reports this rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule
from qscache_lint.source.syntax import Unreadable
from qscache_lint.values import Finding, Position, Span


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    return (unreadable_file(path, unreadable) for path, unreadable in analysis.unreadable)


def unreadable_file(path: str, unreadable: Unreadable) -> Finding:
    """The finding for a file that could not be read."""
    place = Position(max(unreadable.row, 1), max(unreadable.column, 1))
    return Finding(
        path=path,
        span=Span(place, place),
        code=RULE.code,
        name=RULE.name,
        message=f"not analysed: {unreadable.reason}",
        suggestion="fix the file, or exclude it",
    )


RULE = Rule("QSC900", "unreadable-file", _check)
