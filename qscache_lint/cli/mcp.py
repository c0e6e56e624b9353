"""The command `mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qscache_lint.cli import options
from qscache_lint.cli.extras import extra


@click.command("mcp")
@options.of_sessions
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path, **given: Any) -> None:
    """Serve an agent: a server of the Model Context Protocol on standard input and output.

    It answers about the project in FOLDER, and writes none of its files; see docs/agents.md.
    """
    with extra("mcp"):
        from qscache_lint.mcp_server.server import serve

    serve(options.open_projects(given), folder)
