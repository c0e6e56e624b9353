"""Edits applied to a text, and the difference of two texts for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from qscache_lint.source.text import split_rows
from qscache_lint.values import Edit, Position


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """`text` with `edits` (of one file, without overlap) applied."""
    lines = split_rows(text)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        start, end = _offset(lines, edit.span.start), _offset(lines, edit.span.end)
        text = "".join(lines)
        lines = split_rows(text[:start] + edit.content + text[end:])
    return "".join(lines)


def _offset(lines: Sequence[str], position: Position) -> int:
    return sum(len(line) for line in lines[: position.row - 1]) + position.column - 1


def diff(path: str, before: str, after: str) -> Iterator[str]:
    """A unified diff of one file, line by line."""
    old, new = _patch_lines(before), _patch_lines(after)
    for line in unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _patch_lines(text: str) -> list[str]:
    """Lines as patch programs see them: only a line feed ends one."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]
