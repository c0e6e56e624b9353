"""Every row of consumers.toml, executed: each name with each argument, attribute and method that takes a QuerySet.

What to expect is read from the tables (`effect` of the row, `costs.toml`), never from the probe. Only statements that
come from the shared QuerySet count: they have its condition, which nothing else asks for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.consumers.catalogue import (
    NOT_EXECUTED,
    collected,
    missing_package,
    probe_of,
    registered,
    rows,
    shipped,
)
from tests.semantics.consumers.probing import Given, Use, named_rows
from tests.semantics.django_project import RunStatistics, metered, prepare

COSTS = load_knowledge().effect_costs
prepare()


def shared(use: Use) -> Any:
    """The QuerySet that is handed over, in the shape that the probe needs and in the order that the use is about."""
    from tests.semantics.consumers.shapes import all_stories

    registered = probe_of(use)
    assert registered is not None, use
    stories = all_stories()
    orders = {"no": (), "yes": ("kind",), "totally": ("pk",)}
    order = orders[use.ordered]
    return registered.shape(stories.order_by(*order) if order else stories)


@contextmanager
def undone() -> Iterator[None]:
    """Let nothing that is written inside the block stay."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def marked(meter: RunStatistics) -> list[str]:
    from tests.semantics.consumers.shapes import MARK

    return [statement for statement in meter.statements if MARK in statement]


def is_refused(use: Use) -> bool:
    """Whether Python takes no QuerySet there; random.shuffle finds out after it has read the rows."""
    return use.row.effect is Effect.RAISES or use.name == "random.shuffle"


def drive(use: Use, given: Given) -> list[str]:
    """Run the probe; gives the statements that come from the shared QuerySet."""
    registered = probe_of(use)
    assert registered is not None, use
    with metered() as meter:
        if is_refused(use):
            with pytest.raises(TypeError):
                registered.probe(given)
        else:
            registered.probe(given)
    return marked(meter)


def assert_costs(statements: list[str], queries: int) -> None:
    """None where the table says none, at least as many as it says elsewhere: a page asks for number and rows."""
    if queries:
        assert len(statements) >= queries, statements
    else:
        assert statements == []


@pytest.mark.parametrize("use", collected(), ids=str)
def test_a_lazy_queryset(use: Use) -> None:
    with undone():
        given = Given(use, shared(use))
        statements = drive(use, given)
        cost = COSTS[use.row.effect_on(use.ordered)]
        assert_costs(statements, cost.lazy)
        assert (given.queryset._result_cache is not None) == cost.fills


@pytest.mark.parametrize("use", collected(), ids=str)
def test_an_evaluated_queryset(use: Use) -> None:
    with undone():
        given = Given(use, shared(use))
        kept = list(given.queryset)
        assert kept
        statements = drive(use, given)
        cost = COSTS[use.row.effect_on(use.ordered)]
        assert_costs(statements, cost.evaluated)
        assert given.queryset._result_cache == kept


CALLS = [use for use in collected() if use.kind in ("argument", "keyword") and not is_refused(use)]


@pytest.mark.parametrize("use", CALLS, ids=str)
def test_what_a_call_gives(use: Use) -> None:
    from django.db.models import Model, QuerySet

    with undone():
        given = Given(use, shared(use))
        drive(use, given)
        assert given.results
        for result in given.results:
            draws = isinstance(result, Iterator) and use.row.effect is not Effect.NONE
            assert draws == use.row.once
            match use.row.gives:
                case "queryset" | "values":
                    assert isinstance(result, QuerySet)
                    assert isinstance(result.first(), Model) == (use.row.gives == "queryset")
                case "instance":
                    assert isinstance(result, Model)
                case "rows":
                    assert hasattr(result, "__iter__")
                    assert not isinstance(result, QuerySet)
                case "numbered":
                    number, row = next(iter(result))
                    assert (number, isinstance(row, Model)) == (0, True)
                case "zipped":
                    assert any(isinstance(each, Model) for each in next(iter(result)))
                case "chained":
                    assert any(isinstance(each, Model) for each in result)
                case gives:
                    assert gives == "data"
                    assert not isinstance(result, QuerySet)


class _Returning(Given):
    """Notes whether the rows were there when each call returned."""

    def __init__(self, use: Use, queryset: Any) -> None:
        super().__init__(use, queryset)
        self.has_rows: list[bool] = []

    def call(self, function: Any, /, *before: Any, **after: Any) -> Any:
        result = super().call(function, *before, **after)
        self.has_rows.append(self.queryset._result_cache is not None)
        return result


@pytest.mark.parametrize("use", [use for use in CALLS if use.row.at_once], ids=str)
def test_a_call_reads_the_rows_before_it_returns(use: Use) -> None:
    with undone():
        given = _Returning(use, shared(use))
        drive(use, given)
        assert given.has_rows
        assert all(given.has_rows)


# -- lookups

LOOKUPS = load_knowledge().consumer_table.lookups


@pytest.mark.parametrize("suffix", LOOKUPS.refining)
@pytest.mark.parametrize("is_evaluated", [False, True], ids=["lazy", "evaluated"])
def test_a_lookup_puts_the_queryset_into_another_query(suffix: str, is_evaluated: bool) -> None:
    from tests.semantics.consumers.shapes import all_stories
    from tests.semantics.consumers.shortcuts import WAYS

    for way, look_up in WAYS.items():
        queryset = all_stories().values("title")
        if is_evaluated:
            assert list(queryset)
        with metered() as meter:
            look_up({f"title{suffix}": queryset})
        assert marked(meter), way
        assert (queryset._result_cache is not None) == is_evaluated, way


