"""The size of values that share parts, and what is not kept because of it."""

from __future__ import annotations

import pytest

from qscache_lint import limits
from qscache_lint.project.abstract import Instance
from qscache_lint.project.evaluation.core import ValueOf
from qscache_lint.project.expansion import expanded
from qscache_lint.project.kept_answers import KeptAnswer
from qscache_lint.project.kept_table import KeptTable


def test_what_is_shared_counts_wherever_it_stands() -> None:
    leaf = ("x", 1)
    assert expanded([leaf], 100) == 3
    assert expanded([(leaf, leaf)], 100) == 7
    assert expanded([{"a": (leaf, leaf)}, frozenset({leaf})], 100) == 9 + 4
    plain = expanded([Instance("shop.Cart")], 100)
    assert expanded([Instance("shop.Cart", given=(("rows", ()),))], 100) == plain + 3


def test_values_that_would_be_enormous_are_not_written() -> None:
    value = Instance("shop.Cart")
    for _ in range(60):
        value = Instance("shop.Cart", given=(("left", (value,)), ("right", (value,))))
    kept = [KeptAnswer(ValueOf("shop/carts.py", 1, None), (value,), ())]
    assert expanded([value], limits.WRITTEN_PARTS) > limits.WRITTEN_PARTS
    with pytest.raises(OverflowError):
        KeptTable.of(kept)
