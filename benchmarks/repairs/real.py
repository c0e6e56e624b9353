"""The repairs on real code: `python -m benchmarks.repairs.real --checkouts DIR [--project owner/name]`.

How many findings about refining uses get a repair, how far it can be trusted, and why others get none or no safe one.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from benchmarks.corpus.data import checkout, labels
from benchmarks.repairs.tables import markdown_table

CODES = ("QSC201", "QSC202", "QSC221", "QSC222")


class _Reason(msgspec.Struct):
    kind: str


class _Fix(msgspec.Struct):
    name: str
    applicability: str
    reasons: tuple[_Reason, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """Why there is no fix, or no safe one."""
        return frozenset(reason.kind for reason in self.reasons)


class _Reported(msgspec.Struct):
    code: str
    fix: _Fix | None = None


@dataclass(frozen=True)
class Repairs:
    """What the findings of one project get."""

    repository: str
    fixes: tuple[_Fix, ...]
    unmended: int

    def count(self, applicability: str) -> int:
        """The findings whose fix has an applicability."""
        return sum(fix.applicability == applicability for fix in self.fixes)

    @property
    def total(self) -> int:
        return len(self.fixes) + self.unmended


def repairs_of(checkouts: Path, repository: str) -> Repairs:
    """What the findings of one checkout get. Raises CalledProcessError when the linter fails."""
    command = [sys.executable, "-m", "qscache_lint", "check", ".", "--isolated", "--no-cache", "--exit-zero", "-q"]
    options = ("--output-format", "json", "--select", ",".join(CODES))
    where = checkout(checkouts, repository)
    done = subprocess.run([*command, *options], cwd=where, check=True, stdout=subprocess.PIPE)
    found = msgspec.json.decode(done.stdout, type=list[_Reported])
    fixes = tuple(each.fix for each in found if each.fix is not None)
    return Repairs(repository, fixes, len(found) - len(fixes))


def report(measured: Sequence[Repairs]) -> str:
    """The tables: repairs by project, then refusals and what makes repairs unsafe, by kind."""
    rows = [_row(each.repository, (each,)) for each in measured if each.total]
    projects = markdown_table(("project", "findings", "safe", "unsafe", "none"), [*rows, _row("all", measured)])
    tables = (
        markdown_table((head, "findings"), _counted(measured, word))
        for head, word in (("refused", "display-only"), ("unsafe", "unsafe"))
    )
    return "\n\n".join((projects, *tables))


def _counted(measured: Sequence[Repairs], applicability: str) -> Iterator[tuple[str, str]]:
    """The kinds of reasons of fixes that have an applicability, with their findings."""
    fixes = (fix for each in measured for fix in each.fixes if fix.applicability == applicability)
    counts = Counter(kind for fix in fixes for kind in fix.kinds)
    return ((kind, str(count)) for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _row(name: str, several: Sequence[Repairs]) -> tuple[str, ...]:
    total = sum(each.total for each in several)
    safe, unsafe = (sum(each.count(word) for each in several) for word in ("safe", "unsafe"))
    return (name, *map(str, (total, safe, unsafe, total - safe - unsafe)))


def _present(checkouts: Path, projects: Sequence[str]) -> Iterator[str]:
    for repository in projects or tuple(dict.fromkeys(label.repository for label in labels())):
        if checkout(checkouts, repository).is_dir():
            yield repository


@click.command()
@click.option("--checkouts", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--project", "projects", multiple=True, metavar="OWNER/NAME", help="Only this project (repeatable).")
def main(checkouts: Path, projects: tuple[str, ...]) -> None:
    """Print what the findings of the labelled projects in --checkouts get."""
    measured = []
    for repository in _present(checkouts, projects):
        click.echo(repository, err=True)
        measured.append(repairs_of(checkouts, repository))
    click.echo(report(measured))


if __name__ == "__main__":
    main()
