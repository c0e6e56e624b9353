"""Comments that silence findings: `# noqa: QSC201 - reason` where each stands, all files or none.

The program stays as it is: only comments are edited, and every result is compared with what it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qscache_lint.fixing.model import Change
from qscache_lint.source.edits import apply_edits
from qscache_lint.source.suppressions import Suppressions
from qscache_lint.source.syntax import is_same_program, parsed
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
        after = before
        for finding in several:
            after = _with_comment(after, finding, reason)
        changes += [Change(path, before, after)] if after != before else []
        suppressions = Suppressions(decode(after))
        left += [each for each in several if not suppressions.silences(each.span.start.row, each.code)]
    return Silenced(tuple(changes), tuple(left))


def _with_comment(source: bytes, finding: Finding, reason: str) -> bytes:
    """A file in which a comment silences a finding, and nothing else is new; as it is where that cannot be had."""
    text, row = decode(source), finding.span.start.row
    suppressions = Suppressions(text)
    edit = suppressions.addition(finding, reason)
    if edit is None or suppressions.silences(row, finding.code) or parsed(source) is None:
        return source
    try:
        is_lossless = encoded_like(source, text) == source
        changed = encoded_like(source, apply_edits(text, [edit]))
    except UnicodeEncodeError:  # the reason has characters that the file cannot have
        return source
    is_silenced = Suppressions(decode(changed)).silences(row, finding.code)
    return changed if is_lossless and is_silenced and is_same_program(source, changed) else source
