"""Writes source in other ways that mean the same: with comments everywhere, and in another layout."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

COMMENT = re.compile(r"# note \d+")

_SILENT = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


def with_comments(source: str) -> str:
    """The source with a numbered comment above every statement, and one behind every line that can have one."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    lines = source.splitlines(keepends=True)
    first, last = set(_first_rows(tokens)), set(_last_rows(tokens, lines))
    written: list[str] = []
    for row, line in enumerate(lines, start=1):
        if row in first:
            indent = line[: len(line) - len(line.lstrip())]
            written.append(f"{indent}# note {2 * row}\n")
        written.append(line.rstrip("\n") + f"  # note {2 * row + 1}\n" if row in last else line)
    return "".join(written)


def _first_rows(tokens: list[tokenize.TokenInfo]) -> Iterator[int]:
    begins = True
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            begins = True
        elif token.type not in (*_SILENT, tokenize.ENDMARKER):
            if begins:
                yield token.start[0]
            begins = False


def _last_rows(tokens: list[tokenize.TokenInfo], lines: list[str]) -> Iterator[int]:
    """The rows that end where a comment may stand, and have none."""
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    for token in tokens:
        row = token.start[0]
        if token.type in (tokenize.NEWLINE, tokenize.NL) and row not in commented and lines[row - 1].strip():
            yield row


def of_windows(source: str) -> str:
    """The source with tabs instead of four spaces, and with the line ends of Windows."""
    return "".join(_tabbed(line) for line in source.splitlines(keepends=True)).replace("\n", "\r\n")


def _tabbed(line: str) -> str:
    text = line.lstrip(" ")
    return "\t" * ((len(line) - len(text)) // 4) + text
