"""Filters over listed names: `[each for each in dir(views) if each.endswith("Form")]` leaves a builder out.

A test is worked out for the name of the builder as far as it is made of methods of text, comparisons with text, `and`,
`or` and `not`; what else it says may be true or false.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.parsed import Parsed
from qscache_lint.values import Position

_TESTS = frozenset({"startswith", "endswith", "isupper", "islower", "istitle", "isdigit", "isidentifier"})


def leaves_out(parsed: Parsed, listing: Position, name: str) -> bool:
    """Whether all that is done with the names which a call at a place lists is behind a test that a name fails."""
    loops = m.findall(parsed.module, m.CompFor() | m.For())
    return any(
        _is_listing(parsed, each.iter, listing) and any(_fails(test, each.target, name) for test in _filters(each))
        for each in loops
        if isinstance(each, (cst.CompFor, cst.For))
    )


def _is_listing(parsed: Parsed, iterated: cst.BaseExpression, listing: Position) -> bool:
    """Whether a loop goes over what a call lists, be it sorted."""
    while m.matches(iterated, m.Call(m.Name("sorted") | m.Name("list") | m.Name("set"), [m.Arg()])):
        assert isinstance(iterated, cst.Call)
        iterated = iterated.args[0].value
    return parsed.positions.span(iterated).start == listing


def _filters(loop: cst.CompFor | cst.For) -> Iterator[cst.BaseExpression]:
    """The tests behind which all of a loop stands."""
    if isinstance(loop, cst.CompFor):
        yield from (each.test for each in loop.ifs)
    elif isinstance(loop.body, cst.IndentedBlock) and len(loop.body.body) == 1 and loop.orelse is None:
        only = loop.body.body[0]
        if isinstance(only, cst.If) and only.orelse is None:
            yield only.test


def _fails(test: cst.BaseExpression, target: cst.BaseExpression, name: str) -> bool:
    return isinstance(target, cst.Name) and _truth(test, target.value, name) is False


def _truth(test: cst.BaseExpression, variable: str, name: str) -> bool | None:
    """What a test comes to for a name; None where that is not known."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            found = _truth(inner, variable, name)
            return None if found is None else not found
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            return _either(isinstance(operator, cst.Or), _truth(left, variable, name), _truth(right, variable, name))
        case cst.Call(func=cst.Attribute(value=cst.Name(value=asked), attr=cst.Name(value=method)), args=args):
            given = [_text(each.value) for each in args]
            if asked != variable or method not in _TESTS or None in given:
                return None
            return bool(getattr(name, method)(*given))
        case cst.Comparison(left=cst.Name(value=asked), comparisons=[cst.ComparisonTarget(cst.Equal(), right)]):
            text = _text(right)
            return None if asked != variable or text is None else name == text
        case _:
            return None


def _either(is_or: bool, one: bool | None, other: bool | None) -> bool | None:
    """What `or` (else `and`) gives: one side may decide."""
    if is_or in (one, other):
        return is_or
    return None if one is None or other is None else not is_or


def _text(expression: cst.BaseExpression) -> str | tuple[str, ...] | None:
    """Text, or several."""
    if isinstance(expression, cst.SimpleString) and isinstance(expression.evaluated_value, str):
        return expression.evaluated_value
    if isinstance(expression, cst.Tuple):
        several = [_text(each.value) for each in expression.elements]
        found = [each for each in several if isinstance(each, str)]
        return tuple(found) if len(found) == len(several) else None
    return None
