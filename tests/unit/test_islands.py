"""Which files of a tree have to do with one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.project.grounds import ground_of, grounds_of
from qscache_lint.project.islands import Mentions, mentions, part
from qscache_lint.source.tree import SourceTree
from tests.unit.projects import lay


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param("", (), id="no-files"),
        pytest.param("manage.py shop/models.py", ("",), id="a-file-at-the-top"),
        pytest.param("shop/models.py news/models.py", ("news", "shop"), id="two-directories"),
        pytest.param("src/shop/models.py src/shop/pages/views.py", ("src/shop",), id="one-inside-the-other"),
        pytest.param("one/src/a.py one/docs/conf.py two/b.py", ("one/docs", "one/src", "two"), id="some-deeper"),
        pytest.param("shop/a.py shop_two/b.py", ("shop", "shop_two"), id="a-name-that-goes-on"),
    ],
)
def test_the_topmost_directories_with_files_are_grounds(files: str, expected: tuple[str, ...]) -> None:
    assert grounds_of(files.split()) == expected


def test_a_file_stands_on_the_ground_around_it() -> None:
    assert ground_of("one/src/shop/views.py", {"one/src", "one/docs"}) == "one/src"
    assert ground_of("shop/views.py", {""}) == ""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import shop", [(0, "shop", "")], id="import"),
        pytest.param("import os.path as p, shop.models", [(0, "os.path", ""), (0, "shop.models", "")], id="several"),
        pytest.param("import os, \\\n    shop\n", [(0, "os", ""), (0, "shop", "")], id="on-two-lines"),
        pytest.param("from shop.models import Item", [(0, "shop.models", "Item")], id="from"),
        pytest.param("from . import models", [(1, "", "models")], id="relative"),
        pytest.param("from ...shop import (\n    a,\n)", [(3, "shop", "(\n    a,\n")], id="in-brackets"),
        pytest.param("from shop \\\n    import models\n", [(0, "shop", "models\n")], id="broken-before-import"),
        pytest.param("def f():\n    from shop import models", [(0, "shop", "models")], id="inside-a-function"),
        pytest.param("if x: import shop; import news", [(0, "news", ""), (0, "shop", "")], id="on-one-line"),
        pytest.param("# how to import shop", [], id="in-prose"),
    ],
)
def test_what_import_statements_name(code: str, expected: list[tuple[int, str, str]], tmp_path: Path) -> None:
    assert [(level, name, names.strip()) for level, name, names in _mentions(code, tmp_path).imports] == [
        (level, name, names.strip()) for level, name, names in expected
    ]


@pytest.mark.parametrize(
    ("code", "dotted", "apps", "models"),
    [
        pytest.param("x = 'shop.models'", ("shop.models",), (), (), id="dotted"),
        pytest.param("x = 'shop'", (), (), (), id="a-single-word"),
        pytest.param("x = 'a shop.models'", (), (), (), id="among-words"),
        pytest.param("INSTALLED_APPS = ['shop', \"news.apps.News\"]", ("news.apps.News",), ("shop",), (), id="apps"),
        pytest.param("LOCAL_APPS: list[str] = (\n  'shop',\n)", (), ("shop",), (), id="annotated"),
        pytest.param("INSTALLED_APPS += ['shop']", (), ("shop",), (), id="more-apps"),
        pytest.param("INSTALLED_APPS.append('shop')", (), ("shop",), (), id="one-more-app"),
        pytest.param("get_model('shop', 'Item')", (), (), (("shop", "Item"),), id="a-model"),
    ],
)
def test_what_strings_name(
    code: str, dotted: tuple[str, ...], apps: tuple[str, ...], models: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    assert _mentions(code, tmp_path) == Mentions((), dotted, apps, models)


def _mentions(code: str, root: Path) -> Mentions:
    lay(root, {"shop/pages.py": code})
    return mentions(SourceTree(root, ("shop/pages.py",)), "shop/pages.py")


def test_a_file_that_cannot_be_read_mentions_nothing(tmp_path: Path) -> None:
    assert mentions(SourceTree(tmp_path, ("shop/gone.py",)), "shop/gone.py") == Mentions()


SHOP = {"shop/src/shop/__init__.py": "", "shop/src/shop/models.py": "class Item: ...\n"}
NEWS = {"news/news/__init__.py": "", "news/news/pages.py": ""}
APART = (("news/news",), ("shop/src/shop",))
TOGETHER = (("news/news", "shop/src/shop"),)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("from django.db import models", APART, id="outside"),
        pytest.param("from shop.models import Item", TOGETHER, id="import"),
        pytest.param("from shop.orders import Order", APART, id="a-module-that-is-not-there"),
        pytest.param("from .shop import Item", APART, id="relative-to-the-own-package"),
        pytest.param("from news import shop", APART, id="a-name-in-the-own-package"),
        pytest.param("patch('shop.models.Item')", TOGETHER, id="a-string"),
        pytest.param("patch('shop.models.Order')", APART, id="a-string-that-names-nothing"),
        pytest.param("name = 'shop.html'", APART, id="the-name-of-a-file"),
        pytest.param("owner = ForeignKey('shop.Item')", TOGETHER, id="a-model"),
        pytest.param("owner = ForeignKey('shop.item')", TOGETHER, id="a-model-in-small-letters"),
        pytest.param("owner = ForeignKey('shop.Order')", APART, id="no-model"),
    ],
)
def test_grounds_that_reach_others_are_one_island(
    code: str, expected: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    assert _islands(tmp_path, {**SHOP, **NEWS, "news/news/pages.py": code}) == expected


def test_a_model_that_two_may_have_joins_nobody(tmp_path: Path) -> None:
    other = {path.replace("shop/src", "other/src"): code for path, code in SHOP.items()}
    files = {**SHOP, **other, **NEWS, "news/news/pages.py": "owner = ForeignKey('shop.Item')"}
    assert _islands(tmp_path, files) == (("news/news",), ("other/src/shop",), ("shop/src/shop",))


def test_islands_grow_by_whatever_joins_them(tmp_path: Path) -> None:
    chain = {f"{name}/{name}.py": f"import {other}\n" for name, other in (("a", "b"), ("b", "os"), ("c", "b"))}
    assert _islands(tmp_path, {**chain, "d/d.py": "import e\n"}) == (("a", "b", "c"), ("d",))


def test_the_files_whose_code_decided_are_known(tmp_path: Path) -> None:
    files = {**SHOP, **NEWS, "news/news/pages.py": "patch('shop.models.Order')"}
    lay(tmp_path, files)
    tree = SourceTree(tmp_path, tuple(files))
    assert part(tree, grounds_of(tree.files)).consulted == ("shop/src/shop/models.py",)


def _islands(root: Path, files: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    lay(root, files)
    tree = SourceTree(root, tuple(files))
    return part(tree, grounds_of(tree.files)).islands
