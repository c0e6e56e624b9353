"""The comment that gives the types of a function: `# type: (str) -> QuerySet[Item]`, on the first line of its body."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

_SIGNATURE = re.compile(r"#\s*type:\s*\(.*->")


def with_types_of(node: cst.FunctionDef, written: cst.FunctionDef) -> cst.FunctionDef:
    """A function that was made of a `written` one, with the type comment of that where it has to stand.

    A comment on the line of the `def` has stayed there.
    """
    comment = next((line for line in _lines(written) if _is_signature(line)), None)
    if comment is None or not isinstance(node.body, cst.IndentedBlock):
        return node
    first, *others = (_without_signature(each) for each in node.body.body)
    above = [comment, *getattr(first, "leading_lines", ())]
    return node.with_changes(body=node.body.with_changes(body=[first.with_changes(leading_lines=above), *others]))


def _lines(node: cst.FunctionDef) -> Sequence[cst.EmptyLine]:
    """The lines above the first statement."""
    body = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    return getattr(body[0], "leading_lines", ()) if body else ()


def _is_signature(line: cst.EmptyLine) -> bool:
    return line.comment is not None and _SIGNATURE.match(line.comment.value) is not None


def _without_signature(statement: cst.BaseStatement) -> cst.BaseStatement:
    lines = getattr(statement, "leading_lines", ())
    kept = [line for line in lines if not _is_signature(line)]
    return statement if len(kept) == len(lines) else statement.with_changes(leading_lines=kept)
