"""Reports: the findings of a run, for people and for services.

`formats.py` lists them by the name that `--output-format` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from qscache_lint.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from qscache_lint.api import Report


def _say_nothing(line: str) -> None:
    """Take no notice of what a report leaves out."""


def render(
    name: str, report: Report, here: Path, width: int | None = None, tell: Callable[[str], None] = _say_nothing
) -> Iterator[str]:
    """A report in one format, line by line. Paths are shown relative to `here`.

    Text for people is as wide as `width`, or, without one, as that of a file. `tell` gets a line for what is left out.
    """
    form = FORMATS[name]
    function: Callable[..., Iterator[str]] = getattr(import_module(f"qscache_lint.reports.{form.module}"), form.name)
    if form.wraps:
        return function(report, here, width)
    return function(report, here, tell) if form.limited else function(report, here)
