"""django-filter: filter sets, filters that choose rows, the backend for REST and the view."""

from __future__ import annotations

from typing import Any

import django_filters
from django.test import RequestFactory
from django_filters.filterset import filterset_factory

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.newsroom.models import Note, Story

SUBJECT = Probes()
probe = SUBJECT.probe

SETS = ("django_filters.FilterSet", "django_filters.filterset.BaseFilterSet", "django_filters.rest_framework.FilterSet")


def own_set(base: Any) -> Any:
    """A filter set of stories with that base class."""
    meta = type("Meta", (), {"model": Story, "fields": ["kind"]})
    if base.__name__ == "BaseFilterSet":
        return type(django_filters.FilterSet)("OwnSet", (base,), {"Meta": meta})
    return type(base)("OwnSet", (base,), {"Meta": meta})


def read(filtered: Any) -> None:
    assert len(list(filtered.qs)) == 4


@probe(*SETS)
def filter_set(given: Given) -> None:
    read(given.call(own_set(given.target), {"kind": "essay"}))


@probe("django_filters.filterset.filterset_factory()")
def made_set(given: Given) -> None:
    read(given.call(given.target(Story, fields=["kind"]), {"kind": "essay"}))


@probe(*SETS, member="queryset")
def filter_set_is_set(given: Given) -> None:
    read(given.assign(own_set(given.target)({"kind": "essay"})))


@probe("django_filters.filterset.filterset_factory()", member="queryset")
def made_set_is_set(given: Given) -> None:
    read(given.assign(given.target(Story, fields=["kind"])({"kind": "essay"})))


CHOOSING = ("django_filters.ModelChoiceFilter", "django_filters.ModelMultipleChoiceFilter",
            "django_filters.rest_framework.ModelChoiceFilter",
            "django_filters.rest_framework.ModelMultipleChoiceFilter")  # fmt: skip


def chosen(given: Given, story: Any) -> None:
    """Show and validate the choice of a row."""
    kind = type(django_filters.FilterSet)("OwnSet", (django_filters.FilterSet,), {"story": story})
    made = kind({"story": ["1"] if "Multiple" in given.target.__name__ else "1"}, Note.objects.all())
    assert "Story 01" in made.form.as_p()
    assert made.is_valid()
    assert list(made.qs) == []


@probe(*CHOOSING)
def choice(given: Given) -> None:
    chosen(given, given())


@probe(*CHOOSING, member="queryset")
def choice_is_set(given: Given) -> None:
    chosen(given, given.assign(given.target(queryset=Story.objects.none())))


@probe("django_filters.rest_framework.DjangoFilterBackend", member="filter_queryset")
def backend(given: Given) -> None:
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    view = type("OwnView", (), {"filterset_class": filterset_factory(Story, fields=["kind"])})()
    question = Request(APIRequestFactory().get("/", {"kind": "essay"}))
    assert len(given.method(given.target(), question, view=view)) == 4


@probe("django_filters.views.BaseFilterView", "django_filters.views.FilterView", member=("queryset", "get_queryset()"))
def view(given: Given) -> None:
    from django.views.generic.base import TemplateResponseMixin

    bases = () if issubclass(given.target, TemplateResponseMixin) else [TemplateResponseMixin]
    filters = filterset_factory(Story, fields=["kind"])
    kind = given.derive(*bases, filterset_class=filters, template_name="newsroom/page.html")
    assert b"Story 01" in kind.as_view()(RequestFactory().get("/")).render().content
