"""The command `rule`."""

from __future__ import annotations

import click

from qscache_lint.cli.options import completed_codes
from qscache_lint.nearest import LIKELY, nearest


@click.command("rule")
@click.argument("code", required=False, shell_complete=completed_codes)
def command(code: str | None) -> None:
    """Explain the rule CODE, or list all rules."""
    from qscache_lint.rules import RULES

    if code is None:
        for each in RULES:
            click.echo(f"{each.code}  {each.name:36} {'on ' if each.enabled else 'off'}  {each.summary}")
            if each.cost:
                click.echo(f"{'':8}{'':36}      costs: {each.cost}")
        return
    for each in RULES:
        if each.code == code.upper():
            click.echo(each.page, nl=False)
            return
    near = nearest(code.upper(), [each.code for each in RULES], LIKELY)
    hint = f"; did you mean {near}?" if near else ""
    raise click.UsageError(f"unknown rule code {code!r}{hint} (`qscache-lint rule` lists all)")
