"""Output that cannot be written is one line and exit code 2, and nothing is waited for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import contents, run
from tests.unit.projects import QUERIES, REFINER, lay, take_builder_name

SCRIPT = Path(sys.executable).with_name("qscache-lint")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    return tmp_path


def _shell(project: Path, arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f'"$0" {arguments}', SCRIPT],
        cwd=project,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", ["check", "rule", "rule QSC201", "--help", "--version", "fix --diff --unsafe-fixes"]
)
def test_a_full_disk_is_one_line_and_2(project: Path, arguments: str, unbuffered: str) -> None:
    process = _shell(project, f"{arguments} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    line = b"qscache-lint: error: standard output: cannot be written: No space left on device\n"
    assert (process.returncode, process.stderr) == (2, line)


def test_a_report_to_a_closed_stream_is_one_line_and_2(project: Path) -> None:
    process = _shell(project, "check >&-")
    line = b"qscache-lint: error: standard output: cannot be written: Bad file descriptor\n"
    assert (process.returncode, process.stderr) == (2, line)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("check -q shop/models.py >&-", 0),
        ("check --output-file report >&-", 1),
        ("check <&- >&- 2>&-", 2),
        ("check gone 2>&-", 2),
        ("check 2>&-", 1),
        ("check gone 2>/dev/full", 2),
        ("check -v 2>/dev/full", 2),
    ],
)
def test_what_is_closed_matters_where_something_is_to_be_said(project: Path, arguments: str, code: int) -> None:
    process = _shell(project, arguments)
    assert (process.returncode, process.stderr) == (code, b"")
    assert (project / "report").exists() == ("report" in arguments)


def test_a_closed_input_is_one_line_and_2(project: Path) -> None:
    process = _shell(project, "check --stdin-filename shop/x.py <&-")
    line = b"qscache-lint: error: standard input cannot be read: Bad file descriptor\n"
    assert (process.returncode, process.stdout, process.stderr) == (2, b"", line)


def test_a_pipe_that_nobody_reads_any_more_is_quiet(project: Path) -> None:
    assert _shell(project, "check | true").stderr == b""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/dev/full", b"No space left on device"),
        ("pipe", b"No such device or address"),
        ("shop", b"Is a directory"),
    ],
)
@pytest.mark.parametrize("command", ["check", "fix"])
def test_an_output_file_that_cannot_be_written(project: Path, command: str, path: str, reason: bytes) -> None:
    take_builder_name(project)
    os.mkfifo(project / "pipe")
    process = _shell(project, f"{command} --output-file {path}")
    line = b"qscache-lint: error: " + path.encode() + b": cannot be written: " + reason + b"\n"
    assert process.returncode == 2
    assert process.stderr == line
    assert process.stdout == b""


@pytest.mark.parametrize("options", ["", "--unsafe-fixes", "--output-format json"])
def test_nothing_is_repaired_where_the_report_cannot_be_written(project: Path, options: str) -> None:
    before = contents(project)
    process = _shell(project, f"fix --output-file /dev/full {options}")
    line = b"qscache-lint: error: /dev/full: cannot be written: No space left on device\n"
    assert (process.returncode, process.stdout) == (2, b"")
    assert process.stderr.endswith(line)
    assert contents(project) == before


def test_an_output_file_may_be_a_pipe_that_somebody_reads_or_a_device(project: Path) -> None:
    report = run("qscache-lint", "check", cwd=project).stdout
    assert _shell(project, "check --output-file /dev/stdout | cat").stdout == report
    os.mkfifo(project / "pipe")
    reader = os.open(project / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert run("qscache-lint", "check", "--output-file", "pipe", cwd=project).returncode == 1
    assert os.read(reader, len(report) + 1) == report
    os.close(reader)
    assert run("qscache-lint", "check", "--output-file", "/dev/null", cwd=project).returncode == 1


def test_an_output_file_keeps_its_content_until_there_is_a_report(project: Path) -> None:
    (project / "report").write_text("of yesterday\n" * 1000, encoding="utf-8")
    assert run("qscache-lint", "check", "gone", "--output-file", "report", cwd=project).returncode == 2
    assert (project / "report").read_text(encoding="utf-8").startswith("of yesterday")
    plain = run("qscache-lint", "check", cwd=project).stdout
    run("qscache-lint", "check", "--output-file", "report", cwd=project)
    assert (project / "report").read_bytes() == plain


def test_a_report_takes_the_place_of_the_former_one_as_a_whole(project: Path) -> None:
    report, link = project / "report.txt", project / "link.txt"
    report.write_text("of yesterday", encoding="utf-8")
    report.chmod(0o640)
    link.symlink_to("report.txt")
    former = report.stat().st_ino
    assert run("qscache-lint", "check", "--output-format", "concise:link.txt", cwd=project).returncode == 1
    assert link.is_symlink()
    assert (report.stat().st_ino != former, report.stat().st_mode & 0o777) == (True, 0o640)
    assert report.read_bytes() == run("qscache-lint", "check", "--output-format", "concise", cwd=project).stdout


def test_a_run_that_fails_leaves_nothing_beside_the_report(project: Path) -> None:
    before = {path.name for path in project.iterdir()}
    assert run("qscache-lint", "check", "gone", "--output-format", "sarif:report", cwd=project).returncode == 2
    assert {path.name for path in project.iterdir()} == before


@pytest.mark.parametrize("form", ["sarif", "json"])
def test_a_file_that_cannot_hold_a_report_is_one_line_and_2(project: Path, form: str) -> None:
    process = _shell(project, f"check --output-format {form}:/dev/full --output-format concise")
    line = b"qscache-lint: error: /dev/full: cannot be written: No space left on device\n"
    assert (process.returncode, process.stderr) == (2, line)
