"""Answers of a type checker are kept while all is the same that the types in their files rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.kept import CacheEntry
from qscache_lint.oracles import Answers, Asked, TypeName
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.kept import KeptAnswers, KeptOracle
from qscache_lint.typed.reach import Reach
from qscache_lint.values import Position, Span

SPAN = Span(Position(1, 1), Position(1, 2))
FILES = {
    "shop/__init__.py": "",
    "shop/models.py": "class Order: pass\n",
    "shop/views.py": "from shop import tools as t, models\n",
    "shop/tools.py": "from . import (  # (all of them)\n    prices,\n)\n",
    "shop/prices.py": "import shop.\\\nrates\n",
    "shop/rates.py": "",
    "shop/urls.py": "if True: from .views import *\n",
    "shop/other.py": "'''import shop in words'''\n",
    "config/live.py": "INSTALLED_APPS = []\nfrom config.base import *\n",
    "config/base.py": "",
}


def _tree(other: Mapping[str, str] | None = None) -> SourceTree:
    return SourceTree(Path(), (), {path: text.encode() for path, text in {**FILES, **(other or {})}.items()})


@pytest.mark.parametrize(
    ("edited", "path", "is_other"),
    [
        pytest.param("shop/views.py", "shop/views.py", True, id="itself"),
        pytest.param("shop/tools.py", "shop/views.py", True, id="what it imports"),
        pytest.param("shop/rates.py", "shop/views.py", True, id="what that imports, over several rows"),
        pytest.param("shop/views.py", "shop/tools.py", False, id="what imports it"),
        pytest.param("shop/views.py", "shop/urls.py", True, id="all names of a module"),
        pytest.param("shop/other.py", "shop/views.py", False, id="nothing to do with it"),
        pytest.param("shop/__init__.py", "shop/other.py", True, id="the package around"),
        pytest.param("shop/models.py", "shop/other.py", True, id="models"),
        pytest.param("config/live.py", "shop/other.py", True, id="settings"),
        pytest.param("config/base.py", "shop/other.py", True, id="what settings import"),
        pytest.param("shop/new.py", "shop/other.py", True, id="another file"),
    ],
)
def test_what_types_rest_on(edited: str, path: str, is_other: bool) -> None:
    after = _tree({edited: f"{FILES.get(edited, '')}# edited\n"})
    assert (Reach(_tree()).state(path) != Reach(after).state(path)) is is_other


@dataclass
class Counting:
    name: str = "a checker"
    asked: list[Asked] = field(default_factory=list)
    complete: bool = True
    failure: str = ""

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        self.asked.extend(asked)
        known = {each: (TypeName("none"),) for each in asked if each.part == "value"}
        return Answers(known, failure=self.failure, complete=self.complete)


VIEWS = Asked("shop/views.py", SPAN, "value")
TOOLS = Asked("shop/tools.py", SPAN, "value")
NOTHING = Asked("shop/tools.py", SPAN, "receiver")
NONE: Mapping[Asked, tuple[TypeName, ...]] = {each: (TypeName("none"),) for each in (VIEWS, TOOLS)}


def _kept(oracle: Counting, cache: DiskCache | None = None) -> KeptOracle:
    return KeptOracle(oracle, CacheEntry(cache, "types", KeptAnswers))


def test_only_what_may_be_different_is_asked_again() -> None:
    counting = Counting()
    oracle = _kept(counting)
    assert oracle.ask([VIEWS, TOOLS, NOTHING], _tree()).known == {**NONE}
    assert oracle.ask([VIEWS, TOOLS, NOTHING], _tree({"shop/other.py": ""})).known == {**NONE, NOTHING: ()}
    assert counting.asked == [VIEWS, TOOLS, NOTHING]
    oracle.ask([VIEWS, TOOLS, NOTHING], _tree({"shop/views.py": "x = 1\n"}))
    assert counting.asked[3:] == [VIEWS]


def test_answers_outlive_a_process(tmp_path: Path) -> None:
    counting = Counting()
    cache = DiskCache(tmp_path / "cache")
    _kept(counting, cache).ask([VIEWS, NOTHING], _tree())
    assert _kept(counting, cache).ask([VIEWS, NOTHING], _tree()).known == {VIEWS: NONE[VIEWS], NOTHING: ()}
    assert counting.asked == [VIEWS, NOTHING]


@pytest.mark.parametrize("oracle", [Counting(complete=False), Counting(failure="not here")], ids=["less", "nothing"])
def test_what_could_be_more_is_not_kept(oracle: Counting) -> None:
    kept = _kept(oracle)
    for _ in range(2):
        told = kept.ask([VIEWS], _tree())
        assert (told.complete, told.failure) == (oracle.complete, oracle.failure)
    assert oracle.asked == [VIEWS, VIEWS]
