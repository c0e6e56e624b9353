"""What the analysis takes the expressions at a place for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from qscache_lint.facts.lookup import Expression, expressions, in_row, innermost
from qscache_lint.project.abstract import Atom, Function, Memoized, Partial, Value
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.revealing.describe import confidence, describe, trail
from qscache_lint.revealing.reasons import whence
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Confidence, Position, Span, Step

NOT_EXAMINED = "nothing in this file is known to be a cache or to use a cached value"
"""Why definitions and uses are not looked for in a file."""


class NothingToReveal(Exception):
    """No expression has a value at a place; the message says why not, or where some have."""


@dataclass(frozen=True)
class Possibility:
    """One of the things that a value may be: `kind` is the name of its class, `gives` what calls and decorators make.

    `trail` has the places that the message speaks of.
    """

    kind: str
    message: str
    trail: tuple[Step, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Revealed:
    """An expression, and what its value may be. `reasons` are the steps to what is unknown.

    There is no confidence in a value of which a part is unknown. In a file that is not `examined`, no definitions and
    uses are looked for, because it has no name that is known to lead to a cache or to what a cache keeps.
    """

    path: str
    span: Span
    text: str
    possibilities: tuple[Possibility, ...]
    confidence: Confidence | None
    reasons: tuple[Step, ...] = ()
    examined: bool = True


def reveal(analysis: Analysis, path: str, row: int, column: int | None) -> tuple[Revealed, ...]:
    """The innermost expression around a place of a file, or, without a column, those that begin in the row.

    Raises NothingToReveal when there is none, or the file cannot be parsed, and OSError when it cannot be read.
    """
    source = analysis.evaluator.project.tree.read(path)
    found = expressions(source)
    if isinstance(found, Unreadable):
        raise NothingToReveal(f"{found.reason} (QSC900)")
    rows = list(split_rows(decode(source)))
    _refuse_outside(rows, row, column)
    wanted = in_row(found, row) if column is None else _at(found, row, column)
    if not wanted:
        raise NothingToReveal(_nothing(found, rows, row, column))
    return tuple(revealed(analysis, path, each, rows) for each in wanted)


def _at(found: Sequence[Expression], row: int, column: int) -> tuple[Expression, ...]:
    expression = innermost(found, Position(row, column))
    return () if expression is None else (expression,)


def _refuse_outside(rows: Sequence[str], row: int, column: int | None) -> None:
    if not 1 <= row <= len(rows):
        raise NothingToReveal(f"there is no line {row}; the file has {len(rows)}")
    length = len(rows[row - 1].rstrip("\r\n"))
    if column is not None and not 1 <= column <= length:
        raise NothingToReveal(f"there is no column {column}; the line has {length}")


def _nothing(found: Sequence[Expression], rows: Sequence[str], row: int, column: int | None) -> str:
    place = "on this line" if column is None else "at this column"
    others = [f"{text_of(each.span, rows)} (column {each.span.start.column})" for each in in_row(found, row)]
    where = f"; on this line, these have one: {', '.join(others)}" if others else ""
    return f"nothing {place} has a value{where}"


def text_of(span: Span, rows: Sequence[str]) -> str:
    """The source of an expression, in one line."""
    start, end = span.start, span.end
    lines = [row.rstrip("\r\n") for row in rows[start.row - 1 : end.row]]
    lines[-1] = lines[-1][: end.column - 1]
    lines[0] = lines[0][start.column - 1 :]
    return " ".join(line.strip() for line in lines)


def revealed(analysis: Analysis, path: str, expression: Expression, rows: Sequence[str]) -> Revealed:
    """What the analysis takes an expression of a file for, of which `rows` are the lines."""
    evaluator, site = analysis.evaluator, Site(path, expression.term, None)
    value = evaluator.value(path, expression.term)
    made = [each for atom in value for each in _decorated(evaluator, atom)]
    return Revealed(
        path,
        expression.span,
        text_of(expression.span, rows),
        tuple(_possibility(evaluator, atom, site) for atom in value),
        confidence((*value, *made)),
        whence(evaluator, path, expression.term),
        path in analysis.examined,
    )


def _possibility(evaluator: Evaluator, atom: Atom, site: Site) -> Possibility:
    project = evaluator.project
    return Possibility(
        type(atom).__name__, describe(project, atom), trail(project, atom), tuple(_gives(evaluator, atom, site))
    )


def _gives(evaluator: Evaluator, atom: Atom, site: Site) -> Iterator[str]:
    """What decorators make of a function, and what a call of something gives whose arguments are not known."""
    made = _decorated(evaluator, atom)
    if made:
        yield f"its decorators turn it into {_words(evaluator, made)}"
    if isinstance(atom, (Function, Memoized, Partial)):
        yield f"a call returns {_words(evaluator, evaluator.call(atom, None, site))}"


def _decorated(evaluator: Evaluator, atom: Atom) -> Value:
    """What the decorators of a function make of it; nothing for all else."""
    if not isinstance(atom, Function) or atom.bare:
        return ()
    is_decorated = evaluator.facts(atom.of.path).functions[atom.of.index].decorators
    return evaluator.decorated(replace(atom, bare=True)) if is_decorated else ()


def _words(evaluator: Evaluator, value: Value) -> str:
    return " or ".join(dict.fromkeys(describe(evaluator.project, atom) for atom in value)) or "nothing"
