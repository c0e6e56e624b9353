"""Lines that a repair makes longer than the project's limit: wrapped as black would, and nothing else is touched.

black sees one logical line at a time, since it would give all that is around it four spaces a level; the rows that come
of it get the indentation that their file uses.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import get_close_matches

from qscache_lint.fixing.model import Change, Repair
from qscache_lint.fixing.pragmas import is_pragma
from qscache_lint.source.line_limits import line_limit
from qscache_lint.source.logical_lines import (
    LogicalLine,
    indent_of,
    logical_lines,
    rows_within_strings,
    tokens_of,
)
from qscache_lint.source.text import encoded_like, split_rows
from qscache_lint.source.tree import SourceTree

_USUAL_LIMIT = 88
"""What black and ruff admit where a project says nothing."""

_LEVEL = 4
"""The columns of a tab, and the spaces of one level of what black writes."""

_ALIKE = 0.8
"""How alike two lines are that differ by a name or two, as a ratio of `difflib`."""


def wrapped(tree: SourceTree, repair: Repair) -> Repair:
    """A repair that makes no line longer than its file may have it, where that can be."""
    changes = tuple(_wrapped(each, _limit(tree, each)) for each in repair.changes)
    return replace(repair, changes=changes)


def _limit(tree: SourceTree, change: Change) -> int:
    """The limit that is set for a file; where none is, the usual one or its longest line."""
    limit = line_limit(tree.root, change.path, tree.related_files.settings)
    return limit or max([_USUAL_LIMIT, *map(_width, split_rows(change.old))])


def _wrapped(change: Change, limit: int) -> Change:
    rows = split_rows(change.new)
    long = _too_long(split_rows(change.old), rows, limit)
    if not long:
        return change
    tokens = tokens_of(rows)
    unit = indent_of(tokens) or " " * _LEVEL
    for line in reversed(logical_lines(tokens)):
        if not long.isdisjoint(line.rows):
            rows[line.first : line.last + 1] = _fitting(rows, line, limit, unit, long)
    return replace(change, after=encoded_like(change.after, "".join(rows)))


def _width(row: str) -> int:
    return len(row.rstrip("\r\n").expandtabs(_LEVEL))


def _too_long(before: Sequence[str], after: Sequence[str], limit: int) -> frozenset[int]:
    """The rows, from 0, that are too long, without those that were, but for a name or two."""
    old = [row.strip() for row in before if _width(row) > limit]
    long = (place for place, row in enumerate(after) if _width(row) > limit)
    return frozenset(place for place in long if not get_close_matches(after[place].strip(), old, 1, _ALIKE))


def _fitting(
    rows: Sequence[str], line: LogicalLine, limit: int, unit: str, long: Collection[int]
) -> Sequence[str]:
    """The rows of a logical line, wrapped where that can be.

    A comment for a tool holds for its row, so that a line with one stays as it is.
    """
    written = rows[line.first : line.last + 1]
    if any(map(is_pragma, line.comments)):
        return written
    if line.is_string and line.comments:
        return written
    fresh = _wrapped_string(written, line, limit, long) if line.is_string else _formatted(written, line, limit, unit)
    if not fresh or max(map(_width, fresh)) >= max(map(_width, written)):
        return written
    end = _line_end(written[0]) or _line_end(rows[0]) or "\n"
    return [*(row + end for row in fresh[:-1]), fresh[-1] + _line_end(written[-1])]


def _line_end(row: str) -> str:
    """How a row ends; the last one of a file may have no end."""
    return row[len(row.rstrip("\r\n")) :]


# -- code


def _formatted(written: Sequence[str], line: LogicalLine, limit: int, unit: str) -> Sequence[str]:
    """A logical line as black writes it, without the ends of its rows; nothing where black cannot read it."""
    import black
    from black.mode import TargetVersion
    from black.parsing import ASTSafetyError, InvalidInput

    indent = _indentation(written[0])
    before, behind = _frame(line)
    source = f"{before}{_outdented(written, line, indent)}{behind}"
    versions = {each for each in TargetVersion if each.value >= TargetVersion.PY38.value}
    mode = black.Mode(versions, line_length=max(limit - _width(indent), 1), string_normalization=False)
    try:
        formatted = black.format_str(source, mode=mode)
        black.assert_equivalent(source, formatted)
    except (InvalidInput, ASTSafetyError):
        return []
    if not formatted.startswith(before) or not formatted.endswith(behind):
        return []
    rows = split_rows(formatted)
    within = rows_within_strings(tokens_of(rows))
    first, last = before.count("\n"), len(rows) - behind.count("\n")
    kept = (row.rstrip("\r\n") for row in rows[first:last])
    return [row if at in within or not row else _indented(row, indent, unit) for at, row in enumerate(kept, first)]


def _indentation(row: str) -> str:
    return row[: len(row) - len(row.lstrip(" \t"))]


def _outdented(written: Sequence[str], line: LogicalLine, indent: str) -> str:
    """The text of a logical line at the left margin."""
    within = rows_within_strings(line.tokens)
    rows = ((at in within, row.rstrip("\r\n")) for at, row in zip(line.rows, written, strict=True))
    return "".join(f"{row if is_string else row.removeprefix(indent)}\n" for is_string, row in rows)


def _indented(row: str, indent: str, unit: str) -> str:
    levels, rest = divmod(len(row) - len(row.lstrip(" ")), _LEVEL)
    return f"{indent}{unit * levels}{' ' * rest}{row.lstrip(' ')}"


def _frame(line: LogicalLine) -> tuple[str, str]:
    """What has to stand around a logical line for a statement to come of it."""
    first, last = line.code[0].string, line.code[-1].string
    before = _BEFORE.get(first, "")
    if first == "@":
        return before, "def _():\n    pass\n"
    return before, "    pass\n" if last == ":" else ""


_BEFORE = {
    "elif": "if _:\n    pass\n",
    "else": "if _:\n    pass\n",
    "except": "try:\n    pass\n",
    "finally": "try:\n    pass\n",
}


# -- docstrings


def _wrapped_string(
    written: Sequence[str], line: LogicalLine, limit: int, long: Collection[int]
) -> Sequence[str]:
    """The rows of a docstring without their ends, wrapped where they are too long; a single one gets a last one."""
    fresh: list[str] = []
    for place, row in zip(line.rows, written, strict=True):
        text = row.rstrip("\r\n")
        fresh.extend(_wrapped_row(text, limit, is_all=len(written) == 1) if place in long else [text])
    return fresh


def _wrapped_row(text: str, limit: int, *, is_all: bool) -> Sequence[str]:
    indent, quotes = _indentation(text), text[-3:]
    if is_all and quotes not in ('"""', "'''"):
        return [text]
    body = text.removesuffix(quotes) if is_all else text
    width = limit - _width(indent) - len(text) + len(body)  # more than the quotes on the last row
    lines = textwrap.wrap(body.strip(), width, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}{each}" for each in (*lines, *([quotes] if is_all else ()))]
