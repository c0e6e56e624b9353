"""The command `reveal`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from qscache_lint.cli import options
from qscache_lint.cli.publish import say, terminal_width
from qscache_lint.errors import UsageError

_PLACE = re.compile(r"(?P<path>.+?):(?P<row>\d+)(?::(?P<column>\d+))?")


@click.command("reveal")
@options.of_projects
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full", show_default=True)
@click.argument("place", metavar="PATH:ROW[:COLUMN]")
def command(place: str, output_format: str, **given: Any) -> None:
    """Show what the analysis infers at a place, and why.

    Without a column, all expressions on the line are shown. Rows and columns start at 1, as in reports.
    """
    from qscache_lint import api
    from qscache_lint.reports.revelation import as_json, as_text

    found = _PLACE.fullmatch(place)
    if found is None:
        raise UsageError(f"{place}: expected PATH:ROW or PATH:ROW:COLUMN, such as shop/views.py:12:8")
    column = None if found["column"] is None else int(found["column"])
    with options.means_of(given) as means:
        options.refuse_unused_scheduler(given)
        revelation = api.reveal(
            Path(found["path"]), int(found["row"]), column, options.options_of(given), means=means
        )
    here = Path.cwd()
    for line in as_json(revelation) if output_format == "json" else as_text(revelation, here, terminal_width()):
        click.echo(line)
    for note in revelation.notes:
        say(f"qscache-lint: warning: {note}")
