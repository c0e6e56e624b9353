"""`pytest --qscache-witness` in a project."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.witness.projects import make, read, run, unexpected, uses

CONFTEST = """
    import django
    import pytest
    from django.core.management import call_command

    django.setup()

    from garden.models import Bed


    @pytest.fixture(scope="session", autouse=True)
    def _rows():
        call_command("migrate", run_syncdb=True, verbosity=0)
        Bed.objects.bulk_create(Bed(name=name) for name in "ABC")
    """
TESTS = """
    from django.test import Client

    from garden import views


    def test_first():
        assert Client().get("/first").status_code == 200


    def test_names():
        assert Client().get("/names").content == b"A, B, C"


    def test_longest():
        assert Client().get("/longest").content == b"2"


    def test_newest():
        assert views.newest().name == "C"


    def test_newest_again():
        assert views.newest().name == "C"
    """
PYTEST = ("-m", "pytest", "-q", "-p", "qscache_lint.witness.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path, {"conftest.py": CONFTEST, "test_garden.py": TESTS})


def test_the_tests_of_a_project_are_recorded(project: Path) -> None:
    done = run(project, *PYTEST, "--qscache-witness", "seen.json")
    recording = read(project / "seen.json")
    assert done.returncode == 0, done.stdout
    assert f"2 stores of QuerySets and {len(recording.uses)} uses recorded in {project / 'seen.json'}" in done.stdout
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(recording)
    assert {store.place.path for store in recording.stores if store.place} == {"garden/beds.py"}
    assert recording.incomplete == ()


def test_the_hits_and_misses_are_counted(project: Path) -> None:
    run(project, *PYTEST, "--qscache-witness", "seen.json")
    pickled, memo = sorted(read(project / "seen.json").stores, key=lambda store: store.lifetime, reverse=True)
    assert (pickled.times, pickled.rows, pickled.queries, pickled.hits, pickled.hit_rows) == (1, 3, 1, 1, 3)
    assert pickled.bytes == pickled.hit_bytes > 100
    assert (memo.times, memo.rows, memo.hits) == (1, 0, 0)


def test_workers_are_merged(project: Path) -> None:
    done = run(project, *PYTEST, "-n", "2", "--qscache-witness", "seen.json")
    recording = read(project / "seen.json")
    assert done.returncode == 0, done.stdout
    assert recording.processes == 2
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(recording)


def test_a_memo_made_by_hand_is_recorded_where_a_report_names_it(project: Path) -> None:
    beds = project / "garden" / "beds.py"
    row = beds.read_text(encoding="utf-8").splitlines().index('        _kept["beds"] = Bed.objects.order_by("pk")') + 1
    report = [{"code": code, "filename": str(beds), "location": {"row": row, "column": 1}} for code in ("QSC102", None)]
    (project / "report.json").write_text(json.dumps(report), encoding="utf-8")
    done = run(project, *PYTEST, "--qscache-witness", "seen.json", "--qscache-known", "report.json")
    recording = read(project / "seen.json")
    assert done.returncode == 0, done.stdout
    if sys.version_info < (3, 12):
        assert any("home-made memoizers" in sentence for sentence in recording.incomplete)
        return
    (store,) = (store for store in recording.stores if store.store == "memo found by the analysis")
    assert (store.lifetime, store.times, store.hits) == ("memo", 1, 1)
    assert ("refined", "last", "newest") in uses(recording)


def test_what_ran_is_told(project: Path) -> None:
    run(project, *PYTEST, "--qscache-witness", "seen.json", "-k", "test_first")
    executed = read(project / "seen.json").executed
    if sys.version_info < (3, 12):
        assert executed is None
        return
    assert executed is not None
    ran = {each.function for each in executed["garden/views.py"]}
    assert {"<module>", "first"} <= ran
    assert "names" not in ran


CHILDREN = """
    import multiprocessing
    import os

    from garden import views

    fork = multiprocessing.get_context("fork")


    def longest():
        assert views.longest(None).content == b"2"


    def test_in_a_pool():
        with fork.Pool(1) as pool:
            pool.apply(longest)
            pool.close()
            pool.join()


    def test_in_a_process():
        process = fork.Process(target=longest)
        process.start()
        process.join()
        assert process.exitcode == 0


    def test_broken_off():
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)


    def test_spawned():
        process = multiprocessing.get_context("spawn").Process(target=print)
        process.start()
        process.join()
    """


@pytest.mark.parametrize(
    ("tests", "times", "is_partial"),
    [
        pytest.param("pool", 1, False, id="a pool that ends"),
        pytest.param("process", 1, False, id="a process"),
        pytest.param("pool or process", 2, False, id="two"),
        pytest.param("process or broken", 1, True, id="a process that is broken off"),
        pytest.param("process or spawned", 1, True, id="a process that is no fork"),
    ],
)
def test_child_processes_are_recorded_or_said_to_be_unknown(
    project: Path, tests: str, times: int, is_partial: bool
) -> None:
    (project / "test_garden.py").write_text(textwrap.dedent(CHILDREN), encoding="utf-8")
    done = run(project, *PYTEST, "--qscache-witness", "seen.json", "-k", tests)
    recording = read(project / "seen.json")
    assert done.returncode == 0, done.stdout
    assert sum(use.times for use in recording.uses if use.operation == "exclude") == times
    assert recording.is_partial == any("child processes" in each for each in recording.incomplete) == is_partial
    assert (recording.executed is None) == (is_partial or sys.version_info < (3, 12))


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "a worker"])
def test_nothing_is_left_behind(project: Path, options: tuple[str, ...]) -> None:
    (project / "tmp").mkdir()
    (project / "test_garden.py").write_text(textwrap.dedent(CHILDREN), encoding="utf-8")
    done = run(project, *PYTEST, "--qscache-witness", "seen.json", *options, TMPDIR=str(project / "tmp"))
    assert done.returncode == 0, done.stdout
    assert not list((project / "tmp").glob("qscache-*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--qscache-witness", "no/such/seen.json"), "no is no directory"),
        (("--qscache-witness", "seen.json", "--qscache-known", "conftest.py"), "--qscache-known: conftest.py: "),
        (("--qscache-witness", "seen.json", "--qscache-known", "none.json"), "No such file"),
    ],
)
def test_a_wrong_option_is_said(project: Path, options: tuple[str, ...], said: str) -> None:
    done = run(project, *PYTEST, *options)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said.replace("no is", f"{project / 'no' / 'such'} is") in done.stderr


def test_nothing_is_imported_without_the_option() -> None:
    plugin = "import qscache_lint.witness.pytest_plugin"
    code = f"import sys, pytest; before = set(sys.modules); {plugin}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["qscache_lint", "qscache_lint.witness", "qscache_lint.witness.pytest_plugin"]


def test_the_server_of_the_settings_is_left_out(project: Path) -> None:
    settings = (project / "settings.py").read_text(encoding="utf-8")
    server = 'INSTALLED_APPS.insert(0, "qscache_lint.witness.staging.WitnessConfig")\nQSCACHE_WITNESS = "server.json"\n'
    (project / "settings.py").write_text(settings + server, encoding="utf-8")
    done = run(project, *PYTEST, "--qscache-witness", "seen.json")
    assert done.returncode == 0, done.stdout
    recording = read(project / "seen.json")
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(recording)
    assert unexpected(recording) == []
    assert not list(project.glob("server*.json"))
