"""What a run has to do with types: nothing where the engine is the fast one; then none of this is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qscache_lint.disk_cache.kept import Everything, ReadSet
from qscache_lint.run_result import EngineReport
from qscache_lint.settings import Settings

if TYPE_CHECKING:
    from qscache_lint.disk_cache.disk_cache import DiskCache
    from qscache_lint.oracles import Oracle, Types
    from qscache_lint.source.tree import SourceTree


def configuration(settings: Settings, tree: SourceTree) -> tuple[str, ...]:
    """The files that say how types are to be asked for."""
    if settings.engine != "mypy":
        return ()
    from qscache_lint.typed import django_settings

    return django_settings.configuration(tree)


def environment(settings: Settings) -> bytes:
    """What stands for the environment in which types are asked for."""
    if settings.engine == "fast":
        return b""
    from qscache_lint.typed import choosing

    return choosing.environment_of(settings)


def oracle(settings: Settings, cache: DiskCache | None, key: str, tree: SourceTree) -> Oracle | None:
    """What is asked for the types in a tree, and keeps its answers under a key; None for the fast engine."""
    if settings.engine == "fast":
        return None
    from qscache_lint.typed.choosing import oracle_for

    return oracle_for(settings, cache, f"types-{key}", configuration(settings, tree))


def read(settings: Settings, found: ReadSet) -> ReadSet:
    """What a result rests on that has read `found`: types may be others after any edit."""
    return found if settings.engine == "fast" else Everything()


def read_set(settings: Settings, usual: Callable[[], type[ReadSet]]) -> Callable[[], type[ReadSet]]:
    """The type of what a result rests on."""
    return usual if settings.engine == "fast" else lambda: Everything


def report(types: Types) -> EngineReport:
    """How the type checker fared."""
    return EngineReport(types.notes, types.failure, types.is_complete)
