"""Markdown for people: text wrapped to the width of a terminal; code stays as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

_FENCE, _HEADING, _ROW, _ITEM = "```", "#", "|", "- "


def wrapped(document: str, width: int) -> Iterator[str]:
    """The lines of a document in Markdown; none is wider than `width`, but for code and words that are.

    A table stays one where it is not too wide, else each of its rows becomes an item.
    """
    for block in _blocks(document.splitlines()):
        if block[0].startswith(_FENCE):
            yield from (click.style(line, fg="cyan") for line in block)
        elif block[0].startswith(_HEADING):
            yield click.style(block[0], bold=True)
        elif block[0].startswith(_ROW):
            yield from _table(block, width)
        else:
            yield from _filled(" ".join(map(str.strip, block)), width)


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines that belong together: code with its fences, a heading, a table, an item, a paragraph, an empty line."""
    block: list[str] = []
    for line in lines:
        if block and not _continues(line, block):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _continues(line: str, block: Sequence[str]) -> bool:
    if block[0].startswith(_FENCE):
        return len(block) == 1 or block[-1] != _FENCE
    if block[0].startswith(_ROW):
        return line.startswith(_ROW)
    alone = not block[0] or block[0].startswith(_HEADING)
    return bool(line) and not alone and not line.startswith((_FENCE, _HEADING, _ROW, _ITEM))


def _table(rows: Sequence[str], width: int) -> Iterator[str]:
    head, _, *body = ([cell.strip() for cell in row.strip(_ROW).split(_ROW)] for row in rows)
    cells = [head, *body]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + 3 * len(widths) + 1 <= width:
        for row in (head, ["-" * each for each in widths], *body):
            yield f"| {' | '.join(cell.ljust(each) for cell, each in zip(row, widths, strict=True))} |"
        return
    for first, *others in body:
        told = "; ".join(f"{name} {cell}" for name, cell in zip(head[1:], others, strict=True))
        yield from _filled(f"- {first}: {told}", width)


def _filled(text: str, width: int) -> list[str]:
    hanging = "  " if text.startswith(_ITEM) else ""
    lines = textwrap.wrap(text, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return lines or [""]
