"""Which oracle settings ask for."""

from __future__ import annotations

from collections.abc import Collection

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.kept import CacheEntry
from qscache_lint.oracles import Oracle
from qscache_lint.settings import Settings
from qscache_lint.typed.checker_oracle import CheckerOracle, version_of
from qscache_lint.typed.checkers import checkers
from qscache_lint.typed.environment import environment, named_command
from qscache_lint.typed.kept import KeptAnswers, KeptOracle
from qscache_lint.typed.mypy_oracle import MypyOracle


def oracle_for(settings: Settings, cache: DiskCache | None, key: str, others: Collection[str]) -> Oracle:
    """The oracle of an engine. Its answers are kept, under a key of the cache if there is one; all rest on `others`."""
    oracle = _mypy(settings, cache) if settings.engine == "mypy" else _checker(settings)
    return KeptOracle(oracle, CacheEntry(cache, key, KeptAnswers), others)


def environment_of(settings: Settings) -> bytes:
    """What tells apart environments in which the oracle of an engine may say something else."""
    if settings.engine == "mypy":
        return environment()
    return environment() + version_of(checkers()[settings.engine], named_command())


def _mypy(settings: Settings, cache: DiskCache | None) -> Oracle:
    directory = None if cache is None else cache.directory_for("mypy")
    return MypyOracle(settings.django_settings or "", not settings.no_settings, directory)


def _checker(settings: Settings) -> Oracle:
    return CheckerOracle(checkers()[settings.engine], named_command())
