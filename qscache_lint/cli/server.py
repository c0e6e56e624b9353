"""The command `server`."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from qscache_lint.cli import options
from qscache_lint.cli.extras import extra


@click.command("server")
@options.of_sessions
def command(**given: Any) -> None:
    """Serve an editor: a language server on standard input and output.

    Editors start it by themselves; see docs/editors.md.
    """
    with extra("lsp"):
        from qscache_lint.language_server.server import serve

    sys.exit(serve(partial(options.open_projects, given)))
