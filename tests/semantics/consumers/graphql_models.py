"""graphene-django: what resolves a field of a model's type."""

from __future__ import annotations

import graphene

from tests.semantics.consumers.graphql import Told, answered
from tests.semantics.consumers.probing import Given, Probes
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe


@probe("graphene_django.DjangoObjectType", member="resolve_rows()")
def models(given: Given) -> None:
    meta = type("Meta", (), {"model": Story, "fields": ("title",), "skip_registry": True})
    kind = given.derive(rows=graphene.List(Told), Meta=meta)
    one = {"one": graphene.Field(kind), "resolve_one": lambda _, __: Story()}
    answered(type("Query", (graphene.ObjectType,), one), "{ one { rows { title } } }")
