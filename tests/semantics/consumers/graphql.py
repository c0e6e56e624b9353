"""graphene: what resolves a field that lists rows."""

from __future__ import annotations

from typing import Any

import graphene

from tests.semantics.consumers.probing import Given, Probes

SUBJECT = Probes()
probe = SUBJECT.probe


class Told(graphene.ObjectType):
    """A row as the schemas of the probes tell it."""

    title = graphene.String()


@probe("graphene.ObjectType", member="resolve_rows()")
def objects(given: Given) -> None:
    answered(given.derive(rows=graphene.List(Told)), "{ rows { title } }")


@probe("graphene.Interface", member="resolve_rows()")
def interfaces(given: Given) -> None:
    meta = type("Meta", (), {"interfaces": (given.derive(rows=graphene.List(Told)),)})
    answered(type("Query", (graphene.ObjectType,), {"Meta": meta}), "{ rows { title } }")


def answered(kind: Any, query: str) -> None:
    result = graphene.Schema(query=kind).execute(query)
    assert result.errors is None
    assert "Story 01" in str(result.data)
