"""Comments that silence findings: `# noqa: QSC201 - reason` where each stands, all files or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qscache_lint.fixing.model import Change
from qscache_lint.source.edits import apply_edits
from qscache_lint.source.suppressions import Suppressions
from qscache_lint.source.text import decode, encoded_like
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Finding


@dataclass(frozen=True)
class Silenced:
    """The files with their new comments, and the findings that no comment can silence."""

    changes: tuple[Change, ...]
    left: tuple[Finding, ...]


def silenced(tree: SourceTree, findings: Iterable[Finding], reason: str) -> Silenced:
    """What silences some findings: a code in the comment that is there, or a comment of its own."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    changes, left = [], []
    for path, several in by_file.items():
        try:
            before = tree.read(path)
        except OSError:
            left += several
            continue
        text = decode(before)
        for finding in several:
            text = _with_comment(text, finding, reason)
        if encoded_like(before, decode(before)) == before:  # else some of it would be lost
            changes += [Change(path, before, encoded_like(before, text))] if text != decode(before) else []
        else:
            text = decode(before)
        after = Suppressions(text)
        left += [each for each in several if not after.silences(each.span.start.row, each.code)]
    return Silenced(tuple(changes), tuple(left))


def _with_comment(text: str, finding: Finding, reason: str) -> str:
    """A text in which a comment silences a finding; as it is where there is no place for one."""
    suppressions = Suppressions(text)
    row = finding.span.start.row
    if suppressions.silences(row, finding.code):
        return text
    edit = suppressions.addition(finding, reason)
    return text if edit is None else apply_edits(text, [edit])
