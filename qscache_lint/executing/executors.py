"""The executors there are: processes and threads of this machine, and Dask for a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from multiprocessing.context import BaseContext
from pathlib import Path

from qscache_lint.errors import UsageError
from qscache_lint.executing import EXECUTORS
from qscache_lint.executing.worker_pool import WorkerPool


def worker_pool_of(kind: str, jobs: int, scheduler: str | None = None) -> WorkerPool:
    """A worker pool on an executor of some kind. Raises UsageError when that kind is not installed."""
    return _KINDS[kind](jobs, scheduler)


def _processes(jobs: int, scheduler: str | None) -> WorkerPool:
    return WorkerPool(partial(_process_pool, jobs), jobs, sees_files=True)


def _threads(jobs: int, scheduler: str | None) -> WorkerPool:
    from concurrent.futures import ThreadPoolExecutor

    return WorkerPool(partial(ThreadPoolExecutor, jobs), jobs)


def _dask(jobs: int, scheduler: str | None) -> WorkerPool:
    try:
        from qscache_lint.executing.dask import LOSSES, DaskExecutor
    except ImportError:
        raise UsageError("--executor dask needs the extra: pip install 'qscache-lint[distributed]'") from None
    return WorkerPool(partial(DaskExecutor, jobs, scheduler), jobs, LOSSES)


_KINDS: Mapping[str, Callable[[int, str | None], WorkerPool]] = dict(
    zip(EXECUTORS, (_processes, _threads, _dask), strict=True)
)


def _process_pool(jobs: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    context = _context()
    if context.get_start_method() != "fork" and sys.version_info < (3, 11):
        # These begin with modules of the working directory, and nothing keeps them from it (see process.py).
        return ThreadPoolExecutor(jobs)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_take_signals)


def _context() -> BaseContext:
    """How processes start: by forking one that has loaded the parser, where that is safe, else as Python does it."""
    import multiprocessing

    from qscache_lint.facts import visitor  # noqa: F401 (the children have it then)

    if sys.platform != "linux":
        return multiprocessing.get_context()
    return multiprocessing.get_context("fork" if _has_one_thread() else "forkserver")


def _has_one_thread() -> bool:
    """Whether this process has no other thread, be it one that Python knows nothing of."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def _take_signals() -> None:
    """Ctrl+C is handled by the parent process; any other signal that ends a process ends a worker at once."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
