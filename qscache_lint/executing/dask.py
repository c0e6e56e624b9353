"""Dask as an executor: a cluster that is there, or one on this machine that ends with the work."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

from distributed import Client
from distributed.scheduler import KilledWorker

from qscache_lint import limits
from qscache_lint.errors import UsageError

LOSSES: tuple[type[Exception], ...] = (KilledWorker,)
"""What Dask says when a job has taken several workers down."""


class DaskExecutor(Executor):
    """Submits to a scheduler; without an address to a local cluster of `jobs` processes."""

    def __init__(self, jobs: int, scheduler: str | None) -> None:
        if scheduler is None:
            self._client = Client(n_workers=jobs, threads_per_worker=1, dashboard_address=":0", set_as_default=False)
        else:
            self._client = _connected(scheduler)
        self._executor: Executor = self._client.get_executor()

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        return self._executor.submit(work, *arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the work; a cluster that was there before stays."""
        self._executor.shutdown(wait=wait)
        self._client.close()


def _connected(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=limits.SCHEDULER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--scheduler {scheduler}: {error}") from None
