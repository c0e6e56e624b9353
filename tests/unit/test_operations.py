"""What is said of methods of QuerySets, by their rows."""

from __future__ import annotations

import pytest

from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.operations import builds_query, sends_query

OPERATIONS = load_knowledge(MEASURED[-1]).operations


@pytest.mark.parametrize("name", ["count", "get", "first", "exists", "aggregate", "update", "delete", "in_bulk"])
def test_a_call_sends_a_query_and_that_of_its_coroutine_does_not(name: str) -> None:
    assert sends_query(name, OPERATIONS)
    assert not sends_query(f"a{name}", OPERATIONS), "it has to be awaited"


def test_a_method_whose_name_begins_like_a_coroutine_sends_its_query() -> None:
    assert sends_query("aggregate", OPERATIONS)


def test_what_is_drawn_from_later_sends_none() -> None:
    assert not sends_query("iterator", OPERATIONS)


@pytest.mark.parametrize("name", ["filter", "all", "none", "raw", "values_list", "union"])
def test_a_query_that_is_built_is_not_sent(name: str) -> None:
    assert builds_query(OPERATIONS[name])
    assert not sends_query(name, OPERATIONS)
