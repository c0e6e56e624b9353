"""Which repair a small project gets, or the reason why it gets none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.projects import (
    MODELS,
    QUERIES,
    READER,
    REFINER,
    SHOP,
    lay,
    places,
    plan,
    refusals,
    repair,
    side_by_side,
    write,
)

IMPORT = "from shop.queries import recent_items\n"
PLAIN_DECORATOR = (
    "import functools\n\n\ndef plain(f):\n    @functools.wraps(f)\n    def call(*args):\n        return f(*args)\n"
    "\n    return call\n\n\n"
)


def _texts(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    return {path: (root / path).read_text(encoding="utf-8") for path in files}


@pytest.mark.parametrize("link", ["settings.toml", "notes.ipynb", "shop/templates/page.html"])
def test_links_that_lead_nowhere_mention_nothing(tmp_path: Path, link: str) -> None:
    lay(tmp_path, SHOP)
    expected = plan(tmp_path).applied
    path = tmp_path / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("nowhere")
    assert plan(tmp_path).applied == expected != ()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param(
            {"shop/taken.py": IMPORT + "cached_recent_items = list(recent_items())\n"},
            "the name cached_recent_items is already used on line 2 of shop/taken.py",
            id="name-taken-by-a-caller",
        ),
        pytest.param(
            {"shop/queries.py": QUERIES + "\n\ndef cached_recent_items():\n    return []\n"},
            "the name cached_recent_items is already used on line 11 of shop/queries.py",
            id="name-taken-beside-the-function",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\n\ndef items():\n    return recent_items()\n"},
            "line 5 of shop/api.py calls recent_items(), and there items() returns it",
            id="returned",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\n\nclass Page:\n    def load(self):\n        self.items = recent_items()\n"},
            "line 6 of shop/api.py calls recent_items(), and there it is kept in an attribute, an item or a global",
            id="kept-in-an-attribute",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "ITEMS = recent_items()\n"},
            "line 2 of shop/api.py calls recent_items(), and there the module keeps it in a global",
            id="kept-in-a-global",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\n\ndef items():\n    yield recent_items()\n"},
            "line 5 of shop/api.py calls recent_items(), and there it is yielded, raised or unpacked",
            id="yielded",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "from elsewhere import show\n\n\ndef f():\n    show(recent_items())\n"},
            "line 6 of shop/api.py calls recent_items(), and there it is passed to elsewhere.show",
            id="handed-to-the-unknown",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\n\ndef f():\n    return recent_items().count()\n"},
            "line 5 of shop/api.py calls recent_items(), and there .count() is used, which rows in a list do not have",
            id="counted",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\n\ndef f():\n    return recent_items()[-1].title\n"},
            "line 5 of shop/api.py calls recent_items(), and there a negative index raises",
            id="negative-index",
        ),
        pytest.param(
            {
                "shop/api.py": IMPORT + "\n\ndef f(a):\n    items = recent_items() if a else recent_items()\n"
                "    return list(items), items.all()\n"
            },
            "line 5 of shop/api.py both reads and refines recent_items(), after a branch",
            id="read-and-refined-behind-a-branch",
        ),
        pytest.param(
            {"shop/tests.py": 'from unittest.mock import patch\n\nfake = patch("shop.queries.recent_items")\n'},
            "line 3 of shop/tests.py names the function in a string",
            id="patched-by-name",
        ),
        pytest.param(
            {"shop/api.py": IMPORT + "\nHOOKS = [recent_items]\n"},
            "shop/api.py uses recent_items other than by calling it",
            id="used-as-a-value",
        ),
        pytest.param(
            {"shop/broken.py": IMPORT + "def f(:\n"},
            "shop/broken.py may mention recent_items and cannot be read",
            id="a-caller-that-cannot-be-parsed",
        ),
        pytest.param(
            {"shop/queries.py": PLAIN_DECORATOR + QUERIES.replace("@cache", "@plain\n@cache")},
            "recent_items has the decorator @plain above the caching one",
            id="two-decorators",
        ),
        pytest.param(
            {
                "shop/views.py": "from django.shortcuts import render\n" + IMPORT + "\n\ndef page(request):\n"
                '    return render(request, "shop/page.html", {"items": recent_items()})\n',
                "shop/templates/shop/page.html": "<p>\n{{ items.count }}\n",
            },
            "line 2 of the template shop/page.html does more with items than read its rows",
            id="counted-in-a-template",
        ),
        pytest.param(
            {
                "shop/views.py": "from django.shortcuts import render\n" + IMPORT + "\n\ndef page(request):\n"
                '    return render(request, "/page.html", {"items": recent_items()})\n',
            },
            "template",
            id="a-template-with-an-absolute-name",
        ),
    ],
)
def test_what_would_break_a_caller_is_refused_with_the_reason(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    lay(tmp_path, {**SHOP, **files})
    (refusal,) = refusals(tmp_path)
    assert refusal.startswith("no automatic fix: ")
    assert reason in refusal
    assert _texts(tmp_path, {**SHOP, **files}) == {**SHOP, **files}


COUNTER = IMPORT + "\n\ndef titles():\n    return [item.title for item in recent_items()]\n"
SOLD = IMPORT + "\n\ndef sold():\n    return recent_items().filter(sold=True)[0]\n"
MEMO = QUERIES.replace("from cache_memoize import cache_memoize", "from functools import lru_cache").replace(
    "@cache_memoize(60)", "@lru_cache"
)


@pytest.mark.parametrize(
    ("files", "name", "effect"),
    [
        pytest.param(
            SHOP,
            "split-function",
            "readers get a list instead of a QuerySet, and the cached function has a new name",
            id="split",
        ),
        pytest.param(
            {"shop/queries.py": QUERIES, "shop/reader.py": COUNTER},
            "materialise",
            "readers of recent_items() get a list instead of a QuerySet",
            id="materialise",
        ),
        pytest.param(
            {"shop/queries.py": MEMO, "shop/reader.py": COUNTER},
            "materialise",
            "readers of recent_items() get a tuple instead of a QuerySet",
            id="materialise-memo",
        ),
        pytest.param(
            {"shop/queries.py": MEMO, "shop/refiner.py": SOLD},
            "drop-cache",
            "the cache is removed: every call creates a QuerySet of its own",
            id="drop",
        ),
    ],
)
def test_every_repair_is_unsafe_and_says_what_changes(
    tmp_path: Path, files: dict[str, str], name: str, effect: str
) -> None:
    """Nothing in these projects is a concern; what changes for readers changes with every repair of the kind."""
    lay(tmp_path, files)
    safe = plan(tmp_path, unsafe=False)
    assert {each.name for each in safe.applied} <= {"extract-builder"}
    repair = plan(tmp_path).applied[0]
    assert (repair.name, repair.applicability.value, repair.concerns) == (name, "unsafe", ())
    assert repair.message.endswith(f"; {effect}")


def test_with_the_cached_name_kept_the_message_speaks_of_that_one(tmp_path: Path) -> None:
    lay(tmp_path, SHOP)
    (repair,) = plan(tmp_path, keep_cached_name=True).applied
    assert repair.message.endswith("; readers of recent_items() get a list instead of a QuerySet")


def test_readers_move_and_refiners_stay(tmp_path: Path) -> None:
    lay(tmp_path, SHOP)
    repair(tmp_path)
    assert _texts(tmp_path, SHOP) == {
        "shop/queries.py": (
            "from cache_memoize import cache_memoize\n"
            "\n"
            "from shop.models import Item\n"
            "\n"
            "\n"
            "def recent_items():\n"
            '    """Returns a QuerySet to refine; cached_recent_items() has its rows in a cache."""\n'
            "    return Item.objects.filter(sold=False)\n"
            "\n"
            "\n"
            "@cache_memoize(60)\n"
            "def cached_recent_items():\n"
            '    """The rows of recent_items(), cached; refine that one instead."""\n'
            "    return list(recent_items())\n"
        ),
        "shop/reader.py": READER.replace("recent_items", "cached_recent_items"),
        "shop/refiner.py": REFINER,
    }


def test_the_cached_function_may_keep_its_name(tmp_path: Path) -> None:
    lay(tmp_path, SHOP)
    repair(tmp_path, keep_cached_name=True)
    written = _texts(tmp_path, SHOP)
    assert "\n\n\ndef recent_items_queryset():\n" in written["shop/queries.py"]
    assert "\n\n\n@cache_memoize(60)\ndef recent_items():\n" in written["shop/queries.py"]
    assert "return list(recent_items_queryset())\n" in written["shop/queries.py"]
    assert written["shop/reader.py"] == READER
    assert written["shop/refiner.py"] == REFINER.replace("recent_items", "recent_items_queryset")


def test_the_table_says_which_name_is_kept(tmp_path: Path) -> None:
    lay(tmp_path, SHOP, "keep-cached-name = true\n")
    repair(tmp_path)
    assert (tmp_path / "shop/reader.py").read_text(encoding="utf-8") == READER


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        pytest.param(
            "from shop import queries\n\n\ndef titles():\n    return [item.title for item in queries.recent_items()]\n",
            "from shop import queries\n\n\ndef titles():\n"
            "    return [item.title for item in queries.cached_recent_items()]\n",
            id="through-the-module",
        ),
        pytest.param(
            "import shop.queries\n\n\ndef titles():\n    return sorted(shop.queries.recent_items(), key=str)\n",
            "import shop.queries\n\n\ndef titles():\n    return sorted(shop.queries.cached_recent_items(), key=str)\n",
            id="through-the-package-and-the-module",
        ),
        pytest.param(
            "from shop import queries as q\n\n\ndef n():\n    return len(q.recent_items())\n",
            "from shop import queries as q\n\n\ndef n():\n    return len(q.cached_recent_items())\n",
            id="through-the-module-under-another-name",
        ),
        pytest.param(
            IMPORT + "\n\ndef titles():\n    return [str(item) for item in recent_items()]\n"
            "\n\ndef named(word):\n    return recent_items().filter(title=word)[0]\n",
            "from shop.queries import cached_recent_items, recent_items\n"
            "\n\ndef titles():\n    return [str(item) for item in cached_recent_items()]\n"
            "\n\ndef named(word):\n    return recent_items().filter(title=word)[0]\n",
            id="one-file-reads-and-refines",
        ),
        pytest.param(
            "from shop.queries import (\n    recent_items,  # fresh\n)\n\n\ndef n():\n    return len(recent_items())\n",
            "from shop.queries import (\n    cached_recent_items,  # fresh\n)\n\n\ndef n():\n"
            "    return len(cached_recent_items())\n",
            id="import-over-lines-with-a-comment",
        ),
        pytest.param(
            "def n():\n    from .queries import recent_items\n\n    return len(recent_items())\n",
            "def n():\n    from .queries import cached_recent_items\n\n    return len(cached_recent_items())\n",
            id="relative-import-in-a-function",
        ),
        pytest.param(
            "from shop.queries import recent_items as items\n\n\ndef n():\n    return len(items())\n",
            "from shop.queries import cached_recent_items as items\n\n\ndef n():\n    return len(items())\n",
            id="under-another-name",
        ),
        pytest.param(
            "from shop.queries import recent_items as items\n\n\ndef n():\n    return len(items())\n"
            "\n\ndef old():\n    return list(items().filter(sold=True))\n",
            "from shop.queries import cached_recent_items, recent_items as items\n\n\ndef n():\n"
            "    return len(cached_recent_items())\n\n\ndef old():\n    return list(items().filter(sold=True))\n",
            id="both-under-another-name",
        ),
        pytest.param(
            IMPORT + "\n\ndef f():\n    items = recent_items()\n"
            "    return list(items), list(items.order_by('title'))\n",
            "from shop.queries import cached_recent_items, recent_items\n\n\ndef f():\n"
            "    items = cached_recent_items()\n    return list(items), list(recent_items().order_by('title'))\n",
            id="both-in-one-function",
        ),
        pytest.param(
            IMPORT + "\n\ndef n():\n    for item in recent_items():  # all of them\n        print(item)\n",
            "from shop.queries import cached_recent_items\n"
            "\n\ndef n():\n    for item in cached_recent_items():  # all of them\n        print(item)\n",
            id="a-comment-behind-the-call",
        ),
    ],
)
def test_callers_follow_however_they_reach_the_function(tmp_path: Path, caller: str, expected: str) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/caller.py": caller})
    repair(tmp_path)
    assert (tmp_path / "shop/caller.py").read_text(encoding="utf-8") == expected


def test_a_package_that_passes_the_function_on_passes_both_on(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "shop/queries/__init__.py": "from shop.queries.items import recent_items\n\n__all__ = ['recent_items']\n",
            "shop/queries/items.py": QUERIES,
            "shop/reader.py": READER,
            "shop/refiner.py": REFINER,
        },
    )
    repair(tmp_path)
    assert (tmp_path / "shop/queries/__init__.py").read_text(encoding="utf-8") == (
        "from shop.queries.items import cached_recent_items, recent_items\n\n"
        "__all__ = ['recent_items', 'cached_recent_items']\n"
    )
    assert (tmp_path / "shop/reader.py").read_text(encoding="utf-8") == READER.replace(
        "recent_items", "cached_recent_items"
    )


def test_a_template_that_reads_is_a_reader(tmp_path: Path) -> None:
    view = (
        "from django.shortcuts import render\n"
        + IMPORT
        + "\n\ndef page(request):\n"
        + '    return render(request, "page.html", {"title": "New", "items": recent_items()})\n'
    )
    template = "{{ title }}{% for item in items %}{{ item.title }}{% empty %}None.{% endfor %}\n"
    lay(tmp_path, {**SHOP, "shop/views.py": view, "shop/templates/page.html": template})
    repair(tmp_path)
    assert '"items": cached_recent_items()}' in (tmp_path / "shop/views.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            QUERIES, QUERIES[QUERIES.index("from shop") :].replace("@cache_memoize(60)\n", ""), id="its-import-goes"
        ),
        pytest.param(
            QUERIES + "\n\n@cache_memoize(5)\ndef total():\n    return 7\n",
            QUERIES.replace("@cache_memoize(60)\n", "") + "\n\n@cache_memoize(5)\ndef total():\n    return 7\n",
            id="its-import-stays-for-another-function",
        ),
        pytest.param(
            "import cache_memoize\n" + MODELS["shop/__init__.py"] + "from shop.models import Item\n\n\n"
            "# Why.\n@cache_memoize.cache_memoize(60)\ndef recent_items():\n    return Item.objects.all()\n",
            "from shop.models import Item\n\n\n# Why.\ndef recent_items():\n    return Item.objects.all()\n",
            id="the-import-of-its-module-goes-and-the-comment-stays",
        ),
        pytest.param(
            QUERIES.replace("import cache_memoize", "import cache_memoize, get_cache"),
            QUERIES.replace("import cache_memoize", "import get_cache").replace("@cache_memoize(60)\n", ""),
            id="the-other-name-of-the-import-stays",
        ),
    ],
)
def test_where_every_caller_refines_the_cache_goes(tmp_path: Path, before: str, after: str) -> None:
    lay(tmp_path, {"shop/queries.py": before, "shop/refiner.py": REFINER})
    assert [each.name for each in repair(tmp_path)] == ["drop-cache"]
    assert (tmp_path / "shop/queries.py").read_text(encoding="utf-8") == after
    assert (tmp_path / "shop/refiner.py").read_text(encoding="utf-8") == REFINER


def test_a_comment_on_the_decorator_is_not_lost_when_the_cache_goes(tmp_path: Path) -> None:
    """A dropped decorator may take a comment with it only if that is about the decorator: that cannot be known."""
    queries = QUERIES.replace("@cache_memoize(60)\n", "@cache_memoize(60)  # see ticket 7\n")
    lay(tmp_path, {"shop/queries.py": queries, "shop/refiner.py": REFINER})
    repair(tmp_path)
    assert "# see ticket 7" in (tmp_path / "shop/queries.py").read_text(encoding="utf-8")


def test_a_cache_that_is_managed_is_not_dropped(tmp_path: Path) -> None:
    signal = IMPORT + "\n\ndef forget():\n    recent_items.invalidate()\n"
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/signals.py": signal})
    (refusal,) = refusals(tmp_path)
    assert "line 5 of shop/signals.py uses the cache of recent_items()" in refusal


def test_two_functions_are_repaired_in_one_run(tmp_path: Path) -> None:
    second = QUERIES + QUERIES[QUERIES.index("\n\n@") :].replace("recent_items", "old_items")
    both = READER.replace("recent_items", "old_items")
    lay(
        tmp_path,
        {**SHOP, "shop/queries.py": second, "shop/old.py": both, "shop/older.py": REFINER.replace("recent", "old")},
    )
    assert [each.name for each in repair(tmp_path)] == ["split-function", "split-function"]


def test_only_what_is_reported_is_repaired(tmp_path: Path) -> None:
    """A suppressed use is no reason to rewrite a function: the finding is gone, so is the fix."""
    lay(
        tmp_path,
        {
            "shop/queries.py": QUERIES.replace("(60)", "(60)  # noqa: QSC101"),
            "shop/reader.py": READER,
            "shop/refiner.py": REFINER.replace("title=word))", "title=word))  # noqa: QSC201"),
        },
    )
    assert places(tmp_path) == []
    assert plan(tmp_path).changes == ()


@pytest.mark.parametrize(
    "reader",
    [
        pytest.param("from functools import partial\n\nlater = partial(recent_items)\n", id="partial"),
        pytest.param("\n\ndef f():\n    return [list(rows) for rows in map(recent_items, [1])]\n", id="map"),
    ],
)
def test_the_cache_stays_where_it_may_be_called_out_of_sight(tmp_path: Path, reader: str) -> None:
    files = {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/reader.py": IMPORT + reader}
    lay(tmp_path, files)
    (refusal,) = refusals(tmp_path)
    assert "shop/reader.py uses recent_items other than by calling it" in refusal
    assert _texts(tmp_path, files) == files


def test_each_component_is_repaired_by_itself(tmp_path: Path) -> None:
    named = {"site_mart/hooks.yaml": "hook: mart.queries.recent_items\n", "site_mart/notes.ipynb": "recent_items"}
    write(tmp_path, {**side_by_side("shop", "mart"), **named})
    repaired = plan(tmp_path)
    kinds = {(each.target.path, each.name) for each in repaired.applied}
    assert ("site_shop/shop/queries.py", "split-function") in kinds
    assert ("site_mart/mart/queries.py", "extract-builder") in kinds
    assert ("site_mart/mart/queries.py", "split-function") not in kinds
    assert not any("ipynb" in each.message for each in repaired.applied if "shop" in each.target.path)


def test_a_directory_with_the_name_of_another_component_still_stands_around(tmp_path: Path) -> None:
    named = {"shop/LICENSE": "", "site_mart/shop/hooks.yaml": "hook: mart.queries.recent_items\n"}
    write(tmp_path, {**side_by_side("mart"), "shop/pages.py": "", **named})
    (refusal,) = refusals(tmp_path)
    assert refusal.endswith("site_mart/shop/hooks.yaml names the function: mart.queries.recent_items")
