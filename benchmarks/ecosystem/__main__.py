"""The command: `python -m benchmarks.ecosystem get DIR`, `… unpack DIR`, `… run TREE …`, `… files TREE …`, and
`… compare OLD NEW`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from benchmarks.ecosystem.checkouts import checkouts, get
from benchmarks.ecosystem.files import slowest, told
from benchmarks.ecosystem.model import Session
from benchmarks.ecosystem.packages import packages, unpack
from benchmarks.ecosystem.run import WAYS, measure, version_of
from benchmarks.ecosystem.table import difference, table
from benchmarks.speed.trees import Tree, named_trees

_TREES = click.argument("trees", nargs=-1, required=True, callback=named_trees)
_OURS = shlex.quote(str(Path(sys.executable).with_name("qscache-lint")))
"""The script: with `-m`, Python would import modules of the tree."""


@click.group()
def main() -> None:
    """Run the tool over real code; see README.md."""


@main.command("get")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "source", default="https://github.com/", show_default=True, help="Where the repositories are.")
def get_command(directory: Path, source: str) -> None:
    """Put the projects of projects.toml into DIRECTORY, each at its commit, unless they are there."""
    for checkout in checkouts():
        click.echo(f"{checkout.directory}: {get(checkout, directory, source)}")


@main.command("unpack")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def unpack_command(directory: Path) -> None:
    """Put the files of the wheels of packages.txt into DIRECTORY, unless they are there; none is installed."""
    for pin in packages():
        click.echo(f"{pin}: {unpack(pin, directory)}")


@main.command("run")
@_TREES
@click.option("--tool", default=_OURS, help="The command that runs the tool (default: this checkout).")
@click.option("--against", metavar="COMMAND", help="Another version of the tool, to compare with.")
@click.option("--seconds", default=300, show_default=True, help="Seconds of CPU that one run may take.")
@click.option("--way", "ways", multiple=True, type=click.Choice(WAYS), default=WAYS, help="Only these ways to run it.")
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Write the result here as JSON.")
def run_command(
    trees: Sequence[Tree], tool: str, against: str | None, seconds: int, ways: Sequence[str], results: Path | None
) -> None:
    """Run the tool over each TREE ([NAME=]PATH); exits with 1 when something went wrong."""
    session = _session(trees, tool, seconds, ways, results)
    click.echo(table(session))
    if against is not None:
        for line in difference(_session(trees, against, seconds, ways, None), session):
            click.echo(line)
    sys.exit(1 if any(tree.faults for tree in session.trees) else 0)


def _session(
    trees: Sequence[Tree], tool: str, seconds: int, ways: Sequence[str], results: Path | None
) -> Session:
    """The results on all trees, written after each, so that an interrupted session leaves what it has."""
    command = shlex.split(tool)
    session = Session(version_of(command), ())
    for tree in trees:
        result = measure(tree, command, seconds, ways)
        click.echo(f"{tree.name}: {len(result.findings)} findings {'; '.join(result.faults)}", err=True)
        session = msgspec.structs.replace(session, trees=(*session.trees, result))
        if results is not None:
            results.write_bytes(msgspec.json.format(msgspec.json.encode(session)))
    return session


@main.command("files")
@_TREES
def files_command(trees: Sequence[Tree]) -> None:
    """Read every Python file of each TREE, whatever the gate says of it; name the slowest."""
    results = [slowest(tree) for tree in trees]
    for line in told(results):
        click.echo(line)
    sys.exit(1 if any(result.errors for result in results) else 0)


@main.command("compare")
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def compare_command(old: Path, new: Path) -> None:
    """Say what is different between two results of `run`."""
    before, after = (msgspec.json.decode(path.read_bytes(), type=Session) for path in (old, new))
    for line in difference(before, after):
        click.echo(line)


if __name__ == "__main__":
    main()
