"""The means of hosts whose command line has no options of ours: the environment says what the cache is."""

from __future__ import annotations

import os
from pathlib import Path

from qscache_lint.api import Means
from qscache_lint.executing.reader import SharedReader
from qscache_lint.executing.worker_pool import WorkerPool
from qscache_lint.run import Purpose
from qscache_lint.run_statistics import RunStatistics


def means(purpose: Purpose, worker_pool: WorkerPool | None = None) -> Means:
    """The cache as the command uses it, which the environment may forbid or place elsewhere."""
    directory = os.environ.get("QSCACHE_LINT_CACHE_DIR")
    statistics = RunStatistics()
    return Means(
        cached=os.environ.get("QSCACHE_LINT_NO_CACHE", "").lower() in ("", "0", "false", "no", "off"),
        cache_dir=Path(directory) if directory else None,
        statistics=statistics,
        reader=None if worker_pool is None else SharedReader(worker_pool, statistics),
        purpose=purpose,
    )
