"""What a test says about names: `isinstance(thing, Story)` narrows `thing` where it holds, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from qscache_lint.facts.targets import path_of


def narrowings(
    test: cst.BaseExpression, outcome: bool
) -> Iterator[tuple[str, cst.BaseExpression, cst.BaseExpression, bool]]:
    """The names that a test narrows when it comes out as `outcome`.

    Gives the path of each (`thing`, `self.thing`), its node, the node of the classes, and whether it is one of these.
    """
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from narrowings(inner, not outcome)
        case cst.BooleanOperation(left=left, operator=cst.And(), right=right) if outcome:
            yield from narrowings(left, True)
            yield from narrowings(right, True)
        case cst.BooleanOperation(left=left, operator=cst.Or(), right=right) if not outcome:
            yield from narrowings(left, False)
            yield from narrowings(right, False)
        case cst.Call(func=cst.Name(value="isinstance"), args=[thing, classes]):
            path = path_of(thing.value)
            if path is not None:
                yield path, thing.value, classes.value, outcome
