"""The command: `python -m benchmarks.corpus --checkouts DIR [--project owner/name] [--json FILE]`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from benchmarks.corpus.compare import Comparison, compare
from benchmarks.corpus.data import checkout, labels, verdicts
from benchmarks.corpus.run import run_apart
from benchmarks.corpus.table import details, table
from qscache_lint.engines import ENGINES


@click.command()
@click.option(
    "--checkouts",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory with one checkout for each project, called owner__name.",
)
@click.option("--project", "projects", multiple=True, metavar="OWNER/NAME", help="Only this project (repeatable).")
@click.option("--engine", type=click.Choice(ENGINES), default="fast", show_default=True, help="See docs/types.md.")
@click.option(
    "--json", "output", type=click.Path(dir_okay=False, path_type=Path), help="Write the result here as well."
)
def main(checkouts: Path, projects: tuple[str, ...], engine: str, output: Path | None) -> None:
    """Measure recall and precision on the labelled projects that are in --checkouts."""
    repositories = [*(label.repository for label in labels()), *(verdict.repository for verdict in verdicts())]
    known = tuple(dict.fromkeys(repositories))
    unknown = [project for project in projects if project not in known]
    if unknown:
        raise click.UsageError(f"no labels or verdicts for {', '.join(unknown)}")
    compared: list[Comparison] = []
    for repository in projects or known:
        if checkout(checkouts, repository).is_dir():
            compared.append(_measured(checkouts, repository, engine))
        else:
            click.echo(f"{repository}: no checkout", err=True)
    for each in compared:
        click.echo(f"== {each.repository}")
        for line in details(each):
            click.echo(line)
    click.echo(table(compared))
    if output is not None:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(compared)))


def _measured(checkouts: Path, repository: str, engine: str) -> Comparison:
    """Run the linter over one project and compare."""
    return compare(
        repository,
        [label for label in labels() if label.repository == repository],
        [verdict for verdict in verdicts() if verdict.repository == repository],
        run_apart(checkout(checkouts, repository), engine),
    )


if __name__ == "__main__":
    main()
