"""The units of a file: outermost functions, and what stands outside of them."""

from __future__ import annotations

import ast
from weakref import ref

from qscache_lint.source.units import Units, layout_of


def test_no_syntax_tree_stays_behind() -> None:
    """Python's own tree of a file takes fifty times the bytes of the file; thousands of files have units."""
    module = ast.parse("def f(x):\n    y = x\n    return y\n")
    function = ref(module.body[0])
    units = Units(b"def f(x):\n    y = x\n    return y\n", layout_of(module))
    del module
    assert list(units) == [0]
    assert function() is None
