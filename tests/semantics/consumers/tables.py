"""django-tables2: tables and the views that show one."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.test import RequestFactory
from django.views.generic import TemplateView

from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe

StoryTable = django_tables2.table_factory(Story, fields=["title"])


@probe("django_tables2.Table")
def table(given: Given) -> None:
    meta = type("Meta", (), {"model": Story, "fields": ["title"]})
    rendered(given.call(type(given.target)("OwnTable", (given.target,), {"Meta": meta})))


@probe("django_tables2.table_factory()")
def made_table(given: Given) -> None:
    rendered(given.call(given.target(Story, fields=["title"])))


def rendered(made: Any) -> None:
    assert "Story 01" in made.as_html(RequestFactory().get("/"))


@probe("django_tables2.SingleTableView", member=("queryset", "get_queryset()"))
def view(given: Given) -> None:
    shown(given.derive(table_class=StoryTable, template_name="newsroom/table.html"))


@probe("django_tables2.SingleTableMixin", member=("table_data", "get_table_data()"))
def mixin(given: Given) -> None:
    kind = given.derive(table_class=StoryTable, template_name="newsroom/table.html")
    shown(type("OwnView", (kind, TemplateView), {}))


def shown(kind: Any) -> None:
    assert b"Story 01" in kind.as_view()(RequestFactory().get("/")).render().content
