"""How long a line may be: what a project tells its formatter, or else its linter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from configparser import Error, RawConfigParser
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from qscache_lint.source.files import read_regular

_LINE_LENGTH = ("line-length", "line_length")
_MAX_LINE_LENGTH = ("max-line-length", "max_line_length")

_SETTINGS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("pyproject.toml", ("tool", "black"), _LINE_LENGTH),
    (".ruff.toml", (), _LINE_LENGTH),
    ("ruff.toml", (), _LINE_LENGTH),
    ("pyproject.toml", ("tool", "ruff"), _LINE_LENGTH),
    (".flake8", ("flake8",), _MAX_LINE_LENGTH),
    ("setup.cfg", ("flake8",), _MAX_LINE_LENGTH),
    ("tox.ini", ("flake8",), _MAX_LINE_LENGTH),
    ("pyproject.toml", ("tool", "flake8"), _MAX_LINE_LENGTH),
    ("setup.cfg", ("pycodestyle",), _MAX_LINE_LENGTH),
    ("tox.ini", ("pycodestyle",), _MAX_LINE_LENGTH),
)
"""File, table and keys. In one directory a formatter comes before a linter, which may admit more than that writes."""


def line_limit(root: Path, path: str, among: Collection[str]) -> int | None:
    """The limit that is set nearest to a file, from its directory up to the root; None where none is.

    `among` are the files of settings below the root. What cannot be read sets nothing.
    """
    for directory in PurePosixPath(path).parents:
        found = next(_limits(root, directory, among), None)
        if found is not None:
            return found
    return None


def _limits(root: Path, directory: PurePosixPath, among: Collection[str]) -> Iterator[int]:
    known: dict[str, Mapping[str, Any]] = {}
    for name, table, keys in _SETTINGS:
        path = (directory / name).as_posix()
        if path not in among:
            continue
        if name not in known:
            known[name] = _read(root / path)
        settings = _inner(known[name], table)
        yield from (limit for key in keys if (limit := _number(settings.get(key))) is not None)


def _inner(document: Mapping[str, Any], table: tuple[str, ...]) -> Mapping[str, Any]:
    """A table of a document; none where it is something else."""
    for key in table:
        inner = document.get(key)
        document = inner if isinstance(inner, dict) else {}
    return document


def _number(written: object) -> int | None:
    if isinstance(written, str) and written.strip().isdecimal():
        written = int(written)
    return written if isinstance(written, int) and written > 0 else None


def _read(path: Path) -> Mapping[str, Any]:
    read = _toml if path.suffix == ".toml" else _ini
    try:
        return read(read_regular(path))
    except (OSError, UnicodeError, msgspec.DecodeError, Error):
        return {}


def _toml(source: bytes) -> Mapping[str, Any]:
    return msgspec.toml.decode(source, type=dict[str, Any])


def _ini(source: bytes) -> Mapping[str, Any]:
    parser = RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(source.decode("utf-8"))
    return {section: dict(parser.items(section)) for section in parser.sections()}
