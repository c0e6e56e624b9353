"""The one way to know whether a value that was kept still holds.

A kept value carries a manifest of its inputs, which says what was there, and a read set, which says what of it was
looked at. It holds while the same files are there and those that have changed say the same of what was looked at. What
follows from one content alone is kept under the digest of that content, and has no other inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.manifest import Manifest

Value = TypeVar("Value")


class ReadSet(Protocol):
    """What of its inputs a value rests on."""

    def holds(self, changed: Collection[str], read: Callable[[str], bytes]) -> bool:
        """Whether a value is the same now that some of its inputs have changed; `read` gives their bytes."""
        ...


class Everything(msgspec.Struct, frozen=True, array_like=True):
    """The read set of a value that rests on every byte of its inputs."""

    def holds(self, changed: Collection[str], read: Callable[[str], bytes]) -> bool:
        return not changed


class Inputs(Protocol):
    """The files that a value follows from."""

    def look(self) -> Manifest:
        """The files with their states, without digests: as they were when they were first looked at."""
        ...

    def read(self, path: str) -> bytes:
        """The content of a file. Raises OSError when it cannot be read."""
        ...

    def digest(self, path: str) -> bytes:
        """What stands for the content of a file."""
        ...

    def learn(self, manifest: Manifest) -> None:
        """Take over the digests of files that are as a manifest says."""
        ...

    @property
    def is_on_disk(self) -> bool:
        """Whether the files are those on disk, and there as they were when they were first looked at."""
        ...


class _NoInputs:
    """The inputs of a value whose key says all that it follows from."""

    is_on_disk = True

    def look(self) -> Manifest:
        return Manifest()

    def read(self, path: str) -> bytes:
        raise FileNotFoundError(path)

    def digest(self, path: str) -> bytes:
        raise FileNotFoundError(path)

    def learn(self, manifest: Manifest) -> None:
        return


NO_INPUTS: Inputs = _NoInputs()


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An entry; the read set is decoded when an input has changed, the value when it holds."""

    manifest: Manifest
    read_set: msgspec.Raw
    value: msgspec.Raw


@dataclass(frozen=True)
class CacheEntry(Generic[Value]):
    """Where a value is kept, of which type it and its read set are, and what it follows from.

    Without a cache nothing is kept. `read_set` gives the type of the read set, which is loaded when it is needed.
    """

    cache: DiskCache | None
    key: str
    kind: type[Value]
    inputs: Inputs = NO_INPUTS
    read_set: Callable[[], type[ReadSet]] = lambda: Everything

    @cached_property
    def known(self) -> Value | None:
        """The value that is kept, if it holds; else None."""
        if self._found is None:
            return None
        cache, kept, now, changed = self._found
        if changed and not self._is_unaffected(cache, kept, changed):
            return None
        value = cache.decoded(kept.value, self.kind)
        if value is not None:
            self._refresh(cache, kept, now, changed)
        return value

    @property
    def before(self) -> tuple[Value, Collection[str]] | None:
        """The value that was kept for other contents of the same files, and which of them have changed since."""
        if self._found is None:
            return None
        cache, kept, now, changed = self._found
        value = cache.decoded(kept.value, self.kind)
        self.inputs.learn(self._digested(kept, now, changed))
        return None if value is None else (value, changed)

    def digest_before(self, path: str) -> bytes | None:
        """What stood for the content of a file when the value was kept."""
        manifest = Manifest() if self._found is None else self._found[1].manifest
        return dict(zip(manifest.paths, manifest.digests, strict=True)).get(path)

    @cached_property
    def _found(self) -> tuple[DiskCache, _Kept, Manifest, frozenset[str]] | None:
        """What is kept for the same files, what they look like now, and which of them have changed."""
        kept = None if self.cache is None else self.cache.read(self.key, _Kept)
        if self.cache is None or kept is None:
            return None
        now = self.inputs.look()
        if kept.manifest.paths != now.paths:
            return None
        return self.cache, kept, now, frozenset(kept.manifest.changed(now, self.inputs.digest))

    def _is_unaffected(self, cache: DiskCache, kept: _Kept, changed: Collection[str]) -> bool:
        read_set = cache.decoded(kept.read_set, self.read_set())
        return read_set is not None and read_set.holds(changed, self.inputs.read)

    def _digested(self, kept: _Kept, now: Manifest, changed: Collection[str]) -> Manifest:
        """What the files look like now, with digests."""
        known = zip(kept.manifest.paths, kept.manifest.digests, strict=True)
        digests = tuple([self.inputs.digest(path) if path in changed else digest for path, digest in known])
        return Manifest(now.paths, now.states, digests)

    def _refresh(self, cache: DiskCache, kept: _Kept, now: Manifest, changed: Collection[str]) -> None:
        """Keep what the files look like now, so that the next run need not read them."""
        digested = self._digested(kept, now, changed)
        self.inputs.learn(digested)
        if (changed or now.states != kept.manifest.states) and self.inputs.is_on_disk:
            fresh = cache.settled(digested)
            if fresh != kept.manifest:
                cache.write(self.key, _Kept(fresh, kept.read_set, kept.value))

    def keep(self, read_set: ReadSet, value: Value) -> None:
        """Keep a value that was computed, unless an input has changed meanwhile."""
        if self.cache is None or not self.inputs.is_on_disk:
            return
        now = self.inputs.look()
        digests = tuple([self.inputs.digest(path) for path in now.paths])
        written: tuple[Any, ...] = (self.cache.settled(Manifest(now.paths, now.states, digests)), read_set, value)
        self.cache.write(self.key, written)


def load_or_compute(entry: CacheEntry[Value], compute: Callable[[], tuple[ReadSet, Value]]) -> Value:
    """The kept value while it holds, else a new one, which is kept with what it rests on."""
    if entry.known is not None:
        return entry.known
    read_set, value = compute()
    entry.keep(read_set, value)
    return value
