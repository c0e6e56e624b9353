"""What a repair says of its readers beside what its kind changes for all: its concerns."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.fixing.model import Repair
from tests.unit.projects import QUERIES, READER, REFINER, lay, repair

CALLERS = {"shop/reader.py": READER, "shop/refiner.py": REFINER}
START = QUERIES[: QUERIES.index("    return")]


def _of_body(root: Path, *lines: str) -> Repair:
    lay(root, {"shop/queries.py": START + "".join(f"    {line}\n" for line in lines), **CALLERS})
    (applied,) = repair(root)
    return applied


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        pytest.param(
            ["sold = list(Item.objects.filter(sold=True))", "return Item.objects.exclude(pk__in=sold)"],
            "list() on line 8",
            id="list",
        ),
        pytest.param(
            ["sold = [item.pk for item in Item.objects.filter(sold=True)]", "return Item.objects.exclude(pk__in=sold)"],
            "reading the rows on line 8",
            id="comprehension",
        ),
        pytest.param(
            ["if Item.objects.filter(sold=True):", "    return Item.objects.all()", "return Item.objects.filter(pk=1)"],
            "the test of a QuerySet on line 8",
            id="truth",
        ),
        pytest.param(
            ["newest = Item.objects.order_by('-pk')[0]", "return Item.objects.exclude(pk=newest.pk)"],
            "an index on line 8",
            id="index",
        ),
        pytest.param(
            ["item = Item.objects.get(pk=1)", "return Item.objects.exclude(title=item.title)"],
            ".get() on line 8",
            id="row",
        ),
    ],
)
def test_a_query_that_the_cache_saved_so_far_is_a_concern(tmp_path: Path, lines: list[str], what: str) -> None:
    """Callers that refine get an uncached builder: what it asks for before it has its QuerySet is asked each time."""
    applied = _of_body(tmp_path, *lines)
    (concern,) = applied.concerns
    assert concern.startswith(f"{what} of shop/queries.py runs a query of its own")
    assert applied.message.endswith(f"; {concern}")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ["sold = Item.objects.filter(sold=True)", "return Item.objects.exclude(pk__in=sold)[:5]"], id="subquery"
        ),
        pytest.param(["if 'a' < 'b':", "    return Item.objects.none()", "return Item.objects.all()"], id="none"),
        pytest.param(["titles = sorted({'a', 'b'})", "return Item.objects.filter(title__in=titles)"], id="plain-data"),
    ],
)
def test_building_a_query_is_no_concern(tmp_path: Path, lines: list[str]) -> None:
    assert _of_body(tmp_path, *lines).concerns == ()


STATE = """from functools import lru_cache

from shop.models import Item

START = [1, 2]
FIXED = [1, 2]
number = 0


def start(pk):
    START[:] = [pk]


def count():
    global number
    number += 1


class Shop:
    def __init__(self, title):
        self.title = self.street = title

    def rename(self, title):
        self.title = title
"""


@pytest.mark.parametrize(
    ("line", "what"),
    [
        pytest.param("Item.objects.filter(pk__in=START)", "START on line 29", id="item"),
        pytest.param("Item.objects.filter(pk=number)", "number on line 29", id="global"),
        pytest.param("Item.objects.filter(pk__in=FIXED)", "", id="constant"),
        pytest.param("Item.objects.filter(title=shop.title)", ".title on line 29", id="attribute"),
        pytest.param("Item.objects.filter(title=shop.street)", "", id="attribute-of-a-new-object"),
    ],
)
def test_state_that_the_project_changes_is_a_concern(tmp_path: Path, line: str, what: str) -> None:
    function = f"\n\n@lru_cache\ndef items(shop: Shop):\n    return {line}\n"
    caller = "\n\ndef sold(shop: Shop):\n    return items(shop).filter(sold=True)[0]\n"
    lay(tmp_path, {"shop/queries.py": STATE + function + caller})
    (applied,) = repair(tmp_path)
    assert bool(applied.concerns) == bool(what)
    assert what in applied.message


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        pytest.param(["global START", "START = 1"], "the assignment to START on line 9", id="global"),
        pytest.param(["Item.start = 1"], "the assignment to start on line 8", id="attribute"),
        pytest.param(["import os", "os.environ['X'] = '1'"], "environ on line 9", id="item"),
    ],
)
def test_a_change_that_was_made_once_so_far_is_a_concern(tmp_path: Path, lines: list[str], what: str) -> None:
    applied = _of_body(tmp_path, *lines, "return Item.objects.all()")
    assert any(concern.startswith(f"{what} of shop/queries.py") for concern in applied.concerns)
    assert applied.message.endswith("; ".join(("", *applied.concerns)))


def test_a_string_that_goes_through_a_property_is_a_concern(tmp_path: Path) -> None:
    shop = (
        "from django.db import models\nfrom django.utils.functional import cached_property\n\n\n"
        "class Shop(models.Model):\n    @cached_property\n    def items(self):\n        return Item.objects.all()\n"
        "\n    def sold(self):\n        return self.items.filter(sold=True)[0]\n"
        "\n\nclass Item(models.Model):\n    sold = models.BooleanField()\n\n\nSOURCE = 'items.count'\n"
    )
    lay(tmp_path, {"shop/models.py": shop})
    (applied,) = repair(tmp_path)
    (concern,) = applied.concerns
    assert "the string on line 18 of shop/models.py may name the function" in concern


@pytest.mark.parametrize("path", ["old/reports.py", "shop/queries.pyi", "notes.ipynb"])
def test_code_that_is_not_examined_is_a_concern(tmp_path: Path, path: str) -> None:
    files = {"shop/queries.py": QUERIES, **CALLERS, path: "recent_items"}
    lay(tmp_path, files, 'exclude = ["old"]\n')
    (applied,) = repair(tmp_path)
    (concern,) = applied.concerns
    assert f"{path} is not analysed, and may call the function" in concern


def test_a_base_that_is_not_found_is_told_by_the_class_that_has_it(tmp_path: Path) -> None:
    shop = (
        "from cache_memoize import cache_memoize\nfrom shop.models import Item\n\nBASES = {}\n\n\n"
        "class Items(BASES['items']):\n    @cache_memoize(60)\n    def rows(self):\n        return Item.objects.all()\n"
        "\n    def sold(self):\n        return self.rows().filter(sold=True)[0]\n"
    )
    lay(tmp_path, {"shop/items.py": shop})
    (applied,) = repair(tmp_path)
    assert any("a base of Items that could not be resolved may call the function" in each for each in applied.concerns)
