"""Fixes as code actions: quick fixes of single findings, comments that silence them, and all safe fixes of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsprotocol import types

from qscache_lint.api import plan_fixes, silence
from qscache_lint.language_server.diagnostics import NAME, Shown
from qscache_lint.values import Applicability, Edit, Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.fixing.model import Change

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.{NAME}"
_UNSAFE = "unsafe"


@dataclass(frozen=True)
class Capabilities:
    """What the editor can do with edits: know the version that they are for, and ask before it makes some."""

    versions: bool = False
    annotations: bool = False


@dataclass(frozen=True)
class Actions:
    """Makes the actions of one report; `versions` are those of the open files, by their names in the protocol."""

    shown: Shown
    versions: Mapping[str, int]
    can: Capabilities

    def quick_fixes(self, path: str, place: types.Range) -> Iterator[types.CodeAction]:
        """What can be done about the findings at a place, the best fix of each first."""
        report, rows = self.shown.report, self.shown.rows(path)
        there = tuple(each for each in report.findings if each.path == path and _touch(rows.range(each.span), place))
        fixes = replace(report, findings=there).fixes
        for finding in there:
            yield from self._of(finding, fixes.get(finding))

    def fix_all(self, path: str) -> Iterator[types.CodeAction]:
        """The safe fixes of all findings in a file, which may change others as well."""
        report = self.shown.report
        inside = tuple(each for each in report.findings if each.path == path)
        planned = plan_fixes(replace(report, findings=inside), unsafe=False) if inside else None
        if planned is not None and planned.changes:
            edits = self._edits(_edits_of(planned.changes))
            yield types.CodeAction(f"Apply all safe fixes of {NAME}", FIX_ALL, edit=edits)

    def _of(self, finding: Finding, fix: Fix | None) -> Iterator[types.CodeAction]:
        diagnostics = [self.shown.diagnostic(finding)]
        for number, each in enumerate(() if fix is None else (fix, *fix.alternatives)):
            if each.edits:
                yield types.CodeAction(
                    _title(finding, each),
                    types.CodeActionKind.QuickFix,
                    diagnostics,
                    is_preferred=number == 0 and each.applicability is Applicability.SAFE,
                    edit=self._edits(each.edits, each),
                )
        silenced = silence(replace(self.shown.report, findings=(finding,)), "")
        if silenced.changes:
            edit = self._edits(_edits_of(silenced.changes))
            title = f"{finding.code}: silence with a noqa comment"
            yield types.CodeAction(title, types.CodeActionKind.QuickFix, diagnostics, is_preferred=False, edit=edit)

    def _edits(self, edits: Iterable[Edit], fix: Fix | None = None) -> types.WorkspaceEdit:
        """Edits of several files as one; those of an unsafe fix are made only when the user has seen what they do."""
        by_file: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            place = self.shown.rows(edit.path).range(edit.span)
            by_file.setdefault(self.shown.uri(edit.path), []).append(types.TextEdit(place, edit.content))
        if not self.can.versions:
            return types.WorkspaceEdit(changes=dict(by_file))
        asks = fix is not None and fix.applicability is not Applicability.SAFE and self.can.annotations
        changes = [
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri, self.versions.get(uri)),
                [_annotated(each) for each in made] if asks else [*made],
            )
            for uri, made in by_file.items()
        ]
        if fix is None or not asks:
            return types.WorkspaceEdit(document_changes=changes)
        told = types.ChangeAnnotation("Unsafe fix", needs_confirmation=True, description=fix.message)
        return types.WorkspaceEdit(document_changes=changes, change_annotations={_UNSAFE: told})


def _annotated(edit: types.TextEdit) -> types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(_UNSAFE, edit.range, edit.new_text)


def wants(only: Sequence[str] | None, kind: str) -> bool:
    """Whether an editor asks for a kind of action, or for one that this is a part of."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _title(finding: Finding, fix: Fix) -> str:
    """One line: the code, what the fix does, and whether it may change behaviour."""
    mark = "" if fix.applicability is Applicability.SAFE else f" ({fix.applicability.value})"
    return f"{finding.code}: {fix.cure or fix.summary}{mark}"


def _edits_of(changes: Iterable[Change]) -> Iterator[Edit]:
    from qscache_lint.fixing.edits import edits_between

    return (edit for change in changes for edit in edits_between(change.path, change.old, change.new))


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end
