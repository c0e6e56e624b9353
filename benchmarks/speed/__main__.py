"""The command: `python -m benchmarks.speed TREE [TREE …]`, and its subcommands `growth`, `plugin` and `render`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from benchmarks.speed.generate import generate
from benchmarks.speed.model import SCENARIOS
from benchmarks.speed.publish import COMPARE, GROWTH, KINDS, README, RESULTS, between_marks, load, render
from benchmarks.speed.session import Job, Plan, run
from benchmarks.speed.tools import tools
from benchmarks.speed.trees import Tree, named_trees

Command = TypeVar("Command", bound=Callable[..., Any])


class _TreesFirst(click.Group):
    """Arguments that begin with no subcommand are those of `compare`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the subcommand in front."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["compare", *args]
        return super().parse_args(ctx, args)


_RESULTS = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=RESULTS,
    help="Where the figures and plots are (default: results/ beside this program).",
)


def _common(command: Command) -> Command:
    """The options of the subcommands that measure."""
    names = click.Choice([tool.name for tool in tools()])
    scenarios = click.Choice(SCENARIOS)
    directory = click.Path(exists=True, file_okay=False, path_type=Path)
    options = [
        click.option("--repetitions", type=click.IntRange(min=1), default=5, show_default=True, help="Rounds of each."),
        click.option("--bin", "directories", type=directory, multiple=True, help="Look for tools here (repeatable)."),
        click.option("--tool", "only", type=names, multiple=True, help="Only this one and ours (repeatable)."),
        click.option("--leave-out", type=names, multiple=True, help="Not this one (repeatable)."),
        click.option("--scenario", "scenarios", type=scenarios, multiple=True, help="Only this one (repeatable)."),
        click.option("--timeout", type=float, default=3600, show_default=True, help="Seconds for one run."),
        click.option("--scratch", type=directory, help="Where linked trees and caches stand while they are needed."),
        click.option("--no-readme", is_flag=True, help="Leave the tables in README.md as they are."),
        _RESULTS,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=_TreesFirst)
def main() -> None:
    """Measure time and memory; `python -m benchmarks.speed TREE ...` is short for `compare TREE ...`."""


@main.command()
@click.argument("trees", metavar="[NAME=]TREE...", nargs=-1, required=True, callback=named_trees)
@click.option("--combined", metavar="NAME", help="Measure all trees side by side in one as well, under this name.")
@click.option("--files", type=click.IntRange(min=1), help="Let the combined tree have at most so many Python files.")
@click.option("--only-combined", is_flag=True, help="Do not measure each tree by itself.")
@_common
def compare(trees: Sequence[Tree], combined: str | None, files: int | None, only_combined: bool, **given: Any) -> None:
    """Measure the tools on real trees, which are only read."""
    if combined is None and (files is not None or only_combined):
        raise click.UsageError("--files and --only-combined need --combined")
    jobs = [] if only_combined else [Job(tree.name, partial(_as_given, [tree])) for tree in trees]
    if combined is not None:
        jobs.append(Job(combined, partial(_as_given, trees), files))
    click.echo(run(Plan(**given), COMPARE, jobs))


@main.command()
@click.option("--sizes", default="1000,4000,16000,64000,256000", show_default=True, help="Numbers of files.")
@click.option("--seed", type=int, default=1, show_default=True, help="For the generated trees.")
@_common
def growth(sizes: str, seed: int, **given: Any) -> None:
    """Measure generated trees of several sizes; without --tool, our command and ruff."""
    if not (sizes.replace(",", "").isdigit() and all(sizes.split(","))):
        raise click.UsageError("--sizes are numbers, separated by commas")
    plan = Plan(**{**given, "only": given["only"] or ("ruff",)})
    jobs = [Job(f"generated {number}", partial(_generated, number, seed)) for number in map(int, sizes.split(","))]
    click.echo(run(plan, GROWTH, jobs))


def _as_given(trees: Sequence[Tree], scratch: Path) -> Sequence[Tree]:
    return trees


def _generated(number: int, seed: int, scratch: Path) -> Sequence[Tree]:
    tree = Tree(f"generated {number}", scratch / "generated")
    generate(tree.path, number, seed)
    return [tree]


@main.command()
@click.argument("trees", metavar="[NAME=]TREE...", nargs=-1, required=True, callback=named_trees)
@click.option("--no-readme", is_flag=True, help="Leave README.md as it is.")
def plugin(trees: Sequence[Tree], no_readme: bool) -> None:
    """Measure what our flake8 plugin takes for a single file, in one flake8 process."""
    from benchmarks.speed.plugin import plugin_times

    lines = [f"- {tree.name}: {plugin_times(tree.path)}" for tree in trees]
    click.echo("\n".join(lines))
    if not no_readme:
        README.write_text(between_marks(README.read_text(), "plugin", "\n".join(lines)))


@main.command("render")
@_RESULTS
def render_again(results: Path) -> None:
    """Draw the plots and write the tables again, from the saved figures."""
    for kind in KINDS:
        session = load(kind, results)
        if session is not None:
            render(session, kind, results, README)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.speed")
