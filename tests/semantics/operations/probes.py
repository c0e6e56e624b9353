"""How each operation of the tables is called: nothing here says what it should do."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.semantics.operations.states import FIELDS

Call = Callable[[Any], Any]


@dataclass(frozen=True)
class Probe:
    """One way to call a method or property, or to apply an operator. `arguments`: whether it is given any."""

    name: str
    call: Call
    label: str = ""
    arguments: bool = True

    @property
    def id(self) -> str:
        return f"{self.name}-{self.label}" if self.label else self.name


def _report(**values: Any) -> Any:
    """A report that is in no QuerySet's rows, but may equal one."""
    from tests.semantics.newsroom.models import Report

    return Report(**values)


def _new() -> dict[str, Any]:
    return {"author_id": 1, "kind": "news", "title": "New", "published": date(2021, 1, 1)}


def like(queryset: Any) -> Any:
    """Another QuerySet of the same model and fields, without an order."""
    other = queryset.model.objects.order_by().filter(kind="essay")
    return other.values(*FIELDS) if queryset._fields else other


def _count() -> Any:
    from django.db.models import Count

    return Count("pk")


def _f() -> Any:
    from django.db.models import F

    return F("id")


def _q() -> Any:
    from django.db.models import Q

    return Q(kind="news")


def _fetch_peers() -> Any:
    from django.db import models

    return models.FETCH_PEERS


SYNC = (
    Probe("filter", lambda qs: qs.filter(kind="news")),
    Probe("filter", lambda qs: qs.filter(_q()), "q"),
    Probe("filter", lambda qs: qs.filter(), "empty", arguments=False),
    Probe("exclude", lambda qs: qs.exclude(kind="news")),
    Probe("exclude", lambda qs: qs.exclude(), "empty", arguments=False),
    Probe("complex_filter", lambda qs: qs.complex_filter(_q())),
    Probe("annotate", lambda qs: qs.annotate(number=_f())),
    Probe("annotate", lambda qs: qs.annotate(number=_count()), "aggregate"),
    Probe("alias", lambda qs: qs.alias(number=_f())),
    Probe("extra", lambda qs: qs.extra(where=["1=1"])),
    Probe("distinct", lambda qs: qs.distinct()),
    Probe("order_by", lambda qs: qs.order_by("-title")),
    Probe("order_by", lambda qs: qs.order_by(), "empty", arguments=False),
    Probe("reverse", lambda qs: qs.reverse()),
    Probe("all", lambda qs: qs.all()),
    Probe("using", lambda qs: qs.using("default")),
    Probe("_clone", lambda qs: qs._clone()),
    Probe("_chain", lambda qs: qs._chain()),
    Probe("select_for_update", lambda qs: qs.select_for_update()),
    Probe("fetch_mode", lambda qs: qs.fetch_mode(_fetch_peers())),
    Probe("select_related", lambda qs: qs.select_related("author")),
    Probe("defer", lambda qs: qs.defer("body")),
    Probe("only", lambda qs: qs.only("title")),
    Probe("prefetch_related", lambda qs: qs.prefetch_related("author")),
    Probe("union", lambda qs: qs.union(like(qs))),
    Probe("intersection", lambda qs: qs.intersection(like(qs))),
    Probe("difference", lambda qs: qs.difference(like(qs))),
    Probe("values", lambda qs: qs.values("title")),
    Probe("values", lambda qs: qs.values(), "empty", arguments=False),
    Probe("values_list", lambda qs: qs.values_list("id", "title")),
    Probe("values_list", lambda qs: qs.values_list("title", flat=True), "flat"),
    Probe("values_list", lambda qs: qs.values_list("title", named=True), "named"),
    Probe("dates", lambda qs: qs.dates("published", "month")),
    Probe("datetimes", lambda qs: qs.datetimes("seen", "day")),
    Probe("raw", lambda qs: qs.raw("SELECT * FROM newsroom_report")),
    Probe("none", lambda qs: qs.none()),
    Probe("get", lambda qs: qs.get(pk=1)),
    Probe("last", lambda qs: qs.last()),
    Probe("latest", lambda qs: qs.latest("published")),
    Probe("earliest", lambda qs: qs.earliest("published")),
    Probe("first", lambda qs: qs.first()),
    Probe("in_bulk", lambda qs: qs.in_bulk([1, 2])),
    Probe("in_bulk", lambda qs: qs.in_bulk(), "empty", arguments=False),
    Probe("aggregate", lambda qs: qs.aggregate(number=_count())),
    Probe("explain", lambda qs: qs.explain()),
    Probe("iterator", lambda qs: qs.iterator()),
    Probe("get_or_create", lambda qs: qs.get_or_create(pk=1)),
    Probe("update_or_create", lambda qs: qs.update_or_create(pk=1, defaults={"title": "Other"})),
    Probe("count", lambda qs: qs.count()),
    Probe("exists", lambda qs: qs.exists()),
    Probe("contains", lambda qs: qs.contains(_report(pk=1))),
    Probe("update", lambda qs: qs.update(body="Other")),
    Probe("delete", lambda qs: qs.delete()),
    Probe("create", lambda qs: qs.create(**_new())),
    Probe("bulk_create", lambda qs: qs.bulk_create([_report(**_new())])),
    Probe("bulk_update", lambda qs: qs.bulk_update([_report(pk=1, title="Other")], ["title"])),
    Probe("as_manager", lambda qs: qs.as_manager()),
    Probe("resolve_expression", lambda qs: qs.resolve_expression(_outer(qs))),
    Probe("db", lambda qs: qs.db),
    Probe("model", lambda qs: qs.model),
    Probe("ordered", lambda qs: qs.ordered),
    Probe("query", lambda qs: str(qs.query)),
    Probe("totally_ordered", lambda qs: qs.totally_ordered),
)


