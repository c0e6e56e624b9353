"""A change of one file as a patch that people can look at.

It applies where the lines hold nothing but text. Tabs, the two line ends, and a form feed on a line of its own are text
in source files; any other control stands as Python's escape, as in every report, and such a hunk does not apply.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.printable import printable
from qscache_lint.source.edits import diff


def patch(path: str, before: str, after: str) -> Iterator[str]:
    """The lines of a unified diff, each with its end. `path` is the name of the file as it is shown."""
    for line in diff(path, before, after):
        yield "\n".join(map(_shown, line.split("\n")))


def _shown(line: str) -> str:
    text = line.removesuffix("\r")
    end = line[len(text) :]
    return line if text[1:] == "\f" else printable(text, kept="\t") + end
