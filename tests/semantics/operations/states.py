"""QuerySets of every shape and order, unread, read, and back from a pickle."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import django

from qscache_lint.knowledge.model import Ordered
from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import prepare

Shape: TypeAlias = Literal["plain", "slice", "union", "values"]

FIELDS = ("id", "kind", "title", "published", "author")
"""What a QuerySet of the shape "values" has."""

TABLES = load_knowledge(django.VERSION[:2])
"""The tables as they hold for the Django that runs."""

SHAPES: tuple[Shape, ...] = ("plain", "slice", "union", "values")
_SLICE = 6


def _meta() -> Any:
    from tests.semantics.newsroom.models import RankedReport

    return RankedReport.objects.all()


def _ordered() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.order_by("title")


def _unordered() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.all()


def _cleared() -> Any:
    return _unordered().order_by()


def _meta_cleared() -> Any:
    return _meta().order_by()


@dataclass(frozen=True)
class Order:
    """A way to be ordered, or not, and what the tables call it."""

    name: str
    ordered: Ordered
    build: Callable[[], Any]


ORDERS = (
    Order("ordered", "yes", _ordered),
    Order("ordered-by-meta", "yes", _meta),
    Order("unordered", "no", _unordered),
    Order("cleared", "cleared", _cleared),
    Order("meta-cleared", "cleared", _meta_cleared),
)


@dataclass(frozen=True)
class Kind:
    """A QuerySet of reports: its shape and its order."""

    shape: Shape
    order: Order

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.order.name}"

    @property
    def ordered(self) -> Ordered:
        """What the tables call its order; a union has lost that of its parts, and may have one of its own."""
        if self.shape != "union" or self.order.ordered == "yes":
            return self.order.ordered
        if TABLES.operations["union"].orders == "no":
            return "cleared"
        return "yes" if self.order.name == "meta-cleared" else "no"

    def build(self) -> Any:
        """A fresh one, unread."""
        prepare()
        base = self.order.build()
        match self.shape:
            case "slice":
                return base[:_SLICE]
            case "values":
                return base.values(*FIELDS)
            case "union":
                parts = base.order_by()
                union = parts.filter(kind="news").union(parts.filter(kind="essay"))
                return union.order_by("title") if self.order.ordered == "yes" else union
        return base


def kinds() -> Iterator[Kind]:
    """Every shape in every order."""
    return (Kind(shape, order) for shape in SHAPES for order in ORDERS)


def unread(kind: Kind) -> Any:
    return kind.build()


def read(kind: Kind) -> Any:
    queryset = kind.build()
    list(queryset)
    return queryset


def unpickled(kind: Kind) -> Any:
    return pickle.loads(pickle.dumps(kind.build()))
