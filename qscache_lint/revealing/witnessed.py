"""Why nothing is found where a run of the program has shown something: what the analysis takes the value there for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qscache_lint.facts.lookup import Expression, expressions
from qscache_lint.project.analysis import Analysis
from qscache_lint.revealing.reveal import NOT_EXAMINED, Possibility, Revealed, revealed, text_of
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Position, Span, Step

_NO_VALUE = "nothing there has a value that the analysis follows"
_GIVEN = re.compile(r"[(,=]\s*\Z")
"""What stands before a value that is handed over."""
_SYMBOLS = ("[", "|", "&", "^")
"""How operators begin that stand behind what they take."""
_BETWEEN = r"(?:[\s)\\]|#[^\n]*\n)*"
"""What may stand between a value and what is done with it."""


@dataclass(frozen=True)
class Seen:
    """What was recorded: the rows of a file, the column if it is known, and the operation as the code spells it.

    What is `handed` over is an argument. Of what is kept there is the name of the function whose value it is, if this
    is known.
    """

    path: str
    first: int
    last: int
    column: int | None = None
    operation: str = ""
    function: str = ""
    handed: bool = False


@dataclass(frozen=True)
class Why:
    """The reason in a sentence, and the places that it speaks of.

    What `is_known` the analysis has seen, and no rule is about, such as a value that a slice limits.
    """

    message: str
    trail: tuple[Step, ...] = ()
    is_known: bool = False


def why_unfound(analysis: Analysis, seen: Seen) -> Why:
    """Why the analysis has no finding for what was recorded at a place."""
    try:
        source = analysis.evaluator.project.tree.read(seen.path)
    except OSError:
        return Why("the file cannot be read (QSC900)")
    found = expressions(source)
    if isinstance(found, Unreadable):
        return Why(f"{found.reason} (QSC900)")
    rows = list(split_rows(decode(source)))
    taken = _taken(found, rows, seen)
    here = taken or [each for each in found if not each.is_constant and seen.first <= each.span.start.row <= seen.last]
    if not here:
        return Why(_NO_VALUE)
    is_known = _is_known(analysis, seen)
    if not (taken or is_known or seen.handed) and seen.operation.isidentifier():
        return Why(f"no .{seen.operation}() stands there: a template, or what is called there, does it")
    candidates = [revealed(analysis, seen.path, each, rows) for each in here]
    telling = min(candidates, key=_known if is_known and not taken else _telling)
    why = _why(telling)
    if seen.path not in analysis.examined:
        return Why(f"{why.message}; {NOT_EXAMINED}", why.trail)
    return replace(why, is_known=is_known and not telling.reasons)


def _is_known(analysis: Analysis, seen: Seen) -> bool:
    """Whether the analysis has a definition or a use on these rows."""
    places = (
        *((each.origin.site.path, each.origin.site.span) for each in analysis.definitions),
        *((use.path, use.span) for use in (*analysis.uses, *analysis.reads, *analysis.writes)),
    )
    return any(path == seen.path and seen.first <= span.start.row <= seen.last for path, span in places)


def _taken(found: Sequence[Expression], rows: Sequence[str], seen: Seen) -> list[Expression]:
    """The expressions that it is about, where the code spells it: what the operation takes, arguments, the function."""
    if seen.function:
        named = (each for each in found if each.span.start.row >= seen.first)
        return [each for each in named if text_of(each.span, rows) == seen.function.rpartition(".")[2]][:1]
    if seen.handed:
        here = (each for each in found if not each.is_constant and seen.first <= each.span.start.row <= seen.last)
        given = [each for each in here if _GIVEN.search(_text_before(each.span.start, rows))]
        return [*{each.span.start: each for each in reversed(given)}.values()]
    taken = [each for each in found if _is_on(each.span, seen) and _is_taken(each.span, rows, seen.operation)]
    outermost = {each.span.end: each for each in reversed(taken)}
    at_column = [each for each in outermost.values() if each.span.start.column == seen.column]
    return at_column or [*outermost.values()]


def _is_on(span: Span, seen: Seen) -> bool:
    return span.start.row <= seen.last and seen.first <= span.end.row + 1


def _is_taken(span: Span, rows: Sequence[str], operation: str) -> bool:
    """Whether an operation stands behind an expression."""
    if operation.isidentifier():
        spelt = rf"\.\s*{operation}\b"
    elif operation.startswith(_SYMBOLS):
        spelt = re.escape(operation[:1])
    else:
        return False
    return re.match(_BETWEEN + spelt, _text_behind(span.end, rows)) is not None


def _text_before(at: Position, rows: Sequence[str]) -> str:
    return rows[at.row - 1][: at.column - 1]


def _text_behind(at: Position, rows: Sequence[str]) -> str:
    return "".join((rows[at.row - 1][at.column - 1 :], *rows[at.row : at.row + _ROWS_BETWEEN]))


_ROWS_BETWEEN = 5
"""Rows behind a value on which what is done with it is looked for: comments may stand between."""


def _telling(candidate: Revealed) -> tuple[bool, bool]:
    """What is unknown tells most, then what may be a QuerySet."""
    kinds = {possibility.kind for possibility in candidate.possibilities}
    return not candidate.reasons, "QuerySet" not in kinds


def _known(candidate: Revealed) -> bool:
    """Where the analysis has a use, the cached value itself tells most."""
    return not any(possibility.kind == "QuerySet" for possibility in candidate.possibilities)


def _why(candidate: Revealed) -> Why:
    if candidate.reasons:
        cause, *others = _at_places(candidate.reasons)
        reason, start = cause.message.removeprefix("unknown: "), cause.span.start
        place = f"{cause.path}:{start.row}:{start.column}"
        return Why(f"{candidate.text} is unknown to the analysis: {reason} ({place})", tuple(others))
    words = " or ".join(_words(candidate.possibilities))
    trail = dict.fromkeys(step for possibility in candidate.possibilities for step in possibility.trail)
    return Why(f"the analysis takes {candidate.text} for {words or 'nothing'}", tuple(trail))


def _at_places(steps: Sequence[Step]) -> Iterator[Step]:
    """The first of the steps at each place."""
    places: set[tuple[str, Position]] = set()
    for step in steps:
        if (step.path, step.span.start) not in places:
            places.add((step.path, step.span.start))
            yield step


def _words(possibilities: Sequence[Possibility]) -> Iterator[str]:
    for possibility in possibilities:
        yield "; ".join((possibility.message, *possibility.gives))
