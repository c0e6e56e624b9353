"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.speed.figures import Spread, exponent, measured, ratio, share
from benchmarks.speed.model import SCENARIOS, Lane, Measure, Session, Tool, TreeResult

NOTHING = "–"


def summary(session: Session, tools: Sequence[Tool]) -> str:
    """What was measured where, then the tables of every tree."""
    parts = [about(session)]
    for result in session.trees:
        parts += [f"### {heading(result)}", costs(result, session.ours), *shares(result, tools), *failures(result)]
    return "\n\n".join(parts)


def heading(result: TreeResult) -> str:
    """The name of a tree and its size."""
    return f"{result.name}: {result.files:,} Python files, {result.size / 1e6:,.1f} MB"


def about(session: Session) -> str:
    """The day, the machine and the tools, and which tools were not there."""
    present = [f"- {each.name}: {each.version}{f' ({each.note})' if each.note else ''}" for each in session.present]
    absent = [f"- {each.name}: **not measured**, {each.reason}" for each in session.absent]
    left_out = [f"- left out: {', '.join(session.left_out)}"] if session.left_out else []
    return "\n".join([f"{session.day}, {session.machine}.", "", *present, *absent, *left_out])


def costs(result: TreeResult, ours: str) -> str:
    """A row for each lane; the last columns say how many times its wall time each of our scenarios takes."""
    scenarios = [each for each in SCENARIOS if Lane(ours, each) in result.lanes()]
    header = ["tool", "run", "runs", "wall s", "CPU s", "peak MB", "findings", *(f"our {each} ÷" for each in scenarios)]
    rows = [
        [
            lane.tool,
            lane.scenario,
            str(len(result.costs(lane))),
            seconds(measured(result, lane, "wall")),
            seconds(measured(result, lane, "cpu")),
            megabytes(measured(result, lane, "memory")),
            _findings(result, lane),
            *(times(ratio(result, Lane(ours, each), lane)) for each in scenarios),
        ]
        for lane in result.lanes()
    ]
    return markdown(header, rows)


def shares(result: TreeResult, tools: Sequence[Tool]) -> Iterator[str]:
    """Which part of the CPU time is that of a plugin, for the tools that run beside their own host."""
    for tool in tools:
        for scenario in tool.scenarios if tool.beside else ():
            part = share(result, Lane(tool.name, scenario), Lane(tool.beside, scenario))
            if part is not None:
                yield f"CPU of {tool.name} beyond that of {tool.beside}: {_ranged(part, _percent)}."


def failures(result: TreeResult) -> Iterator[str]:
    """The lanes that gave no figures."""
    if result.failures:
        yield "\n".join(f"- {failure.lane}: **no figures**, {failure.reason}" for failure in result.failures)


def growth(session: Session) -> str:
    """How the figures of each lane grow from tree to tree; the exponent is that of the three largest."""
    parts = [about(session)]
    for what, title, form in _GROWN:
        header = ["tool", "run", *(f"{result.files:,} files" for result in session.trees), "exponent"]
        rows = [_grown(session.trees, lane, what, form) for lane in all_lanes(session)]
        parts += [f"{title}:", markdown(header, rows)]
    return "\n\n".join([*parts, *(part for result in session.trees for part in failures(result))])


def all_lanes(session: Session) -> tuple[Lane, ...]:
    """The lanes of all trees."""
    return tuple(dict.fromkeys(lane for result in session.trees for lane in result.lanes()))


def _grown(trees: Sequence[TreeResult], lane: Lane, what: Measure, form: Callable[[Spread | None], str]) -> list[str]:
    spreads = [measured(result, lane, what) for result in trees]
    points = [(result.files, each.median) for result, each in zip(trees, spreads, strict=True) if each is not None]
    steepness = exponent(sorted(points)[-_LARGEST:])
    shown = NOTHING if steepness is None else f"{steepness:.2f}"
    return [lane.tool, lane.scenario, *map(form, spreads), shown]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first two columns are words and whose others are figures."""
    rule = ["---" if index < 2 else "---:" for index in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def seconds(value: Spread | None) -> str:
    """Seconds, with more digits when they are few."""
    return _ranged(value, lambda figure: f"{figure:.{_digits(figure)}f}")


def megabytes(value: Spread | None) -> str:
    """Bytes as megabytes; the range is left out where it rounds to the median."""
    return _ranged(value, lambda figure: f"{figure / 1e6:.0f}")


def times(value: Spread | None) -> str:
    """A ratio."""
    return _ranged(value, lambda figure: f"{figure:.{_digits(figure)}f}")


def _ranged(value: Spread | None, form: Callable[[float], str]) -> str:
    if value is None:
        return NOTHING
    middle, low, high = form(value.median), form(value.low), form(value.high)
    return middle if low == high else f"{middle} ({low}–{high})"


def _digits(figure: float) -> int:
    """Three figures that count, but no more than three behind the point."""
    return next((digits for digits, bound in enumerate((100, 10, 1)) if figure >= bound), 3)


def _percent(figure: float) -> str:
    return f"{100 * figure:.1f} %"


def _findings(result: TreeResult, lane: Lane) -> str:
    counted = sorted({cost.findings for cost in result.costs(lane) if cost.findings is not None})
    return "/".join(f"{count:,}" for count in counted) or NOTHING


_GROWN: tuple[tuple[Measure, str, Callable[[Spread | None], str]], ...] = (
    ("wall", "Wall time in seconds", seconds),
    ("cpu", "CPU time in seconds", seconds),
    ("memory", "Peak memory of a process in MB", megabytes),
)

_LARGEST = 3  # trees that the exponent is fitted to: in small ones, the start of the program weighs
