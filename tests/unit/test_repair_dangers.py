"""Code that a repair would break if it looked less closely: it is left alone, and the reason is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.projects import QUERIES, READER, REFINER, lay, refusals

PROJECT = {"shop/queries.py": QUERIES, "shop/reader.py": READER, "shop/refiner.py": REFINER}
IMPORT = "from shop.queries import recent_items\n"

CALLERS = {
    "kept in a class": (
        """
class Shop:
    items = recent_items()

    def sold(self):
        return list(self.items.filter(sold=True))
""",
        "line 4 of shop/api.py calls recent_items(), and there a class keeps it in an attribute",
    ),
    "default of a parameter": (
        """
def sold(items=recent_items()):
    return items.filter(sold=True)[0]
""",
        "line 3 of shop/api.py calls recent_items(), and there it is the default of a parameter",
    ),
    "out of sight": (
        """
class Shop(items=recent_items()):
    pass
""",
        "line 3 of shop/api.py calls recent_items(), and nobody sees where the value goes",
    ),
    "member of something": (
        """
def is_known(known):
    return recent_items() in known
""",
        "it is compared",
    ),
    "same as something": (
        """
def is_known(known):
    return recent_items() is known
""",
        "it is compared",
    ),
    "key of something": (
        """
def known(known):
    return known[recent_items()]
""",
        "it takes part in an expression",
    ),
    "combined in place": (
        """
def everything():
    items = recent_items()
    if items:
        items |= recent_items()
    return list(items)
""",
        "line 6 has a form that cannot be rewritten",
    ),
    "handed to a closure": (
        """
def later(items):
    return lambda: items.filter(sold=True)


def sold():
    return later(recent_items())
""",
        "a nested function uses it",
    ),
    "handed to a decorated function": (
        """
from shop.tools import filtered


@filtered
def count(items):
    return len(items)


def sold():
    return count(recent_items())
""",
        "it is handed to count(), which has a decorator",
    ),
    "handed to a method that a subclass overrides": (
        """
class Shop:
    def count(self, items):
        return len(items)

    def sold(self):
        return self.count(recent_items())


class Stall(Shop):
    def count(self, items):
        return items.filter(sold=True)[0]
""",
        "it is handed to count(), which a subclass overrides",
    ),
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_caller_that_may_need_more_than_rows_is_in_the_way(tmp_path: Path, name: str) -> None:
    caller, reason = CALLERS[name]
    lay(tmp_path, {**PROJECT, "shop/api.py": IMPORT + caller})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal
