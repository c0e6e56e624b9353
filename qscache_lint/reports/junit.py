"""JUnit's XML: a test suite for each file with findings, a failure for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.printable import printable
from qscache_lint.reports.paths import shown
from qscache_lint.reports.testimony import seen, with_seen
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from qscache_lint.api import ProjectReport, Report

_FORBIDDEN = re.compile("[\ufffe\uffff]")
"""What XML has no form for, beside what is never printed as it is."""


def as_junit(report: Report, here: Path) -> Iterator[str]:
    """The findings as one document; without any, a single test that passes."""
    from xml.etree import ElementTree as ET

    suites = ET.Element("testsuites", name="qscache-lint")
    for project in report.projects:
        by_file: dict[str, list[Finding]] = {}
        for finding in project.findings:
            by_file.setdefault(finding.path, []).append(finding)
        for path, findings in by_file.items():
            _suite(suites, project, shown(project.root, path, here), findings, here)
    failures = str(report.count)
    if not report.count:
        suite = ET.SubElement(suites, "testsuite", name="qscache-lint", tests="1", failures="0")
        ET.SubElement(suite, "testcase", name="no problems found", classname="qscache-lint")
    suites.set("tests", str(max(report.count, 1)))
    suites.set("failures", failures)
    ET.indent(suites)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield ET.tostring(suites, encoding="unicode")


def _suite(suites: Element, project: ProjectReport, file: str, findings: list[Finding], here: Path) -> None:
    from xml.etree import ElementTree as ET

    count = str(len(findings))
    suite = ET.SubElement(suites, "testsuite", name=_text(file), tests=count, failures=count)
    for finding in findings:
        start = finding.span.start
        case = ET.SubElement(
            suite,
            "testcase",
            name=f"{finding.code} {finding.name} ({start.row}:{start.column})",
            classname=_text(file),
            file=_text(file),
            line=str(start.row),
        )
        failure = ET.SubElement(case, "failure", message=_text(with_seen(project, finding)), type=finding.code)
        failure.text = "\n".join(map(_text, _told(project, finding, file, here)))


def _told(project: ProjectReport, finding: Finding, file: str, here: Path) -> Iterator[str]:
    """The finding, what was recorded of it, the way of the value, and the advice."""
    start = finding.span.start
    yield f"{file}:{start.row}:{start.column}: {finding.message}"
    if told := seen(project, finding):
        yield told
    for step in finding.trail:
        place = step.span.start
        yield f"{shown(project.root, step.path, here)}:{place.row}:{place.column}: {step.message}"
    if help_ := project.help_for(finding):
        yield f"help: {help_}"


def _text(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), printable(text))
