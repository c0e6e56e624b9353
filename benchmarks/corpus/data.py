"""The data of the benchmark: `labels.jsonl` and `verdicts.jsonl`, one object a line."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.corpus.model import Label, Verdict

Row = TypeVar("Row", Label, Verdict)

_HERE = Path(__file__).parent


def labels() -> tuple[Label, ...]:
    """Every labelled definition, in the order of the file. Raises msgspec.ValidationError for a wrong row."""
    return _rows(_HERE / "labels.jsonl", Label)


def verdicts() -> tuple[Verdict, ...]:
    """Every judged finding, in the order of the file. Raises msgspec.ValidationError for a wrong row."""
    return _rows(_HERE / "verdicts.jsonl", Verdict)


def _rows(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    return tuple(msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines() if line)


def checkout(directory: Path, repository: str) -> Path:
    """Where the checkout of `owner/name` is expected: `owner__name` in `directory`."""
    return directory / repository.replace("/", "__")
