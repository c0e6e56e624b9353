"""The projects of `projects.toml`, and how they get onto this machine: one commit each, without its history."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from benchmarks.ecosystem.model import Checkout

_DATA = Path(__file__).parent / "projects.toml"


class _Projects(msgspec.Struct, forbid_unknown_fields=True):
    project: tuple[Checkout, ...]


def checkouts() -> tuple[Checkout, ...]:
    """Every project. Raises msgspec.ValidationError for a wrong row."""
    return msgspec.toml.decode(_DATA.read_bytes(), type=_Projects).project


def get(checkout: Checkout, directory: Path, source: str) -> str:
    """Put a project into a directory, unless it is there; says what came of it. `source` stands before its name."""
    place = directory / checkout.directory
    if place.is_dir():
        return "is there"
    place.mkdir(parents=True)
    for command in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth", "1", f"{source}{checkout.repository}", checkout.commit),
        ("checkout", "--quiet", "FETCH_HEAD"),
    ):
        done = subprocess.run(["git", "-C", str(place), *command], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"not fetched: {done.stderr.strip()}"
    return "fetched"
