"""The command: `python -m benchmarks.repairs`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from benchmarks.repairs.measuring import RunResult, measured
from benchmarks.repairs.tables import replaced, report
from tests.execution.repairing import expected_repairs

README = Path(__file__).with_name("README.md")


@click.command()
def main() -> None:
    """Repair every fixture that is an example of a repair, measure it before and after, and write README.md."""
    results: list[RunResult] = []
    with tempfile.TemporaryDirectory() as directory:
        for project in expected_repairs():
            click.echo(project, err=True)
            results.append(measured(project, Path(directory)))
    text = report(results)
    click.echo(text)
    README.write_text(replaced(README.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
