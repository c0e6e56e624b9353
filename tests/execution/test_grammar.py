"""Repairs of generated projects, executed: no code gets anything else, and none pays more.

The examples are the same in every run. For a long exploration with other ones, say how many:

    QSCACHE_LINT_GRAMMAR=5000 pytest tests/execution/test_grammar.py
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from tests.drawing import some

from . import laws
from .grammar import (
    ANNOTATIONS,
    ASYNC_USES,
    BINDINGS,
    BOUNDS,
    CACHES,
    CALLERS,
    CHAINS,
    DOCSTRINGS,
    EXTRAS,
    INDENTS,
    LAYOUTS,
    MODULES,
    NAMES,
    NEWLINES,
    NOTES,
    PARAMETERS,
    PASSINGS,
    PICKLED,
    RECEIVERS,
    SHAPES,
    SOURCES,
    STYLES,
    SURROUNDINGS,
    USES,
    Cached,
    Caller,
    Project,
)

T = TypeVar("T")
EXPLORED = os.environ.get("QSCACHE_LINT_GRAMMAR")
KINDS = (*("read", "refine") * 6, "both", "both", "doubtful")


def mostly(usual: Sequence[T], rare: Sequence[T]) -> st.SearchStrategy[T]:
    """One of the usual values, now and then a rare one."""
    return st.one_of(*[st.sampled_from(usual)] * 5, st.sampled_from(rare))


@st.composite
def cached_callables(draw: st.DrawFn) -> Cached:
    cache = draw(st.sampled_from(CACHES))
    shape = "property" if cache == "cached_property" else draw(st.sampled_from(("function", "function", *SHAPES)))
    return Cached(
        shape=shape,
        cache=cache,
        spelling=draw(st.integers(0, 3)),
        name=draw(st.sampled_from(NAMES)),
        parameters=() if shape == "property" else draw(st.sampled_from(PARAMETERS)),
        annotation=draw(st.sampled_from(ANNOTATIONS)),
        docstring=draw(st.sampled_from(DOCSTRINGS)),
        chain=draw(st.sampled_from(CHAINS)),
        bound=draw(mostly([""], BOUNDS)),
        layout=draw(st.sampled_from(LAYOUTS)),
        source=draw(mostly(SOURCES[:1], SOURCES)),
        surrounding=draw(mostly([""], list(SURROUNDINGS))),
        is_keyed=draw(st.booleans()),
        is_async=shape != "property" and cache in PICKLED and draw(mostly([False], [True])),
    )


def uses(table: Iterable[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(KINDS).flatmap(lambda kind: st.sampled_from([use for use in table if use.startswith(kind)]))


def callers(cached: Cached) -> st.SearchStrategy[Caller]:
    return st.builds(
        Caller,
        module=st.sampled_from(MODULES),
        style=mostly(STYLES, ["star"]),
        use=uses(ASYNC_USES if cached.is_async else USES),
        binding=mostly(BINDINGS[:2], BINDINGS),
        passing=mostly(PASSINGS[:2], PASSINGS),
        by_keyword=st.booleans(),
        omits_defaults=st.booleans(),
        value=st.integers(0, 2),
        receiver=st.sampled_from(RECEIVERS),
        commented=st.booleans(),
    )


@st.composite
def projects(draw: st.DrawFn) -> Project:
    cached = draw(cached_callables())
    extras = [frozenset({extra}) for extra in EXTRAS]
    return Project(
        cached=cached,
        callers=tuple(draw(st.lists(callers(cached), min_size=1, max_size=len(CALLERS)))),
        notes=draw(st.frozensets(st.sampled_from(NOTES), max_size=4)),
        extras=draw(mostly([frozenset()], extras)) | draw(mostly([frozenset()], extras)),
        indent=draw(st.sampled_from(INDENTS)),
        newline=draw(st.sampled_from(NEWLINES)),
        final_newline=draw(st.booleans()),
        rows=draw(st.sampled_from([25, 1, 0])),
    )


REFINER = Caller("shop.pages", "from", "refine: filter", "inline", "constant", False, False, 0, "shared", True)
READER = replace(REFINER, module="shop.feeds", use="read: list")
PICKLED_STORIES = Cached("function", "memoizer", 0, "recent_stories", (), "", "", ".all()", "", "expression")
STORIES = Project(PICKLED_STORIES, (READER, REFINER))
MEMO = replace(PICKLED_STORIES, cache="lru_cache")
STORED = replace(PICKLED_STORIES, cache="miss and set")

ONCE_WRONG = [
    (Project(MEMO, (REFINER,), notes=frozenset({"imports"})), False),
    (Project(replace(MEMO, docstring=DOCSTRINGS[1]), (READER, REFINER), indent="\t"), False),
    (Project(MEMO, (replace(READER, use="read: item"), READER)), False),
    (Project(STORED, (REFINER,), notes=frozenset({"body"})), False),
    (Project(replace(MEMO, chain=CHAINS[2]), (replace(READER, use="read: part"),)), False),
    (Project(STORED, (replace(REFINER, style="star"), replace(REFINER, style="alias"), READER)), True),
    (Project(MEMO, (READER, replace(REFINER, use="both: branches", binding="name"))), False),
]
"""Projects, each with whether the cached name is kept, that some version repaired wrongly."""


def once_wrong(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with these examples, too."""
    for project, keep_cached_name in ONCE_WRONG:
        test = example(project=project, keep_cached_name=keep_cached_name)(test)
    return test


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[laws.Worker]:
    worker = laws.Worker(tmp_path_factory.mktemp("models"))
    yield worker
    worker.close()


