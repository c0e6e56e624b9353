"""Every Python file of a tree, read one by one, whatever the gate says of it: what is slow, and what is an error."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.repairs.tables import markdown_table
from benchmarks.speed.trees import Tree, python_files
from qscache_lint.facts.reading import read_source
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text import without_source_warnings


@dataclass(frozen=True)
class FilesResult:
    """What reading all files of a tree took, and of one file the most."""

    name: str
    files: int
    unreadable: int
    seconds: float
    slowest: str
    most: float
    errors: tuple[str, ...]


def slowest(tree: Tree) -> FilesResult:
    """Read all files of a tree."""
    seconds: dict[str, float] = {}
    errors: list[str] = []
    unreadable = 0
    with without_source_warnings():
        for path in python_files(tree.path):
            source, name = path.read_bytes(), path.relative_to(tree.path).as_posix()
            started = time.process_time()
            try:
                unreadable += isinstance(read_source(source), Unreadable)
            except Exception:  # noqa: BLE001 (any error is a result of this benchmark)
                errors.append(f"{tree.name}: {name}: {traceback.format_exc()}")
            seconds[name] = time.process_time() - started
    worst = max(seconds, key=seconds.__getitem__, default="")
    total = sum(seconds.values())
    return FilesResult(tree.name, len(seconds), unreadable, total, worst, seconds.get(worst, 0.0), tuple(errors))


def told(results: Sequence[FilesResult]) -> Iterator[str]:
    """A table by tree, and all errors."""
    columns = ("tree", "files", "unreadable", "s", "slowest file", "its s", "errors")
    yield markdown_table(columns, map(_row, results))
    for result in results:
        yield from result.errors


def _row(result: FilesResult) -> tuple[str, ...]:
    counts = (result.name, str(result.files), str(result.unreadable), f"{result.seconds:.1f}")
    return (*counts, result.slowest, f"{result.most:.2f}", str(len(result.errors)))
