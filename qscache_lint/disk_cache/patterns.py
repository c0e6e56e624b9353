"""What `.gitignore` files say, by their content: their patterns need not be translated in each run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from qscache_lint import limits
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.source.ignored import Pattern, translated


class KeptPatterns:
    """Translates the content of such files, or knows what it was translated to before."""

    def __init__(self, cache: DiskCache | None) -> None:
        self._entry: CacheEntry[dict[bytes, tuple[Pattern, ...]]] = CacheEntry(
            cache, "ignored", dict[bytes, tuple[Pattern, ...]]
        )

    def __call__(self, source: bytes) -> Sequence[Pattern]:
        key = digest(source)
        if key not in self._known:
            if len(self._known) >= limits.IGNORE_FILES:
                self._known.clear()
            self._known[key] = translated(source)
            self._entry.keep(Everything(), self._known)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[bytes, tuple[Pattern, ...]]:
        return dict(self._entry.known or {})
