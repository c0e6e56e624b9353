"""Rows in a list or tuple stand in for the QuerySet they were read from: what repairs take for granted.

`fixing.reading` calls these uses reading, and `knowledge/consumers.toml` says which functions tell a list from a
QuerySet. Anything else is refused there, so that it needs no proof.
"""

from __future__ import annotations

import builtins
import collections
import csv
import importlib
import io
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.queryset_rows import is_told_by_rows
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.operations import takes_rows
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield


def _lazy() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.order_by("pk")


def _evaluated() -> Any:
    reports = _lazy()
    len(reports)
    return reports


def _pickled() -> Any:
    return pickle.loads(pickle.dumps(_lazy()))


pytestmark = pytest.mark.drawn("state", "container")

STATES = [_lazy, _evaluated, _pickled]
CONTAINERS: list[Callable[[Any], Any]] = [list, tuple]


def _plain(value: Any) -> Any:
    """A result as something to compare: iterators are read, QuerySets and containers are lists."""
    if isinstance(value, (str, bytes, int, float, bool)) or value is None:
        return value
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if hasattr(value, "__iter__"):
        return [_plain(each) for each in value]
    return value


READING: dict[str, Callable[[Any], Any]] = {
    "for": lambda rows: [row.title for row in rows],
    "async for is dropped: for": lambda rows: {row.pk for row in rows},
    "len": len,
    "truth": bool,
    "not": lambda rows: not rows,
    "in": lambda rows: _lazy()[1] in rows,
    "not in": lambda rows: _lazy()[1] not in rows,
    "is None": lambda rows: rows is None,
    "[0]": lambda rows: rows[0],
    "[3]": lambda rows: rows[3],
    "[:3]": lambda rows: rows[:3],
    "[1:3]": lambda rows: rows[1:3],
    "[2:]": lambda rows: rows[2:],
    "[::2]": lambda rows: rows[::2],
    "unpacking": lambda rows: (lambda first, *rest: (first, rest))(*rows),
    "sorted": lambda rows: sorted(rows, key=lambda row: row.title),
    "reversed": reversed,
    "or": lambda rows: rows or [],
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", READING)
def test_reading_gives_the_same(name: str, state: Callable[[], Any], container: Callable[[Any], Any]) -> None:
    read = READING[name]
    assert _plain(read(container(_lazy()))) == _plain(read(state()))


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_index_behind_the_end_raises_the_same_error(container: Callable[[Any], Any]) -> None:
    for rows in (_lazy().none(), container(_lazy().none())):
        with pytest.raises(IndexError):
            rows[0]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("index", [-1, slice(None, -1)])
def test_from_the_end_a_queryset_raises_and_rows_do_not(state: Callable[[], Any], index: Any) -> None:
    with pytest.raises(ValueError, match=r"[Nn]egative indexing"):
        state()[index]
    assert list(_lazy())[index]


TOLD = {
    name: row.on_rows
    for row in load_knowledge().querysets.operation
    if is_told_by_rows(row)
    for name in row.names
}
ANSWERS: dict[str, Callable[[Any], Any]] = {"{rows}": lambda rows: rows, "len({rows})": len, "bool({rows})": bool}


def test_what_rows_tell_is_said_of_some_operations() -> None:
    assert set(TOLD) == {"all", "count", "exists"}


@pytest.mark.parametrize("kind", ["news", "no such kind"])
@pytest.mark.parametrize("container", [*CONTAINERS, lambda rows: rows])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", TOLD)
def test_rows_tell_what_a_method_asks_the_database(
    name: str, state: Callable[[], Any], container: Callable[[Any], Any], kind: str
) -> None:
    """Filtered before it is read, so that there is an answer for no rows as well."""
    asked = state().filter(kind=kind)
    rows = container(_lazy().filter(kind=kind))
    tell = ANSWERS[TOLD[name]]
    assert _plain(tell(rows)) == _plain(getattr(asked, name)())
    assert len(rows) == asked.count()
    with metered() as meter:
        tell(rows)
    assert meter.queries == 0


TEMPLATES = [
    "{% for row in rows %}{{ row.title }},{% empty %}none{% endfor %}",
    "{% for row in rows reversed %}{{ row.title }},{% endfor %}",
    "{% if rows %}some{% endif %}{% if not rows %}none{% endif %}",
    "{{ rows|length }}{% if rows|length > 2 %}many{% endif %}",
    "{{ rows.0.title }} {{ rows.2.title|upper }}",
    "{{ rows|first }}{% with top=rows|first %}{{ top.title }}{% endwith %}",
    '{% for row in rows|slice:":2" %}{{ row.title }},{% endfor %}',
    '{% for row in rows|dictsort:"title" %}{{ row.title }},{% endfor %}',
    "{% regroup rows by kind as kinds %}{% for kind in kinds %}{{ kind.grouper }}:{{ kind.list|length }},{% endfor %}",
]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_show_the_same(
    template: str, state: Callable[[], Any], container: Callable[[Any], Any]
) -> None:
    from django.template import Context, Template

    def shown(rows: Any) -> str:
        return str(Template(template).render(Context({"rows": rows})))

    assert shown(container(_lazy())) == shown(state()) != ""


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("state", STATES)
def test_a_paginator_shows_the_same_pages(state: Callable[[], Any], container: Callable[[Any], Any]) -> None:
    from django.core.paginator import Paginator

    def pages(rows: Any) -> list[list[Any]]:
        return [list(page) for page in Paginator(rows, 2)]

    assert pages(container(_lazy())) == pages(state())


@pytest.mark.parametrize("template", ["{{ rows.count }}", "{{ rows.exists }}", "{{ rows.first.title }}"])
def test_what_only_a_queryset_has_prints_nothing_for_rows(template: str) -> None:
    from django.template import Context, Template

    def shown(rows: Any) -> str:
        return str(Template(template).render(Context({"rows": rows})))

    assert shown(_lazy()) != ""
    assert shown(list(_lazy())) == ""


# -- functions of Python that take a QuerySet

_KEY: Callable[[Any], Any] = lambda row: row.pk  # noqa: E731  # the same function for every call
_NUMBERS = {"sum", "math.fsum", "math.prod", "statistics.mean", "statistics.fmean", "statistics.median"}
_NUMBERS |= {"statistics.mode", "statistics.stdev", "itertools.accumulate", "max", "min"}
_PAIRS = {"dict", "collections.OrderedDict", "itertools.starmap", "itertools.chain.from_iterable"}
_TEXTS = {"str.join", "heapq.merge"}
_BEFORE: dict[str, tuple[Any, ...]] = {
    "map": (_KEY,),
    "filter": (_KEY,),
    "functools.reduce": (lambda one, other: (one, other),),
    "itertools.dropwhile": (_KEY,),
    "itertools.takewhile": (_KEY,),
    "itertools.filterfalse": (_KEY,),
    "itertools.starmap": (max,),
    "heapq.nlargest": (2,),
    "heapq.nsmallest": (2,),
}
_AFTER: dict[str, tuple[Any, ...]] = {
    "itertools.islice": (3,),
    "itertools.combinations": (2,),
    "itertools.permutations": (2,),
    "itertools.combinations_with_replacement": (2,),
    "itertools.batched": (2,),
    "itertools.compress": ([1, 0, 1],),
    "operator.contains": (None,),
    "operator.countOf": (None,),
    "operator.getitem": (0,),
    "dict.fromkeys": (1,),
}
_NAMED: dict[str, dict[str, Any]] = {
    "sorted": {"key": _KEY},
    "heapq.nlargest": {"key": _KEY},
    "heapq.nsmallest": {"key": _KEY},
    "random.choices": {"k": 2},
}
_ENDLESS = {"itertools.cycle"}
_APART = {"operator.indexOf", "aiter"}
"""These need a row that is there, or a loop that runs."""


def _functions() -> Iterator[tuple[str, int]]:
    """The functions of Python that the table knows and that take rows for a QuerySet, with the position."""
    for row in load_knowledge().consumer_table.consumer:
        if row.package or row.methods or not takes_rows(row) or not row.arguments or row.arguments[0].index is None:
            continue
        for name in row.names:
            if not name.startswith("django.") and not name.endswith("()") and name not in _APART:
                yield name, row.arguments[0].index


def _resolved(name: str) -> Any:
    first, *rest = name.split(".")
    found: Any = getattr(builtins, first, None) or importlib.import_module(first)
    for attribute in rest:
        found = getattr(found, attribute, None)
    return found


def _rows_for(name: str) -> Any:
    if name in _NUMBERS:
        return _lazy().values_list("pk", flat=True)
    if name in _PAIRS:
        return _lazy().values_list("pk", "author_id")
    return _lazy().values_list("title", flat=True) if name in _TEXTS else _lazy()


def _result(name: str, rows: Any) -> Any:
    function = _resolved(name)
    random.seed(7)
    found = function(*_BEFORE.get(name, ()), rows, *_AFTER.get(name, ()), **_NAMED.get(name, {}))
    if name in _ENDLESS:
        return [next(found) for _ in range(9)]
    if name == "itertools.groupby":
        return [(key, list(group)) for key, group in found]
    return _plain(found)


FUNCTIONS = [(name, index) for name, index in _functions() if _resolved(name) is not None]


def test_the_functions_are_not_few() -> None:
    assert len(FUNCTIONS) > 40


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize(("name", "index"), FUNCTIONS)
def test_functions_give_the_same(name: str, index: int, container: Callable[[Any], Any]) -> None:
    assert len(_BEFORE.get(name, ())) == index
    assert _result(name, container(_rows_for(name))) == _result(name, _rows_for(name))


def _extended(kept: Any, rows: Any) -> Any:
    kept.extend(rows)
    return kept


METHODS: dict[str, Callable[[Any], Any]] = {
    "str.join": lambda rows: ",".join(row.title for row in rows),
    "list.extend": lambda rows: _extended([], rows),
    "set.update": lambda rows: sorted(row.pk for row in set().union(rows)),
    "collections.deque.extend": lambda rows: _extended(collections.deque(), rows),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", METHODS)
def test_methods_give_the_same(name: str, container: Callable[[Any], Any]) -> None:
    assert _plain(METHODS[name](container(_lazy()))) == _plain(METHODS[name](_lazy()))


@pytest.mark.parametrize("container", CONTAINERS)
def test_csv_writes_the_same(container: Callable[[Any], Any]) -> None:
    def written(rows: Any) -> str:
        stream = io.StringIO()
        csv.writer(stream).writerows(rows)
        return stream.getvalue()

    data = _lazy().values_list("pk", "title")
    assert written(container(data)) == written(data) != ""


@pytest.mark.parametrize("container", CONTAINERS)
def test_django_functions_give_the_same(container: Callable[[Any], Any]) -> None:
    from django.core import serializers
    from django.db.models import prefetch_related_objects
    from django.http import HttpResponse

    assert serializers.serialize("json", container(_lazy())) == serializers.serialize("json", _lazy())
    titles = _lazy().values_list("title", flat=True)
    assert HttpResponse(container(titles)).content == HttpResponse(titles).content
    rows = container(_lazy())
    prefetch_related_objects(rows, "author")
    with metered() as meter:
        assert [row.author.name for row in rows]
    assert meter.queries == 0


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_tells_lists_is_told_so(container: Callable[[Any], Any]) -> None:
    """`random.shuffle` mends rows in place, and raises for a QuerySet; `aiter` takes no list."""
    told = {name for row in load_knowledge().consumer_table.consumer if row.tells_lists for name in row.names}
    assert {"random.shuffle", "aiter"} <= told
    assert not hasattr(container(_lazy()), "__aiter__")
    assert hasattr(_lazy(), "__aiter__")


def test_alike_is_said_of_readers_only() -> None:
    rows = load_knowledge().consumer_table.consumer
    assert [row for row in rows if takes_rows(row) and row.effect.queries_again] == []
    assert any(isinstance(row, Consumer) and not takes_rows(row) for row in rows)


# -- a query in a cache


def test_a_cached_query_stores_no_rows_and_queries_at_each_hit() -> None:
    from tests.semantics.newsroom.models import Report

    with metered() as meter:
        data = pickle.dumps(_lazy().query)
    assert meter.queries == 0
    with metered() as meter:
        for _ in range(2):
            fresh = Report.objects.all()
            fresh.query = pickle.loads(data)
            assert list(fresh) == list(_lazy())
    assert meter.queries == 4


def test_a_cached_query_loses_prefetches_the_class_the_database_and_flat_rows() -> None:
    from django.db.models import QuerySet

    from tests.semantics.newsroom.models import Story

    def restored(stories: Any) -> Any:
        fresh: Any = QuerySet(Story)
        fresh.query = pickle.loads(pickle.dumps(stories.query))
        return fresh

    assert hasattr(Story.objects.all(), "of_kind")
    assert not hasattr(restored(Story.objects.all()), "of_kind")
    assert restored(Story.objects.prefetch_related("author"))._prefetch_related_lookups == ()
    assert Story.objects.using("default")._db == "default"
    assert restored(Story.objects.using("default"))._db is None
    assert isinstance(restored(Story.objects.values_list("title", flat=True))[0], dict)
