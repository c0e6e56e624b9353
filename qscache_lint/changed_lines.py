"""What has changed since a revision, as git tells: in which files, in which rows.

git runs without what the configuration of a checkout could have it execute.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from qscache_lint.api import ProjectReport, Report
from qscache_lint.errors import UsageError
from qscache_lint.values import Finding, Span

Rows: TypeAlias = tuple[tuple[int, int], ...]
"""Stretches of rows, each from its first to its last."""

_SAFELY = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=true")
_OF_HOOKS = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"})
"""Variables by which a hook says which checkout git is to work on: ours is that of the project."""
_DIFF = ("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--no-relative",
         "--src-prefix=a/", "--dst-prefix=b/")  # fmt: skip
_HUNK = re.compile(rb"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_ALL: Rows = ((1, 2**31),)


def since(report: Report, revision: str) -> Report:
    """A report with the findings that stand in rows changed since a revision, or whose trail passes one.

    The rows are those that differ from where the revision and the current one have parted. Raises UsageError when git
    cannot tell.
    """
    return replace(report, projects=tuple(_narrowed(project, revision) for project in report.projects))


def _narrowed(project: ProjectReport, revision: str) -> ProjectReport:
    changed = changed_rows(project.root, revision)
    return replace(project, findings=tuple(each for each in project.findings if _touches(each, changed)))


def _touches(finding: Finding, changed: Mapping[str, Rows]) -> bool:
    places = ((finding.path, finding.span), *((step.path, step.span) for step in finding.trail))
    return any(_is_in(span, changed.get(path, ())) for path, span in places)


def _is_in(span: Span, rows: Rows) -> bool:
    return any(first <= span.end.row and span.start.row <= last for first, last in rows)


def changed_rows(root: Path, revision: str) -> Mapping[str, Rows]:
    """The rows of each file below a directory that have changed since a revision; all rows of a file that is not
    tracked. A file that was moved has changed where it differs. Raises UsageError when git cannot tell."""
    commit = _commit(root, revision)
    base = _git(root, "merge-base", commit, "HEAD")
    parted = base.stdout.decode().strip() if base.returncode == 0 else commit
    above = os.fsdecode(_output(root, "rev-parse", "--show-prefix").removesuffix(b"\n"))
    whole = _of_diff(_output(root, *_DIFF, parted, "--"))  # of the checkout: files are moved into the project, too
    changed = {path.removeprefix(above): rows for path, rows in whole if path.startswith(above)}
    fresh = _output(root, "ls-files", "--others", "--exclude-standard", "-z")
    changed.update((name.decode(errors="surrogateescape"), _ALL) for name in fresh.split(b"\0") if name)
    return changed


def _of_diff(patch: bytes) -> Iterator[tuple[str, Rows]]:
    """The rows that a patch without context has changed, file by file."""
    path, rows = "", list[tuple[int, int]]()
    left = 0
    for line in patch.split(b"\n"):
        if left and line[:1] in (b"+", b"-", b"\\"):
            left -= line[:1] != b"\\"
            continue
        hunk = _HUNK.match(line)
        if hunk is not None:
            rows.append(_rows_of(hunk))
            left = _lines_in(line)
        elif line.startswith(b"+++ "):
            path = _named(line[4:])
        elif line.startswith(b"diff --git "):
            if path and rows:
                yield path, tuple(rows)
            path, rows = "", []
    if path and rows:
        yield path, tuple(rows)


def _rows_of(hunk: re.Match[bytes]) -> tuple[int, int]:
    """The rows that a hunk has changed: those around the place where it only takes some away."""
    first, count = int(hunk[1]), int(hunk[2] or 1)
    return (first, first + count - 1) if count else (first, first + 1)


_SIZES = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def _lines_in(line: bytes) -> int:
    """How many lines a hunk has."""
    sizes = _SIZES.match(line)
    return 0 if sizes is None else int(sizes[1] or 1) + int(sizes[2] or 1)


def _named(written: bytes) -> str:
    """The file behind `+++ `; git writes names in quotes, as C does, that are not plain."""
    name = written.rstrip(b"\t\r")
    if name.startswith(b'"'):
        name = ast.literal_eval(f"b{name.decode('ascii')}")
    return name.removeprefix(b"b/").decode(errors="surrogateescape") if name != b"/dev/null" else ""


def _commit(root: Path, revision: str) -> str:
    """The commit that a revision names. Raises UsageError when it names none."""
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done.returncode:
        inside = _git(root, "rev-parse", "--is-inside-work-tree").returncode == 0
        reason = "no such revision" if inside else "not a git checkout"
        raise UsageError(f"--since {revision}: {root}: {reason}")
    return done.stdout.decode().strip()


def _output(root: Path, *arguments: str) -> bytes:
    done = _git(root, *arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(f"--since: {root}: git {arguments[0]} failed: {said}")
    return done.stdout


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    command = ["git", "-C", str(root), *_SAFELY, *arguments]
    try:
        return subprocess.run(command, env=environment, capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"--since: git cannot be run: {error.strerror or error}") from None
