"""One run of the linter over one checkout, in a process of its own: `python -m benchmarks.corpus.run CHECKOUT`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click
import msgspec

from benchmarks.corpus.model import Report, Run
from qscache_lint.api import Options, check_paths
from qscache_lint.engines import ENGINES
from qscache_lint.per_file import ignores
from qscache_lint.rules import RULES
from qscache_lint.settings import Settings

_OFF_BY_DEFAULT = tuple(rule.code for rule in RULES if not rule.enabled)
"""Selected as well, since labels are matched with them; `Report.default` tells them apart."""


def run_apart(checkout: Path, engine: str) -> Run:
    """The run over a checkout, made by a fresh process. Raises CalledProcessError when that fails."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.corpus.run", f"--engine={engine}", str(checkout)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=Run)


def run_here(checkout: Path, engine: str) -> Run:
    """The run over a checkout, without its own configuration and `noqa` comments. No settings of it are loaded."""
    typed = {"engine": engine, "no_settings": True, "strict_engine": True}
    options = Options(isolated=True, overrides={"extend_select": _OFF_BY_DEFAULT, "per_file_ignores": {}, **typed})
    started = time.perf_counter()
    report = check_paths([checkout], options, respect_noqa=False)
    seconds = time.perf_counter() - started
    if report.lacks_engine:
        raise click.ClickException(report.lacks_engine)
    on = {rule.code for rule in RULES if rule.enabled}
    reports = [
        Report(
            path=(project.root / finding.path).relative_to(checkout.absolute()).as_posix(),
            line=finding.span.start.row,
            code=finding.code,
            confidence=finding.confidence.value,
            message=finding.message,
            default=finding.code in on and not ignores(Settings(), finding.path, finding.code),
        )
        for project in report.projects
        for finding in project.findings
    ]
    return Run(seconds, tuple(reports))


@click.command()
@click.option("--engine", type=click.Choice(ENGINES), default="fast")
@click.argument("checkout", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(checkout: Path, engine: str) -> None:
    """Print the run over CHECKOUT as JSON."""
    click.echo(msgspec.json.encode(run_here(checkout, engine)))


if __name__ == "__main__":
    main()
