"""`qscache-lint fix`: what it writes, what it shows instead, what it refuses, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.entry.console import FINDINGS, call, contents, fixture, heads, run
from tests.entry.json_shape import Entry
from tests.unit.projects import QUERIES, READER, take_builder_name

FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]


@pytest.mark.parametrize("name", [name for name in sorted(FINDINGS) if name.endswith("_clean")])
def test_nothing_to_fix_is_0_and_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture(name, tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    for options in ([], ["--check"], ["--diff"], ["--unsafe-fixes"], ["--unsafe-fixes", "--diff"]):
        assert call("fix", *options).exit_code == 0
    assert contents(root) == before


WAITS = "1 unsafe fix available; preview it with --unsafe-fixes --diff (2 files).\n"


def test_unsafe_fixes_are_written_when_they_are_asked_for_and_the_files_are_counted(project: Path) -> None:
    result = call("fix", "--unsafe-fixes")
    assert b"def cached_recent_items():" in (project / "shop/queries.py").read_bytes()
    assert result.exit_code == 0
    assert result.stderr.startswith("split-function: ")
    assert result.stderr.endswith(f"\nChanged 2 files in {project}.\n")


def test_without_the_option_unsafe_fixes_wait_and_the_files_are_counted(project: Path) -> None:
    take_builder_name(project)
    before = contents(project)
    result = call("fix")
    assert contents(project) == before
    assert result.exit_code == 1
    assert result.stderr == WAITS


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_diff_and_check_write_nothing(project: Path, option: str) -> None:
    take_builder_name(project)
    before = contents(project)
    waiting = call("fix", option)
    nothing = "" if option == "--diff" else "Nothing would change.\n"
    assert (waiting.exit_code, waiting.stdout, waiting.stderr) == (0, nothing, WAITS)
    result = call("fix", "--unsafe-fixes", option)
    assert result.exit_code == 1
    if option == "--diff":
        assert "+def cached_recent_items():\n" in result.stdout
        assert result.stderr == f"Would change 2 files in {project}.\n"
    else:
        assert "Would fix 2 problems in 2 files.\n" in result.stdout
    assert contents(project) == before


def test_a_fix_that_was_killed_is_finished_by_the_next_one(project: Path) -> None:
    queries, reader = project / "shop/queries.py", project / "shop/reader.py"
    before = contents(project)
    killed = "import os, sys; replace = os.replace; done = []\n"
    killed += "os.replace = lambda a, b: os._exit(9) if done else done.append(replace(a, b))\n"
    killed += "from qscache_lint.__main__ import run; run()\n"
    process = subprocess.run(
        [sys.executable, "-c", killed, "fix", "--no-cache", "--unsafe-fixes"], cwd=project, check=False
    )
    assert process.returncode == 9
    assert (queries.read_bytes() == before["shop/queries.py"]) != (reader.read_bytes() == before["shop/reader.py"])
    for option in ("--diff", "--check"):
        looked = call("fix", option)
        assert looked.exit_code == 2
        assert "run fix without --diff and --check to finish or undo it" in looked.stderr
    result = call("fix", "--no-cache", "--unsafe-fixes")
    assert result.exit_code == 0
    assert result.stderr == f"qscache-lint: warning: {project}: finished an interrupted fix, in 2 files\n"
    assert contents(project).keys() == before.keys()
    assert b"def cached_recent_items():" in queries.read_bytes()
    assert b"cached_recent_items()" in reader.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("function", "is_written"),
    [("qscache_lint.fixing.journal.Journal.move", True), ("qscache_lint.api.plan_fixes", False)],
)
def test_a_signal_ends_the_command_with_the_code_of_a_shell(
    project: Path, number: signal.Signals, function: str, is_written: bool
) -> None:
    """While files are moved, that is done first; before, nothing is written. Workers end with the command."""
    before = contents(project)
    script = (
        "import os, signal, sys; from unittest import mock; from pkgutil import resolve_name\n"
        "import qscache_lint.fixing.journal, qscache_lint.api\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it is ignored below nohup\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # and this one in the background\n"
        f"function = resolve_name({function!r})\n"
        "def call(*arguments, **named):\n"
        f"    os.kill(os.getpid(), {number:d})\n"
        "    return function(*arguments, **named)\n"
        f"mock.patch({function!r}, call).start()\n"
        "from qscache_lint.__main__ import run; run()\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, "fix", "--no-cache", "--unsafe-fixes", "--jobs", "2"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 128 + number, process.stderr
    assert "Traceback" not in process.stderr
    assert (contents(project) != before) == is_written
    assert contents(project).keys() == before.keys()


def test_a_link_out_of_the_project_is_left_and_said(project: Path, tmp_path: Path) -> None:
    take_builder_name(project)
    outside = tmp_path.parent / f"{tmp_path.name}-outside.py"
    (project / "shop/reader.py").rename(outside)
    (project / "shop/reader.py").symlink_to(outside)
    before = contents(project)
    result = call("fix", "--unsafe-fixes")
    assert result.exit_code == 1
    assert f"no automatic fix: shop/reader.py is a link to {outside}, outside of the project" in result.stderr
    assert contents(project) == before
    assert outside.read_text(encoding="utf-8") == READER


def test_a_second_name_of_a_file_is_left_and_said(project: Path) -> None:
    take_builder_name(project)
    (project / "shop/again.py").symlink_to("reader.py")
    before = contents(project)
    result = call("fix", "--unsafe-fixes")
    assert "shop/again.py is a link to shop/reader.py, which is a file of the project, too" in result.stderr
    assert contents(project) == before


@pytest.mark.parametrize("option", ["--diff", "--check"])
@pytest.mark.parametrize("form", ["concise", "json"])
def test_what_would_be_fixed_is_listed_in_the_format_that_was_asked_for(
    project: Path, option: str, form: str
) -> None:
    take_builder_name(project)
    unused = QUERIES.replace("recent_items", "all_items").replace("\n\n\n@", "\n\n\n\n@")
    (project / "shop/other.py").write_text(unused, encoding="utf-8")
    common = ["--output-format", form]
    assert "shop/other.py" in call("check", *common).stdout, "it is found, and nothing can be done"
    result = call("fix", "--unsafe-fixes", option, *common)
    assert result.exit_code == 1
    if form == "concise":
        assert heads(result.stdout) == FOUND
    else:
        entries = msgspec.json.decode(result.stdout, type=list[Entry])
        assert [entry.code for entry in entries] == ["QSC101", "QSC201"]
        assert all(entry.fix is not None and entry.fix.edits for entry in entries)
    nothing = call("fix", option, *common)
    assert (nothing.stdout.strip(), nothing.exit_code) == ({"concise": "", "json": "[]"}[form], 0)


def test_a_patch_goes_into_the_output_file(project: Path) -> None:
    shown = call("fix", "--unsafe-fixes", "--diff")
    written = call("fix", "--unsafe-fixes", "--diff", "--output-file", "fix.patch")
    assert (written.stdout, written.exit_code) == ("", 1)
    assert (project / "fix.patch").read_text(encoding="utf-8") == shown.stdout


def test_the_diff_is_the_fix(tmp_path: Path) -> None:
    root, twin = fixture("recent_stories", tmp_path / "a"), fixture("recent_stories", tmp_path / "b")
    shown = run("qscache-lint", "fix", "--unsafe-fixes", "--diff", cwd=root)
    assert shown.returncode == 1
    subprocess.run(["git", "apply", "-"], cwd=root, input=shown.stdout, capture_output=True, check=True)
    fixed = run("qscache-lint", "fix", "--unsafe-fixes", cwd=twin)
    assert fixed.returncode == 0
    assert contents(root) == contents(twin)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("recent_stories", ["archive/views.py", "stories/queries.py"]),
        ("lru_cache", ["catalogue/navigation.py", "catalogue/queries.py"]),
    ],
)
def test_after_a_fix_check_is_clean_and_a_second_fix_changes_nothing(
    name: str, changed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fixture(name, tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    assert call("fix", "--unsafe-fixes").exit_code == 0
    fixed = contents(root)
    assert [path for path in fixed if fixed[path] != before[path]] == changed
    assert fixed.keys() == before.keys()
    assert call("check").exit_code == 0
    assert call("fix", "--unsafe-fixes").exit_code == 0
    assert contents(root) == fixed


def test_what_stays_of_the_story_is_what_a_person_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    before = (root / "stories/queries.py").read_text(encoding="utf-8").splitlines()
    call("fix", "--unsafe-fixes")
    after = (root / "stories/queries.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in before if line not in after] == []


def test_a_fix_that_is_refused_is_1_and_gives_the_reason(project: Path) -> None:
    take_builder_name(project)
    taken = READER + "\n\ncached_recent_items = None\n"
    (project / "shop/reader.py").write_text(taken, encoding="utf-8")
    before = contents(project)
    result = call("fix", "--unsafe-fixes")
    assert result.exit_code == 1
    assert "the name cached_recent_items is already used on line 8 of shop/reader.py" in result.stderr
    assert contents(project) == before


def test_refusals_name_files_as_seen_from_here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "shop/reader.py").write_text(READER + "\n\ncached_recent_items = None\n", encoding="utf-8")
    monkeypatch.chdir(project / "shop")
    assert "\nqueries.py: no automatic fix" in "\n" + call("fix", "--unsafe-fixes", "queries.py").stderr


def test_the_cached_name_may_be_kept(project: Path) -> None:
    assert call("fix", "--unsafe-fixes", "--keep-cached-name").exit_code == 0
    assert b"def recent_items_queryset():" in (project / "shop/queries.py").read_bytes()
    assert (project / "shop/reader.py").read_text(encoding="utf-8") == READER


def test_safe_fixes_are_written_without_the_option_and_the_files_are_counted(project: Path) -> None:
    """What else was possible waits no more: it was for the same findings."""
    result = call("fix")
    assert b"def recent_items_queryset():" in (project / "shop/queries.py").read_bytes()
    assert (project / "shop/reader.py").read_text(encoding="utf-8") == READER
    assert result.exit_code == 0
    told, count = result.stderr.splitlines()
    assert told.startswith("extract-builder: callers that refine the QuerySet call recent_items_queryset()")
    assert count == f"Changed 2 files in {project}."


def test_what_is_refused_for_all_callers_is_not_left_when_the_refining_ones_are_repaired(project: Path) -> None:
    (project / "shop/again.py").symlink_to("reader.py")
    assert "shop/again.py is a link to shop/reader.py" in " ".join(call("check").stdout.split())
    result = call("fix", "--unsafe-fixes")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 2)
    assert result.stderr.startswith("extract-builder: ")


def test_after_safe_fixes_check_is_clean_and_unsafe_ones_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    assert call("fix").exit_code == 0
    fixed = contents(root)
    assert [path for path in fixed if fixed[path] != before[path]] == ["archive/views.py", "stories/queries.py"]
    assert call("check").exit_code == 0
    assert call("fix", "--unsafe-fixes").exit_code == 0
    assert contents(root) == fixed


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_safe_fixes_are_shown_without_the_option_and_not_written(project: Path, option: str) -> None:
    before = contents(project)
    result = call("fix", option)
    shown = "+def recent_items_queryset():\n" if option == "--diff" else "Would fix 1 problem in 2 files.\n"
    assert shown in result.stdout
    assert result.exit_code == 1
    assert contents(project) == before
    (refined,) = msgspec.json.decode(call("fix", option, "--output-format", "json").stdout, type=list[Entry])
    assert refined.fix is not None
    assert (refined.code, refined.fix.applicability) == ("QSC201", "safe")


def test_what_python_warns_about_in_the_source_is_not_shown(project: Path) -> None:
    """An invalid escape in a string of the project is not our business."""
    (project / "shop" / "queries.py").write_text(QUERIES + '\nPATTERN = "\\w+"\n', encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "always", "-m", "qscache_lint", "check", "--quiet", "--select", "QSC901", "."],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
