"""What the processes have recorded that this one was forked into, such as those of a pool in a test.

Each leaves it in a directory when it ends. Of those that are broken off, or do not begin as a fork, nothing is known.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from functools import wraps
from multiprocessing import util
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from qscache_lint.witness.merging import merged
from qscache_lint.witness.records import Recording, decode
from qscache_lint.witness.runtime.patches import Patches
from qscache_lint.witness.runtime.writing import write

_UNKNOWN = "Some child processes were not recorded: what they did, and what code ran in them, is not known."
_EXITS_LATE = 0
"""After what `multiprocessing` itself does at the end of a process."""


class Children:
    """Watches for child processes from now on, until `close`. `recording` is what a process has recorded so far."""

    def __init__(self, recording: Callable[[], Recording]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="qscache-witness-"))
        self._recording = recording
        self._name = ""
        self._is_any_unknown = False
        self._patches = Patches()
        self._patches.replace(BaseProcess, "start", self._start)
        util.register_after_fork(self, Children._at_end_of_process)

    def begun(self) -> None:
        """In a fork, when it begins."""
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._unfinished.touch()
        atexit.register(self.tell)

    def _at_end_of_process(self) -> None:
        """In a fork that `multiprocessing` made, which ends without `atexit`."""
        util.Finalize(None, self.tell, exitpriority=_EXITS_LATE)

    def tell(self) -> None:
        """In a fork: leave what it has recorded so far."""
        if self.directory.is_dir():
            write(self._recording(), self.directory / f"{self._name}.json")
            self._unfinished.unlink(missing_ok=True)

    @property
    def _unfinished(self) -> Path:
        return self.directory / f"{self._name}.begun"

    def _start(self, original: Any) -> Any:
        @wraps(original)
        def start(process: Any) -> None:
            original(process)
            how = getattr(getattr(process, "_popen", None), "method", "fork")
            self._is_any_unknown = self._is_any_unknown or how != "fork"

        return start

    def with_told(self, recording: Recording) -> Recording:
        """A recording together with what the children have told."""
        told = [decode(part.read_bytes()) for part in sorted(self.directory.glob("*.json"))]
        return merged([recording, *told]) if told else recording

    def with_all(self, recording: Recording) -> Recording:
        """The same, which says where some children have told nothing."""
        whole = self.with_told(recording)
        if not self._is_any_unknown and not any(self.directory.glob("*.begun")):
            return whole
        return replace(whole, executed=None, is_partial=True, incomplete=(*whole.incomplete, _UNKNOWN))

    def close(self) -> None:
        self._patches.undo()
        shutil.rmtree(self.directory, ignore_errors=True)