@settings(
    max_examples=int(EXPLORED or some(150)),
    derandomize=EXPLORED is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@once_wrong
@given(project=projects(), keep_cached_name=st.booleans())
def test_a_repair_changes_nothing_but_the_cost(
    worker: laws.Worker, project: Project, keep_cached_name: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        original = Path(directory, "before")
        laws.lay(original, project.files())
        laws.every_call_works(project, original, worker)
        for unsafe in (False, True):
            root = Path(directory, "unsafe" if unsafe else "safe")
            hold(laws.repair(project, root, keep_cached_name=keep_cached_name, unsafe=unsafe), original, worker)


def hold(result: laws.RunResult, original: Path, worker: laws.Worker) -> None:
    """See that every law holds for a repaired project."""
    _note(result)
    laws.only_what_is_allowed(result)
    laws.findings_go_and_none_comes(result)
    if not result.repaired.applied:
        return
    laws.every_file_parses(result)
    laws.repairing_again_changes_nothing(result)
    laws.comments_stay(result)
    laws.form_stays(result)
    if result.is_local and any(repair.concerns for repair in result.repaired.applied):
        return  # the message says what pays more, or gets something else
    laws.no_code_gets_less_or_pays_more(result, original, worker)
    laws.together_they_get_the_same(result, original, worker)
    laws.forgetting_still_helps(result, original, worker)
    laws.what_is_around_counts_as_before(result, original, worker)
    if not any(repair.concerns for repair in result.repaired.applied):
        laws.rows_are_as_fresh_as_they_were(result, original, worker)


def _note(result: laws.RunResult) -> None:
    """Show the files of a counter-example."""
    for change in result.repaired.changes:
        note(f"--- {change.path}\n{change.before.decode()}\n+++ {change.path}\n{change.after.decode()}")


Law = Callable[[laws.RunResult, Path, laws.Worker], None]


def repaired(directory: Path) -> laws.RunResult:
    laws.lay(directory / "before", STORIES.files())
    result = laws.repair(STORIES, directory / "after", keep_cached_name=False)
    assert result.repaired.applied != ()
    return result


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("law", "path", "old", "new"),
    [
        pytest.param(
            laws.no_code_gets_less_or_pays_more, "shop/pages.py", "words__gt=20", "words__gt=40", id="other-rows"
        ),
        pytest.param(
            laws.together_they_get_the_same, "shop/pages.py", "recent_", "cached_recent_", id="an-error-instead"
        ),
        pytest.param(
            laws.no_code_gets_less_or_pays_more,
            "shop/queries.py",
            "def recent_stories",
            "@memoize()\ndef recent_stories",
            id="both-halves-cached",
        ),
        pytest.param(
            laws.no_code_gets_less_or_pays_more,
            "shop/feeds.py",
            "recent_stories",
            "recent_stories_queryset",
            id="a-reader-without-its-cache",
        ),
        pytest.param(laws.rows_are_as_fresh_as_they_were, "shop/queries.py", "@memoize()\n", "", id="fresher"),
    ],
)
def test_a_wrong_repair_breaks_a_law_of_execution(
    tmp_path: Path, worker: laws.Worker, law: Law, path: str, old: str, new: str
) -> None:
    result = repaired(tmp_path)
    law(result, tmp_path / "before", worker)
    spoil(result.root / path, old, new)
    with pytest.raises(AssertionError):
        law(result, tmp_path / "before", worker)


@pytest.mark.parametrize(
    ("law", "path", "old", "new"),
    [
        pytest.param(laws.every_file_parses, "shop/pages.py", "return list(", "return list((", id="syntax"),
        pytest.param(laws.comments_stay, "shop/pages.py", "    # Only what readers may see.\n", "", id="comment"),
        pytest.param(laws.form_stays, "shop/queries.py", "    return", "\treturn  ", id="indentation"),
        pytest.param(
            laws.findings_go_and_none_comes,
            "shop/queries.py",
            "list(recent_stories_queryset())",
            "recent_stories_queryset()",
            id="gone",
        ),
    ],
)
def test_a_wrong_repair_breaks_a_law_of_text(
    tmp_path: Path, law: Callable[[laws.RunResult], None], path: str, old: str, new: str
) -> None:
    result = repaired(tmp_path)
    law(result)
    spoil(result.root / path, old, new)
    with pytest.raises((AssertionError, SyntaxError)):
        law(result)
