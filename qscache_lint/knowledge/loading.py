"""The tables, as their files have them."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import msgspec

from qscache_lint.knowledge.cache_rows import CacheTable
from qscache_lint.knowledge.cost_rows import CostTable

Table = TypeVar("Table")
_CACHES = ("standard_library", "django", "django_packages", "memos", "properties", "shared", "tasks")


def load_table(name: str, table: type[Table]) -> Table:
    """The table of a file, by the name of the file. Raises ValueError where that is no such table."""
    from importlib import resources

    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=table)


@lru_cache(maxsize=1)
def caches() -> CacheTable:
    """The tables of caches as one."""
    parts = [load_table(f"caches/{name}", CacheTable) for name in _CACHES]
    return CacheTable(
        switch=tuple(row for part in parts for row in part.switch),
        memoizer=tuple(row for part in parts for row in part.memoizer),
        store=tuple(row for part in parts for row in part.store),
        read=tuple(row for part in parts for row in part.read),
        holder=tuple(row for part in parts for row in part.holder),
        serializer=tuple(row for part in parts for row in part.serializer),
        setting=tuple(row for part in parts for row in part.setting),
        settings_modules=tuple(row for part in parts for row in part.settings_modules),
        harmless=tuple(row for part in parts for row in part.harmless),
    )


@lru_cache(maxsize=1)
def costs() -> CostTable:
    """What each store and each effect costs."""
    return load_table("costs", CostTable)
