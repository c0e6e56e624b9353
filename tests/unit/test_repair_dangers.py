"""Code that a repair would break if it looked less closely: it is left alone, and the reason is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.projects import QUERIES, READER, REFINER, SHOP, lay, refusals, repair

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
        "line 3 of shop/api.py calls recent_items(), and where the value goes could not be determined",
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
    "labelled": (
        """
def items():
    found = recent_items()
    found.label = "new"
    return found.label, list(found)
""",
        "line 4 of shop/api.py calls recent_items(), and there an attribute of it is set",
    ),
    "matched": (
        """
def items():
    found = recent_items()
    match found:
        case []:
            return None
    return list(found)
""",
        "line 4 of shop/api.py calls recent_items(), and there it is matched against a pattern",
    ),
    "key of something": (
        """
def known(known):
    return known[recent_items()]
""",
        "it is part of an expression",
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
        "it is passed to count(), which has a decorator",
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
        "it is passed to count(), which a subclass overrides",
    ),
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_caller_that_may_need_more_than_rows_is_in_the_way(tmp_path: Path, name: str) -> None:
    caller, reason = CALLERS[name]
    lay(tmp_path, {**SHOP, "shop/api.py": IMPORT + caller})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal


MENTIONS = {
    "patched behind a placeholder": (
        """
from unittest import mock

fake = mock.patch("%s.recent_items" % "shop.queries")
""",
        "line 4 of shop/tests.py names the function in a string: %s.recent_items",
    ),
    "the cache of it patched": (
        """
from unittest import mock

fake = mock.patch("shop.queries.recent_items.invalidate")
""",
        "line 4 of shop/tests.py names the function in a string",
    ),
    "patched by a keyword": (
        """
from unittest import mock

fake = mock.patch.multiple("shop.reader", recent_items=mock.DEFAULT)
""",
        "line 4 of shop/tests.py looks recent_items up in a namespace",
    ),
    "taken out of the dict of the module": (
        """
from shop import queries

items = vars(queries)["recent_items"]()
""",
        "line 4 of shop/tests.py looks recent_items up in a namespace",
    ),
    "deleted from the dict of the module": (
        """
from shop import queries

del queries.__dict__["recent_items"]
""",
        "line 4 of shop/tests.py looks recent_items up in a namespace",
    ),
    "looked for in the dict of the module": (
        """
from shop import queries

assert "recent_items" in queries.__dict__ and queries.__dict__.get("recent_items")
""",
        "line 4 of shop/tests.py looks recent_items up in a namespace",
    ),
}


@pytest.mark.parametrize("name", MENTIONS)
def test_code_that_asks_for_the_name_itself_is_in_the_way(tmp_path: Path, name: str) -> None:
    source, reason = MENTIONS[name]
    lay(tmp_path, {**SHOP, "shop/tests.py": source})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal


STORED = """from django.core.cache import cache

from shop.models import Item


def recent_items(section="new", **kwargs):
    key = f"items:{section}"
    rows = cache.get(key)
    if rows is None:
        rows = Item.objects.filter(title=section, **kwargs)
        cache.set(key, rows, 60)
    return rows
