"""The results as SVG. Drawn with matplotlib, which is imported when there is something to draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed.figures import Spread, measured
from benchmarks.speed.model import Lane, Measure, Session, TreeResult
from benchmarks.speed.table import all_lanes, heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS, _OTHERS = "#b3421f", "#8a94a3"
_MARKS = "os^Dvx"


def draw_costs(session: Session, target: Path) -> None:
    """A bar for the median wall time of every lane, one panel for every tree, with the range; times are logarithmic."""
    rows = max(len(result.lanes()) for result in session.trees)
    with _figure(len(session.trees), 1, (9, (0.28 * rows + 0.9) * len(session.trees)), target) as panels:
        for panel, result in zip(panels, session.trees, strict=True):
            _bars(panel, result, session.ours)


def _bars(panel: Axes, result: TreeResult, ours: str) -> None:
    drawn = [(lane, found) for lane in result.lanes() if (found := measured(result, lane, "wall")) is not None]
    drawn.sort(key=lambda each: -each[1].median)
    panel.barh(
        [str(lane) for lane, _ in drawn],
        [found.median for _, found in drawn],
        xerr=_whiskers([found for _, found in drawn]),
        color=[_OURS if lane.tool == ours else _OTHERS for lane, _ in drawn],
        error_kw={"elinewidth": 1, "ecolor": "#333333"},
    )
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(_plain)
    panel.set_title(heading(result), loc="left", fontsize=10)
    panel.set_xlabel("wall time, s (median and range, logarithmic)")


def _whiskers(found: Sequence[Spread]) -> tuple[list[float], list[float]]:
    return [each.median - each.low for each in found], [each.high - each.median for each in found]


def draw_growth(session: Session, target: Path) -> None:
    """Wall time and peak memory of every lane against the number of files, both axes logarithmic."""
    with _figure(1, 2, (11, 4.5), target) as panels:
        _lines(panels[0], session, "wall", "wall time, s", 1)
        _lines(panels[1], session, "memory", "peak memory of a process, MB", 1e6)
        panels[0].legend(fontsize=8)


def _lines(panel: Axes, session: Session, what: Measure, label: str, unit: float) -> None:
    from matplotlib.ticker import LogLocator

    for index, lane in enumerate(all_lanes(session)):
        points = [(result.files, found) for result in session.trees if (found := measured(result, lane, what))]
        panel.errorbar(
            [files for files, _ in points],
            [found.median / unit for _, found in points],
            yerr=[[each / unit for each in side] for side in _whiskers([found for _, found in points])],
            label=str(lane),
            marker=_MARKS[index % len(_MARKS)],
            color=_shade(lane, session.ours, index),
        )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks([result.files for result in session.trees], minor=False)
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.minorticks_off()
    panel.xaxis.set_major_formatter(_plain)
    panel.yaxis.set_major_formatter(_plain)
    panel.set_xlabel("Python files")
    panel.set_ylabel(label)
    panel.grid(visible=True, which="major", color="#dddddd")


def _plain(value: float, position: float) -> str:
    """A number on an axis."""
    return f"{value:,g}"


def _shade(lane: Lane, ours: str, index: int) -> str:
    return _OURS if lane.tool == ours else f"C{index}"


@contextmanager
def _figure(rows: int, columns: int, size: tuple[float, float], target: Path) -> Iterator[Sequence[Axes]]:
    """A figure that is written when its panels are drawn; the same figures give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "qscache-lint", "svg.fonttype": "none", "font.size": 9}):
        figure: Figure = Figure(figsize=size, layout="constrained")
        yield list(figure.subplots(rows, columns, squeeze=False).flat)
        figure.savefig(target, format="svg", metadata={"Date": None})
