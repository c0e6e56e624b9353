"""A run of pytest that is recorded, in one process or in the workers of pytest-xdist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qscache_lint.witness.merging import merged
from qscache_lint.witness.records import Recording, decode, encode
from qscache_lint.witness.runtime.children import Children
from qscache_lint.witness.runtime.known import known_functions
from qscache_lint.witness.runtime.witness import Witness
from qscache_lint.witness.runtime.writing import written

_OUTPUT = "qscache_witness"


class Recorder:
    """A plugin that records from now to the end of the session."""

    def __init__(self, config: pytest.Config, file: str, known: str | None) -> None:
        self._config = config
        self._file = Path(config.invocation_params.dir, file)
        self._workers: list[Recording] = []
        self._summary = ""
        if not self._file.parent.is_dir():
            raise pytest.UsageError(f"--qscache-witness: {self._file.parent} is no directory")
        try:
            functions = known_functions(Path(config.invocation_params.dir, known), config.rootpath) if known else {}
        except (OSError, ValueError) as error:
            raise pytest.UsageError(f"--qscache-known: {known}: {error}") from None
        self._witness = Witness(config.rootpath, functions)
        self._children = self._witness.children = Children(self._witness.recording)
        self._witness.start()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = encode(self._children.with_all(self._witness.recording())).decode()
            return
        self._summary = written(self._recorded(), self._file)

    def _recorded(self) -> Recording:
        """What the workers recorded; without workers, what this process did."""
        return merged(self._workers) if self._workers else self._children.with_all(self._witness.recording())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if told is None:
            self._witness.say("A worker of pytest-xdist ended without telling what it had recorded.")
            told = encode(self._witness.recording()).decode()
        self._workers.append(decode(told.encode()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(self._summary)

    def pytest_unconfigure(self) -> None:
        self._witness.stop()
        self._children.close()
