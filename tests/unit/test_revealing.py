"""Every kind of value has words, with the places they speak of; what is unknown says where it begins."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from qscache_lint.api import check_paths, reveal
from qscache_lint.errors import UsageError
from qscache_lint.project.abstract import (
    Atom,
    Collection,
    Constantly,
    Data,
    External,
    Guessed,
    Literal,
    NamedTupleClass,
)
from qscache_lint.project.analysis import Analysis
from qscache_lint.revealing.describe import DESCRIPTIONS, Words
from qscache_lint.revealing.reveal import Revealed
from qscache_lint.revealing.reveal import reveal as reveal_in
from qscache_lint.values import Confidence
from tests.unit.projects import lay

PATH = "shop/stock.py"
FILES = {
    PATH: (
        "from django.contrib.auth.models import User\n"  # 1
        "from django.core.cache import cache\n"
        "from django.db import models\n"
        "from functools import lru_cache, partial\n"
        "from cache_memoize import cache_memoize\n"  # 5
        "import shop\n"
        "from shop import models as shop_models\n"
        "from shop.models import Item\n"
        "from unknown_package import decorate\n"
        "\n"  # 10
        "class ItemQuerySet(models.QuerySet):\n"
        "    def cheap(self):\n"
        "        return self.filter(price=1)\n"
        "\n"
        "class ItemManager(models.Manager):\n"  # 15
        "    pass\n"
        "\n"
        "class Box(models.Model):\n"
        "    items = models.ManyToManyField(Item)\n"
        "    objects = ItemManager.from_queryset(ItemQuerySet)()\n"  # 20
        "\n"
        "@cache_memoize(60)\n"
        "def recent(number=0):\n"
        "    rows = Item.objects.order_by('title')\n"
        "    return rows[:number] if number else rows\n"  # 25
        "\n"
        "remembered = lru_cache(maxsize=None)(lambda: Item.objects.all())\n"
        "some = partial(recent, number=5)\n"
        "both = {'a': recent(), 2: (1, 'x')}\n"
        "plain = Item.objects.values().order_by().union(recent())\n"  # 30
        "options = Item._meta\n"
        "text = f'{both}'\n"
        "through = Box.items.through\n"
        "class Shelf(Box):\n"
        "    def fill(self, given: Item, thing, *more):\n"  # 35
        "        found = thing.items.first().name\n"
        "        return super().fill(found)\n"
        "\n"
        "@decorate(1)\n"
        "def strange(): ...\n"  # 40
        "hidden = ~recent()\n"
        "def shown():\n"
        "    return hidden.count()\n"
        "class Label(models.Model):\n"
        "    text = models.CharField(max_length=9)\n"  # 45
        "def words(label: Label):\n"
        "    return label.text, (Label.text)\n"
    ),
}


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    root = tmp_path_factory.mktemp("project")
    lay(root, FILES)
    (project,) = check_paths([root]).projects
    return project.run.analysis_of(PATH)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay(tmp_path, FILES)
    return tmp_path / PATH


def _reveal(analysis: Analysis, row: int, text: str) -> Revealed:
    """What is revealed where a text begins in a row."""
    (expression,) = reveal_in(analysis, PATH, row, FILES[PATH].split("\n")[row - 1].index(text) + 1)
    return expression


IN_CODE = [
    (1, "User", "External", "django.contrib.auth.models.User, from outside the project"),
    (7, "models as", "Module", "the module shop.models"),
    (11, "ItemQuerySet", "ClassValue", "the class shop.stock.ItemQuerySet"),
    (12, "cheap", "Function", "the function shop.stock.ItemQuerySet.cheap()"),
    (
        13,
        "self",
        "QuerySet",
        (
            "a QuerySet of an unknown model, with the methods of shop.stock.ItemQuerySet, unbounded, "
            "not cached"
        ),
    ),
    (20, ".from_queryset", "FromQuerySet", "the method from_queryset() of shop.stock.ItemManager"),
    (
        20,
        "(ItemQuerySet)",
        "ManagerClass",
        "a manager class with the methods of shop.stock.ItemManager, shop.stock.ItemQuerySet, made by from_queryset()",
    ),
    (24, ".objects", "Manager", "a manager of shop.models.Item"),
    (24, ".order_by", "Method", "the method order_by() of a manager of shop.models.Item"),
    (
        25,
        "[:number]",
        "QuerySet",
        "a QuerySet of shop.models.Item, limited by a slice, ordered, not cached",
    ),
    (
        27,
        "remembered",
        "Memoized",
        "a callable whose results are cached by a memoizer (memo), around the function shop.stock.<lambda>()",
    ),
    (28, "some", "Partial", "functools.partial() with 1 argument, around the function shop.stock.recent()"),
    (
        29,
        "()",
        "QuerySet",
        (
            "a QuerySet of shop.models.Item, unbounded (because number=0 skips the slice on line 25), ordered, "
            "cached by @cache_memoize(60) (pickled) at shop/stock.py:22 as recent()"
        ),
    ),
    (29, "'x'", "Literal", "the constant 'x'"),
    (29, "(1", "Collection", "a tuple of the constant 1; the constant 'x'"),
    (
        30,
        "plain",
        "QuerySet",
        (
            "a QuerySet of shop.models.Item, unbounded, with plain data as rows, as from values(), combined by union() "
            "or similar, unordered by order_by(), not cached"
        ),
    ),
    (31, "options", "ModelOptions", "the options (_meta) of shop.models.Item"),
    (32, "text", "Formatted", "plain data, not a QuerySet (text)"),
    (
        33,
        ".items",
        "ManyToMany",
        "a many-to-many field that is read through its class, through django.db.models.Model",
    ),
    (35, "given", "Instance", "an instance of shop.models.Item, or of a subclass"),
    (36, "thing", "Unknown", "unknown: the parameter thing"),
    (37, "super()", "External", "super, from outside the project"),
    (37, "(found", "Unknown", "unknown: the result of calling something unknown"),
    (
        37,
        "()",
        "Super",
        "super() after shop.stock.Shelf, for an instance of shop.stock.Shelf, or of a subclass",
    ),
    (47, "label.text", "Instance", "an instance of shop.stock.Label, or of a subclass"),
    (47, ".text,", "Data", "plain data, not a QuerySet (the value of a field)"),
    (47, "Label.text", "ClassValue", "the class shop.stock.Label"),
    (47, ".text)", "External", "django.db.models.CharField(), from outside the project"),
]
"""Expressions by their row and the text at their place, and what is said of each."""


@pytest.mark.parametrize(("row", "text", "kind", "message"), IN_CODE)
def test_values_in_code(analysis: Analysis, row: int, text: str, kind: str, message: str) -> None:
    expression = _reveal(analysis, row, text)
    assert [(each.kind, each.message) for each in expression.possibilities] == [(kind, message)]


def test_values_that_stand_for_code(analysis: Analysis) -> None:
    words = Words(analysis.evaluator.project)
    assert words.of(Guessed(External("a.b"))) == "a.b, from outside the project, guessed from its name"
    assert words.of(Constantly((Data("rows"), Literal(1, "size")))) == (
        "a callable that returns plain data, not a QuerySet (rows) or the constant 1, given as size"
    )
    assert words.of(NamedTupleClass(("first", "second"))) == "a class of named tuples with first, second"
    assert words.of(Collection("list")) == "an empty list"
    assert words.of(Collection("dict", (("a", (Data(),)),), (Literal(1),))) == (
        "a dict of 'a': plain data, not a QuerySet (data); any number of the constant 1"
    )
    lists = Collection("list", (), (Literal(1),))
    for _ in range(10):
        lists = Collection("list", (), (lists,))
    assert (
        words.of(lists)
        == "a list of any number of a list of any number of a list of any number of a list of any number of …"
    )
    assert words.of(Collection("tuple", tuple((number, (Literal(number),)) for number in range(6)))) == (
        "a tuple of the constant 0; the constant 1; the constant 2; the constant 3; …"
    )


def test_every_kind_of_value_has_words_and_is_seen_in_a_test() -> None:
    kinds = {kind.__name__ for kind in get_args(Atom)}
    assert {kind.__name__ for kind in DESCRIPTIONS} == kinds
    assert {kind for _, _, kind, _ in IN_CODE} == kinds - {"Guessed", "Constantly", "NamedTupleClass"}


def test_a_decorated_function_says_what_its_decorators_make_and_a_call_gives(analysis: Analysis) -> None:
    strange = _reveal(analysis, 40, "strange")
    assert strange.possibilities[0].gives == (
        "its decorators turn it into unknown: the result of the decorator unknown_package.decorate()",
        "a call returns unknown: the result of calling something unknown",
    )
    assert strange.confidence is None
    some = _reveal(analysis, 28, "some")
    (given,) = some.possibilities[0].gives
    assert given.startswith("a call returns a QuerySet of shop.models.Item, limited")


def test_the_trail_has_the_places(analysis: Analysis) -> None:
    rows = _reveal(analysis, 29, "()")
    assert [(step.path, step.span.start.row) for step in rows.possibilities[0].trail] == [
        ("shop/stock.py", 24),
        ("shop/stock.py", 22),
    ]
    item = _reveal(analysis, 8, "Item")
    assert [(step.path, step.message) for step in item.possibilities[0].trail] == [
        ("shop/models.py", "Item is defined here")
    ]


def test_what_is_unknown_says_where_it_begins(analysis: Analysis) -> None:
    found = _reveal(analysis, 37, "found")
    assert found.confidence is None
    assert [(step.span.start.row, step.message) for step in found.reasons] == [
        (
            35,
            "unknown: the parameter thing: its annotation names no type, and what callers pass is not known here",
        ),
        (36, "unknown: the attribute items"),
        (36, "unknown: the attribute first"),
        (36, "unknown: the result of calling something unknown"),
        (36, "unknown: the attribute name"),
    ]
    assert [(step.span.start.row, step.message) for step in _reveal(analysis, 43, "()").reasons] == [
        (41, "unknown: syntax that the analysis does not follow: unary operator"),
        (43, "unknown: unary operator"),
        (43, "unknown: the attribute count"),
        (43, "unknown: the result of calling something unknown"),
    ]
    known = _reveal(analysis, 29, "()")
    assert (known.confidence, known.reasons) == (Confidence.HIGH, ())


def test_a_row_has_all_that_begins_in_it(analysis: Analysis) -> None:
    assert [each.text for each in reveal_in(analysis, PATH, 31, None)] == ["options", "Item._meta", "Item"]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (0, None, "there is no line 0; the file has 47"),
        (48, 1, "there is no line 48; the file has 47"),
        (31, 21, "there is no column 21; the line has 20"),
        (31, 0, "there is no column 0; the line has 20"),
        (10, None, "nothing on this line has a value"),
        (16, 5, "nothing at this column has a value"),
        (
            31,
            9,
            (
                "nothing at this column has a value; on this line, these have one: options (column 1), Item._meta "
                "(column 11), Item (column 11)"
            ),
        ),
    ],
)
def test_a_place_without_a_value(project: Path, row: int, column: int | None, message: str) -> None:
    place = f"{project}:{row}" if column is None else f"{project}:{row}:{column}"
    with pytest.raises(UsageError) as raised:
        reveal(project, row, column)
    assert str(raised.value) == f"{place}: {message}"


def test_a_file_that_cannot_be_read(project: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        reveal(project.parent, 1)
    with pytest.raises(UsageError, match="no such file"):
        reveal(project.parent / "none.py", 1)
    project.write_text("x = = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"stock\.py:1: syntax error: invalid syntax \(QSC900\)"):
        reveal(project, 1)
