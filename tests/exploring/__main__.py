"""The command: `python -m tests.exploring --count 20000 [--first SEED] [--jobs N] [--found FILE]`."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from .exploring import Outcome, explored

REPORT_EVERY = 100


def _summary(counts: Counter[str], seconds: float) -> str:
    tried = counts["projects"]
    lines = [f"{tried} projects in {seconds:.0f} s ({tried / seconds:.1f} a second)"]
    lines += [f"  {name}: {number} ({100 * number / tried:.1f} %)" for name, number in sorted(counts.items())]
    return "\n".join(lines)


@click.command()
@click.option("--count", default=500, show_default=True, help="How many projects to try.")
@click.option("--first", default=0, show_default=True, help="The number of the first project.")
@click.option("--jobs", default=1, show_default=True, help="How many processes.")
@click.option("--found", type=click.Path(dir_okay=False, path_type=Path), help="A file for what is broken.")
def main(count: int, first: int, jobs: int, found: Path | None) -> None:
    """Repair and execute generated projects; exits with 1 if a repair breaks one."""
    counts: Counter[str] = Counter()
    start = time.monotonic()
    for outcome in explored(range(first, first + count), jobs):
        _count(counts, outcome)
        if outcome.problems:
            line = json.dumps(asdict(outcome))
            click.echo(line)
            if found is not None:
                with found.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
        if counts["projects"] % REPORT_EVERY == 0:
            click.echo(_summary(counts, time.monotonic() - start))
    click.echo(_summary(counts, time.monotonic() - start))
    raise SystemExit(bool(counts["broken"]))


def _count(counts: Counter[str], outcome: Outcome) -> None:
    counts["projects"] += 1
    counts["with findings"] += bool(outcome.findings)
    counts["with a safe repair"] += bool(outcome.safe)
    counts["with an unsafe repair (of a fourth)"] += bool(outcome.unsafe)
    counts["broken"] += bool(outcome.problems)
    counts["that do not run"] += not outcome.runs
    counts.update(f"safe {name}" for name in outcome.safe)
    counts.update(f"unsafe {name}" for name in outcome.unsafe)


if __name__ == "__main__":
    main()
