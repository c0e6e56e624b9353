"""Whether gate, scout, units and leads only skip: `python -m benchmarks.gate PATH...`.

Analyses each project with and without them and prints the findings that differ. Without them every term of every file
is evaluated, which takes minutes on a large tree.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from qscache_lint.api import find
from qscache_lint.knowledge import load_knowledge
from qscache_lint.project.analysis import analyse
from qscache_lint.settings import Settings
from qscache_lint.source.discover import DEFAULT_EXCLUDE, find_root, python_files
from qscache_lint.source.text import without_source_warnings
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Finding


def findings(root: Path, *, everything: bool) -> frozenset[Finding]:
    """What all rules find in the project at `root`; `everything` leaves out what only skips."""
    tree = SourceTree(root, tuple(python_files(root, DEFAULT_EXCLUDE)))
    with without_source_warnings():
        return frozenset(find(analyse(tree, load_knowledge(), everything=everything), Settings()))


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(paths: tuple[Path, ...]) -> None:
    """Compare what is found with and without the gate in the projects of PATHS."""
    is_equal = True
    for root in dict.fromkeys(map(find_root, paths)):
        with_gate, seconds = _timed(root, everything=False)
        without, seconds_without = _timed(root, everything=True)
        times = f"{seconds:.1f} s with the gate, {seconds_without:.1f} s without"
        click.echo(f"{root}: {len(with_gate)} and {len(without)} findings, {times}")
        for finding in sorted(with_gate ^ without, key=lambda finding: finding.order):
            side = "only with" if finding in with_gate else "only without"
            click.echo(f"  {side}: {finding.path}:{finding.span.start.row} {finding.code} {finding.message}")
        is_equal = is_equal and with_gate == without
    sys.exit(not is_equal)


def _timed(root: Path, *, everything: bool) -> tuple[frozenset[Finding], float]:
    start = time.process_time()
    return findings(root, everything=everything), time.process_time() - start


if __name__ == "__main__":
    main()
