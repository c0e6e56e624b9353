"""SARIF 2.1.0, for code scanning: the trail as a code flow, fixes, and what each rule is about.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub takes of it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from qscache_lint import __version__, limits
from qscache_lint.fingerprints import Fingerprint, fingerprints
from qscache_lint.printable import printable
from qscache_lint.reports.json import ascii_json
from qscache_lint.reports.paths import relative, service_base, shown_in
from qscache_lint.reports.severity import severity_of
from qscache_lint.values import Confidence, Edit, Finding, Fix, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.rules.base import Rule

Entry: TypeAlias = dict[str, object]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_PRECISIONS: Mapping[Confidence, str] = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium"}


def as_sarif(report: Report, here: Path) -> Iterator[str]:
    """The findings as one log with one run; files are named from the top of the checkout."""
    from qscache_lint.rules import RULES

    base = service_base(here)
    results = chain.from_iterable(_Results(project, base).entries() for project in report.projects)
    run = {
        "tool": {"driver": _driver(RULES)},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": f"{base.as_uri().rstrip('/')}/"}},
        "results": [*islice(results, limits.SARIF_RESULTS)],
    }
    yield ascii_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _driver(rules: Sequence[Rule]) -> Entry:
    return {"name": "qscache-lint", "semanticVersion": __version__, "rules": [_rule(each) for each in rules]}


def _rule(rule: Rule) -> Entry:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary}; it costs: {rule.cost}" if rule.cost else rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"enabled": rule.enabled, "level": severity_of(rule.code).value},
        "properties": {"tags": ["django", "performance", "cache"]},
    }


def _invocation(report: Report) -> Entry:
    """What the user should know of the run, as notifications."""
    notes = [*report.notes, *report.errors]
    if report.count > limits.SARIF_RESULTS:
        notes.append(f"only {limits.SARIF_RESULTS} of {report.count} findings are listed: code scanning takes no more")
    return {
        "executionSuccessful": not report.errors,
        "toolExecutionNotifications": [{"level": "warning", "message": _message(note)} for note in notes],
    }


def _message(text: str) -> Entry:
    return {"text": printable(text)}


class _Results:
    """The results of one project."""

    def __init__(self, project: ProjectReport, base: Path) -> None:
        self._project = project
        self._base = base

    def entries(self) -> Iterator[Entry]:
        for finding, fingerprint in fingerprints(self._project.findings, self._project.around, self._named):
            yield self._result(finding, fingerprint)

    def _named(self, path: str) -> str:
        return relative(self._project.root, path, self._base) or path

    def _result(self, finding: Finding, fingerprint: Fingerprint) -> Entry:
        help_ = self._project.help_for(finding)
        text = f"{finding.message}. To repair it: {help_}." if help_ else finding.message
        return {
            "ruleId": finding.code,
            "level": severity_of(finding.code).value,
            "message": _message(text),
            "locations": [{"physicalLocation": self._place(finding.path, finding.span)}],
            "partialFingerprints": {
                "primaryLocationLineHash": f"{fingerprint.digest}:1",
                "qscacheLint/v1": fingerprint.digest,
            },
            "codeFlows": self._flows(finding),
            "fixes": [*self._fixes(finding)],
            "properties": {"precision": _PRECISIONS[finding.confidence]},
        }

    def _flows(self, finding: Finding) -> list[Entry]:
        """The way of the value, up to where it is used; none for what has no way."""
        if not finding.trail:
            return []
        steps = [(step.path, step.span, step.message) for step in finding.trail[: limits.SARIF_STEPS - 1]]
        steps.append((finding.path, finding.span, finding.message))
        locations = [
            {"location": {"physicalLocation": self._place(path, span), "message": _message(text)}}
            for path, span, text in steps
        ]
        return [{"threadFlows": [{"locations": locations}]}]

    def _fixes(self, finding: Finding) -> Iterator[Entry]:
        """The fix and its alternatives, as far as they have edits."""
        fix = self._project.fixes.get(finding)
        for each in () if fix is None else (fix, *fix.alternatives):
            if each.edits:
                yield self._fix(each)

    def _fix(self, fix: Fix) -> Entry:
        edits: dict[str, list[Edit]] = {}
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit)
        return {
            "description": _message(f"{fix.name}: {shown_in(fix.message, self._project.root, self._base)}"),
            "artifactChanges": [
                {"artifactLocation": self._artifact(path), "replacements": [_replacement(edit) for edit in several]}
                for path, several in edits.items()
            ],
            "properties": {"applicability": fix.applicability},
        }

    def _place(self, path: str, span: Span) -> Entry:
        return {"artifactLocation": self._artifact(path), "region": _region(span)}

    def _artifact(self, path: str) -> Entry:
        within = relative(self._project.root, path, self._base)
        if within is None:
            return {"uri": (self._project.root / path).as_uri()}
        return {"uri": quote(os.fsencode(within)), "uriBaseId": _BASE}


def _region(span: Span) -> Entry:
    start, end = span.start, span.end
    return {"startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column}


def _replacement(edit: Edit) -> Entry:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
