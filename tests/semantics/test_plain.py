"""What gives neither a QuerySet nor an object of the project stands where the tables say."""

from __future__ import annotations

from importlib import import_module

import pytest

from qscache_lint.knowledge.tables import load_knowledge


@pytest.mark.parametrize("beginning", load_knowledge().functions.plain.beginnings)
def test_there_is_such_a_module_or_function(beginning: str) -> None:
    module, _, name = beginning.rstrip("(").rpartition(".")
    there = import_module(module)
    assert beginning.endswith(".") or callable(getattr(there, name))
