"""Bodies that are left out of a file: all else stands where it did."""

from __future__ import annotations

import ast
from weakref import ref

import pytest

from qscache_lint.finding.parse import parse
from qscache_lint.finding.positions import Positions
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.units import Units, layout_of

BODIES = {
    "several rows": ("def f(x):\n    y = x\n    return y\n", 1),
    "one row": ("def f(x):\n    return x\n", 1),
    "strings and brackets": ("def f(x):\n    \"\"\"Of x.\"\"\"\n    return (\n        x,\n    )\n", 1),
    "more than ASCII": ("def f(x):\n    y = x\n    return 'é→'\n", 1),
    "a short last row": ("def f(x):\n y = x\n x\n", 0),
    "tabs": ("def f(x):\n\ty = x\n\treturn y\n", 1),
    "a class inside": ("def f(x):\n    class C:\n        pass\n    return C\n", 0),
}


@pytest.mark.parametrize(("text", "left_out"), BODIES.values(), ids=BODIES)
def test_what_is_left_stands_where_it_did(text: str, left_out: int) -> None:
    source = f"import a\n\n\n{text}\n\nclass D:\n    b = 1\n".encode()
    units = Units(source)
    assert len(units.left_out) == left_out
    whole, pruned = parse(source), parse(units.pruned())
    assert not isinstance(whole, Unreadable)
    assert not isinstance(pruned, Unreadable)
    for one, other in zip(whole.body, pruned.body, strict=True):
        assert Positions(whole).span(one) == Positions(pruned).span(other)
    assert ast.dump(ast.parse(units.pruned()).body[-1]) == ast.dump(ast.parse(source).body[-1])


def test_no_syntax_tree_stays_behind() -> None:
    """Python's own tree of a file takes fifty times the bytes of the file; thousands of files have units."""
    module = ast.parse("def f(x):\n    y = x\n    return y\n")
    function = ref(module.body[0])
    units = Units(b"def f(x):\n    y = x\n    return y\n", layout_of(module))
    del module
    assert list(units) == [0]
    assert function() is None
