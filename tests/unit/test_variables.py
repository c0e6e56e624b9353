"""Which variables a statement reads, and which it binds in any case."""

from __future__ import annotations

import libcst as cst
import pytest

from qscache_lint.fixing.rewriters.variables import needs, surely_binds


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("one = 1", {"one"}),
        ("one, [two] = both", {"one", "two"}),
        ("if test:\n    one = 1", set()),
        ("if (found := test):\n    one = 1", {"found"}),
        ("if test:\n    one = two = 1\nelse:\n    one = 2", {"one"}),
        ("if test:\n    one = 1\nelif other:\n    one = 2\nelse:\n    one = two = 3", {"one"}),
        ("if test:\n    one = 1\nelif other:\n    one = 2", set()),
        ("for one in some:\n    two = one", set()),
        ("while test:\n    one = 1", set()),
        ("with some() as one:\n    two = 2", {"one", "two"}),
        ("try:\n    one = two = 1\nexcept KeyError:\n    one = 2", {"one"}),
    ],
)
def test_what_is_bound_on_every_way(statement: str, expected: set[str]) -> None:
    assert surely_binds(cst.parse_statement(statement)) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("for one in some:\n    use(one, two)\nelse:\n    use(three)", {"some", "use", "two", "three"}),
        ("for one in some:\n    pass\nelse:\n    use(one)", {"some", "use", "one"}),
        ("while test:\n    use(one)\nelse:\n    use(two)", {"test", "use", "one", "two"}),
        ("with some() as one:\n    use(one, two)", {"some", "use", "two"}),
        ("if (found := test):\n    use(found)\nelse:\n    use(one)", {"test", "use", "one"}),
    ],
)
def test_what_is_read_before_it_is_bound(statement: str, expected: set[str]) -> None:
    assert needs(cst.parse_statement(statement)) == expected
