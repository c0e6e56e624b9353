"""A name that gets another beside it: every comment stays with its own name, and what was sorted is sorted."""

from __future__ import annotations

import libcst as cst
import pytest

from qscache_lint.fixing.imports import ExtendAll, FollowImports, ImportChange
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.rewrite import bound_by, rewrite


def _followed(source: str, old: str = "items", new: str = "items_queryset", *, keep_old: bool = True) -> str:
    parsed = Parsed.read(source.encode())
    changes = [
        ImportChange("shop/pages.py", parsed.positions.span(alias), bound_by(alias), keep_old)
        for statement in parsed.tree.every(cst.ImportFrom)
        for alias in (() if isinstance(statement.names, cst.ImportStar) else statement.names)
        if alias.evaluated_name == old
    ]
    assert changes
    return rewrite(source.encode(), [FollowImports(changes, old, new)]).decode()


def _listed(source: str, old: str = "items", new: str = "items_queryset") -> str:
    return rewrite(source.encode(), [ExtendAll(old, new)]).decode()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            "(\n    dear,  # the dear ones\n    items,  # all items\n)",
            "(\n    dear,  # the dear ones\n    items,  # all items\n    items_queryset,\n)",
            id="behind-each",
        ),
        pytest.param(
            "(\n    dear,  # the dear ones\n    items  # all items\n)",
            "(\n    dear,  # the dear ones\n    items,  # all items\n    items_queryset\n)",
            id="no-comma-at-the-end",
        ),
        pytest.param(
            "(  # of the shop\n    dear,\n    items,\n)",
            "(  # of the shop\n    dear,\n    items,\n    items_queryset,\n)",
            id="behind-the-bracket",
        ),
        pytest.param(
            "(\n    # above dear\n    dear,\n    # above items\n    items,  # behind items\n"
            "    # above rare\n    rare,\n    # end\n)",
            "(\n    # above dear\n    dear,\n    # above items\n    items,  # behind items\n    items_queryset,\n"
            "    # above rare\n    rare,\n    # end\n)",
            id="lines-between",
        ),
        pytest.param(
            "(\n    # above\n    items,  # behind\n    # end\n)",
            "(\n    # above\n    items,  # behind\n    items_queryset,\n    # end\n)",
            id="one-name",
        ),
        pytest.param(
            "(\n    items,  # behind\n    items_of,  # others\n    zoo,\n)",
            "(\n    items,  # behind\n    items_of,  # others\n    items_queryset,\n    zoo,\n)",
            id="sorted-behind-another",
        ),
        pytest.param(
            "(\n    zoo,\n    items,  # behind\n    dear,  # dear\n)",
            "(\n    zoo,\n    items,  # behind\n    items_queryset,\n    dear,  # dear\n)",
            id="unsorted",
        ),
        pytest.param(
            "(\n    items as all_items,  # behind\n    rare as few,\n)",
            "(\n    items as all_items,  # behind\n    items_queryset,\n    rare as few,\n)",
            id="aliases",
        ),
        pytest.param(
            "(\n    items as all_items,  # first\n    items as some_items,  # second\n)",
            "(\n    items as all_items,  # first\n    items as some_items,  # second\n    items_queryset,\n)",
            id="twice-the-same-name",
        ),
        pytest.param(
            "(dear,  # the dear ones\n    items,  # all items\n    rare)",
            "(dear,  # the dear ones\n    items,  # all items\n    items_queryset,\n    rare)",
            id="under-the-bracket",
        ),
        pytest.param(
            "(\n    dear,  # dear\n    items)",
            "(\n    dear,  # dear\n    items,\n    items_queryset)",
            id="bracket-behind-the-last",
        ),
        pytest.param(
            "(\n    dear,\n    items,  # noqa: F401  passed on\n)",
            "(\n    dear,\n    items,  # noqa: F401  passed on\n    items_queryset,  # noqa: F401  passed on\n)",
            id="noqa-holds-for-both",
        ),
        pytest.param(
            "(\n    dear, items,  # both\n    rare, zoo,  # and these\n)",
            "(\n    dear, items, items_queryset,  # both\n    rare, zoo,  # and these\n)",
            id="several-on-a-line",
        ),
        pytest.param("dear, items  # both", "dear, items, items_queryset  # both", id="one-line"),
        pytest.param("items", "items, items_queryset", id="nothing-else"),
        pytest.param("(items)", "(items, items_queryset)", id="in-brackets"),
        pytest.param("(items,)", "(items, items_queryset,)", id="in-brackets-with-a-comma"),
        pytest.param("dear, \\\n    items", "dear, \\\n    items, \\\n    items_queryset", id="backslash"),
        pytest.param(
            "dear, east, \\\n    items, rare",
            "dear, east, \\\n    items, items_queryset, rare",
            id="backslash-and-pairs",
        ),
        pytest.param("ITEMS, Zoo, items, rare", "ITEMS, Zoo, items, items_queryset, rare", id="constants-first"),
        pytest.param("Dear, items, ITEMS_OF, Zoo", "Dear, items, ITEMS_OF, items_queryset, Zoo", id="any-case"),
        pytest.param("zoo, items, several", "zoo, items, several, items_queryset", id="by-length"),
        pytest.param("items, items2, items10", "items, items2, items10, items_queryset", id="by-number"),
        pytest.param("items, items_queryset", "items, items_queryset", id="there-already"),
        pytest.param("items as items", "items as items, items_queryset as items_queryset", id="passed-on"),
    ],
)
def test_a_name_beside_another_in_an_import(names: str, expected: str) -> None:
    assert _followed(f"from shop.queries import {names}\nx = 1\n") == f"from shop.queries import {expected}\nx = 1\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            "(\n    dear,  # the dear ones\n    items,  # all items\n    # above rare\n    rare,  # few\n)",
            "(\n    all_items,  # all items\n    dear,  # the dear ones\n    # above rare\n    rare,  # few\n)",
            id="moves-with-its-comment",
        ),
        pytest.param(
            "(dear,  # the dear ones\n    # above items\n    items,\n    rare)",
            "(dear,  # the dear ones\n    # above items\n    all_items,\n    rare)",
            id="no-line-for-a-comment-above-the-first",
        ),
        pytest.param(
            "(\n    a, dear,  # the dear ones\n    items, rare,  # others\n)",
            "(\n    a, dear,  # the dear ones\n    all_items, rare,  # others\n)",
            id="nothing-moves-to-the-comment-of-another",
        ),
        pytest.param(
            "(\n    dear,  # the dear ones\n    items\n)",
            "(\n    all_items,\n    dear  # the dear ones\n)",
            id="comment-at-the-end",
        ),
        pytest.param(
            "(\n    dear,  # the dear ones\n    items)",
            "(\n    all_items,\n    dear  # the dear ones\n)",
            id="comment-before-a-bracket-that-had-no-line",
        ),
        pytest.param("dear, \\\n    items", "all_items, \\\n    dear", id="backslash"),
    ],
)
def test_a_name_instead_of_another_in_an_import(names: str, expected: str) -> None:
    found = _followed(f"from shop.queries import {names}\n", new="all_items", keep_old=False)
    assert found == f"from shop.queries import {expected}\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            '[\n    "dear",  # the dear ones\n    "items",  # all items\n    "rare",\n]',
            '[\n    "dear",  # the dear ones\n    "items",  # all items\n    "items_queryset",\n    "rare",\n]',
            id="comments",
        ),
        pytest.param(
            '[\n    "items",  # all items\n    "items_of",\n    # the end\n]',
            '[\n    "items",  # all items\n    "items_of",\n    "items_queryset",\n    # the end\n]',
            id="sorted",
        ),
        pytest.param(
            '[\n    "zoo",\n    "items",  # all items\n    "dear"  # the dear ones\n]',
            '[\n    "zoo",\n    "items",  # all items\n    "items_queryset",\n    "dear"  # the dear ones\n]',
            id="unsorted",
        ),
        pytest.param('["items"]', '["items", "items_queryset"]', id="one"),
        pytest.param('("items",)', '("items", "items_queryset")', id="tuple-of-one"),
        pytest.param('"dear", "items"', '"dear", "items", "items_queryset"', id="tuple-without-brackets"),
        pytest.param('[*others, "items", "a"]', '[*others, "items", "items_queryset", "a"]', id="not-only-names"),
        pytest.param("['Zoo', 'items', 'rare']", "['Zoo', 'items', 'items_queryset', 'rare']", id="quotes"),
    ],
)
def test_a_name_beside_another_in_all(names: str, expected: str) -> None:
    assert _listed(f"__all__ = {names}\n") == f"__all__ = {expected}\n"
