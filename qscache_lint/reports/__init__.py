"""Reports: the findings of a run as text or JSON. `FORMATS` lists them by the name that `--output-format` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from qscache_lint.reports.concise import concise
from qscache_lint.reports.full import full
from qscache_lint.reports.json import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from qscache_lint.api import Report

Render = Callable[["Report", "Path"], Iterator[str]]

FORMATS: Mapping[str, Render] = {"full": full, "concise": concise, "json": as_json}
"""Each takes a report and the directory that paths are shown relative to, and gives the lines of the output.

`full` also takes the width that its text is wrapped to.
"""
