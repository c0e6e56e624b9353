"""What a test says about names: `isinstance(thing, Story)` narrows `thing` where it holds, and where it does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from qscache_lint.facts.targets import path_of


def narrowings(test: ast.expr, result: bool) -> Iterator[tuple[str, ast.expr, ast.expr, bool]]:
    """The names that a test narrows when it comes out as `result`.

    Gives the path of each (`thing`, `self.thing`), its node, the node of the classes, and whether it is one of these.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from narrowings(inner, not result)
        case ast.BoolOp(op=operator, values=values) if isinstance(operator, ast.And) is result:
            for value in values:
                yield from narrowings(value, result)
        case ast.Call(func=ast.Name(id="isinstance"), args=[thing, classes], keywords=[]):
            path = path_of(thing)
            if path is not None:
                yield path, thing, classes, result
