"""The options that say which process reads, and what a run tells of its work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.entry.console import fixture, run

TOTALS = re.compile(r"^ *\d+ QSC\d+$")
PHASE = re.compile(r"^ *\d+\.\d{3} s (\w+)$")
COUNT = re.compile(r"^ *(\d+) files ([\w ]+)$")


@pytest.mark.parametrize("arguments", [["--jobs", "1"], ["-j", "4"], ["--executor", "thread"], ["--executor", "dask"]])
def test_which_process_reads_does_not_matter(tmp_path: Path, arguments: list[str]) -> None:
    root = fixture("lru_cache", tmp_path)
    plain = run("qscache-lint", "check", "--no-cache", cwd=root)
    other = run("qscache-lint", "check", "--no-cache", *arguments, cwd=root)
    assert (other.returncode, other.stdout, other.stderr) == (plain.returncode, plain.stdout, plain.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["--jobs", "0"], ["--jobs", "many"], ["--executor", "fork"], ["--scheduler", "tcp://127.0.0.1:8786"]],
    ids=["no-jobs", "no-number", "no-executor", "no-dask"],
)
def test_wrong_options_are_one_line_and_2(tmp_path: Path, arguments: list[str]) -> None:
    process = run("qscache-lint", "check", *arguments, cwd=fixture("lru_cache", tmp_path))
    assert (process.returncode, process.stdout) == (2, b"")
    assert process.stderr.startswith(b"qscache-lint: error: ")
    assert process.stderr.count(b"\n") == 1


def _told(root: Path, *arguments: str) -> tuple[list[str], dict[str, int], list[str]]:
    """The phases, the counters and the totals that a run tells of."""
    process = run("qscache-lint", "check", "--exit-zero", *arguments, cwd=root)
    lines = process.stderr.decode().splitlines()
    phases = [match[1] for line in lines if (match := PHASE.match(line))]
    counts = {match[2]: int(match[1]) for line in lines if (match := COUNT.match(line))}
    return phases, counts, [line for line in lines if TOTALS.match(line)]


def test_a_verbose_run_tells_of_its_phases_and_counts(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    phases, counts, totals = _told(root, "--statistics", "-v")
    assert {"discover", "cache", "gate", "facts", "evaluate", "rules", "fixes"} == set(phases)
    assert counts["read"] >= counts["scouted"] >= 1
    assert counts["parsed"] == counts["visited"] >= 2
    assert len(totals) == 2
    phases, counts, totals = _told(root, "--statistics", "-v")
    assert set(phases) == {"discover", "cache"}
    assert "parsed" not in counts
    assert len(totals) == 2


def test_a_run_that_is_not_asked_tells_nothing(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    assert _told(root) == ([], {}, [])
    assert _told(root, "--statistics")[:2] == ([], {})
    assert _told(root, "-v") == ([], {}, [])
