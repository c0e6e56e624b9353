"""Docstrings of the two halves of a split: each says what it returns and when to use the other one."""

from __future__ import annotations

import libcst as cst


def with_note(node: cst.FunctionDef, note: str, indent: str, newline: str = "\n") -> cst.FunctionDef:
    """The function with `note` as the last paragraph of its docstring, or as its docstring.

    `newline` is the line end of the file. A docstring that is put together from several literals stays as it is.
    """
    body = node.body
    if not isinstance(body, cst.IndentedBlock):
        return node
    if _is_joined(body):
        return node
    found = _docstring(body)
    if found is None:
        line = cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'"""{note}"""'))])
        return node.with_changes(body=body.with_changes(body=[line, _set_off(body.body[0]), *body.body[1:]]))
    line, string = found
    longer = string.with_changes(value=_extended(string, note, indent, newline))
    fresh = line.with_changes(body=[line.body[0].with_changes(value=longer), *line.body[1:]])
    return node.with_changes(body=body.with_changes(body=[fresh, *body.body[1:]]))


def _set_off(statement: cst.BaseStatement) -> cst.BaseStatement:
    """The first statement behind a docstring: a function or class has an empty line above it."""
    if not isinstance(statement, (cst.FunctionDef, cst.ClassDef)) or statement.leading_lines:
        return statement
    return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)])


def _is_joined(body: cst.IndentedBlock) -> bool:
    first = body.body[0] if body.body else None
    expression = first.body[0] if isinstance(first, cst.SimpleStatementLine) else None
    return isinstance(expression, cst.Expr) and isinstance(expression.value, cst.ConcatenatedString)


def _docstring(body: cst.IndentedBlock) -> tuple[cst.SimpleStatementLine, cst.SimpleString] | None:
    first = body.body[0] if body.body else None
    if not isinstance(first, cst.SimpleStatementLine):
        return None
    expression = first.body[0]
    if not isinstance(expression, cst.Expr) or not isinstance(expression.value, cst.SimpleString):
        return None
    return first, expression.value


def _extended(string: cst.SimpleString, note: str, indent: str, newline: str) -> str:
    """The literal with a paragraph more; a docstring in single quotes gets triple ones of the same kind."""
    quote = string.quote if len(string.quote) == 3 else string.quote * 3
    text = string.raw_value
    closing = ""
    if "\n" in text:
        stripped = text.rstrip()
        closing = text[len(stripped) :] if text[len(stripped) :].strip(" \t") else ""
        text = stripped
    if not closing:
        closing = f"{newline}{indent}"
    return f"{string.prefix}{quote}{text.rstrip()}{newline}{newline}{indent}{note}{closing}{quote}"
