"""Edits: the difference between two texts as replacements of spans, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff
from itertools import takewhile
from operator import eq

from qscache_lint.source.text import split_rows
from qscache_lint.values import Edit, Position, Span


def edits_between(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """The edits that turn `before` into `after`: whole lines, in order, without overlap."""
    old, new = split_rows(before), split_rows(after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    return tuple(
        Edit(path, Span(_start_of(old, head + first), _start_of(old, head + last)), "".join(new[head:][start:stop]))
        for tag, first, last, start, stop in middle.get_opcodes()
        if tag != "equal"
    )


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines are the same from the start on."""
    return sum(takewhile(bool, map(eq, old, new)))


def _start_of(lines: Sequence[str], index: int) -> Position:
    """Where line `index` (from 0) starts; behind the last line, where the text ends."""
    if index < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return Position(index + 1, 1)
    return Position(len(lines), len(lines[-1]) + 1)


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
