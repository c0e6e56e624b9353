"""What happens to a QuerySet of a module or class body that is read itself, or a copy of it: the claims of QSC302."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield


def _shared() -> Any:
    from tests.semantics.newsroom.models import Story

    return Story.objects.order_by("pk")


def _add_story() -> None:
    newest = _shared().last()
    newest.pk = None
    newest.save()


READS: list[Callable[[Any], object]] = [
    list,
    len,
    bool,
    lambda rows: [row.title for row in rows],
    lambda rows: 1 in rows,
]
COPIES: list[Callable[[Any], object]] = [
    lambda rows: list(rows.all()),
    lambda rows: list(rows.filter(kind="news")),
    lambda rows: rows.count(),
    lambda rows: rows.exists(),
    lambda rows: rows.first(),
    lambda rows: list(rows[:3]),
    lambda rows: rows[0],
]


@pytest.mark.parametrize("read", READS)
def test_what_reads_it_freezes_its_rows(read: Callable[[Any], object]) -> None:
    shared = _shared()
    with metered() as first:
        read(shared)
    _add_story()
    with metered() as second:
        read(shared)
    assert (first.queries, second.queries) == (1, 0)
    assert len(shared) == len(shared.all()) - 1


@pytest.mark.parametrize("ask", COPIES)
def test_a_copy_or_a_part_asks_each_time(ask: Callable[[Any], object]) -> None:
    shared = _shared()
    for _ in range(2):
        with metered() as meter:
            ask(shared)
        assert meter.queries == 1
    assert shared._result_cache is None


def _list_view(**members: object) -> Callable[[], object]:
    from django.test import RequestFactory
    from django.views.generic import ListView

    view: Any = type("Stories", (ListView,), {"queryset": _shared(), "template_name": "x.html", **members})
    return lambda: [*view.as_view()(RequestFactory().get("/")).context_data["object_list"]]


def test_a_generic_view_copies_its_attribute() -> None:
    view = _list_view()
    view()
    with metered() as meter:
        view()
    assert meter.queries == 1


def test_what_get_queryset_returns_is_read_itself() -> None:
    view = _list_view(get_queryset=lambda self: self.queryset)
    view()
    with metered() as meter:
        view()
    assert meter.queries == 0


def test_a_form_copies_the_queryset_of_its_field() -> None:
    from django import forms

    shared = _shared()
    form: Any = type("StoryForm", (forms.Form,), {"story": forms.ModelChoiceField(queryset=shared)})
    for _ in range(2):
        with metered() as meter:
            list(form().fields["story"].queryset)
        assert meter.queries == 1
    assert shared._result_cache is None


if find_spec("rest_framework") is not None:

    def test_django_rest_framework_refuses_it() -> None:
        from rest_framework.generics import ListAPIView

        view: Any = type("Stories", (ListAPIView,), {"queryset": _shared()})
        view.as_view()
        with pytest.raises(RuntimeError, match="Do not evaluate the"):
            list(view().queryset)
