"""What our flake8 plugin costs for a single file, seen from inside flake8."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import ClassVar

from benchmarks.speed.tools import HERE
from qscache_lint.flake8_plugin import Plugin


class TimedPlugin(Plugin):
    """The plugin, with a clock around what it does for a file: making it, and running it to its end."""

    seconds: ClassVar[dict[str, float]] = {}

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings of the plugin."""
        started = time.perf_counter()
        found = list(super().run())
        self.seconds[self._filename] = time.perf_counter() - started
        yield from found


@dataclass(frozen=True)
class PluginTimes:
    """Seconds: for the file that has to wait for the project's analysis, and of the others the median and the 99 %."""

    files: int
    first: float
    median: float
    slow: float

    def __str__(self) -> str:
        return (
            f"{self.files:,} files: {self.first:.2f} s for the first one, which waits for the analysis of the project; "
            f"of the others {1000 * self.median:.3f} ms for half of them, {1000 * self.slow:.3f} ms for 99 of 100"
        )


def plugin_times(tree: Path) -> PluginTimes:
    """Run flake8 with only our plugin over a tree, in this process. Raises ValueError for less than three files."""
    from flake8.main.application import Application

    TimedPlugin.seconds.clear()
    config = HERE / "rules" / "flake8_timed.cfg"
    options = ["--config", str(config), "--select", "QSC", "--jobs", "1", "--output-file", os.devnull]
    Application().run([*options, str(tree)])
    return summed_up([*TimedPlugin.seconds.values()])


def summed_up(seconds: list[float]) -> PluginTimes:
    """The times of all files, of which the greatest is that of the analysis. Raises ValueError for less than three."""
    *others, first = sorted(seconds)
    if len(others) < 2:
        raise ValueError("too few files")
    percent = quantiles(others, n=100, method="inclusive")
    return PluginTimes(len(seconds), first, percent[49], percent[98])