def _outer(queryset: Any) -> Any:
    return queryset.model.objects.all().query


ASYNC = (
    Probe("aget", lambda qs: qs.aget(pk=1)),
    Probe("alast", lambda qs: qs.alast()),
    Probe("alatest", lambda qs: qs.alatest("published")),
    Probe("aearliest", lambda qs: qs.aearliest("published")),
    Probe("afirst", lambda qs: qs.afirst()),
    Probe("ain_bulk", lambda qs: qs.ain_bulk([1, 2])),
    Probe("ain_bulk", lambda qs: qs.ain_bulk(), "empty", arguments=False),
    Probe("aaggregate", lambda qs: qs.aaggregate(number=_count())),
    Probe("aexplain", lambda qs: qs.aexplain()),
    Probe("aiterator", lambda qs: qs.aiterator()),
    Probe("aget_or_create", lambda qs: qs.aget_or_create(pk=1)),
    Probe("aupdate_or_create", lambda qs: qs.aupdate_or_create(pk=1, defaults={"title": "Other"})),
    Probe("acount", lambda qs: qs.acount()),
    Probe("aexists", lambda qs: qs.aexists()),
    Probe("acontains", lambda qs: qs.acontains(_report(pk=1))),
    Probe("aupdate", lambda qs: qs.aupdate(body="Other")),
    Probe("adelete", lambda qs: qs.adelete()),
    Probe("acreate", lambda qs: qs.acreate(**_new())),
    Probe("abulk_create", lambda qs: qs.abulk_create([_report(**_new())])),
    Probe("abulk_update", lambda qs: qs.abulk_update([_report(pk=1, title="Other")], ["title"])),
)


# -- statements and protocols


def _looped(queryset: Any) -> list[Any]:
    rows = []
    for row in queryset:
        rows.append(row)  # noqa: PERF402 - the statement is what is looked at
    return rows


def _left_early(queryset: Any) -> list[Any]:
    for row in queryset:
        return [row]
    return []


async def _looped_async(queryset: Any) -> list[Any]:
    return [row async for row in queryset]


def _delegated(queryset: Any) -> list[Any]:
    def rows() -> Iterator[Any]:
        yield from queryset

    return list(rows())


def _star(*rows: Any) -> list[Any]:
    return list(rows)


