"""Comments that silence nothing, removed after all other repairs: one of these may have ended what they silenced."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from qscache_lint.fixing.model import Change, Refused, Repair
from qscache_lint.fixing.places import refuse_links
from qscache_lint.fixing.run import Repaired
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.project import Project
from qscache_lint.project.workspace import analyse
from qscache_lint.source.edits import apply_edits
from qscache_lint.source.suppressions import REMOVE_SUPPRESSION, Suppressions
from qscache_lint.source.text import decode, encoded_like
from qscache_lint.values import Applicability, Finding


def without_unused_suppressions(
    repaired: Repaired,
    project: Project,
    found: Callable[[Analysis | None], Iterable[Finding]],
    reported: Collection[Finding],
) -> Repaired:
    """The result of all other repairs of a component without the codes that comments name in vain.

    `found` gives what is shown after these repairs, by their analysis; None where they have changed nothing. Only files
    with a finding that was `reported`, and those with one that the repairs have ended, are looked at.
    """
    files = {each.path for each in reported} | {path for path, _ in repaired.ended}
    unused: dict[str, list[Finding]] = {}
    for finding in found(repaired.analyses[0]):
        if finding.about and finding.path in files:
            unused.setdefault(finding.path, []).append(finding)
    changes = {change.path: change for change in repaired.changes}
    repairs = [_removal(project, path, several, changes.get(path)) for path, several in sorted(unused.items())]
    written = [each for each in repairs if each.changes]
    if not written:
        return replace(repaired, refused=(*repaired.refused, *repairs))
    changes.update((change.path, change) for repair in written for change in repair.changes)
    overlay = {path: change.after for path, change in changes.items()}
    analysis = analyse(project.tree.with_overlay(overlay), project.knowledge, overlay, earlier=project)
    done = {path for each in written for path in each.paths}
    ended = ((each.path, each.span) for each in reported if each.about and each.path in done)
    by = (REMOVE_SUPPRESSION, Applicability.SAFE)
    return replace(
        repaired,
        changes=tuple(change for _, change in sorted(changes.items())),
        applied=(*repaired.applied, *written),
        refused=(*repaired.refused, *(each for each in repairs if not each.changes)),
        analyses=(analysis,),
        ended={**repaired.ended, **dict.fromkeys(ended, by)},
    )


def _removal(project: Project, path: str, unused: Sequence[Finding], changed: Change | None) -> Repair:
    """The repair of one file, which others may have changed."""
    target = FunctionId(path, 0)
    try:
        refuse_links(project.tree, [path])
    except Refused as refusal:
        return Repair.refused(REMOVE_SUPPRESSION, target, refusal.reason)
    before = project.tree.read(path) if changed is None else changed.before
    after = _without(before if changed is None else changed.after, unused)
    codes = ", ".join(dict.fromkeys(each.about for each in unused))
    message = f"{path} no longer names {codes} in comments that silence nothing"
    return Repair(REMOVE_SUPPRESSION, target, Applicability.SAFE, message, (Change(path, before, after),))


def _without(source: bytes, unused: Iterable[Finding]) -> bytes:
    """A file without some codes. From the end, so that the others stay where they are."""
    text = decode(source)
    for finding in sorted(unused, key=lambda each: each.span, reverse=True):
        text = apply_edits(text, Suppressions(text).removal(finding).edits)
    return encoded_like(source, text)
