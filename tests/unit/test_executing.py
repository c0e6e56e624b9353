"""Whichever process reads the files, in whatever order, and whichever is lost on the way: the same facts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from qscache_lint import limits
from qscache_lint.api import Means, check_paths
from qscache_lint.errors import UsageError
from qscache_lint.executing import EXECUTORS, reader
from qscache_lint.executing.executors import worker_pool_of
from qscache_lint.executing.reader import SharedReader, in_chunks
from qscache_lint.executing.worker_pool import WorkerPool
from qscache_lint.facts.encoding import decode, encode
from qscache_lint.facts.readers import Request
from qscache_lint.facts.reading import DirectReader, Reading, read_source
from qscache_lint.formats import FORMATS
from qscache_lint.reports import render
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.syntax import Unreadable
from tests.unit.trees import grow

OWN = sorted(Path(reader.__file__).parents[1].rglob("*.py"))


_WITHOUT_FORM = {"big.py": b"LIMIT = 18446744073709551617\n", "half.py": b"HALF = '\\ud83d'\n"}


def _sources() -> dict[str, bytes]:
    """Files with every construct that our own code has, and files that cannot be read."""
    sources = {path.name: path.read_bytes() for path in OWN[:40]}
    deep = b"x = " + b" + ".join([b"1"] * 400) + b"\n"
    unreadable = {"broken.py": b"def (:\n", "latin.py": b"x = '\xe9'\n"}
    return {**sources, **unreadable, "empty.py": b"", "deep.py": deep, **_WITHOUT_FORM}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PARALLEL_BYTES", 3000)
    monkeypatch.setattr(limits, "CHUNK_BYTES", 6000)


@pytest.fixture(scope="module")
def plain() -> dict[str, Reading]:
    return {path: read_source(source) for path, source in _sources().items()}


def _requests() -> list[Request]:
    return [Request(path, source) for path, source in _sources().items()]


def test_facts_can_be_encoded(plain: dict[str, Reading]) -> None:
    sent = dict(zip(plain, decode(encode(plain.values())), strict=True))
    assert {path: reading for path, reading in sent.items() if reading is None} == dict.fromkeys(_WITHOUT_FORM)
    assert {**plain, **{path: reading for path, reading in sent.items() if reading is not None}} == plain
    assert any(isinstance(reading, Unreadable) for reading in plain.values())


def test_how_deep_the_caller_is_does_not_matter(plain: dict[str, Reading]) -> None:
    def read_below(depth: int) -> Reading:
        return read_below(depth - 1) if depth else read_source(_sources()["deep.py"])

    assert [read_below(depth) for depth in (0, 300, 600)] == [plain["deep.py"]] * 3


@pytest.mark.parametrize("kind", EXECUTORS)
def test_every_executor_gives_the_same(kind: str, plain: dict[str, Reading]) -> None:
    statistics = RunStatistics()
    with worker_pool_of(kind, 2) as worker_pool:
        assert dict(SharedReader(worker_pool, statistics).read(_requests())) == plain
    assert statistics.counts["parsed"] == len(plain)


def test_every_file_is_looked_at_in_its_order() -> None:
    signs = Signs(frozenset({"set"}), frozenset({"get"}), frozenset())
    sought = [(source, frozenset({"WorkerPool"})) for source in _sources().values()]
    plain = list(DirectReader(RunStatistics()).scout(sought, signs))
    assert {(memos is None, reading is None) for memos, reading in plain} == {(True, True), (False, False)}
    with worker_pool_of("process", 2) as worker_pool:
        sent = list(SharedReader(worker_pool, RunStatistics()).scout(sought, signs))
    assert [memos for memos, _ in sent] == [memos for memos, _ in plain]
    without_form = [source in _WITHOUT_FORM.values() for source, _ in sought]
    expected = [None if lost else reading for (_, reading), lost in zip(plain, without_form, strict=True)]
    assert [reading for _, reading in sent] == expected


@pytest.mark.parametrize("way_out", [SystemExit, KeyboardInterrupt, UsageError])
def test_no_worker_is_left_behind_whatever_the_way_out(way_out: type[BaseException]) -> None:
    """A worker that is left holds the pipe of the output open, and `qscache-lint fix --diff | less` would never end."""
    workers: set[int] = set()

    def work_and_leave() -> None:
        with WorkerPool(_processes, 2, sees_files=True) as worker_pool:
            workers.update(process for _, process in worker_pool.do(_process_of, range(8)))
            raise way_out

    with pytest.raises(way_out):
        work_and_leave()
    assert workers
    assert list(filter(_is_running, workers)) == []


def _process_of(job: int) -> int:
    return os.getpid()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_few_files_start_no_worker(plain: dict[str, Reading]) -> None:
    def start() -> Executor:
        raise AssertionError

    with WorkerPool(start, 2) as worker_pool:
        found = dict(SharedReader(worker_pool, RunStatistics()).read([Request("empty.py", b"")]))
    assert found == {"empty.py": plain["empty.py"]}


def _size(request: Request) -> int:
    return len(request.source)


def test_chunks_have_all_files_once() -> None:
    files = _requests()
    chunks = list(in_chunks(files, _size))
    assert [file for chunk in chunks for file in chunk] == files
    assert len(chunks) > 10


class _Backwards(Executor):
    """Answers only when all jobs are there, the last one first."""

    def __init__(self, jobs: int) -> None:
        self._missing = jobs
        self._waiting: list[tuple[Future[object], Callable[[], object]]] = []

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self._waiting.append((Future(), partial(work, *arguments, **named)))
        self._missing -= 1
        answer = self._waiting[-1][0]
        for future, job in reversed(self._waiting if not self._missing else []):
            future.set_result(job())
        return answer


def test_the_order_of_the_answers_does_not_matter(plain: dict[str, Reading]) -> None:
    jobs = len(list(in_chunks(_requests(), _size)))
    with WorkerPool(partial(_Backwards, jobs), 1) as worker_pool:
        found = list(SharedReader(worker_pool, RunStatistics()).read(_requests()))
    assert dict(found) == plain
    assert [path for path, _ in found] != list(_sources())


# -- workers are lost


def _processes() -> ProcessPoolExecutor:
    """Two processes, whatever threads other tests have left: beside them, Python 3.10 would get threads."""
    return ProcessPoolExecutor(2, mp_context=get_context("forkserver"))


def test_a_process_that_is_killed_is_replaced(plain: dict[str, Reading]) -> None:
    pools: list[ProcessPoolExecutor] = []

    def start() -> Executor:
        pools.append(_processes())
        return pools[-1]

    with WorkerPool(start, 2, sees_files=True) as worker_pool:
        coming = SharedReader(worker_pool, RunStatistics()).read(_requests())
        found = dict([next(coming)])
        for process in list(pools[0]._processes.values()):
            os.kill(process.pid or 0, signal.SIGKILL)
        found.update(coming)
    assert len(pools) > 1
    assert found == plain


def _answer_and_die(parent: int) -> bytes:
    """In a worker: an answer of which half is in the pipe when the process is killed."""

    def send_half(connection: Connection, answer: bytes) -> None:
        os.write(connection.fileno(), answer[: len(answer) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    if os.getpid() != parent:
        Connection._send = send_half  # type: ignore[attr-defined]
    return bytes(1000)


def test_a_process_that_is_killed_while_it_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qscache_lint.limits.POOL_SECONDS", 0.5)
    with worker_pool_of("process", 2) as worker_pool:
        assert dict(worker_pool.do(_answer_and_die, [os.getpid()] * 2)) == {0: bytes(1000), 1: bytes(1000)}


def test_when_no_worker_stays_the_work_is_done_here(plain: dict[str, Reading]) -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            raise BrokenExecutor

    with WorkerPool(partial(Broken, 1), 1) as worker_pool:
        assert dict(SharedReader(worker_pool, RunStatistics()).read(_requests())) == plain


def test_an_error_of_the_work_itself_is_told() -> None:
    with WorkerPool(partial(ThreadPoolExecutor, 1), 1) as worker_pool, pytest.raises(ZeroDivisionError):
        list(worker_pool.do(lambda number: 1 // number, [1, 0]))


def test_a_dask_worker_that_is_killed_is_replaced(plain: dict[str, Reading]) -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        worker_pool_of("dask", 2, cluster.scheduler_address) as worker_pool,
    ):
        coming = SharedReader(worker_pool, RunStatistics()).read(_requests())
        found = dict([next(coming)])
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        found.update(coming)
    assert found == plain


@pytest.mark.parametrize("address", ["nonsense://here", "tcp://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_a_usage_error(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qscache_lint.limits.SCHEDULER_SECONDS", 1)
    with worker_pool_of("dask", 2, address) as worker_pool, pytest.raises(UsageError, match=address):
        list(SharedReader(worker_pool, RunStatistics()).read(_requests()))


# -- whole reports


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    grow(root, 120)
    return root


def _report(root: Path, kind: str, jobs: int) -> dict[str, list[str]]:
    statistics = RunStatistics()
    with worker_pool_of(kind, jobs) as worker_pool:
        report = check_paths([root], means=Means(statistics=statistics, reader=SharedReader(worker_pool, statistics)))
        assert report.count > 20
        return {name: list(render(name, report, root)) for name in FORMATS}


@pytest.mark.parametrize(("kind", "jobs"), [("process", 1), ("process", 2), ("process", 5), ("thread", 3), ("dask", 2)])
def test_reports_are_the_same_to_the_byte(tree: Path, kind: str, jobs: int) -> None:
    alone = check_paths([tree])
    assert _report(tree, kind, jobs) == {name: list(render(name, alone, tree)) for name in FORMATS}
