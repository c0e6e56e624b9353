"""Reports with what a recording of the witness says of them: confirmed findings by their cost, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from qscache_lint.api.reports import Missed, ProjectReport, Report, Witness
from qscache_lint.errors import Fault, isolated
from qscache_lint.per_file import is_test
from qscache_lint.values import Cost, Finding
from qscache_lint.witness.joining import Joined, Unfound, Verdict, join
from qscache_lint.witness.reading import read_recordings
from qscache_lint.witness.records import RecordedStore, RecordedUse, Recording

if TYPE_CHECKING:
    from qscache_lint.revealing.witnessed import Why

__all__ = ["missed", "read_recordings", "with_witness"]


def with_witness(report: Report, recording: Recording) -> Report:
    """A report with what was recorded of its findings, in the order of what they cost, and its projects likewise.

    What was recorded and no rule finds comes with the reason from the analysis.
    """
    joined = [_joined(project, recording) for project in report.projects]
    projects = [_witnessed(project, each) for project, each in zip(report.projects, joined, strict=True)]
    projects.sort(key=lambda project: max(map(project.cost_of, project.findings), default=Cost()).heavy_first)
    notes = (*report.notes, *_notes(joined, recording))
    return replace(report, projects=tuple(projects), notes=notes)


def _joined(project: ProjectReport, recording: Recording) -> Joined:
    """The recording and all that is found in a project, whatever is shown of it."""

    def read(path: str) -> bytes:
        try:
            return project.tree.read(path)
        except OSError:
            return b""

    found = [each.finding for each in project.run.result.found]
    joined = isolated(lambda: join(recording, found, project.tree.files, read), "joining the recording")
    if not isinstance(joined, Fault):
        return joined
    _fail(project, joined)
    return Joined({}, (), frozenset(), ())


def _fail(project: ProjectReport, fault: Fault) -> None:
    """Note a mistake of ours, which the report tells."""
    for component in project.run.components[:1]:
        component.fail(fault)


def _witnessed(project: ProjectReport, joined: Joined) -> ProjectReport:
    """The report of a project with what was recorded of it, in the order of costs."""
    confirmed = {finding for finding, told in joined.testimonies.items() if told.verdict is Verdict.CONFIRMED}
    others = confirmed.difference(project.findings)
    hidden = Counter(finding.code for finding in others if project.covers(finding.path))
    own = [each for each in joined.unfound if project.covers(each.at.path)]
    unfound = tuple(each for each in own if not is_test(each.at.path))
    witness = Witness(joined.testimonies, unfound, hidden, len(own) - len(unfound))
    witnessed = replace(project, witness=witness)

    def order(finding: Finding) -> tuple[object, ...]:
        return *witnessed.cost_of(finding).heavy_first, finding.order

    return replace(witnessed, findings=tuple(sorted(project.findings, key=order)))


def missed(project: ProjectReport, unfound: Unfound) -> Missed:
    """What was recorded and not found, with the reason: what the analysis takes the value for, or why it does not."""
    record, at = unfound.record, unfound.at
    why = isolated(lambda: _why(project, unfound), "looking for the reason", at.path)
    if isinstance(why, Fault):
        _fail(project, why)
        return Missed(record, unfound.store, at.path, at.first, at.column, "the analysis has failed here")
    return Missed(record, unfound.store, at.path, at.first, at.column, why.message, why.trail, why.is_known)


def _why(project: ProjectReport, unfound: Unfound) -> Why:
    from qscache_lint.revealing.witnessed import Seen, Why, why_unfound
    from qscache_lint.source.text import without_source_warnings

    record, at = unfound.record, unfound.at
    if not any(at.path in component.tree for component in project.run.components):
        return Why("the analysis has failed here")
    if at.is_gone:
        return Why(f"the file has changed since the recording, and there is no {at.function}() in it any more")
    operation, is_handed, function = "", False, ""
    if isinstance(record, RecordedStore) and record.by and record.function is None:
        return Why(f"{record.by}() stores it, which is no code of the project")
    if isinstance(record, RecordedUse):
        operation, is_handed = record.operation, record.effect == "passed"
    elif record.function is not None:
        function = at.function
    with without_source_warnings():
        analysis = project.run.analysis_of(at.path)
        return why_unfound(analysis, Seen(at.path, at.first, at.last, at.column, operation, function, is_handed))


def _notes(joined: list[Joined], recording: Recording) -> Iterator[str]:
    """What the user should know of the recording."""
    yield from (f"the witness: {sentence}" for sentence in recording.incomplete)
    changed = len({path for each in joined for path in each.changed})
    if changed:
        files = "file has" if changed == 1 else "files have"
        yield f"{changed} {files} changed since the recording: places there are matched by function and nearest row"
    elsewhere = len(frozenset.intersection(*(each.elsewhere for each in joined))) if joined else 0
    if elsewhere:
        places = "place is" if elsewhere == 1 else "places are"
        yield f"{elsewhere} recorded {places} in no file of the project"

