"""A run of Django's test runner that is recorded; its workers leave what they recorded in a directory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from qscache_lint.witness.records import Recording
from qscache_lint.witness.runtime.children import Children
from qscache_lint.witness.runtime.known import known_functions
from qscache_lint.witness.runtime.settings import project_root
from qscache_lint.witness.runtime.witness import Witness, running
from qscache_lint.witness.runtime.writing import write, written

_PARTS = "QSCACHE_WITNESS_PARTS"
"""The environment variable by which workers know the directory."""


class Recorder:
    """A witness that begins at once, and is written after the block."""

    def __init__(self, file: str, known: str | None, *, is_parallel: bool = False) -> None:
        root = project_root()
        self._file = Path(file).absolute()
        if not self._file.parent.is_dir():
            raise CommandError(f"--qscache-witness: {self._file.parent} is no directory")
        try:
            functions = known_functions(Path(known), root) if known else {}
        except (OSError, ValueError) as error:
            raise CommandError(f"--qscache-known: {known}: {error}") from None
        self._is_parallel = is_parallel
        self._witness = Witness(root, functions)
        self._children = self._witness.children = Children(self._witness.recording)
        os.environ[_PARTS] = str(self._children.directory)
        self._witness.start()
        self.summary = ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._witness.stop()
        recording = self._recorded(self._witness.recording())
        self._children.close()
        del os.environ[_PARTS]
        self.summary = written(recording, self._file)

    def _recorded(self, recording: Recording) -> Recording:
        """Together with what children recorded; workers tell when they have run tests, and some get none."""
        return self._children.with_told(recording) if self._is_parallel else self._children.with_all(recording)


def run_in_worker(run: Callable[[Any], Any], arguments: Any) -> Any:
    """Run tests in a worker, and leave there what it has recorded so far.

    A worker that was forked has the witness already; another one begins here.
    """
    witness = running() or Witness(project_root())
    if running() is None:
        witness.start()
    result = run(arguments)
    if witness.children is not None:
        witness.children.tell()
    else:
        write(witness.recording(), Path(os.environ[_PARTS], f"{os.getpid()}.json"))
    return result
