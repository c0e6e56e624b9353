"""Places in files as editors count them: rows and columns from 0, columns in the units that were agreed upon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from qscache_lint.source.text import split_rows
from qscache_lint.values import Position, Span

_UNITS: Mapping[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode(errors="surrogatepass")),
    "utf-16": lambda text: len(text) + sum(character > "\uffff" for character in text),
    "utf-32": len,
}
"""How long a text is, by the name of the encoding."""


class Rows:
    """The rows of one file, for which places are turned into those of an editor."""

    def __init__(self, text: str, encoding: str) -> None:
        self._rows = split_rows(text)
        self._length = _UNITS[encoding]

    def range(self, span: Span) -> types.Range:
        """A span as the editor has it."""
        return types.Range(self._position(span.start), self._position(span.end))

    def _position(self, position: Position) -> types.Position:
        row = self._rows[position.row - 1] if position.row <= len(self._rows) else ""
        return types.Position(position.row - 1, self._length(row.rstrip("\r\n")[: position.column - 1]))


def uri_of(path: Path) -> str:
    """The name of a file in the protocol."""
    return path.as_uri()


def path_of(uri: str) -> Path | None:
    """The file that a name in the protocol means; None for what is on no disk. Raises ValueError if malformed."""
    if not uri.startswith("file:"):
        return None
    path = Path(to_fs_path(uri) or "")
    if not path.is_absolute() or "\0" in str(path):
        raise ValueError(f"{uri}: not followed: this is not the name of a file")
    return path
