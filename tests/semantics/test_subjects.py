"""The rows of `[[subject]]`: what a framework's own methods give is a new QuerySet of the model that a class names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import metered, prepare

GIVEN = [
    (name, method)
    for row in load_knowledge().querysets.subject
    if not row.package
    for name in row.names
    for method in row.querysets
]


@pytest.mark.parametrize(("name", "method"), GIVEN)
def test_a_method_gives_a_new_queryset_of_the_model(name: str, method: str) -> None:
    prepare()
    from django.contrib.admin import ModelAdmin, site
    from django.db.models import QuerySet

    from tests.semantics.newsroom.models import Story

    module, _, last = name.rpartition(".")
    base: Any = getattr(import_module(module), last)
    subclass = type("Stories", (base,), {"model": Story})
    is_admin = issubclass(base, ModelAdmin)
    made = subclass(Story, site) if is_admin else subclass()
    with metered() as meter:
        first, second = (getattr(made, method)(*([None] * is_admin)) for _ in range(2))
    assert isinstance(first, QuerySet)
    assert first is not second
    assert (first.model, meter.queries) == (Story, 0)
