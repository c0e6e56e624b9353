"""Output that cannot be written is one line and exit code 2, and nothing is waited for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import Result

from qscache_lint import api
from qscache_lint.cli import main
from qscache_lint.formats import FORMATS, is_report
from qscache_lint.reports import render
from tests.entry.console import contents, run, runner
from tests.unit.projects import QUERIES, REFINER, lay, take_builder_name

YESTERDAY = "No problems found in 1 file.\n"
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


def test_a_pipe_that_is_read_no_more_is_quiet(project: Path) -> None:
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


def test_an_output_file_may_be_a_pipe_that_is_read_or_a_device(project: Path) -> None:
    report = run("qscache-lint", "check", cwd=project).stdout
    assert _shell(project, "check --output-file /dev/stdout | cat").stdout == report
    os.mkfifo(project / "pipe")
    reader = os.open(project / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert run("qscache-lint", "check", "--output-file", "pipe", cwd=project).returncode == 1
    assert os.read(reader, len(report) + 1) == report
    os.close(reader)
    assert run("qscache-lint", "check", "--output-file", "/dev/null", cwd=project).returncode == 1


def test_an_output_file_keeps_its_content_until_there_is_a_report(project: Path) -> None:
    (project / "report").write_text(YESTERDAY * 1000, encoding="utf-8")
    assert run("qscache-lint", "check", "gone", "--output-file", "report", cwd=project).returncode == 2
    assert (project / "report").read_text(encoding="utf-8").startswith(YESTERDAY)
    plain = run("qscache-lint", "check", cwd=project).stdout
    run("qscache-lint", "check", "--output-file", "report", cwd=project)
    assert (project / "report").read_bytes() == plain


def test_a_report_takes_the_place_of_the_former_one_as_a_whole(project: Path) -> None:
    report, link = project / "report.txt", project / "link.txt"
    report.write_text(YESTERDAY, encoding="utf-8")
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


# -- what is there already


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("files", [{"shop/queries.py": QUERIES, "shop/refiner.py": REFINER}, {}])
def test_a_report_is_written_over_one_of_any_format(tmp_path: Path, name: str, files: dict[str, str]) -> None:
    lay(tmp_path, files)
    (report,) = [render(name, api.check_paths([tmp_path]), tmp_path)]
    assert is_report("".join(f"{click.unstyle(line)}\n" for line in report).encode())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(QUERIES, id="code"),
        pytest.param("x = 1  # noqa: QSC201\n", id="a-noqa-comment"),
        pytest.param("[tool.qscache-lint]\n", id="settings"),
        pytest.param("qscache-lint==1.0\n", id="requirements"),
        pytest.param('{"name": "qscache-lint", "version": "1"}', id="a-package"),
        pytest.param('[{"code": "E501"}]', id="findings-of-another-tool"),
        pytest.param("<!doctype html>\n<title>Shop</title>", id="a-template"),
        pytest.param("\xff\n\x00", id="bytes"),
    ],
)
@pytest.mark.parametrize("option", ["--output-format=json:{}", "--output-file={}"])
def test_what_is_no_report_is_not_written_over(project: Path, content: str, option: str) -> None:
    (project / "shop/there").write_text(content, encoding="latin-1")
    before = contents(project)
    for command in ("check", "fix"):
        result = runner().invoke(main, [command, str(project), option.format(project / "shop/there")])
        reason = f"{project / 'shop/there'}: not overwritten: it exists and is not a report of qscache-lint"
        assert (result.exit_code, result.stderr) == (2, f"qscache-lint: error: {reason}\n")
    assert contents(project) == before


def test_an_empty_file_gets_a_report(project: Path) -> None:
    (project / "report").write_text("\n", encoding="utf-8")
    runner().invoke(main, ["check", str(project), "--output-format", f"json:{project / 'report'}"])
    assert (project / "report").read_text(encoding="utf-8").startswith("[\n  {")


# -- the settings


def _checked(project: Path, table: str, *arguments: str) -> Result:
    (project / "pyproject.toml").write_text(f"[tool.qscache-lint]\n{table}", encoding="utf-8")
    return runner().invoke(main, [*(arguments or ("check",)), str(project)])


def test_the_settings_choose_the_reports_and_options_win(project: Path) -> None:
    told = 'output-format = ["json:out.json", "concise"]\n'
    result = _checked(project, told)
    assert result.stdout.count("\n") == 2
    assert "QSC201 .filter()" in result.stdout
    assert (project / "out.json").read_text(encoding="utf-8").startswith("[\n  {")
    (project / "out.json").unlink()
    assert _checked(project, told, "check", "--output-format", "json").stdout.startswith("[")
    assert not (project / "out.json").exists()
    assert _checked(project, 'output-format = "github"\n').stdout.startswith("::warning ")
    assert _checked(project, 'output-format = "github"\n', "fix", "--diff").stdout.startswith("--- ")


@pytest.mark.parametrize("file", ["../out.json", "/tmp/out.json", "link/out.json"])
def test_settings_write_nothing_outside_of_the_project(tmp_path: Path, file: str) -> None:
    root = tmp_path / "project"
    lay(root, {"shop/queries.py": QUERIES})
    (root / "link").symlink_to(tmp_path)
    result = _checked(root, f'output-format = ["json:{file}"]\n')
    assert (result.exit_code, "is outside of the project" in result.stderr) == (2, True)
    assert not (tmp_path / "out.json").exists()


def test_projects_that_ask_for_different_reports_leave_the_choice(tmp_path: Path) -> None:
    for name, form in (("a", "concise"), ("b", "json")):
        lay(tmp_path / name, {"shop/queries.py": QUERIES}, f'output-format = "{form}"\n')
    paths = [str(tmp_path / name) for name in "ab"]
    result = runner().invoke(main, ["check", *paths])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.endswith("the settings ask for different reports: choose with --output-format\n")
    assert runner().invoke(main, ["check", "--output-format", "concise", *paths]).exit_code == 1
