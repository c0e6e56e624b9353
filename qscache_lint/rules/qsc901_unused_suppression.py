"""A `noqa` comment names one of our codes but silences nothing.

## Why

A comment that silences nothing reads like a warning, and it will hide the next finding on its line. It costs nothing at
run time. The rule is off by default, as in other linters: an upgrade that finds less would report comments that were
needed the day before.

It considers all findings, even those that are not shown: a comment that silences a finding of a rule which is off, or
of medium confidence, is used. Nothing is said of the codes of rules that are not selected, or left out in that file by
`per-file-ignores`. A code that no rule has is always reported.

## Bad

```python
def newest():
    return list(recent_stories())  # noqa: QSC201
```

## Good

```python
def newest():
    return list(recent_stories())
```

## Fix safety

`remove-suppression` takes the code out of the comment, and the mark, if it names no other code. It is safe: the program
is the same, and what else the comment says stays, as a comment. Of several marks in one statement flake8 looks at the
first: when that goes, the next one counts.

## Not seen

A bare `# noqa`, a code in lower case (flake8 takes neither for ours), and `# flake8: noqa`. In a file that cannot be
parsed nothing is reported, since its findings are not known.

The spelling is flake8's: see [Selecting and Ignoring
Violations](https://flake8.pycqa.org/en/latest/user/violations.html#in-line-ignoring-errors).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint.codes import CODES, PREFIX
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.project import Project
from qscache_lint.rules.base import Rule
from qscache_lint.source.suppressions import NamedCode, Suppressions
from qscache_lint.source.syntax import Unreadable, parse
from qscache_lint.source.text import decode
from qscache_lint.values import Finding


def _review(rule: Rule, analysis: Analysis, found: Sequence[Finding]) -> Iterator[Finding]:
    project = analysis.evaluator.project
    for path in suppressing(project):
        here = [finding for finding in found if finding.path == path]
        source = project.source(path)
        ours = [each for each in Suppressions(decode(source)).named() if each.code.startswith(PREFIX)]
        if ours and not isinstance(parse(source), Unreadable):
            yield from (_unused(rule, path, named) for named in ours if not _silences(named, here))


def suppressing(project: Project) -> tuple[str, ...]:
    """The files that may name one of our codes: what is found rests on their comments."""
    return project.name_index.files_with_text(PREFIX)


def _silences(named: NamedCode, found: Sequence[Finding]) -> bool:
    if named.rows is None:
        return False
    first, last = named.rows
    return any(first <= each.span.start.row <= last and each.code.startswith(named.code) for each in found)


def _unused(rule: Rule, path: str, named: NamedCode) -> Finding:
    return Finding(
        path=path,
        span=named.span,
        code=rule.code,
        name=rule.name,
        message=f"noqa: {named.code} silences nothing: {_reason(named)}",
        suggestion=f"remove {named.code} from the comment",
        about=named.code,
    )


def _reason(named: NamedCode) -> str:
    if not any(code.startswith(named.code) for code in CODES):
        return "no rule has this code"
    return "flake8 reads another noqa of this statement" if named.rows is None else "there is no such finding here"


RULE = Rule("QSC901", "unused-suppression", review=_review)
