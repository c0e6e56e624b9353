"""The statistics: medians with ranges, ratios of paired runs, the growth of a figure with the size of a tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from statistics import linear_regression, median

from benchmarks.speed.model import Cost, Lane, Measure, TreeResult


@dataclass(frozen=True)
class Spread:
    """The median of some figures, the least and the greatest."""

    median: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of the values; None when there are none."""
    figures = sorted(values)
    return Spread(median(figures), figures[0], figures[-1]) if figures else None


def measured(result: TreeResult, lane: Lane, what: Measure) -> Spread | None:
    """What a lane took on a tree."""
    return spread(_figure(cost, what) for cost in result.costs(lane))


def ratio(result: TreeResult, one: Lane, other: Lane, what: Measure = "wall") -> Spread | None:
    """How many times the `other` lane's figure the first one's is: ratios of runs of the same round."""
    return spread(
        _figure(first, what) / _figure(second, what)
        for first, second in result.pairs(one, other)
        if _figure(second, what) > 0
    )


def share(result: TreeResult, whole: Lane, without: Lane) -> Spread | None:
    """Which part of the CPU time of a lane it takes more than the lane without, in runs of the same round."""
    rest = ratio(result, without, whole, "cpu")
    return None if rest is None else Spread(1 - rest.median, 1 - rest.high, 1 - rest.low)


def exponent(points: Sequence[tuple[int, float]]) -> float | None:
    """The b of the best y = a·xᵇ: 1 is linear growth, below 1 there is a part that does not grow."""
    if len({x for x, _ in points}) < 2:
        return None
    return linear_regression([log(x) for x, _ in points], [log(y) for _, y in points]).slope


def _figure(cost: Cost, what: Measure) -> float:
    return {"wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory}[what]
