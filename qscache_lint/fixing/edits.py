"""Edits: the difference between two texts as replacements of spans. `source/edits.py` goes the other way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from operator import eq
from typing import TypeAlias, TypeVar

from qscache_lint.source.text import split_rows
from qscache_lint.values import Edit, Position, Span

Line = TypeVar("Line", str, bytes)

Stretch: TypeAlias = tuple[int, int, bytes]
"""Lines that have others in their place: the first and the one behind the last, from 0, and the others."""


def edits_between(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """The edits that turn `before` into `after`: whole lines, in order, without overlap."""
    old, new = split_rows(before), split_rows(after)
    return tuple(
        Edit(path, Span(_start_of(old, first), _start_of(old, last)), "".join(content))
        for first, last, content in _replaced(old, new)
    )


def _replaced(old: Sequence[Line], new: Sequence[Line]) -> Iterator[tuple[int, int, Sequence[Line]]]:
    """Which lines have others in their place: the first and the one behind the last, from 0, and the others."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    fresh = new[head : len(new) - tail]
    middle = SequenceMatcher(None, old[head : len(old) - tail], fresh, autojunk=False)
    for tag, first, last, start, stop in middle.get_opcodes():
        if tag != "equal":
            yield head + first, head + last, fresh[start:stop]


def _alike(old: Sequence[Line], new: Sequence[Line]) -> int:
    """How many lines are the same from the start on."""
    return sum(takewhile(bool, map(eq, old, new)))


def rows_touched(before: bytes, after: bytes) -> Iterator[int]:
    """The rows of `before` that a change replaces; those around what it only adds."""
    for first, last, _ in _replaced(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        yield from range(first + 1, last + 1) if first < last else (max(first, 1), first + 1)


def stretches_between(before: bytes, after: bytes) -> tuple[Stretch, ...]:
    """The stretches in which a file differs from what it was."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return tuple((first, last, b"".join(content)) for first, last, content in _replaced(old, new))


def with_stretches(before: bytes, stretches: Iterable[Stretch]) -> bytes:
    """A file with other lines in some stretches, which do not overlap."""
    lines = before.splitlines(keepends=True)
    for first, last, content in sorted(stretches, key=lambda each: each[:2], reverse=True):
        lines[first:last] = [content]
    return b"".join(lines)


def merged(before: bytes, afters: Iterable[bytes]) -> bytes:
    """A file after several changes, each of them made to `before`, that touch different rows."""
    return with_stretches(before, (each for after in afters for each in stretches_between(before, after)))


def _start_of(lines: Sequence[str], index: int) -> Position:
    """Where line `index` (from 0) starts; behind the last line, where the text ends."""
    if index < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return Position(index + 1, 1)
    return Position(len(lines), len(lines[-1]) + 1)
