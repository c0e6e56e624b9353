"""The formats of reports, and what `--output-format` and the setting of that name ask for: the list, for runs that load
none of them. `reports.render` makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Format(NamedTuple):
    """A form of a report: the function `name` of a module in `reports/`, which is imported when it is used.

    `mark` matches every report in it that is not empty: only what has the mark of one is written over. One that `wraps`
    is for people to read: it also takes the width of its text. One that `explains` brings the documents of the rules,
    and loads their modules for that. One that is `limited` may leave something out, which it says.
    """

    module: str
    name: str
    mark: bytes
    shows_fixes: bool = False
    wraps: bool = False
    explains: bool = False
    limited: bool = False


_SUMMARY = (
    rb"(?:\A|\n)(?:Found \d+ problems?|Would fix \d+ problems? in \d+ files?|Nothing would change"
    rb"|No problems found in \d+ files?)\.\n\Z"
)
_PATCH = rb"\A--- [^\n]+\n\+\+\+ [^\n]+\n@@ "
_SARIF = (
    rb'\A\{\s*"\$schema": "[^"]*/sarif-schema-[^"]*",\s*"version": "[^"]*",\s*"runs": \[\s*\{\s*'
    rb'"tool": \{\s*"driver": \{\s*"name": "qscache-lint"'
)
_JUNIT = rb'\A<\?xml [^>]*>\s*<testsuites name="qscache-lint"'
_ENTRY = rb'\{\s*"code": (?:"QSC\d|null,\s*"name": "witnessed-not-found")'
_RDJSON = rb'\A\{\s*"source": \{\s*"name": "qscache-lint"'

FORMATS: Mapping[str, Format] = {
    "full": Format("full", "full", rb"%b|%b" % (_SUMMARY, _PATCH), shows_fixes=True, wraps=True),
    "concise": Format("concise", "concise", rb"\A[^\n]+:\d+:\d+: QSC\d"),
    "json": Format("json", "as_json", rb"\A\[\s*(?:\]\s*\Z|%b)" % _ENTRY, shows_fixes=True),
    "json-lines": Format("json_lines", "as_json_lines", rb"\A%b" % _ENTRY, shows_fixes=True),
    "github": Format("github", "as_github", rb"\A::\w+ title=QSC\d", shows_fixes=True),
    "gitlab": Format("gitlab", "as_gitlab", rb'\A\[\s*(?:\]\s*\Z|\{\s*"description": "QSC\d)'),
    "junit": Format("junit", "as_junit", _JUNIT, shows_fixes=True),
    "sarif": Format("sarif", "as_sarif", _SARIF, shows_fixes=True, explains=True, limited=True),
    "html": Format(
        "html", "as_html", rb"(?s)\A<!doctype html>.{0,1000}?<title>qscache-lint: ", shows_fixes=True, explains=True
    ),
    "rdjson": Format("rdjson", "as_rdjson", _RDJSON, shows_fixes=True),
}
"""All there is to say of a format besides its module; the first is the default."""

DEFAULT = next(iter(FORMATS))


class WrongFormat(ValueError):
    """What asks for a report in no format that there is."""


class Wanted(NamedTuple):
    """A report in one format; `path` is the file that it goes into, None for standard output."""

    name: str
    path: Path | None = None

    def __str__(self) -> str:
        return self.name if self.path is None else f"{self.name}:{self.path}"

    @staticmethod
    def parse(written: str) -> Wanted:
        """What `FORMAT` or `FORMAT:FILE` asks for. Raises WrongFormat."""
        name, colon, path = written.partition(":")
        if name not in FORMATS:
            from qscache_lint.nearest import nearest

            choices = ", ".join(FORMATS)
            near = nearest(name, FORMATS)
            raise WrongFormat(f"unknown format {name!r}; did you mean {near!r}? Choose from {choices}")
        if colon and not path:
            raise WrongFormat(f"{written!r} names no file after the colon")
        return Wanted(name, Path(path) if path else None)


def is_report(content: bytes) -> bool:
    """Whether a file with this content is empty or one of our reports, and may be written anew."""
    return not content.strip() or any(re.search(form.mark, content) for form in FORMATS.values())
