"""The worker pool: an executor that is started when there is enough to do, and again when a worker is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager
from multiprocessing import active_children
from types import TracebackType
from typing import Any, TypeVar

from qscache_lint import limits

Job = TypeVar("Job")
Result = TypeVar("Result")


class WorkerPool(AbstractContextManager["WorkerPool"]):
    """Does jobs on an executor. `worker_errors` are the errors by which it says that a worker is gone.

    `sees_files`: the workers are processes of this machine, which see the same files.
    """

    def __init__(
        self,
        start: Callable[[], Executor],
        size: int,
        worker_errors: tuple[type[Exception], ...] = (),
        *,
        sees_files: bool = False,
    ) -> None:
        self.size = size
        self.sees_files = sees_files
        self._start = start
        self._worker_errors: tuple[type[Exception], ...] = (BrokenExecutor, CancelledError, OSError, *worker_errors)
        self._executor: Executor | None = None
        self._starts = 0

    def do(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """The result of each job with the job's number, as they come. What lost workers leave is done here at last."""
        left = dict(enumerate(jobs))
        while left and self._starts < limits.POOL_STARTS:
            yield from self._until_lost(work, left)
        for number in sorted(left):
            yield number, work(left.pop(number))

    def _until_lost(self, work: Callable[[Job], Result], left: dict[int, Job]) -> Iterator[tuple[int, Result]]:
        try:
            yield from self._handed_out(work, left)
        except self._worker_errors:
            self._dismiss()

    def _handed_out(self, work: Callable[[Job], Result], left: dict[int, Job]) -> Iterator[tuple[int, Result]]:
        """Hand out the jobs that are left; each one that comes back is left no more."""
        executor = self._hired()
        numbers = {executor.submit(work, job): number for number, job in left.items()}
        for future in self._completed(set(numbers)):
            result = future.result()
            number = numbers[future]
            del left[number]
            yield number, result

    def _completed(self, pending: set[Future[Result]]) -> Iterator[Future[Result]]:
        """The jobs as they are done. Raises BrokenExecutor when a process has died and nothing comes any more."""
        workers = len(active_children())
        while pending:
            done, pending = wait(pending, timeout=limits.POOL_SECONDS, return_when=FIRST_COMPLETED)
            if not done and self.sees_files and len(active_children()) < workers:
                raise BrokenExecutor("a worker died while it answered")
            yield from done

    def _hired(self) -> Executor:
        if self._executor is None:
            self._starts += 1
            self._executor = self._start()
        return self._executor

    def _dismiss(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            answers = getattr(executor, "_result_queue", None)
            executor.shutdown(wait=False, cancel_futures=True)
            _cut_off(answers)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            # The command leaves without Python's own way out: a worker would wait for work for ever.
            executor.shutdown(wait=True, cancel_futures=True)


def _cut_off(answers: Any) -> None:
    """End the wait of an executor for the rest of what a killed worker answers: its own end of the pipe is open."""
    writer = getattr(answers, "_writer", None)
    if writer is not None:
        for process in active_children():
            process.kill()
        writer.close()
