"""Which files of a tree have to do with one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.project.components import Mentions, mentions, part
from qscache_lint.project.project_roots import project_root_of, project_roots_of
from qscache_lint.source.tree import SourceTree
from tests.unit.projects import lay


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param("", ("",), id="no-files"),
        pytest.param("manage.py shop/manage.py", ("",), id="a-file-at-the-top"),
        pytest.param("shop/setup.py news/manage.py", ("news", "shop"), id="two-projects"),
        pytest.param("shop/setup.py news/models.py", ("",), id="one-is-none"),
        pytest.param("shop/setup.py shop/demo/manage.py", ("shop",), id="one-inside-the-other"),
        pytest.param("one/setup.py one/src/a.py all/two/manage.py", ("all/two", "one"), id="some-deeper"),
        pytest.param("shop/setup.py shop_two/b.py", ("",), id="a-name-that-goes-on"),
        pytest.param("shop/a.py shop/LICENSE.md news/b.py news/COPYING", ("news", "shop"), id="licences"),
        pytest.param("shop/a.py shop/pyproject.toml news/b.py news/.git", ("news", "shop"), id="other-signs"),
        pytest.param("shop/a.py shop/README.md news/setup.py", ("",), id="a-readme-is-no-sign"),
    ],
)
def test_the_topmost_projects_are_grounds(files: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    for path in files.split():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert project_roots_of(tmp_path, [path for path in files.split() if path.endswith(".py")]) == expected


def test_what_cannot_be_listed_is_no_project(tmp_path: Path) -> None:
    assert project_roots_of(tmp_path, ["gone/models.py"]) == ("",)


def test_a_file_stands_on_the_ground_around_it() -> None:
    assert project_root_of("one/src/shop/views.py", {"one/src", "one/docs"}) == "one/src"
    assert project_root_of("shop/views.py", {""}) == ""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import shop", [(0, "shop", "")], id="import"),
        pytest.param("import os.path as p, shop.models", [(0, "os.path", ""), (0, "shop.models", "")], id="several"),
        pytest.param("import os, \\\n    shop\n", [(0, "os", ""), (0, "shop", "")], id="on-two-lines"),
        pytest.param("from shop.models import Item as I", [(0, "shop.models", "Item")], id="from"),
        pytest.param("from . import models", [(1, "", "models")], id="relative"),
        pytest.param("from .\tshop . models import a", [(1, "shop.models", "a")], id="spaces-around-dots"),
        pytest.param("\ufeffimport shop", [(0, "shop", "")], id="byte-order-mark"),
        pytest.param("\fimport shop", [(0, "shop", "")], id="form-feed"),
        pytest.param("x = 1\rimport shop\r", [(0, "shop", "")], id="old-line-ends"),
        pytest.param("import actualités", [(0, "actualités", "")], id="letters"),
        pytest.param("from ...shop import (  # a (b)\n    a,\n    b\n)", [(3, "shop", "a b")], id="in-brackets"),
        pytest.param("from shop \\\n    import models\n", [(0, "shop", "models")], id="broken-before-import"),
        pytest.param("def f():\n    from shop import models", [(0, "shop", "models")], id="inside-a-function"),
        pytest.param("if x: import shop; import news", [(0, "news", ""), (0, "shop", "")], id="on-one-line"),
        pytest.param("# how to import shop", [], id="in-prose"),
    ],
)
def test_what_import_statements_name(code: str, expected: list[tuple[int, str, str]], tmp_path: Path) -> None:
    found = _mentions(code, tmp_path).imports
    assert [(level, name, " ".join(names)) for level, name, names in found] == expected


@pytest.mark.parametrize(
    ("code", "dotted", "apps", "models"),
    [
        pytest.param("x = 'shop.models'", ("shop.models",), (), (), id="dotted"),
        pytest.param("x = 'shop'", (), (), (), id="a-single-word"),
        pytest.param("x = 'a shop.models'", (), (), (), id="among-words"),
        pytest.param("x = 'shop.tasks:clean'", ("shop.tasks.clean",), (), (), id="an-entry-point"),
        pytest.param("x = 'shop:clean'", (), (), (), id="the-name-of-a-url"),
        pytest.param("INSTALLED_APPS = ['shop', \"news.News\"]", ("news.News",), ("news.News", "shop"), (), id="apps"),
        pytest.param("MY_APPS: list[str] = (\n  'shop',\n)\nINSTALLED_APPS = 1", (), ("shop",), (), id="annotated"),
        pytest.param("INSTALLED_APPS += ['shop']", (), ("shop",), (), id="more-apps"),
        pytest.param("INSTALLED_APPS.append('shop')", (), ("shop",), (), id="one-more-app"),
        pytest.param("INSTALLED_APPS = A + [\n  'b',  # (x)\n\n  'a'\n]\nX = ['x']", (), ("a", "b"), (), id="lines"),
        pytest.param("settings(INSTALLED_APPS=['shop'])", (), ("shop",), (), id="as-an-argument"),
        pytest.param("SKIPPED_APPS = ['shop']", (), (), (), id="apps-of-another-kind"),
        pytest.param("if 'shop' in INSTALLED_APPS:\n    use('news')", (), (), (), id="a-question"),
        pytest.param("get_model(app_label='shop', model_name='Item')", (), (), (("shop", "Item"),), id="by-keywords"),
        pytest.param("get_model('shop', 'Item')", (), (), (("shop", "Item"),), id="a-model"),
        pytest.param("x = OneToOneField(\n'shop.Item')", ("shop.Item",), (), (("shop", "Item"),), id="a-relation"),
        pytest.param("x = Link(to='shop.Item')", ("shop.Item",), (), (("shop", "Item"),), id="a-relation-to"),
        pytest.param("AUTH_USER_MODEL = 'shop.Item'", ("shop.Item",), (), (("shop", "Item"),), id="the-user"),
        pytest.param("may(user, 'shop.add_item')", ("shop.add_item",), (), (), id="a-permission"),
    ],
)
def test_what_strings_name(
    code: str, dotted: tuple[str, ...], apps: tuple[str, ...], models: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    assert _mentions(code, tmp_path) == Mentions((), dotted, apps, models)


def _mentions(code: str, root: Path) -> Mentions:
    lay(root, {"shop/pages.py": code})
    return mentions(SourceTree(root, ("shop/pages.py",)).read, "shop/pages.py")


def test_a_file_that_cannot_be_read_mentions_nothing(tmp_path: Path) -> None:
    assert mentions(SourceTree(tmp_path, ("shop/gone.py",)).read, "shop/gone.py") == Mentions()


SHOP = {
    "shop/LICENSE": "",
    "shop/setup.py": "",
    "shop/src/shop/__init__.py": "",
    "shop/src/shop/models.py": "class Item: ...\n",
}
NEWS = {"news/LICENSE": "", "news/news/__init__.py": "", "news/news/pages.py": ""}
APART = (("news",), ("shop",))
TOGETHER = (("news", "shop"),)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("from django.db import models", APART, id="outside"),
        pytest.param("from shop.models import Item", TOGETHER, id="import"),
        pytest.param("from shop.orders import Order", APART, id="a-module-that-is-not-there"),
        pytest.param("import shop", TOGETHER, id="a-package"),
        pytest.param("import setup", APART, id="a-single-module"),
        pytest.param("from .shop import Item", APART, id="relative-to-the-own-package"),
        pytest.param("from news import shop", APART, id="a-name-in-the-own-package"),
        pytest.param("patch('shop.models.Item')", TOGETHER, id="a-string"),
        pytest.param("patch('shop.models.Order')", APART, id="a-string-that-names-nothing"),
        pytest.param("patch('shop.models')", APART, id="a-string-of-two-words"),
        pytest.param("name = 'shop.html'", APART, id="the-name-of-a-file"),
        pytest.param("owner = ForeignKey('shop.Item')", TOGETHER, id="a-model"),
        pytest.param("owner = ForeignKey('shop.item')", TOGETHER, id="a-model-in-small-letters"),
        pytest.param("owner = ForeignKey('shop.Order')", APART, id="no-model"),
    ],
)
def test_grounds_that_reach_others_are_one_component(
    code: str, expected: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    assert _components(tmp_path, {**SHOP, **NEWS, "news/news/pages.py": code}) == expected


def test_a_model_that_two_may_have_joins_nothing(tmp_path: Path) -> None:
    other = {f"other{path.removeprefix('shop')}": code for path, code in SHOP.items()}
    files = {**SHOP, **other, **NEWS, "news/news/pages.py": "owner = ForeignKey('shop.Item')"}
    assert _components(tmp_path, files) == (("news",), ("other",), ("shop",))


def test_components_grow_by_whatever_joins_them(tmp_path: Path) -> None:
    code = {"one/a": "import b", "two/b": "import os", "three/c": "from b import os", "four/d": "import e"}
    files = {f"{package}/__init__.py": text for package, text in code.items()}
    licences = {f"{package.partition('/')[0]}/LICENSE": "" for package in code}
    assert _components(tmp_path, {**files, **licences}) == (("four",), ("one", "three", "two"))


def test_the_files_whose_code_decided_are_known(tmp_path: Path) -> None:
    tree = _tree(tmp_path, {**SHOP, **NEWS, "news/news/pages.py": "patch('shop.models.Order')"})
    read_set, _ = part(tree, project_roots_of(tree.root, tree.files))
    assert read_set.consulted == ("shop/src/shop/models.py",)


def _components(root: Path, files: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    tree = _tree(root, files)
    _, components = part(tree, project_roots_of(tree.root, tree.files))
    return components


def _tree(root: Path, files: dict[str, str]) -> SourceTree:
    lay(root, files)
    return SourceTree(root, tuple(path for path in files if path.endswith(".py")))
