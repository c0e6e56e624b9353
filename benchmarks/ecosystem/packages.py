"""The wheels of `packages.txt`, and how their files get onto this machine: unpacked, never installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

_PINS = Path(__file__).parent / "packages.txt"


def packages() -> tuple[str, ...]:
    """Every package, `name==version`."""
    lines = _PINS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def unpack(pin: str, directory: Path, options: Sequence[str] = ()) -> str:
    """Put the files of a wheel into a directory of its name, unless it is there; says what came of it.

    `options` are those of `pip download`.
    """
    place = directory / pin.partition("==")[0]
    if place.is_dir():
        return "is there"
    with TemporaryDirectory() as wheels:
        # No source distribution: building one executes it.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *options]
        done = subprocess.run([*pip, "--dest", wheels, pin], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"not fetched: {done.stderr.strip().rpartition(chr(10))[2]}"
        (wheel,) = Path(wheels).glob("*.whl")
        with ZipFile(wheel) as archive:
            archive.extractall(place)
    return "unpacked"
