"""The command: `python -m benchmarks.mutants [--sample N] [--seed N]`, with cosmic-ray in the same environment.

It works in a clone of what is committed.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from benchmarks.mutants.model import STAGES, Outcome, Result
from benchmarks.mutants.mutations import draw
from benchmarks.mutants.planning import Plan
from benchmarks.repairs.tables import markdown_table

ROOT = Path(__file__).parents[2]
TESTS = ("tests/test_cases.py", "tests/test_repairs.py", "tests/test_second_runs.py", "tests/unit")
"""Those that run the core in their own process, and end soon."""

_PYTEST = (sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "-pno:cacheprovider", "-pno:xdist")
_PLUGIN = ("-p", "benchmarks.mutants.plugin", "-otmp_path_retention_policy=none")


def trace(clone: Path, output: Path) -> None:
    """Which test runs which rows of the package, into a file; the seconds of each."""
    run = [*_PYTEST, *_PLUGIN, f"--basetemp={clone.parent / 'temporary'}", "--traced-rows", str(output), *TESTS]
    subprocess.run(run, cwd=clone, check=False)


def table(results: Sequence[Result]) -> str:
    """The outcomes by stage."""
    counted = {stage: Counter(each.outcome for each in results if each.mutation.stage == stage) for stage in STAGES}
    counted["all"] = Counter(each.outcome for each in results)
    rows = [_row(stage, outcomes) for stage, outcomes in counted.items()]
    return markdown_table(("stage", "mutations", *(outcome.value for outcome in Outcome), "noticed"), rows)


def _row(stage: str, outcomes: Mapping[Outcome, int]) -> tuple[str, ...]:
    every = sum(outcomes.values())
    noticed = outcomes.get(Outcome.KILLED, 0) + outcomes.get(Outcome.TIMEOUT, 0)
    counts = (str(outcomes.get(outcome, 0)) for outcome in Outcome)
    return (stage, str(every), *counts, f"{noticed / max(every, 1):.1%}")


@click.command()
@click.option("--sample", default=1500, show_default=True, help="How many mutations.")
@click.option("--seed", default=0, show_default=True, help="Another seed draws another sample.")
@click.option("--budget", default=10.0, show_default=True, help="Seconds of tests for one mutation.")
@click.option("--trace", "traced", type=click.Path(path_type=Path), help="Keep here which test runs which rows.")
@click.option("--results", type=click.Path(path_type=Path), help="Add the results to this file; go on with it.")
@click.option("--below", default="", help="Only of files whose path begins like this: qscache_lint/rules.")
@click.option("--again", is_flag=True, help="Try again those of the results that have survived.")
def main(
    sample: int, seed: int, budget: float, traced: Path | None, results: Path | None, below: str, *, again: bool
) -> None:
    """Test a sample of the mutations of each stage, and name those that no test notices."""
    with TemporaryDirectory() as directory:
        clone, scratch = Path(directory, "clone"), Path(directory)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        traced, results = (traced or scratch / "traced").absolute(), (results or scratch / "results").absolute()
        if not traced.is_file():
            trace(clone, traced)
        known = {each.mutation: each for each in _results(results)}
        wanted = [each for each in draw(clone, sample, seed) if each not in known]
        if again:
            wanted = [each.mutation for each in sorted(known.values(), key=_tried) if not each.is_noticed]
        wanted = [each for each in wanted if each.path.startswith(below)]
        plan = scratch / "plan"
        plan.write_bytes(msgspec.json.encode(Plan(wanted, str(traced), budget)))
        run = [*_PYTEST, *_PLUGIN, f"--basetemp={scratch / 'temporary'}", "--mutants", str(plan), str(results), *TESTS]
        subprocess.run(run, cwd=clone, check=False)
        found = _results(results)
    click.echo(table(found))
    for each in found:
        if not each.is_noticed:
            where = f"{each.mutation.path}:{each.mutation.row}:{each.mutation.column}"
            click.echo(f"{where} {each.mutation.operator}: {each.change[0]} -> {each.change[1]}")


def _tried(result: Result) -> int:
    """How many tests a mutation was tried with: those that had the fewest come first."""
    return result.tests


def _results(path: Path) -> list[Result]:
    """The last result of each mutation."""
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [*{(each := msgspec.json.decode(line, type=Result)).mutation: each for line in lines}.values()]


if __name__ == "__main__":
    main()