@pytest.mark.parametrize("keyword", ["pk__in", "author__story__in", "author__story__pk__in"])
@pytest.mark.parametrize("is_evaluated", [False, True], ids=["lazy", "evaluated"])
def test_a_lookup_of_rows_asks_for_their_keys(keyword: str, is_evaluated: bool) -> None:
    from tests.semantics.consumers.shapes import all_stories
    from tests.semantics.newsroom.models import Story

    queryset = all_stories()
    if is_evaluated:
        assert list(queryset)
    with metered() as meter:
        assert list(Story.objects.filter(**{keyword: queryset}))
    assert len(marked(meter)) == 1
    assert (queryset._result_cache is not None) == is_evaluated


@pytest.mark.parametrize("suffix", LOOKUPS.single)
@pytest.mark.parametrize("is_evaluated", [False, True], ids=["lazy", "evaluated"])
def test_a_lookup_takes_a_queryset_of_one_row(suffix: str, is_evaluated: bool) -> None:
    from tests.semantics.consumers.shapes import all_stories
    from tests.semantics.consumers.shortcuts import WAYS

    for way, look_up in WAYS.items():
        queryset = all_stories().values("title")[:1]
        if is_evaluated:
            assert list(queryset)
        with metered() as meter:
            look_up({f"title{suffix}": queryset})
        assert marked(meter), way
        assert (queryset._result_cache is not None) == is_evaluated, way


@pytest.mark.parametrize("is_evaluated", [False, True], ids=["lazy", "evaluated"])
@pytest.mark.parametrize("keyword", ["pk", "author", "title__exact"])
def test_equality_refuses_a_queryset_of_several_rows(keyword: str, is_evaluated: bool) -> None:
    from tests.semantics.consumers.shapes import all_stories
    from tests.semantics.newsroom.models import Story

    queryset = all_stories().values("pk")
    if is_evaluated:
        assert list(queryset)
    with metered() as meter, pytest.raises(ValueError, match="limited to one result"):
        list(Story.objects.filter(**{keyword: queryset}))
    assert marked(meter) == []


# -- the star


STARS = ["story_set.add", "favourites.add", "favourites.remove", "notes.add", "notes.remove"]


@pytest.mark.parametrize("called", STARS)
@pytest.mark.parametrize("is_evaluated", [False, True], ids=["lazy", "evaluated"])
def test_a_star_reads_the_rows(called: str, is_evaluated: bool) -> None:
    from tests.semantics.consumers.shapes import all_stories, notes
    from tests.semantics.newsroom.models import Author, Reader

    manager, method = called.split(".")
    with undone():
        queryset = notes() if manager == "notes" else all_stories()
        owner = Author.objects.first() if manager == "story_set" else Reader.objects.create(name="Eve")
        if is_evaluated:
            assert list(queryset)
        with metered() as meter:
            getattr(getattr(owner, manager), method)(*queryset)
        cost = COSTS[Effect.ROWS]
        assert_costs(marked(meter), cost.evaluated if is_evaluated else cost.lazy)
        assert queryset._result_cache is not None


# -- what is covered


def test_every_name_is_probed() -> None:
    assert [str(use) for use in collected() if probe_of(use) is None] == []


def test_every_probe_drives_what_is_shipped() -> None:
    table = load_knowledge().consumer_table.consumer
    members = {
        (resolved_name, member, row.where)
        for row in table
        for resolved_name in row.names
        for member in (
            *((row.methods or ("",)) if row.arguments else ()),
            *row.attributes,
            *(f"{named_rows(method)}()" for method in row.returns),
        )
    }
    assert [each.name for each in registered() if (each.name, each.member, each.where) not in members] == []


def test_what_is_not_executed_is_shipped() -> None:
    assert NOT_EXECUTED.keys() <= {use.name for use in shipped()}


def test_a_place_has_one_row() -> None:
    places = Counter(
        (use.name, use.kind, use.member, use.position, use.slot, use.row.where, use.ordered) for use in shipped()
    )
    assert [place for place, times in places.items() if times > 1] == []


def test_a_called_name_has_one_row() -> None:
    called = Counter(name for row in rows() for name in row.called)
    assert [name for name, times in called.items() if times > 1] == []


if os.environ.get("QSCACHE_LINT_SEMANTICS") == "all":

    def test_packages_of_all_rows_are_there() -> None:
        assert {missing_package(use) for use in shipped()} == {""}


# -- views that leave nothing to the framework


OVERRIDABLE = {use.name: use.row for use in collected() if use.row.by}
HTTP_METHODS = {"retrieve": "get", "update": "put", "destroy": "delete"}


@pytest.mark.parametrize(("name", "row"), OVERRIDABLE.items(), ids=OVERRIDABLE)
def test_a_view_that_overrides_what_takes_its_queryset_does_not_ask_for_it(name: str, row: Consumer) -> None:
    from django.utils.module_loading import import_string
    from rest_framework.response import Response
    from rest_framework.test import APIRequestFactory
    from rest_framework.viewsets import GenericViewSet

    asked: list[str] = []
    own = {action: lambda self, request, *args, **kwargs: Response() for action in row.by}
    base = import_string(name)
    bases = (base,) if hasattr(base, "as_view") else (base, GenericViewSet)
    view: Any = type("OwnView", bases, {**own, "get_queryset": lambda self: asked.append(name)})
    sent = [HTTP_METHODS[action] for action in row.by]
    actions = {method: action for action, method in HTTP_METHODS.items() if action in row.by}
    if "update" in row.by:
        sent.append("patch")
        actions["patch"] = "partial_update"
    run = view.as_view(actions) if issubclass(view, GenericViewSet) else view.as_view()
    for method in sent:
        assert run(getattr(APIRequestFactory(), method)("/"), pk=1).status_code == 200
    assert asked == []
