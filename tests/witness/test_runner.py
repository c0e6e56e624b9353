"""`manage.py test --qscache-witness` in a project."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.witness.projects import FILES, make, read, run, uses

RUNNER = """
    from django.test.runner import DiscoverRunner
    from qscache_lint.witness.runner import WitnessRunnerMixin


    class Runner(WitnessRunnerMixin, DiscoverRunner):
        pass
    """
TESTS = """
    from django.core.cache import cache
    from django.test import TestCase

    from garden.models import Bed


    class Garden(TestCase):
        @classmethod
        def setUpTestData(cls):
            cache.clear()
            Bed.objects.bulk_create(Bed(name=name) for name in "ABC")


    class First(Garden):
        def test_first(self):
            self.assertEqual(self.client.get("/first").status_code, 200)


    class Longest(Garden):
        def test_longest(self):
            self.assertEqual(self.client.get("/longest").content, b"2")
    """


@pytest.fixture
def project(tmp_path: Path) -> Path:
    settings = textwrap.dedent(FILES["settings.py"]) + 'TEST_RUNNER = "running.Runner"\n'
    return make(tmp_path, {"settings.py": settings, "running.py": RUNNER, "garden/tests.py": TESTS})


@pytest.mark.parametrize("options", [(), ("--parallel", "2")], ids=["one process", "two"])
def test_the_tests_of_a_project_are_recorded(project: Path, options: tuple[str, ...]) -> None:
    done = run(project, "manage.py", "test", "--qscache-witness", "seen.json", *options)
    assert done.returncode == 0, done.stderr
    recording = read(project / "seen.json")
    assert "recorded in" in done.stdout
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(recording)
    assert (recording.processes > 1) == bool(options)
    assert sum(use.times for use in recording.uses if use.operation == "filter") == 1


def test_nothing_is_recorded_without_the_option(project: Path) -> None:
    done = run(project, "manage.py", "test")
    assert done.returncode == 0, done.stderr
    assert "recorded" not in done.stdout


def test_a_wrong_file_is_said(project: Path) -> None:
    done = run(project, "manage.py", "test", "--qscache-witness", "no/such/seen.json")
    assert done.returncode == 1
    assert f"CommandError: --qscache-witness: {project / 'no' / 'such'} is no directory" in done.stderr


@pytest.mark.parametrize("file", ["garden", "settings.py"])
def test_a_file_that_cannot_be_written_is_one_line(project: Path, file: str) -> None:
    done = run(project, "manage.py", "test", "--qscache-witness", file)
    assert done.returncode == 0, done.stderr
    assert f"qscache-lint: nothing recorded: {project / file}: " in done.stdout
    assert "Traceback" not in done.stderr


def test_tests_are_recorded_instead_of_the_server_of_the_settings(project: Path) -> None:
    settings = (project / "settings.py").read_text(encoding="utf-8")
    server = 'INSTALLED_APPS.insert(0, "qscache_lint.witness.staging.WitnessConfig")\nQSCACHE_WITNESS = "server.json"\n'
    (project / "settings.py").write_text(settings + server, encoding="utf-8")
    done = run(project, "manage.py", "test", "--qscache-witness", "seen.json")
    assert done.returncode == 0, done.stderr
    recording = read(project / "seen.json")
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(recording)
    assert "was replaced by something else" not in " ".join(recording.incomplete)
    assert {use.store for use in recording.uses} <= {store.id for store in recording.stores}
