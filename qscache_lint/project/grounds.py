"""Grounds: where a tree may be parted, told from the paths of its files alone."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TypeAlias

Ground: TypeAlias = str
"""A directory, relative to the root of the tree; "" is the root itself."""


def grounds_of(files: Iterable[str]) -> tuple[Ground, ...]:
    """The topmost directories that hold a file, in order; none of them is inside another."""
    directories = {path.rpartition("/")[0] for path in files}
    return tuple(sorted(each for each in directories if directories.isdisjoint(above(each))))


def ground_of(path: str, grounds: Container[Ground]) -> Ground:
    """The ground that a file stands on."""
    return next(each for each in above(path) if each in grounds)


def above(path: str) -> Iterator[str]:
    """The directories above a file or directory, the nearest first; that of the tree, the last one, is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path
