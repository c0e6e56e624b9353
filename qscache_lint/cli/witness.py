"""The command `witness`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


@click.group("witness", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Show what a run of a project under the witness has recorded.

    `pytest --qscache-witness FILE` makes a recording, `check --witness FILE` joins it with the findings; see
    docs/witness.md.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("show")
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full", show_default=True)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
def show(files: Sequence[Path], output_format: str) -> None:
    """List the stores of QuerySets and what was done with their values, the most costly first.

    Several recordings are shown as one.
    """
    from qscache_lint.reports.recording import as_json, as_table
    from qscache_lint.witness.reading import read_recordings

    recording = read_recordings(files)
    for line in as_json(recording) if output_format == "json" else as_table(recording):
        click.echo(line)
