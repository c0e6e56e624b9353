"""Reports: the findings of a run, for people and for services.

`FORMATS` lists them by the name that `--output-format` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from qscache_lint.api import Report


@dataclass(frozen=True)
class Format:
    """A form of a report: the function `name` of a module, which is imported when it is used.

    The function takes a report and the directory that paths are shown relative to, and gives the lines of the output.
    One that `wraps` is for people to read: it also takes the width of its text, or None for that of a file. One that
    `explains` brings the documents of the rules, and loads their modules for that.
    """

    module: str
    name: str
    shows_fixes: bool = False
    wraps: bool = False
    explains: bool = False

    def __call__(self, report: Report, here: Path, width: int | None = None) -> Iterator[str]:
        render: Callable[..., Iterator[str]] = getattr(import_module(f"qscache_lint.reports.{self.module}"), self.name)
        return render(report, here, width) if self.wraps else render(report, here)


FORMATS: Mapping[str, Format] = {
    "full": Format("full", "full", shows_fixes=True, wraps=True),
    "concise": Format("concise", "concise"),
    "json": Format("json", "as_json", shows_fixes=True),
    "json-lines": Format("json_lines", "as_json_lines", shows_fixes=True),
    "github": Format("github", "as_github", shows_fixes=True),
    "gitlab": Format("gitlab", "as_gitlab"),
    "junit": Format("junit", "as_junit", shows_fixes=True),
    "sarif": Format("sarif", "as_sarif", shows_fixes=True, explains=True),
    "html": Format("html", "as_html", shows_fixes=True, explains=True),
    "rdjson": Format("rdjson", "as_rdjson", shows_fixes=True),
}
"""All there is to say of a format besides its module; the first is the default."""