"""

DEFINITIONS = {
    "a view called list": (
        QUERIES.replace("@cache", "def list(request):\n    return None\n\n\n@cache"),
        "list is not the builtin in shop/queries.py",
    ),
    "a parameter called list": (
        QUERIES.replace("recent_items()", "recent_items(list=None)"),
        "list is not the builtin in shop/queries.py",
    ),
    "a parameter of the same name": (
        QUERIES.replace("recent_items()", "recent_items(recent_items=None)"),
        "recent_items has a parameter called recent_items, which hides the function to call",
    ),
    "bound by an import too": (
        QUERIES.replace("@cache", "if Item is None:\n    from shop.plain import recent_items\n\n\n@cache"),
        "shop/queries.py defines recent_items more than once",
    ),
    "an argument that is rebound": (
        STORED.replace("    key", '    section += "s"\n    key'),
        "recent_items changes section before it reads its cache",
    ),
    "an argument that is changed": (
        STORED.replace("    key", '    kwargs.pop("page", None)\n    key'),
        "recent_items changes kwargs before it reads its cache",
    ),
    "an argument that loses an item": (
        STORED.replace("    key", '    del kwargs["page"]\n    key'),
        "recent_items changes kwargs before it reads its cache",
    ),
    "an argument that gets an item": (
        STORED.replace("    key", '    kwargs["sold"] = False\n    key'),
        "recent_items changes kwargs before it reads its cache",
    ),
    "a timeout made with the query": (
        STORED.replace("cache.set(key, rows, 60)", "timeout = 60\n        cache.set(key, rows, timeout)"),
        "recent_items creates timeout together with the query, and needs it to store the rows",
    ),
    "appended to __all__": (
        QUERIES + '\n\n__all__ = []\n__all__.append("recent_items")\n',
        "shop/queries.py puts recent_items into __all__ in a form that cannot be extended",
    ),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_that_would_be_torn_apart_is_left_alone(tmp_path: Path, name: str) -> None:
    source, reason = DEFINITIONS[name]
    lay(tmp_path, {**SHOP, "shop/queries.py": source})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal


def test_a_model_with_a_field_called_property_keeps_its_cached_property(tmp_path: Path) -> None:
    shop = (
        "from django.db import models\nfrom django.utils.functional import cached_property\n\n\n"
        "class Shop(models.Model):\n    property = models.TextField()\n\n    @cached_property\n"
        "    def items(self):\n        return Item.objects.all()\n\n    def sold(self):\n"
        "        return self.items.filter(sold=True)[0]\n\n\nclass Item(models.Model):\n"
        "    sold = models.BooleanField()\n"
    )
    lay(tmp_path, {"shop/models.py": shop})
    (refusal,) = refusals(tmp_path)
    assert "property is not the builtin in shop/models.py" in refusal


def test_an_asynchronous_generator_of_the_value_is_in_the_way(tmp_path: Path) -> None:
    """`async for` over a plain generator raises, wherever that is handed to."""
    queries = STORED.replace("def ", "async def ").replace("cache.get(", "await cache.aget(")
    caller = (
        IMPORT
        + "\n\nasync def titles():\n    found = (item.title async for item in await recent_items())\n"
        + "    return [title async for title in found]\n"
        + "\n\nasync def sold():\n    return [item async for item in (await recent_items()).filter(sold=True)]\n"
    )
    lay(tmp_path, {"shop/queries.py": queries.replace("cache.set(", "await cache.aset("), "shop/api.py": caller})
    (refusal,) = refusals(tmp_path)
    assert "line 5 makes an asynchronous generator of the rows" in refusal


def test_a_variable_with_the_name_of_the_function_gets_another_one(tmp_path: Path) -> None:
    lay(tmp_path, {**SHOP, "shop/queries.py": STORED.replace("rows", "recent_items")})
    repair(tmp_path)
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert written.endswith(
        '    key = f"items:{section}"\n'
        "    rows = cache.get(key)\n"
        "    if rows is None:\n"
        "        rows = list(recent_items(section, **kwargs))\n"
        "        cache.set(key, rows, 60)\n"
        "    return rows\n"
    )


EARLY = """from django.core.cache import cache

from shop.models import Item


def recent_items():
    hit = cache.get("items")
    if hit is not None:
        return hit
    rows = Item.objects.all()
    cache.set("items", rows, 60)
    return rows
