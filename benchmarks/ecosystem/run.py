"""Runs the tool over one tree in several ways, which have to say the same, each in a process with a limit of CPU."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.ecosystem.model import Cost, TreeResult
from benchmarks.speed.trees import Tree, link
from qscache_lint.codes import CODES

_TIMER = Path(__file__).parents[1] / "speed/timed.py"
_SIGNS = ("Traceback (most recent call last)", "this is a bug in qscache-lint")
"""What an internal error says on standard error."""


@dataclass(frozen=True)
class Way:
    """One way to run the tool; `varied` is what may change no byte of its report."""

    name: str
    arguments: Sequence[str]
    varied: Sequence[tuple[str, str]]
    codes: Sequence[int] = (0,)


_CHECK = ("check", ".", "--isolated", "--exit-zero", "--output-format", "json", "--extend-select", ",".join(CODES))
_FIX = ("fix", ".", "--isolated", "--exit-zero", "--diff", "--unsafe-fixes", "-q", "--extend-select", ",".join(CODES))
_ELSEWHERE = (("PYTHONHASHSEED", "2"), ("TZ", "Asia/Tokyo"), ("LC_ALL", "C"))

_CHECKS = (
    Way("cold", (*_CHECK, "--jobs", "1"), (("PYTHONHASHSEED", "1"), ("TZ", "UTC"))),
    Way("warm", (*_CHECK, "--jobs", "1"), ()),
    Way("two jobs", (*_CHECK, "--no-cache", "--jobs", "2"), _ELSEWHERE),
)
_FIXES = (Way("fix", (*_FIX, "--jobs", "1"), ()),)
WAYS = tuple(way.name for way in (*_CHECKS, *_FIXES))


class _Position(msgspec.Struct):
    row: int
    column: int


class _Fix(msgspec.Struct):
    name: str
    applicability: str


class _Finding(msgspec.Struct):
    filename: str
    location: _Position
    code: str
    message: str
    fix: _Fix | None = None


@dataclass(frozen=True)
class Ran:
    """What one run came to."""

    output: bytes
    cost: Cost
    fault: str


def measure(tree: Tree, tool: Sequence[str], seconds: int, ways: Collection[str]) -> TreeResult:
    """What the tool does with a linked copy of a tree. No run may take more seconds of CPU than so many."""
    chosen = [way for way in (*_CHECKS, *_FIXES) if way.name in ways or way is _CHECKS[0]]
    with TemporaryDirectory() as scratch:
        copy = Path(scratch, "tree")
        files = link(tree.path, copy)
        (copy / ".git").mkdir(parents=True)  # a checkout of its own, whatever it comes from
        runs = {way.name: _run(way, copy, tool, seconds, Path(scratch)) for way in chosen}
        return _result(tree.name, files, copy, runs)


def _result(name: str, files: int, tree: Path, runs: Mapping[str, Ran]) -> TreeResult:
    cold = runs[_CHECKS[0].name]
    faults = [f"{way}: {run.fault}" for way, run in runs.items() if run.fault]
    compared = [way.name for way in _CHECKS if way.name in runs and not runs[way.name].fault]
    faults += [f"{name}: another report" for name in compared if not cold.fault and runs[name].output != cold.output]
    findings = () if cold.fault else tuple(_findings(cold.output, tree))
    return TreeResult(name, files, None if cold.fault else cold.cost, findings, tuple(faults))


def _run(way: Way, tree: Path, tool: Sequence[str], seconds: int, scratch: Path) -> Ran:
    report, output, errors = (scratch / name for name in ("report", "output", "errors"))
    timer = (sys.executable, "-I", "-S", str(_TIMER), str(report), str(output), str(errors))
    subprocess.run(
        [*timer, *tool, *way.arguments, "--cache-dir", str(scratch / "cache")],
        cwd=tree,
        check=True,
        env={**os.environ, **dict(way.varied)},
        preexec_fn=partial(_limit, seconds),
    )
    code, _, cpu, memory = report.read_text().split()
    fault = _fault(int(code), way, errors.read_text(errors="replace"), seconds)
    return Ran(output.read_bytes(), Cost(float(cpu), int(memory)), fault)


_MEMORY = 6_000_000_000
"""Bytes of address space that one process may take: several times what the largest tree needs."""


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _fault(code: int, way: Way, said: str, seconds: int) -> str:
    """What went wrong in a run; empty when nothing did."""
    if code == -signal.SIGXCPU:
        return f"not done within {seconds} s of CPU"
    if code < 0:
        return f"ended by signal {-code}"
    if code not in way.codes or any(sign in said for sign in _SIGNS):
        return f"exit code {code}: {said.strip().rpartition(chr(10))[2]}"
    return ""


def _findings(output: bytes, tree: Path) -> Iterator[str]:
    for each in msgspec.json.decode(output, type=list[_Finding]):
        fix = "" if each.fix is None else f" ({each.fix.name}, {each.fix.applicability})"
        where = f"{os.path.relpath(each.filename, tree)}:{each.location.row}:{each.location.column}"
        yield f"{where} {each.code}{fix} {each.message}"


def version_of(tool: Sequence[str]) -> str:
    """What the tool calls itself. Raises CalledProcessError when it cannot be run."""
    done = subprocess.run([*tool, "--version"], check=True, stdout=subprocess.PIPE, text=True)
    return f"{done.stdout.strip()} ({shutil.which(tool[0]) or tool[0]})"
