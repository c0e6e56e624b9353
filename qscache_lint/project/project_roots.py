"""Grounds: the directories of a tree that are projects of their own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from qscache_lint.source.discover import is_project

ProjectRoot: TypeAlias = str
"""A directory, relative to the root of the tree; "" is the root itself."""


def project_roots_of(root: Path, files: Iterable[str]) -> tuple[ProjectRoot, ...]:
    """The topmost directories below the root that are projects of their own, in order, if every file is in one.

    Otherwise the root alone: a file that stands beside projects may have to do with any of them.
    """
    known: dict[str, ProjectRoot] = {"": ""}

    def project_root(directory: str) -> ProjectRoot:
        if directory not in known:
            around = project_root(directory.rpartition("/")[0])
            known[directory] = around or (directory if is_project(root / directory) else "")
        return known[directory]

    found: set[ProjectRoot] = set()
    for path in files:
        found.add(project_root(path.rpartition("/")[0]))
        if "" in found:
            break
    return tuple(sorted(found)) if found and "" not in found else ("",)


def project_root_of(path: str, project_roots: Container[ProjectRoot]) -> ProjectRoot:
    """The project root that a file stands on."""
    return next(each for each in above(path) if each in project_roots)


def above(path: str) -> Iterator[str]:
    """The directories above a file or directory, the nearest first; that of the tree, the last one, is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path
