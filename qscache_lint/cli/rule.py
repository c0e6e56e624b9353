"""The command `rule`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from qscache_lint.cli.options import completed_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qscache_lint.rules import Rule

_UNDER = " " * 8
"""What stands below a code."""


@click.command("rule")
@click.argument("rules", metavar="[CODE | NAME | PREFIX]...", nargs=-1, shell_complete=completed_codes)
def command(rules: Sequence[str]) -> None:
    """Explain rules by their codes, names or prefixes of codes (QSC20), or list all."""
    from qscache_lint.cli.publish import terminal_width
    from qscache_lint.reports.markdown import wrapped
    from qscache_lint.reports.text import WIDTH
    from qscache_lint.rules import RULES

    width = terminal_width() or WIDTH
    if not rules:
        for line in _listed(RULES, width):
            click.echo(line)
        return
    chosen = dict.fromkeys(rule for named in rules for rule in _named(named))
    for number, rule in enumerate(chosen):
        if number:
            click.echo()
        for line in wrapped(rule.page, width):
            click.echo(line)


def _named(named: str) -> Sequence[Rule]:
    from qscache_lint.nearest import LIKELY, nearest
    from qscache_lint.rules import RULES, rules_named

    if found := rules_named(named):
        return found
    near = nearest(named.upper(), [rule.code for rule in RULES], LIKELY)
    near = near or nearest(named.lower(), [rule.name for rule in RULES], LIKELY)
    hint = f"; did you mean {near}?" if near else ""
    raise click.UsageError(f"unknown rule code {named!r}{hint} (`qscache-lint rule` lists all)")


def _listed(rules: Sequence[Rule], width: int) -> Iterator[str]:
    for rule in rules:
        yield from _filled(f"{rule.code}  {rule.name:36} {'on ' if rule.enabled else 'off'}  {rule.summary}", width)
        if rule.cost:
            yield from _filled(f"{_UNDER}costs: {rule.cost}", width)


def _filled(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=_UNDER, break_on_hyphens=False, drop_whitespace=True)
