"""SARIF 2.1.0, for code scanning: the trail as a code flow, fixes, and what each rule is about.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub takes of it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from qscache_lint import __version__, limits
from qscache_lint.codes import document_of
from qscache_lint.fingerprints import Fingerprint, fingerprints
from qscache_lint.printable import printable
from qscache_lint.reports.json import ascii_json
from qscache_lint.reports.paths import relative, service_base, shown_in
from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.reports.testimony import as_entry, with_seen
from qscache_lint.values import Confidence, Edit, Finding, Fix, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.rules.base import Rule

Entry: TypeAlias = dict[str, object]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_PRECISIONS: Mapping[Confidence, str] = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium"}


def as_sarif(report: Report, here: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """The findings as one log with one run; files are named from the top of the checkout.

    `tell` gets a line for each kind of thing that is left out because code scanning would refuse the whole file.
    """
    base = service_base(here)
    content = _Content.of(report, base)
    while _is_too_large(text := _log(report, content, base)):
        content = content.smaller()
    for note in content.left_out:
        tell(note)
    yield text


@dataclass(frozen=True)
class _Content:
    """The results of a log, of how many, and what these go without."""

    results: list[Entry]
    count: int
    shortened: int = 0
    without: tuple[str, ...] = ()

    @staticmethod
    def of(report: Report, base: Path) -> _Content:
        """As many results as one run may have."""
        costs = (project.cost_of(finding) for project in report.projects for finding in project.findings)
        most = max((cost.milliseconds for cost in costs), default=0.0)
        several = [_Results(project, base, most) for project in report.projects]
        results = list(chain.from_iterable(each.entries() for each in several))
        shortened = sum(map(_shortened, report.projects))
        return _Content(_most_severe(results, limits.SARIF_RESULTS), len(results), shortened)

    def smaller(self) -> _Content:
        """The same with less in it: without details first, then with half of the results."""
        detail = next((each for each in _DETAILS if each not in self.without), None)
        if detail is None:
            return replace(self, results=_most_severe(self.results, len(self.results) // 2))
        results = [{key: value for key, value in each.items() if key != detail} for each in self.results]
        return replace(self, results=results, without=(*self.without, detail))

    @property
    def left_out(self) -> Iterator[str]:
        """What is said of it."""
        if len(self.results) < self.count:
            yield (
                f"SARIF: only {len(self.results):,} of {self.count:,} findings are listed: code scanning takes "
                f"{limits.SARIF_RESULTS:,} results and {_MEGABYTES} MB"
            )
        if self.shortened:
            yield (
                f"SARIF: {self.shortened:,} of the code flows are shortened: code scanning takes "
                f"{limits.SARIF_STEPS:,} steps"
            )
        for detail in self.without:
            yield f"SARIF: {_DETAILS[detail]} are left out: code scanning takes {_MEGABYTES} MB"


_MEGABYTES = limits.SARIF_BYTES // 1_000_000
_DETAILS: Mapping[str, str] = {"fixes": "fixes", "codeFlows": "code flows"}
"""What results have, with its name, in the order in which they do without: code scanning shows no fixes."""
_LEVELS = tuple(severity.value for severity in Severity)


def _most_severe(results: list[Entry], count: int) -> list[Entry]:
    """As many of some results as are asked for, the most severe ones, in their order."""
    if len(results) <= count:
        return results
    ordered = sorted(range(len(results)), key=lambda number: _LEVELS.index(str(results[number]["level"])))
    return [results[number] for number in sorted(ordered[:count])]


def _shortened(project: ProjectReport) -> int:
    """How many findings of a project have a longer way than a flow may have."""
    return sum(len(finding.trail) >= limits.SARIF_STEPS for finding in project.findings)


def _is_too_large(text: str) -> bool:
    """Whether code scanning would refuse a file, which it takes compressed."""
    return len(text) > limits.SARIF_BYTES and len(gzip.compress(text.encode())) > limits.SARIF_BYTES


def _log(report: Report, content: _Content, base: Path) -> str:
    from qscache_lint.rules import RULES

    run = {
        "tool": {"driver": _driver(RULES)},
        "invocations": [_invocation(report, [*report.warnings, *report.notes, *report.errors, *content.left_out])],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": f"{base.as_uri().rstrip('/')}/"}},
        "results": content.results,
    }
    return ascii_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _driver(rules: Sequence[Rule]) -> Entry:
    return {"name": "qscache-lint", "semanticVersion": __version__, "rules": [_rule(each) for each in rules]}


def _rule(rule: Rule) -> Entry:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary}; it costs: {rule.cost}" if rule.cost else rule.summary},
        "helpUri": document_of(rule.code),
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"enabled": rule.enabled, "level": severity_of(rule.code).value},
        "properties": {"tags": ["django", "performance", "cache"]},
    }


def _invocation(report: Report, notes: Sequence[str]) -> Entry:
    """What the user should know of the run, as notifications."""
    return {
        "executionSuccessful": not report.errors,
        "toolExecutionNotifications": [{"level": "warning", "message": _message(note)} for note in notes],
    }


def _message(text: str) -> Entry:
    return {"text": printable(text)}


class _Results:
    """The results of one project."""

    def __init__(self, project: ProjectReport, base: Path, most: float) -> None:
        """`most` is the greatest cost of a finding, in milliseconds; 0 where nothing was recorded."""
        self._project = project
        self._base = base
        self._most = most

    def entries(self) -> Iterator[Entry]:
        for finding, fingerprint in fingerprints(self._project.findings, self._project.around, self._named):
            yield self._result(finding, fingerprint)

    def _named(self, path: str) -> str:
        return relative(self._project.root, path, self._base) or path

    def _result(self, finding: Finding, fingerprint: Fingerprint) -> Entry:
        help_, message = self._project.help_for(finding), with_seen(self._project, finding)
        text = f"{message}. To repair it: {help_}." if help_ else message
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
            **self._rank(finding),
            "properties": {"precision": _PRECISIONS[finding.confidence], **self._recorded(finding)},
        }

    def _rank(self, finding: Finding) -> Entry:
        """How much it costs beside what costs most, in percent, where that was recorded."""
        if not self._most:
            return {}
        return {"rank": round(100 * self._project.cost_of(finding).milliseconds / self._most, 1)}

    def _recorded(self, finding: Finding) -> Entry:
        testimony = self._project.testimony(finding)
        return {} if testimony is None else {"witness": as_entry(testimony)}

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
