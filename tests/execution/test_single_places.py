"""Repairs of single places, run on Django before and after: at a miss, at a hit, and after a write.

Without a write, results are the same and nothing costs more. After a write, a safe repair gives what it gave, and an
unsafe one the rows of then, as its message says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.fixing.model import Repair

from . import laws
from .grammar import MEMOIZER, MODELS
from .harness import Change, Measurement

MEMO = """
from functools import lru_cache

from catalogue.models import Story


@lru_cache(maxsize=1)
def stories():
    return Story.objects.filter(published=True).order_by("pk")


def everything():
    return stories()
"""

PICKLED = MEMO.replace("from functools import lru_cache", "from shop.caching import memoize").replace(
    "@lru_cache(maxsize=1)", "@memoize()"
)

SCOPED = """
from django.utils.functional import cached_property

from catalogue.models import Story


class Desk:
    @cached_property
    def stories(self):
        return Story.objects.filter(published=True).order_by("pk")

    def everything(self):
        return self.stories

    def titles(self):
        return [story.title for story in self.stories.all()]


def call():
    return Desk().titles()
"""

COPY = """
def call():
    return [story.title for story in stories().all()]
"""

QUESTIONS = """
def call():
    found = stories()
    if not found.exists():
        return "none"
    number = found.count()
    return [number, found.all().exists(), [story.title for story in found.all()]]
"""

GUARD = """
def call():
    titles = []
    found = stories()
    if found.exists():
        for story in found.all():
            titles.append(story.title)
    return titles
"""

GUARDED_FILTER = """
def call():
    titles = []
    found = stories()
    if found.exists():
        for story in found.filter(words__gt=20):
            titles.append(story.title)
    return titles
"""

STORED = """
from django.core.cache import cache

from catalogue.models import Story


def call():
    found = cache.get("desk:published-stories")
    if found is None:
        found = Story.objects.filter(published=True).order_by("pk")
        cache.set("desk:published-stories", found, 60)
    titles = [story.title for story in found]
    return [found.count(), found.exists(), titles, [story.pk for story in found[:2]], 3 in found]
"""

STORED_BY_CALL = """
from django.core.cache import cache

from catalogue.models import Story


def call():
    found = cache.get_or_set("desk:long-stories", lambda: Story.objects.filter(words__gt=30), 60)
    if not found.exists():
        return "none"
    return [found.count(), sorted(story.pk for story in found)]
"""

STORED_AT_ONCE = STORED_BY_CALL.replace("lambda: ", "")


@dataclass(frozen=True)
class Example:
    """A module with a function `call`, the repair it gets, and whether that shows rows of then after a write."""

    source: str
    repair: str
    applicability: str
    is_frozen: bool = True


EXAMPLES = {
    "a copy of a memo": Example(MEMO + COPY, "drop-copy", "unsafe"),
    "a copy of what is pickled": Example(PICKLED + COPY, "drop-copy", "unsafe"),
    "a copy of what an object keeps": Example(SCOPED, "drop-copy", "unsafe", is_frozen=False),
    "questions to a memo": Example(MEMO + QUESTIONS, "use-loaded-rows", "unsafe"),
    "questions to what is pickled": Example(PICKLED + QUESTIONS, "use-loaded-rows", "unsafe"),
    "a guard": Example(MEMO + GUARD, "drop-guard", "unsafe"),
    "a guard of a filter": Example(MEMO + GUARDED_FILTER, "drop-guard", "unsafe", is_frozen=False),
    "get, miss and set": Example(STORED, "store-rows", "safe", is_frozen=False),
    "get_or_set with a function": Example(STORED_BY_CALL, "store-rows", "safe", is_frozen=False),
    "get_or_set with a QuerySet": Example(STORED_AT_ONCE, "store-rows", "safe", is_frozen=False),
}

CALL: laws.Step = {"name": "call", "target": "desk:call"}


@dataclass(frozen=True)
class Repaired:
    """An example on the disk, as it was and as it is with its repair."""

    before: Path
    after: Path
    repairs: tuple[Repair, ...]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[laws.Worker]:
    process = laws.Worker(tmp_path_factory.mktemp("models"))
    yield process
    process.close()


@pytest.fixture(scope="module", params=EXAMPLES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def repaired(name: str, tmp_path_factory: pytest.TempPathFactory) -> Repaired:
    directory = tmp_path_factory.mktemp("example")
    files = {
        "pyproject.toml": "[tool.qscache-lint]\n",
        "catalogue/__init__.py": "",
        "catalogue/models.py": MODELS,
        "desk.py": EXAMPLES[name].source,
    }
    if "shop.caching" in EXAMPLES[name].source:  # a helper that is given keys may read any entry
        files |= {"shop/__init__.py": "", "shop/caching.py": MEMOIZER}
    before, after = directory / "before", directory / "after"
    for root in (before, after):
        laws.lay(root, {path: source.encode() for path, source in files.items()})
    report = laws.check(after, keep_cached_name=False)
    made = api.plan_fixes(report, unsafe=EXAMPLES[name].applicability == "unsafe")
    api.write(report, made)
    return Repaired(before, after, made.applied)


def test_the_repair_is_the_one_that_is_meant(name: str, repaired: Repaired) -> None:
    expected = EXAMPLES[name]
    found = {(each.name, each.applicability.value) for each in repaired.repairs}
    assert (expected.repair, expected.applicability) in found
    assert found <= {(expected.repair, expected.applicability), ("extract-builder", "safe")}


@pytest.mark.parametrize("rows", [0, 1, 12])
def test_results_are_the_same_and_nothing_costs_more(repaired: Repaired, worker: laws.Worker, rows: int) -> None:
    before, after = _run(repaired, worker, rows, [CALL, CALL, CALL])
    problems = [problem for pair in zip(before, after, strict=True) for problem in Change(*pair).problems]
    assert problems == []
    assert all(not isinstance(each.result, dict) for each in before)


@pytest.mark.parametrize("rows", [0, 12])
def test_after_a_write_the_rows_are_those_that_the_message_names(
    name: str, repaired: Repaired, worker: laws.Worker, rows: int
) -> None:
    before, after = _run(repaired, worker, rows, [CALL, None, CALL])
    assert before[0].result == after[0].result
    if EXAMPLES[name].is_frozen:
        assert rows == 0 or before[1].result != before[0].result
        assert after[1].result == after[0].result
        assert any("not current" in each.message for each in repaired.repairs)
    else:
        assert after[1].result == before[1].result


def _run(
    repaired: Repaired, worker: laws.Worker, rows: int, steps: list[laws.Step]
) -> tuple[list[Measurement], list[Measurement]]:
    (before,), (after,) = worker.run(repaired.before, rows, [steps]), worker.run(repaired.after, rows, [steps])
    return before, after