def _first_and_rest(queryset: Any) -> list[Any]:
    first, *rest = queryset
    return [first, *rest]


def _extended(queryset: Any) -> list[Any]:
    rows: list[Any] = []
    rows += queryset
    return rows


def _put_in_a_slice(queryset: Any) -> list[Any]:
    rows: list[Any] = []
    rows[:] = queryset
    return rows


def _tested(queryset: Any) -> str:
    if queryset:
        return "some"
    return "none"


def _while(queryset: Any) -> str:
    while queryset:
        return "some"
    return "none"


def _asserted(queryset: Any) -> None:
    assert queryset


def _matched(queryset: Any) -> str:
    match queryset:
        case []:
            return "empty"
        case [_, *_]:
            return "sequence"
        case {}:
            return "mapping"
        case str():
            return "text"
    return "other"


def _removed(queryset: Any) -> None:
    del queryset[0]


def _slice_removed(queryset: Any) -> None:
    del queryset[:2]


def _set(queryset: Any) -> None:
    queryset[0] = None


def _slice_set(queryset: Any) -> None:
    queryset[:2] = []


async def _as_awaitable(queryset: Any) -> Any:
    return await queryset


def _entered(queryset: Any) -> None:
    with queryset:
        pass


async def _entered_async(queryset: Any) -> None:
    async with queryset:
        pass


def _raised(queryset: Any) -> None:
    raise queryset


def _binary(symbol: str, apply: Callable[[Any, Any], Any]) -> tuple[Probe, ...]:
    return (
        Probe(symbol, lambda qs: apply(qs, 2), "number"),
        Probe(symbol, lambda qs: apply(qs, []), "list"),
        Probe(symbol, lambda qs: apply(qs, qs), "queryset"),
    )


_ARITHMETIC: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("+", operator.add), ("-", operator.sub), ("*", operator.mul), ("/", operator.truediv), ("//", operator.floordiv),
    ("%", operator.mod), ("**", operator.pow), ("@", operator.matmul), ("<<", operator.lshift), (">>", operator.rshift),
    ("+=", operator.iadd), ("-=", operator.isub), ("*=", operator.imul), ("/=", operator.itruediv),
    ("//=", operator.ifloordiv), ("%=", operator.imod), ("**=", operator.ipow), ("@=", operator.imatmul),
    ("<<=", operator.ilshift), (">>=", operator.irshift),
    ("<", operator.lt), ("<=", operator.le), (">", operator.gt), (">=", operator.ge),
)  # fmt: skip

COMBINING: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("|", operator.or_), ("&", operator.and_), ("^", operator.xor),
    ("|=", operator.ior), ("&=", operator.iand), ("^=", operator.ixor),
)  # fmt: skip


def _on_the_left(symbol: str, apply: Callable[[Any, Any], Any]) -> Probe:
    return Probe(symbol, lambda qs: apply(qs, like(qs)))


def _on_the_right(symbol: str, apply: Callable[[Any, Any], Any]) -> Probe:
    return Probe(symbol, lambda qs: apply(like(qs), qs))


LEFT = tuple(_on_the_left(symbol, apply) for symbol, apply in COMBINING)
RIGHT = tuple(_on_the_right(symbol, apply) for symbol, apply in COMBINING)
"""Operators that QuerySets have with each other, with the one at hand on either side."""

