"""The witness of one process: started before the project is imported, undone at the end."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import django

from qscache_lint import __version__
from qscache_lint.witness.records import RecordedPlace, RecordedStore, RecordedUse, Recording
from qscache_lint.witness.runtime import meter
from qscache_lint.witness.runtime.children import Children
from qscache_lint.witness.runtime.functions import Functions, Known
from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.ledger import Ledger
from qscache_lint.witness.runtime.memos import Memos
from qscache_lint.witness.runtime.patches import Patches
from qscache_lint.witness.runtime.pickling import Pickling
from qscache_lint.witness.runtime.places import ProjectPlaces
from qscache_lint.witness.runtime.querysets import QuerySets

KNOWN_VERSIONS = ((4, 2), (6, 1))
"""The first and the last version of Django of which the private methods are known."""


_running: Witness | None = None


def running() -> Witness | None:
    """The witness that records in this process."""
    return _running


def _begin_anew() -> None:
    if _running is not None:
        _running.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)


class Witness:
    """Records from `start` to `stop`, in all threads. Places are told below `root`.

    With `is_sample`, only what is done in a context in which `is_sampled` is set is counted.
    """

    def __init__(
        self, root: str | Path, known: Mapping[str, Sequence[Known]] | None = None, *, is_sample: bool = False
    ) -> None:
        self._is_sample = is_sample
        self.children: Children | None = None
        """Where forks of this process tell what they record, if somewhere."""
        self._known = known or {}
        self._places = ProjectPlaces(str(root))
        self._patches = Patches()
        self.is_sampled: ContextVar[bool] = ContextVar("is_sampled", default=not is_sample)
        """Whether what is done in this context is recorded."""
        self._begin()

    def _begin(self) -> None:
        self._ledger = Ledger()
        guard = self._guard = Guard(self._ledger.say)
        self._querysets = QuerySets(self._ledger, self._places, guard, self.is_sampled)
        self._pickling = Pickling(self._ledger, self._places, guard, self._querysets, self.is_sampled)
        self._memos = Memos(self._ledger, self._places, guard, self.is_sampled)
        self._functions = Functions(self._ledger, self._places, guard, self._memos, self._known)

    def start(self) -> None:
        """Begin to record, instead of a witness that is already there."""
        if _running is not None:
            _running.stop()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        global _running
        _running = self
        is_known = KNOWN_VERSIONS[0] <= django.VERSION[:2] <= KNOWN_VERSIONS[1]
        if not is_known:
            self._ledger.say(
                f"Django {django.get_version()} is not known to this version of qscache-lint: of what is done with "
                "cached QuerySets, only documented methods are recorded."
            )
        for name in self._querysets.install(self._patches, is_known=is_known):
            self._ledger.say(f"Django {django.get_version()} has no {name}: what it does is not recorded.")
        meter.install()
        self._pickling.install(self._patches)
        self._memos.install(self._patches)
        self._functions.install()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Put back all that was replaced. What has been recorded stays."""
        global _running
        _running = None
        atexit.unregister(self.stop)
        self._functions.uninstall()
        meter.uninstall()
        for name in self._patches.undo():
            self._ledger.say(f"{name} was replaced by something else while the witness ran, and is left as it is.")

    def begin_anew(self) -> None:
        """Count from zero: what a process has counted that this one is a fork of is told by that one."""
        self._ledger.begin_anew()
        self._memos.begin_anew()
        if self.children is not None:
            self._guard(self.children.begun)

    def say(self, sentence: str) -> None:
        """Add to what could not be recorded."""
        self._ledger.say(sentence)

    def recording(self) -> Recording:
        """What has been recorded so far."""
        hits = {} if self._is_sample else self._memos.hits()
        stores, uses = self._ledger.stores(hits), self._ledger.uses()
        return Recording(
            tool=__version__,
            django=django.get_version(),
            python=platform.python_version(),
            incomplete=self._ledger.incomplete(),
            stores=stores,
            uses=uses,
            files=dict(self._hashes({place.path for place in _places_of(stores, uses)})),
            executed=self._functions.executed,
            is_partial=self._is_sample,
        )

    def _hashes(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        for path in sorted(paths):
            try:
                content = Path(self._places.root, path).read_bytes()
            except OSError:
                continue
            yield path, hashlib.sha256(content).hexdigest()[:16]


def _places_of(stores: Sequence[RecordedStore], uses: Sequence[RecordedUse]) -> Iterator[RecordedPlace]:
    for store in stores:
        yield from (place for place in (store.place, store.function, *store.via) if place is not None)
    for use in uses:
        yield from (use.place, *use.via)


@contextmanager
def witnessed(root: str | Path, known: Mapping[str, Sequence[Known]] | None = None) -> Iterator[Witness]:
    """A witness that records what the block does."""
    witness = Witness(root, known)
    witness.start()
    try:
        yield witness
    finally:
        witness.stop()
