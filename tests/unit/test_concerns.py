"""What makes a repair unsafe, and what does not."""

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
            "the query on line 8",
            id="comprehension",
        ),
        pytest.param(
            ["if Item.objects.filter(sold=True):", "    return Item.objects.all()", "return Item.objects.filter(pk=1)"],
            "the query on line 8",
            id="truth",
        ),
        pytest.param(
            ["newest = Item.objects.order_by('-pk')[0]", "return Item.objects.exclude(pk=newest.pk)"],
            "the query on line 8",
            id="index",
        ),
        pytest.param(
            ["item = Item.objects.get(pk=1)", "return Item.objects.exclude(title=item.title)"],
            "objects.get() on line 8",
            id="row",
        ),
    ],
)
def test_a_query_that_the_cache_saved_so_far_is_a_concern(tmp_path: Path, lines: list[str], what: str) -> None:
    """Callers who refine get an uncached builder: what it asks for before it has its QuerySet is asked each time."""
    applied = _of_body(tmp_path, *lines)
    assert applied.applicability.value == "unsafe"
    assert f"{what} of shop/queries.py is evaluated anew at each call" in applied.message


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ["sold = Item.objects.filter(sold=True)", "return Item.objects.exclude(pk__in=sold)[:5]"], id="subquery"
        ),
        pytest.param(["if START:", "    return Item.objects.none()", "return Item.objects.all()"], id="none"),
        pytest.param(["titles = sorted({'a', 'b'})", "return Item.objects.filter(title__in=titles)"], id="plain-data"),
    ],
)
def test_building_a_query_is_no_concern(tmp_path: Path, lines: list[str]) -> None:
    assert _of_body(tmp_path, *lines).applicability.value == "safe"


def test_a_string_that_goes_through_a_property_is_a_concern(tmp_path: Path) -> None:
    shop = (
        "from django.db import models\nfrom django.utils.functional import cached_property\n\n\n"
        "class Shop(models.Model):\n    @cached_property\n    def items(self):\n        return Item.objects.all()\n"
        "\n    def sold(self):\n        return self.items.filter(sold=True)[0]\n"
        "\n\nclass Item(models.Model):\n    sold = models.BooleanField()\n\n\nSOURCE = 'items.count'\n"
    )
    lay(tmp_path, {"shop/models.py": shop})
    (applied,) = repair(tmp_path)
    assert applied.applicability.value == "unsafe"
    assert "the string on line 18 of shop/models.py may name it" in applied.message
