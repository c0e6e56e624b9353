"""Does the gate turn away only what holds nothing? Findings with and without it, on real trees.

    python -m benchmarks.gate PATH [PATH …]

The gate and the scout decide by the bytes and the syntax of a file whether its facts are made. Without them every file
is a candidate and is examined. Findings have to be the same; the command says so for each tree, or prints what differs
and exits with 1.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.workspace import analyse
from qscache_lint.rules.findings import all_findings
from qscache_lint.source.discover import python_files
from qscache_lint.source.text import without_source_warnings
from qscache_lint.source.tree import SourceTree


def findings(analysis: Analysis) -> frozenset[str]:
    """What is found, one line each; files that only the analysis of everything has to read are left out."""
    return frozenset(str(finding) for finding in all_findings(analysis) if finding.code != "QSC900")


def compare(root: Path) -> tuple[frozenset[str], frozenset[str]]:
    """What is found only with the gate, and what only without it."""
    tree = SourceTree(root, tuple(python_files(root)))
    knowledge = load_knowledge(MEASURED[-1])
    with without_source_warnings():
        gated, everything = analyse(tree, knowledge), analyse(tree, knowledge, everything=True)
        return findings(gated) - findings(everything), findings(everything) - findings(gated)


def _said(root: Path) -> Iterator[str]:
    start = time.perf_counter()
    surplus, missing = compare(root)
    seconds = time.perf_counter() - start
    yield from (f"only with the gate: {line}" for line in sorted(surplus))
    yield from (f"only without it: {line}" for line in sorted(missing))
    yield f"{root}: {'different' if surplus or missing else 'the same'} ({seconds:.0f} s)"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(paths: tuple[Path, ...]) -> None:
    """Compare what is found in trees with and without the gate."""
    same = True
    for path in paths:
        for line in _said(path.absolute()):
            click.echo(line)
            same = same and not line.startswith("only")
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
