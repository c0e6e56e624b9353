"""What the witness costs a test suite: `python -m benchmarks.witness.suite PROJECT PYTHON -m pytest ...`

The tests of PROJECT run in turn with `--qscache-witness` and without it, and the fastest runs are compared, by the
processor time of the whole process: what else the machine does makes runs slower, never faster.
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click


def seconds(project: Path, command: Sequence[str]) -> float:
    """Processor time of one run, whatever comes of its tests."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--runs", default=3, show_default=True)
@click.argument("project", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def main(runs: int, project: Path, command: tuple[str, ...]) -> None:
    """Compare runs of the tests of PROJECT by COMMAND."""
    with tempfile.TemporaryDirectory() as directory:
        recorded = (*command, "--qscache-witness", str(Path(directory, "seen.json")))
        pairs = [(seconds(project, command), seconds(project, recorded)) for _ in range(runs)]
    plain, witnessed = map(min, zip(*pairs, strict=True))
    click.echo(f"{plain:.1f} s of processor time, with the witness {witnessed:.1f} s ({witnessed / plain - 1:+.1%})")


if __name__ == "__main__":
    main()
