"""What reaches a cached function by a name: stand-ins for it, its class and module, and names made at run time."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.fixing.model import EXTRACT_BUILDER
from qscache_lint.fixing.planning import functions_behind, plan_repairs
from tests.unit.projects import MODELS, QUERIES, write

FEED = """
from functools import lru_cache

from shop.models import Item


class Feed:
    @staticmethod
    @lru_cache(maxsize=None)
    def items(title):
        return Item.objects.filter(title=title)


class Other:
    items = None


feed = Feed()
"""
VIEWS = """
from shop import queries
from shop.feed import Feed, Other, feed


def by_class(title):
    return Feed.items(title).filter(sold=True)


def by_object(title):
    return feed.items(title).filter(sold=True)


def by_module():
    return queries.recent_items().filter(sold=True)
"""
PROJECT = {**MODELS, "manage.py": "", "shop/queries.py": QUERIES, "shop/feed.py": FEED, "shop/views.py": VIEWS}
HEAD = "from unittest.mock import patch\n\nimport shop.other\nfrom shop import feed, queries, views\n\n\n"


def concerns(root: Path, code: str, files: dict[str, str] | None = None) -> dict[str, str]:
    """What is said against the local repairs, by the names of their builders, where other code is there."""
    write(root, {**PROJECT, "shop/other.py": "", "shop/tests.py": HEAD + code, **(files or {})})
    (project,) = api.check_paths([root]).projects
    planned = (
        repair
        for analysis in project.run.analyses()
        for repair in plan_repairs(analysis, set(functions_behind(analysis).values()))
    )
    return {each.builder: "; ".join(each.concerns) for each in planned if each.name == EXTRACT_BUILDER.name}


def test_without_other_code_all_are_safe(tmp_path: Path) -> None:
    assert concerns(tmp_path, "") == {"recent_items_queryset": "", "Feed.items_queryset": ""}


@pytest.mark.parametrize(
    ("code", "what"),
    [
        pytest.param("patch.object(views, 'Feed', 1)", "names the function in a string", id="class-of-a-module"),
        pytest.param("patch('shop.views.Feed', 1)", "the function in a string: shop.views.Feed", id="dotted-class"),
        pytest.param("views.Feed = 1", "assigns to .Feed", id="assigned-class"),
        pytest.param("setattr(views, 'Feed', 1)", "names the function in a string", id="set-class"),
        pytest.param("import pytest\n\npytest.set(views, 'Feed', 1)", "the function in a string", id="helper"),
        pytest.param("patch('shop.views.feed', 1)", "names the function in a string: shop.views.feed", id="object"),
        pytest.param("patch.multiple('shop.views', Feed=1)", "something else under the name Feed", id="keyword"),
        pytest.param("type('New', (feed.Feed,), {'items': 1})", "creates a class", id="class-made"),
        pytest.param("type('New', (feed.Feed,), dict(NAME))", "creates a class", id="class-made-of-anything"),
        pytest.param("import sys\n\nsys.modules['shop.feed'] = 1", "replaces a module", id="module"),
    ],
)
def test_code_that_replaces_what_leads_to_a_function_replaces_it(tmp_path: Path, code: str, what: str) -> None:
    found = concerns(tmp_path, code)
    assert what in found["Feed.items_queryset"]
    assert found["recent_items_queryset"] == ""


@pytest.mark.parametrize(
    ("code", "what"),
    [
        pytest.param("patch(f'shop.views.{NAME}', 1)", "replace items", id="text-made"),
        pytest.param("patch('shop.views.{}'.format(NAME), 1)", "replace items", id="text-filled"),
        pytest.param("patch('shop.views.%s' % NAME, 1)", "replace items", id="text-by-percent"),
        pytest.param("patch('.'.join(['shop', 'views', NAME]), 1)", "replace items", id="text-joined"),
        pytest.param("vars(views).update(NAME)", "replace items", id="namespace"),
    ],
)
def test_a_name_that_is_made_may_be_any_that_leads_to_a_function(tmp_path: Path, code: str, what: str) -> None:
    assert what in concerns(tmp_path, code)["Feed.items_queryset"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("patch.object(feed.Other, 'items', 1)", id="of-another-class"),
        pytest.param("patch('shop.views.Other', 1)", id="another-class"),
        pytest.param("patch('shop.other.Feed', 1)", id="name-of-another-module"),
        pytest.param("setattr(shop.other, 'Feed', 1)", id="set-in-another-module"),
        pytest.param("patch(f'shop.other.{NAME}', 1)", id="made-for-another-module"),
        pytest.param("KINDS = {'Feed': 1}", id="text-alone"),
        pytest.param("type('New', (feed.Feed,), {'title': 1})", id="class-with-another-member"),
    ],
)
def test_code_that_replaces_something_else_replaces_nothing(tmp_path: Path, code: str) -> None:
    assert not any(concerns(tmp_path, code).values())


def test_a_module_is_replaced_with_its_functions(tmp_path: Path) -> None:
    found = concerns(tmp_path, "patch.object(views, 'queries', 1)")
    assert "names the function in a string" in found["recent_items_queryset"]
    assert found["Feed.items_queryset"] == ""


def test_a_container_may_hold_something_else(tmp_path: Path) -> None:
    start = "from shop.feed import Feed\n\nFEEDS = {'a': Feed}\n\n\n"
    views = f"{start}def sold(title):\n    return FEEDS['a'].items(title).filter(sold=True)\n"
    found = concerns(tmp_path, "", {"shop/views.py": views, "shop/tests.py": ""})
    assert "finds items in a container" in found["Feed.items_queryset"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        pytest.param("dir(queries)", "lists names, and may find recent_items_queryset", id="listed"),
        pytest.param("[each for each in vars(queries)]", "lists names", id="in-a-loop"),
        pytest.param("[each for each in dir(queries) if each.startswith('recent')]", "lists names", id="let-through"),
        pytest.param("getattr(queries, 'recent_' + NAME)", "looks up a name built at run time", id="asked-for"),
        pytest.param("hasattr(queries, f'recent_{NAME}')", "looks up a name", id="tried"),
        pytest.param("import operator\n\noperator.attrgetter('recent_' + NAME)", "looks up a name", id="getter"),
        pytest.param("vars(queries)[NAME]", "looks up a name", id="item"),
        pytest.param("import_string(f'shop.queries.{NAME}')", "looks up a name", id="imported"),
        pytest.param("setattr(queries, NAME + 's_queryset', 1)", "assigns to a name", id="put"),
    ],
)
def test_code_that_makes_names_or_lists_them_finds_the_builder(tmp_path: Path, code: str, what: str) -> None:
    found = concerns(tmp_path, f"{code}\n")
    assert what in found["recent_items_queryset"]
    assert found["Feed.items_queryset"] == ""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("[each for each in dir(queries) if each.endswith('Form')]", id="comprehension"),
        pytest.param("[each for each in sorted(dir(queries)) if each.isupper() and NAME]", id="one-of-two-tests"),
        pytest.param("for each in dir(queries):\n    if each.isupper():\n        print(each)", id="loop"),
        pytest.param("import inspect\n\ninspect.getmembers(queries, inspect.isclass)", id="classes-only"),
        pytest.param("def test():\n    return locals()", id="variables-of-a-call"),
        pytest.param("dir(views)", id="another-module"),
        pytest.param("vars(feed.Other)", id="another-class"),
        pytest.param("vars(feed.feed)", id="fields-of-an-object"),
        pytest.param("getattr(queries, 'old_' + NAME)", id="another-name"),
        pytest.param("getattr(views, NAME)", id="name-in-another-module"),
    ],
)
def test_names_that_leave_the_builder_out_do_not_find_it(tmp_path: Path, code: str) -> None:
    assert not any(concerns(tmp_path, f"{code}\n").values())


def test_a_namespace_that_is_updated_is_not_listed(tmp_path: Path) -> None:
    found = concerns(tmp_path, "", {"shop/queries.py": f"{QUERIES}\n\nglobals().update(LIMIT=1)\n"})
    assert found["recent_items_queryset"] == ""


def test_a_name_is_taken_where_a_module_takes_all_names(tmp_path: Path) -> None:
    other = {
        "shop/second.py": "def recent_items_queryset():\n    return []\n",
        "shop/third.py": "from shop.second import *\nfrom shop.queries import *\n\nprint(recent_items_queryset())\n",
    }
    assert "recent_items_queryset" not in concerns(tmp_path, "", other)


def test_the_text_of_a_call_is_kept_or_the_repair_is_not_safe(tmp_path: Path) -> None:
    views = "from shop.feed import Feed\n\n\ndef sold(title):\n    return f'{Feed.items(title).filter(sold=True)=}'\n"
    found = concerns(tmp_path, "", {"shop/views.py": views, "shop/tests.py": ""})
    assert "shows its own code as text" in found["Feed.items_queryset"]