"""


@pytest.mark.parametrize(
    ("queries", "reason"),
    [
        pytest.param(EARLY.replace("hit", "recent_items"), "has a variable called recent_items", id="same-name"),
        pytest.param(
            EARLY.replace("objects.all()", "objects.exclude(pk=hit)"), "from what it reads from a cache", id="used"
        ),
    ],
)
def test_a_hit_under_another_name_is_in_the_way_of_the_builder(tmp_path: Path, queries: str, reason: str) -> None:
    lay(tmp_path, {**SHOP, "shop/queries.py": queries})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal


def test_comments_of_a_stored_query_go_with_it(tmp_path: Path) -> None:
    commented = STORED.replace("**kwargs)\n  ", "**kwargs)  # see ticket 7\n  ").replace("is None:", "is None:  # miss")
    lay(tmp_path, {**SHOP, "shop/queries.py": commented})
    repair(tmp_path)
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert "    return Item.objects.filter(title=section, **kwargs)  # see ticket 7\n" in written
    assert written.count("# miss") == 1


def test_a_definition_inside_a_block_is_written_at_its_depth(tmp_path: Path) -> None:
    start = QUERIES.index("@")
    body = QUERIES[start:].replace("():\n", '():\n    """Items.\n\n    For sale.\n    """\n')
    indented = "".join(f"    {line}" if line.strip() else line for line in body.splitlines(keepends=True))
    lay(tmp_path, {**SHOP, "shop/queries.py": QUERIES[:start] + "if Item:\n" + indented})
    repair(tmp_path)
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert (
        "        For sale.\n\n        Returns a QuerySet to refine; cached_recent_items() has its rows in a cache.\n"
        '        """\n        return Item.objects.filter(sold=False)\n\n    @cache_memoize(60)\n'
        "    def cached_recent_items():\n"
    ) in written


MULTILINE = QUERIES.replace("(60)", "(\n    60,  # a minute\n    # of all\n)  # see ticket 7")
IN_BRACKETS = "from cache_memoize import (\n    cache_memoize,  # ours\n    get_cache,\n)\n"


def test_comments_inside_a_dropped_decorator_stay(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/queries.py": MULTILINE, "shop/refiner.py": REFINER})
    (applied,) = repair(tmp_path)
    assert "@cache_memoize(…) saves nothing" in applied.message
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert "# a minute\n# of all\n# see ticket 7\ndef recent_items():\n" in written


def test_an_import_with_comments_among_its_names_stays(tmp_path: Path) -> None:
    start = IN_BRACKETS + "\nprint(get_cache)\n"
    lay(tmp_path, {"shop/queries.py": start + QUERIES[QUERIES.index("\n") :], "shop/refiner.py": REFINER})
    repair(tmp_path)
    assert (tmp_path / "shop/queries.py").read_text(encoding="utf-8").startswith(start)


def test_a_byte_order_mark_stays_before_the_first_line_that_is_left(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/queries.py": "\ufeff" + QUERIES, "shop/refiner.py": REFINER})
    repair(tmp_path)
    assert (tmp_path / "shop/queries.py").read_bytes().startswith("\ufefffrom shop.models".encode())


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("from shop import queries\n\nqueries.cache_memoize(5)\n", id="attribute"),
        pytest.param("from shop.queries import cache_memoize\n", id="import"),
        pytest.param("from .queries import (\n    Item,\n    cache_memoize,\n)\n", id="import-over-lines"),
        pytest.param("from shop.queries import *\n", id="star"),
        pytest.param("from unittest import mock\n\nmock.patch('shop.queries.cache_memoize')\n", id="patched"),
    ],
)
def test_an_import_that_others_take_out_of_the_file_stays(tmp_path: Path, other: str) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/other.py": other})
    repair(tmp_path)
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert written == QUERIES.replace("@cache_memoize(60)\n", "")


ORDERS = """from django.db import models
from django.utils.functional import cached_property


class Order(models.Model):
    @cached_property
    def lines(self):
        return Line.objects.filter(order=self)


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
"""


@pytest.mark.parametrize(
    ("start", "order"),
    [
        pytest.param("from elsewhere import current", "current()", id="made-elsewhere"),
        pytest.param("from elsewhere import Shop\n\n\nclass Maker(Shop):\n    pass", "Maker()", id="maker"),
        pytest.param("", "max(Order.objects.all(), key=str)", id="one-of-several"),
    ],
)
def test_a_property_of_what_may_be_a_row_is_in_the_way(tmp_path: Path, start: str, order: str) -> None:
    first = "def first(order: Order):\n    return order.lines.filter(pk=1)[0]\n"
    caller = f"from shop.models import Order\n{start}\n\n\n{first}\n\ndef count():\n    return len({order}.lines)\n"
    lay(tmp_path, {"shop/models.py": ORDERS, "shop/api.py": caller})
    (refusal,) = refusals(tmp_path)
    assert "uses .lines on an object whose type could not be determined" in refusal


