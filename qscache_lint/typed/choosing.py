"""Which oracle settings ask for."""

from __future__ import annotations

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.kept import Entry, Inputs
from qscache_lint.oracles import Oracle
from qscache_lint.settings import Settings
from qscache_lint.typed.kept import KeptAnswers, KeptOracle
from qscache_lint.typed.mypy_oracle import MypyOracle


def oracle_for(settings: Settings, cache: DiskCache | None, key: str, inputs: Inputs) -> Oracle:
    """The oracle of an engine. Its answers about `inputs` are kept under a key of the cache, if there is one."""
    directory = None if cache is None else cache.directory_for("mypy")
    oracle = MypyOracle(settings.django_settings or "", not settings.no_settings, directory)
    return oracle if cache is None else KeptOracle(oracle, Entry(cache, key, KeptAnswers, inputs))