PROTOCOLS = (
    *(probe for symbol, apply in _ARITHMETIC for probe in _binary(symbol, apply)),
    Probe("+", lambda qs: [] + qs, "list-left"),  # noqa: RUF005 - the operator is what is looked at
    Probe("-", lambda qs: -qs, "unary"),
    Probe("+", lambda qs: +qs, "unary"),
    Probe("~", lambda qs: ~qs),
    Probe("**", lambda qs: dict(**qs), "unpacked"),
    Probe("[]", lambda qs: qs[0]),
    Probe("[]", lambda qs: qs[3], "later"),
    Probe("[:]", lambda qs: qs[:2]),
    Probe("[:]", lambda qs: qs[2:4], "middle"),
    Probe("[:]", lambda qs: qs[2:], "open"),
    Probe("[:]", lambda qs: qs[:], "whole"),
    Probe("[::]", lambda qs: qs[:5:2]),
    Probe("[::]", lambda qs: qs[::2], "whole"),
    Probe("[::]", lambda qs: qs[::-1], "backwards"),
    Probe("[-1]", lambda qs: qs[-1]),
    Probe("[:-1]", lambda qs: qs[:-1]),
    Probe("[:-1]", lambda qs: qs[-2:], "start"),
    Probe("[]=", _set),
    Probe("[:]=", _slice_set),
    Probe("del []", _removed),
    Probe("del [:]", _slice_removed),
    Probe("()", lambda qs: qs()),
    Probe("next()", lambda qs: next(qs)),
    Probe("await", _as_awaitable),
    Probe("with", _entered),
    Probe("async with", _entered_async),
    Probe("raise", _raised),
    Probe("repr()", repr),
    Probe("str()", str),
    Probe("format()", format),
    Probe("f-string", lambda qs: f"{qs}"),
    Probe("f-string", lambda qs: f"{qs!r}", "repr"),
    Probe("str %", lambda qs: "%s" % (qs,)),  # noqa: UP031
    Probe("str %", lambda qs: "%s" % qs, "bare"),  # noqa: UP031
    Probe("for", _looped),
    Probe("for", _left_early, "left-early"),
    Probe("for", lambda qs: [row for row in qs], "comprehension"),  # noqa: C416
    Probe("async for", _looped_async),
    Probe("yield from", _delegated),
    Probe("iter()", lambda qs: [next(iter(qs))]),
    Probe("reversed()", reversed),
    Probe("unpacking", lambda qs: [*qs]),
    Probe("unpacking", lambda qs: _star(*qs), "call"),
    Probe("unpacking", _first_and_rest, "assignment"),
    Probe("list +=", _extended),
    Probe("list[:] =", _put_in_a_slice),
    Probe("in", lambda qs: _report(pk=1) in qs),
    Probe("not in", lambda qs: _report(pk=1) not in qs),
    Probe("if", _tested),
    Probe("if", lambda qs: 1 if qs else 0, "expression"),
    Probe("while", _while),
    Probe("assert", _asserted),
    Probe("not", lambda qs: not qs),
    Probe("bool()", bool),
    Probe("len()", len),
    Probe("and", lambda qs: qs and qs),
    Probe("or", lambda qs: qs or []),
    Probe("copy.copy()", copy.copy),
    Probe("copy.deepcopy()", copy.deepcopy),
    Probe("==", lambda qs: qs == []),
    Probe("==", lambda qs: qs == qs, "itself"),
    Probe("!=", lambda qs: qs != 1),
    Probe("is", lambda qs: qs is None),
    Probe("is not", lambda qs: qs is not None),
    Probe("hash()", hash),
    Probe("hash()", lambda qs: len({qs: 1}), "key"),
    Probe("match", _matched),
)
"""Operators, statements and protocols that a QuerySet and a RawQuerySet are asked for."""

RAW = (
    Probe("using", lambda raw: raw.using("default")),
    Probe("prefetch_related", lambda raw: raw.prefetch_related("author")),
    Probe("iterator", lambda raw: raw.iterator()),
    Probe("columns", lambda raw: raw.columns),
    Probe("resolve_model_init_order", lambda raw: raw.resolve_model_init_order() and None),
    Probe("db", lambda raw: raw.db),
    Probe("model", lambda raw: raw.model),
    Probe("model_fields", lambda raw: raw.model_fields),
    Probe("params", lambda raw: raw.params),
    Probe("query", lambda raw: str(raw.query)),
    Probe("raw_query", lambda raw: raw.raw_query),
    Probe("translations", lambda raw: raw.translations),
)

RAW_ONLY = (
    Probe("pickle.dumps()", pickle.dumps),
    *(probe for symbol, apply in COMBINING for probe in _binary(symbol, apply)),
)
"""Operators and protocols that are of interest on a RawQuerySet alone."""
