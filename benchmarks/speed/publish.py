"""Writes results: a JSON file and a plot for each kind of session, and the tables between the marks of a README."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.speed.goals import goals, goals_table
from benchmarks.speed.model import Session
from benchmarks.speed.plot import draw_costs, draw_growth
from benchmarks.speed.table import growth, summary
from benchmarks.speed.tools import HERE, tools

RESULTS = HERE / "results"
README = HERE / "README.md"


@dataclass(frozen=True)
class Kind:
    """A kind of session: the name of its files and its mark, its text, its plot."""

    name: str
    text: Callable[[Session], str]
    draw: Callable[[Session, Path], None]


def _compared(session: Session) -> str:
    return f"{goals_table(session, goals())}\n\n{summary(session, tools())}"


COMPARE = Kind("compare", _compared, draw_costs)
GROWTH = Kind("growth", growth, draw_growth)
KINDS = (COMPARE, GROWTH)


def save(session: Session, kind: Kind, results: Path) -> None:
    """Write the figures as JSON."""
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{kind.name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(session)) + b"\n")


def load(kind: Kind, results: Path) -> Session | None:
    """The figures that were saved; None when there are none."""
    path = results / f"{kind.name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Session) if path.exists() else None


def render(session: Session, kind: Kind, results: Path, readme: Path | None) -> str:
    """Draw the plot, put it and the text between the marks of the README, give the text. Raises ValueError without."""
    text, plot = kind.text(session), results / f"{kind.name}.svg"
    kind.draw(session, plot)
    if readme is not None:
        image = f"![The same as a plot]({Path(os.path.relpath(plot, readme.parent)).as_posix()})"
        readme.write_text(between_marks(readme.read_text(), kind.name, f"{text}\n\n{image}"))
    return text


def between_marks(page: str, name: str, text: str) -> str:
    """The page with `text` between `<!-- results: NAME -->` and the next end mark. Raises ValueError without them."""
    marks = re.compile(rf"(<!-- results: {name} -->\n).*?(<!-- end of results -->)", re.DOTALL)
    if not marks.search(page):
        raise ValueError(f"no marks for the results of {name}")
    return marks.sub(lambda found: f"{found.group(1)}\n{text}\n\n{found.group(2)}", page)