def test_a_property_of_a_protocol_is_in_the_way(tmp_path: Path) -> None:
    caller = (
        "from typing import Protocol\n\nfrom shop.models import Order\n"
        "\n\nclass HasLines(Protocol):\n    lines: object\n"
        "\n\ndef first(order: Order):\n    return order.lines.filter(pk=1)[0]\n"
        "\n\ndef count(order: HasLines):\n    return len(order.lines)\n"
    )
    lay(tmp_path, {"shop/models.py": ORDERS, "shop/api.py": caller})
    (refusal,) = refusals(tmp_path)
    assert "line 15 of shop/api.py uses .lines on an object whose type could not be determined" in refusal


def test_a_module_that_is_imported_by_its_name_is_in_the_way(tmp_path: Path) -> None:
    late = (
        "import importlib\n\nqueries = importlib.import_module('shop.queries')\n\nprint(len(queries.recent_items()))\n"
    )
    lay(tmp_path, {**SHOP, "shop/late.py": late})
    (refusal,) = refusals(tmp_path)
    assert "line 5 of shop/late.py uses .recent_items on an object whose type could not be determined" in refusal


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        pytest.param(
            "async def titles(sold):\n    items = recent_items() if sold else []\n"
            "    return [item.title async for item in items]\n",
            "and iterates it in a branch",
            id="branch",
        ),
        pytest.param(
            "async def show(items):\n    async for item in items:\n        print(item)\n"
            "\n\nasync def titles():\n    await show(recent_items())\n",
            "it is passed to show(), which is asynchronous and iterates it",
            id="helper",
        ),
    ],
)
def test_an_asynchronous_iteration_that_cannot_be_rewritten_is_in_the_way(
    tmp_path: Path, caller: str, reason: str
) -> None:
    """`async for` refuses a list."""
    lay(tmp_path, {**SHOP, "shop/api.py": f"{IMPORT}\n\n{caller}"})
    (refusal,) = refusals(tmp_path)
    assert reason in refusal


def test_a_package_that_lists_what_a_star_brings_lists_both(tmp_path: Path) -> None:
    package = "from shop.queries import *\n\n__all__ = ['recent_items']\n"
    reader = READER.replace("shop.queries import recent_items", "shop.api import *")
    lay(tmp_path, {**SHOP, "shop/api/__init__.py": package, "shop/reader.py": reader})
    repair(tmp_path)
    written = (tmp_path / "shop/api/__init__.py").read_text(encoding="utf-8")
    assert written == package.replace("'recent_items'", "'recent_items', 'cached_recent_items'")


def test_a_nested_function_that_makes_the_query_goes_to_the_builder(tmp_path: Path) -> None:
    start = STORED[: STORED.index("    key")]
    nested = "    def build():\n        return Item.objects.filter(title=section)\n\n"
    lay(
        tmp_path,
        {**SHOP, "shop/queries.py": f"{start}{nested}    return cache.get_or_set(section, build, 60)\n"},
    )
    repair(tmp_path)
    written = (tmp_path / "shop/queries.py").read_text(encoding="utf-8")
    assert written.count("def build():") == 1
    assert written.endswith(
        "cached; refine that one instead.\"\"\"\n"
        "    return cache.get_or_set(section, lambda: list(recent_items(section, **kwargs)), 60)\n"
    )


def test_a_way_around_the_cache_is_in_the_way_of_asynchronous_readers(tmp_path: Path) -> None:
    """`for` over a lazy QuerySet raises SynchronousOnlyOperation there."""
    queries = STORED.replace("    key", "    if kwargs:\n        return Item.objects.filter(**kwargs)\n    key")
    caller = f"{IMPORT}\n\nasync def titles():\n    return [item.title async for item in recent_items()]\n"
    lay(tmp_path, {"shop/queries.py": queries, "shop/refiner.py": REFINER, "shop/api.py": caller})
    (refusal,) = refusals(tmp_path)
    assert "line 8 of shop/queries.py bypasses the cache and returns a QuerySet to asynchronous code" in refusal
