"""The local split of functions that are drawn: no other code notices it, and the builder gives what a miss gave.

A function draws statements before the read, a form of the read, statements that make the query, and an end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from qscache_lint.fixing.model import Refused
from tests.unit.extracting import extracted
from tests.unit.fake_shop import Shop

BEFORE = (
    "user = make_keysafe(user)",
    "level = level or 3",
    "if level is None:\n    level = 4",
    "if not user:\n    return Item.objects.none()",
    "if user == 'bad':\n    raise ValueError(user)",
    "base = Item.objects.all()",
    "note('start')",
    "wanted['level'] = level",
    "other = wanted\nother['kept'] = True",
    "words = [*words, 'w']",
)
QUERIES = ("Item.objects.filter(owner=user)", "base.filter(level=level)", "Item.objects.filter(**wanted)")
BUILDING = (
    "if level and level > 2:\n    rows = rows.exclude(level=level)",
    "for word in words:\n    rows = rows.filter(title=word)",
    "rows = rows.order_by(user)",
    "note('miss')",
    "user = user.upper()",
    "total = rows.count()\ncache.set('total', total)",
    "shelf = find_shelf(user)\nrows = rows.filter(shelf=shelf)",
    "try:\n    level = int(level)\nexcept (ValueError, TypeError):\n    level = 0",
    "if user == 'x':\n    return []",
    "if not rows:\n    return []",
    "if user == 'y':\n    raise ValueError(user)",
    "query = rows\nrows = query.distinct()",
    "seen = cache.get('seen')",
)
READS = (
    "rows = cache.get(key)\nif rows is None:\n{miss}\n{end}",
    "hit = cache.get(key)\nif hit is not None:\n    return hit\nif True:\n{miss}\n{end}",
    "if not (rows := cache.get(key)):\n{miss}\n{end}",
    "rows = cache.get(key)\nif rows is not None:\n    note('hit')\nelse:\n{miss}\n{end}",
    "rows = None\nif settings.CACHE_ENABLED:\n    rows = cache.get(key)\nif rows is None:\n{miss}\n{end}",
)
CALLS = ("get_items('ann', None, [])", "get_items('', 1, ['b'])", "get_items('x', 3, ['a'])", "get_items('y', 0, [])")


def _indented(statements: str) -> str:
    return "\n".join(f"    {line}" for line in statements.splitlines())


def _function(draw: random.Random) -> str:
    before = ["wanted = {'owner': user}", "base = Item.objects.all()", *_some(draw, BEFORE), "key = f'{user}:{level}'"]
    stored, end = draw.choice([("rows", "return rows"), ("rows.reverse()", "return cache.get(key)")])
    miss = [f"rows = {draw.choice(QUERIES)}", *_some(draw, BUILDING), f"cache.set(key, {stored}, 60)"]
    read = draw.choice(READS).format(miss=_indented("\n".join(miss)), end=end)
    return f"def get_items(user, level, words):\n{_indented(chr(10).join((*before, read)))}\n"


def _some(draw: random.Random, statements: tuple[str, ...]) -> Iterator[str]:
    return (draw.choice(statements) for _ in range(draw.randint(0, 4)))


@pytest.mark.drawn(share=3)
@pytest.mark.parametrize("seed", range(60))
def test_a_drawn_function(seed: int) -> None:
    source = _function(random.Random(seed))
    try:
        split = extracted(source.encode())
    except Refused:
        return
    runs_twice = any(each.endswith("runs twice") for each in split.differences)
    for call in CALLS:
        old, new, built = Shop(source), Shop(split.text), Shop(split.text)
        for is_hit in (False, True):
            given = old.run(call)
            assert new.run(call) == given, split.text
            assert new.notes == old.notes, split.text
            assert new.events == old.events or (runs_twice and not is_hit), split.text
            new.events[:] = old.events
            if not is_hit:
                assert built.run(call.replace("get_items", split.builder)) == given, split.text


def test_most_drawn_functions_are_split() -> None:
    assert sum(_is_split(_function(random.Random(seed))) for seed in range(60)) > 30


def _is_split(source: str) -> bool:
    try:
        extracted(source.encode())
    except Refused:
        return False
    return True
