"""The builder of an extraction has the types of the cached function, in whichever form these are written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.projects import REFINER, lay, plan

HEAD = """\
from functools import lru_cache
from typing import ParamSpec, overload
from django.core.cache import cache
from django.db.models import QuerySet
from shop.models import Item
P = ParamSpec("P")


"""
HANDLER = """\
from shop.queries import recent_items

HANDLER = recent_items


def get():
    return recent_items()
"""
NOTE = '    """Returns the QuerySet behind recent_items(), to be refined."""\n'
BODY = "    return Item.objects.filter(sold=False)\n"
GENERIC = [
    pytest.param(
        "def recent_items[T: int](num: T = 0) -> QuerySet[Item]:\n",
        "def recent_items_queryset[T: int](num: T = 0) -> QuerySet[Item]:\n",
        "recent_items_queryset(num)",
        id="type-parameters",
    )
]


def _extracted(root: Path, definition: str) -> str:
    """`shop/queries.py` after the extraction; another file hands the function on."""
    files = {"shop/queries.py": HEAD + definition, "shop/handlers.py": HANDLER, "shop/refiner.py": REFINER}
    lay(root, files, 'ignore = ["QSC1"]\n')
    repaired = plan(root)
    assert [each.name for each in repaired.applied] == ["extract-builder"]
    (text,) = [change.new for change in repaired.changes if change.path == "shop/queries.py"]
    assert text.startswith(HEAD)
    return text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("head", "builder", "call"),
    [
        pytest.param(
            "def recent_items(num: 'int' = 0) -> \"QuerySet[Item]\":\n",
            "def recent_items_queryset(num: 'int' = 0) -> \"QuerySet[Item]\":\n",
            "recent_items_queryset(num)",
            id="in-quotes",
        ),
        pytest.param(
            "def recent_items(*args: P.args, **words: P.kwargs) -> QuerySet[Item]:\n",
            "def recent_items_queryset(*args: P.args, **words: P.kwargs) -> QuerySet[Item]:\n",
            "recent_items_queryset(*args, **words)",
            id="parameter-specification",
        ),
        pytest.param(
            "def recent_items(num=0):  # type: (int) -> QuerySet[Item]\n",
            "def recent_items_queryset(num=0):  # type: (int) -> QuerySet[Item]\n",
            "recent_items_queryset(num)",
            id="comment-behind-the-head",
        ),
        pytest.param(
            "def recent_items(\n    num=0,  # type: int\n):\n",
            "def recent_items_queryset(\n    num=0,  # type: int\n):\n",
            "recent_items_queryset(num)",
            id="comment-behind-a-parameter",
        ),
        *(GENERIC if sys.version_info >= (3, 12) else ()),
    ],
)
def test_types_in_the_head(tmp_path: Path, head: str, builder: str, call: str) -> None:
    written = _extracted(tmp_path, f"@lru_cache\n{head}{BODY}")
    assert written == f"{builder}{NOTE}{BODY}\n\n@lru_cache\n{head}    return {call}\n"


def test_a_comment_with_the_types_stands_first_in_both(tmp_path: Path) -> None:
    types = "    # type: (int) -> QuerySet[Item]\n"
    written = _extracted(tmp_path, f"@lru_cache\ndef recent_items(num=0):\n{types}{BODY}")
    builder = f"def recent_items_queryset(num=0):\n{types}{NOTE}{BODY}"
    cached = f"@lru_cache\ndef recent_items(num=0):\n{types}    return recent_items_queryset(num)\n"
    assert written == f"{builder}\n\n{cached}"


def test_a_comment_with_the_types_above_a_docstring(tmp_path: Path) -> None:
    types, docstring = "    # type: (int) -> QuerySet[Item]\n", '    """The items."""\n'
    written = _extracted(tmp_path, f"@lru_cache\ndef recent_items(num=0):\n{types}{docstring}    # All.\n{BODY}")
    builder = f"def recent_items_queryset(num=0):\n{types}{NOTE}    # All.\n{BODY}"
    cached = f"@lru_cache\ndef recent_items(num=0):\n{types}{docstring}    return recent_items_queryset(num)\n"
    assert written == f"{builder}\n\n{cached}"


def test_a_comment_with_the_types_of_a_function_that_stores(tmp_path: Path) -> None:
    types = "    # type: (int) -> QuerySet[Item]\n"
    definition = f"""\
def recent_items(num=0):
{types}    rows = cache.get("items")
    if rows is None:
        rows = Item.objects.filter(sold=False)
        cache.set("items", rows)
    return rows
"""
    cached = definition.replace("Item.objects.filter(sold=False)", "recent_items_queryset(num)")
    written = _extracted(tmp_path, definition)
    assert written == f"def recent_items_queryset(num=0):\n{types}{NOTE}{BODY}\n\n{cached}"


def test_overloads_are_refused(tmp_path: Path) -> None:
    overload = "@overload\ndef recent_items(num: int) -> QuerySet[Item]: ...\n@overload\n"
    overload = f"{overload}def recent_items() -> QuerySet[Item]: ...\n"
    definition = f"{overload}@lru_cache\ndef recent_items(num=0):\n{BODY}"
    lay(tmp_path, {"shop/queries.py": HEAD + definition, "shop/refiner.py": REFINER}, "")
    repaired = plan(tmp_path)
    assert repaired.changes == ()
    assert ["defines recent_items more than once" in each.message for each in repaired.refused] == [True]
