"""A process of a server that is recorded: some of its requests, and what it does besides."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import SystemRandom
from time import monotonic

from django.core.exceptions import ImproperlyConfigured

from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.known import known_functions
from qscache_lint.witness.runtime.settings import NAME, Staging, project_root, staging
from qscache_lint.witness.runtime.witness import Witness, running
from qscache_lint.witness.runtime.writing import write

_CHANCE = SystemRandom()
"""Apart from the numbers that the project draws, and other ones in each process."""


class Server:
    """Records from now to the end of the process."""

    def __init__(self, settings: Staging) -> None:
        root = Path(settings.root) if settings.root else project_root()
        try:
            known = known_functions(Path(settings.known), root) if settings.known else {}
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"{NAME}: {settings.known}: {error}") from None
        self._settings = settings
        self._witness = Witness(root, known, is_sample=settings.sample < 1)
        self._guard = Guard(self._witness.say)
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)
        self._due = monotonic() + settings.seconds
        if settings.sample < 1:
            self._witness.say(f"Of all requests, a part of {settings.sample:g} was recorded, and nothing besides.")
        self._witness.start()
        atexit.register(self._guard, self.write)

    def _begin_anew(self) -> None:
        """In a fork no thread writes, whatever the one that made it was doing."""
        self._lock = threading.Lock()

    @contextmanager
    def request(self) -> Iterator[None]:
        """In the block, a request is answered."""
        is_sampled = self._settings.sample >= 1 or _CHANCE.random() < self._settings.sample
        token = self._witness.is_sampled.set(is_sampled)
        try:
            yield
        finally:
            self._guard(self._witness.is_sampled.reset, token)
            if monotonic() > self._due:
                self._guard(self._write_soon)

    def _write_soon(self) -> None:
        """Write in a thread of its own, so that no request waits for it."""
        self._due = monotonic() + self._settings.seconds
        threading.Thread(target=self._guard, args=(self.write,), daemon=True).start()

    def write(self) -> None:
        """Write what this process has recorded so far."""
        file = Path(self._settings.file).absolute()
        with self._lock:
            write(self._witness.recording(), file.with_name(f"{file.stem}-{os.getpid()}{file.suffix}"))


@cache
def server() -> Server | None:
    """The one of this process, if the settings name a file, and no tests are being recorded."""
    settings = staging()
    return None if settings is None or running() is not None else Server(settings)
