"""The command line: a module for each command, which is imported when it is called for.

Exit codes: 0 nothing found, 1 findings (or, for `fix --diff` and `--check`, something to change), 2 a wrong option,
path or configuration, or an internal error.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from qscache_lint import __version__
from qscache_lint.errors import Fault, UsageError, isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMANDS = ("check", "fix", "rule", "reveal", "witness", "server", "mcp")


class _Commands(click.Group):
    """The commands, each the function `command` of its module; every error is one line and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"qscache_lint.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from qscache_lint.nearest import LIKELY, nearest

            near = nearest(args[0], _COMMANDS, LIKELY)
            hint = f"did you mean {near!r}? Choose" if near else "choose"
            raise UsageError(f"unknown command {args[0]!r}; {hint} from {', '.join(_COMMANDS)}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        try:
            done = isolated(partial(self._main, *args, **extra), "running the command")
        except UsageError as error:
            _fail(*error.messages)
        if isinstance(done, Fault):
            _fail(done.what)
        return done

    def _main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except click.ClickException as error:
            _fail(error.format_message())
        except click.Abort:
            sys.exit(130)


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="qscache-lint")
@click.pass_context
def main(context: click.Context) -> None:
    """Find Django QuerySets that are cached and then refined, and repair them."""
    context.color = _colours(os.environ)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _fail(*messages: str) -> NoReturn:
    from qscache_lint.cli.publish import say

    for message in messages:
        say(f"qscache-lint: error: {message.strip()}")
    sys.exit(2)


def _colours(environment: Mapping[str, str]) -> bool | None:
    """Whether to colour, as no-color.org and force-color.org have it; None: where it goes to a terminal."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None
