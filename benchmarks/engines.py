"""What an engine brings in real projects, and what it takes.

    python -m benchmarks.engines --engine pyrefly CHECKOUT [CHECKOUT …]

Each checkout is copied, and checked by the fast engine, by the other one without anything kept (cold), and again after
an edit of models, which asks all questions anew (warm). Printed are a row of a table for each, and the findings that
are gained or vetoed, of all rules. Memory is the most that one process took.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

_COUNT = re.compile(r"^ *(\d+) (questions|answers) of types$", re.MULTILINE)


class _Finding(msgspec.Struct, frozen=True):
    code: str
    filename: str
    location: dict[str, int]
    confidence: str
    message: str


@dataclass(frozen=True)
class Run:
    """One run: findings by place, counts, seconds, and what it said beside."""

    findings: dict[tuple[str, int, int, str], _Finding]
    counts: dict[str, int]
    seconds: float
    said: tuple[str, ...]


def run(project: Path, cache: Path, *options: str) -> Run:
    """Check a project."""
    command = [sys.executable, "-m", "qscache_lint", "check", "--isolated", "--jobs=1", f"--cache-dir={cache}", "-v"]
    report = cache.parent / "report.json"
    chosen = ["--statistics", "--extend-select=QSC", f"--output-format=json:{report}", *options]
    started = time.perf_counter()
    done = subprocess.run([*command, *chosen, str(project)], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise click.ClickException(done.stderr)
    found = msgspec.json.decode(report.read_bytes(), type=list[_Finding])
    by_place = {(each.filename, each.location["row"], each.location["column"], each.code): each for each in found}
    counts = {name: int(count) for count, name in _COUNT.findall(done.stderr + done.stdout)}
    said = tuple(line for line in done.stderr.splitlines() if "engine" in line or "settings" in line)
    return Run(by_place, counts, seconds, said)


def measured(checkout: Path, engine: str, options: Sequence[str]) -> Iterator[str]:
    """What is to be printed of one checkout."""
    with TemporaryDirectory(prefix="qscache-lint-engines-") as directory:
        project = Path(directory, "project")
        shutil.copytree(checkout, project, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        fast = run(project, Path(directory, "fast"))
        cache, typed = Path(directory, "typed"), (f"--engine={engine}", *options)
        cold = run(project, cache, *typed)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        _edit(project)
        warm = run(project, cache, *typed)
    gained, vetoed = _without(cold, fast), _without(fast, cold)
    raised = [each for place, each in cold.findings.items() if place in fast.findings]
    raised = [each for each in raised if each.confidence == "high"]
    was = [each for place, each in fast.findings.items() if place in cold.findings and each.confidence == "high"]
    row = (
        checkout.name.replace("__", "/"), engine, cold.counts.get("questions", 0), cold.counts.get("answers", 0),
        len(gained), len(vetoed), len(raised) - len(was),
        f"{fast.seconds:.1f}", f"{cold.seconds:.1f}", f"{warm.seconds:.1f}", memory,
    )  # fmt: skip
    yield "| " + " | ".join(map(str, row)) + " |"
    yield from cold.said
    for word, several in (("gained", gained), ("vetoed", vetoed)):
        for each in several:
            place = f"{Path(each.filename).relative_to(project)}:{each.location['row']}"
            yield f"  {word} {place}: {each.code} {each.confidence}: {each.message[:100]}"


def _without(one: Run, other: Run) -> list[_Finding]:
    return [each for place, each in one.findings.items() if place not in other.findings]


def _edit(project: Path) -> None:
    """Add a comment to a module of models, on which the types in all files rest."""
    models = min(path for path in project.rglob("*.py") if "models" in (path.stem, path.parent.name))
    models.write_bytes(models.read_bytes() + b"\n# edited\n")


@click.command()
@click.option("--engine", default="mypy", show_default=True)
@click.option("--option", "options", multiple=True, help="An option of `check` as well, such as --no-settings.")
@click.argument("checkouts", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(engine: str, options: tuple[str, ...], checkouts: tuple[Path, ...]) -> None:
    """Measure an engine on CHECKOUTS."""
    click.echo("| project | engine | questions | answered | gained | vetoed | raised | fast s | cold s | warm s | MB |")
    click.echo("|---|---|---|---|---|---|---|---|---|---|---|")
    for checkout in checkouts:
        for line in measured(checkout, engine, options):
            click.echo(line)


if __name__ == "__main__":
    main()
