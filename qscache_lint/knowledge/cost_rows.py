"""Rows of the table of costs."""

from __future__ import annotations

from qscache_lint.knowledge.model import Effect, Row, Store


class StoreCost(Row, frozen=True):
    """What a kind of store costs: in queries when the value is stored and at a hit, and in words for messages."""

    store: Store
    at_store: int
    at_hit: int
    stores: str
    stored: str
    stored_bounded: str
    refining: str
    embedded: str
    combined: str
    part: str
    kept_rows: str
    writing: str
    embedded_part: str = ""
    in_vain: str = ""
    spared: str = ""


class EffectCost(Row, frozen=True):
    """What an operation of one effect costs.

    In queries on a QuerySet that is lazy, and on one whose rows are there; `fills`: the rows are there afterwards;
    `drops`: rows that were there are gone afterwards.
    """

    effect: Effect
    lazy: int
    evaluated: int
    fills: bool
    means: str
    drops: bool = False


class CostTable(Row, frozen=True):
    """The whole of costs.toml."""

    store: tuple[StoreCost, ...]
    effect: tuple[EffectCost, ...]
