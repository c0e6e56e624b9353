"""The command: `python -m benchmarks.mutants [--sample N] [--stage STAGE]`, with cosmic-ray in the same environment.

cosmic-ray writes into the files that it mutates, so that it works on a clone of what is committed.
"""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

ROOT = Path(__file__).parents[2]
_CONFIGURATION = """[cosmic-ray]
module-path = {modules}
timeout = {seconds}
excluded-modules = []
test-command = {command}

[cosmic-ray.distributor]
name = "local"
"""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some modules of the package, and the tests that have to notice what changes in them."""

    stage: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


class _Targets(msgspec.Struct, forbid_unknown_fields=True):
    target: tuple[Target, ...]


def targets() -> tuple[Target, ...]:
    """The rows of `targets.toml`. Raises msgspec.ValidationError for a wrong one."""
    return msgspec.toml.decode((Path(__file__).parent / "targets.toml").read_bytes(), type=_Targets).target


def draw(session: Path, size: int) -> int:
    """Leave so many mutations in a session, drawn by digest and so the same each time; says how many there were."""
    with sqlite3.connect(session) as database:
        rows = database.execute("SELECT job_id, module_path, operator_name, occurrence FROM mutation_specs").fetchall()
        ordered = sorted(rows, key=lambda row: sha256(repr(row[1:]).encode()).digest())
        left_out = [(row[0],) for row in ordered[size:]]
        database.executemany("DELETE FROM mutation_specs WHERE job_id = ?", left_out)
        database.executemany("DELETE FROM work_items WHERE job_id = ?", left_out)
    return len(rows)


def results(session: Path) -> Iterator[tuple[bool, str]]:
    """For each mutation whether the tests noticed it, and what it was."""
    query = (
        "SELECT test_outcome, module_path, operator_name, start_pos_row, start_pos_col FROM work_results "
        "JOIN mutation_specs USING (job_id) ORDER BY module_path, start_pos_row"
    )
    with sqlite3.connect(session) as database:
        for outcome, module, operator, row, column in database.execute(query):
            yield outcome != "SURVIVED", f"{module}:{row}:{column} {operator.removeprefix('core/')}"


def run(target: Target, clone: Path, size: int, seconds: float) -> tuple[int, list[tuple[bool, str]]]:
    """Test so many mutations of a target in a clone; the number of all that there are, and the results."""
    session, configuration = clone / f"{target.stage}.sqlite", clone / f"{target.stage}.toml"
    command = f"{shlex.quote(sys.executable)} -m pytest -q -x -p no:cacheprovider {' '.join(target.tests)}"
    modules = [f"qscache_lint/{module}" for module in target.modules]
    text = _CONFIGURATION.format(modules=modules, seconds=seconds, command=msgspec.json.encode(command).decode())
    configuration.write_text(text, encoding="utf-8")
    cosmic_ray = [sys.executable, "-m", "cosmic_ray.cli"]
    subprocess.run([*cosmic_ray, "baseline", configuration.name], cwd=clone, check=True)
    subprocess.run([*cosmic_ray, "init", configuration.name, session.name], cwd=clone, check=True)
    every = draw(session, size)
    subprocess.run([*cosmic_ray, "exec", configuration.name, session.name], cwd=clone, check=True)
    return every, list(results(session))


@click.command()
@click.option("--sample", default=250, show_default=True, help="Mutations of each stage.")
@click.option("--stage", "stages", multiple=True, type=click.Choice([target.stage for target in targets()]))
@click.option("--seconds", default=120.0, show_default=True, help="Seconds that the tests of one mutation may take.")
def main(sample: int, stages: tuple[str, ...], seconds: float) -> None:
    """Test a sample of the mutations of each stage, and name those that no test notices."""
    for target in targets():
        if stages and target.stage not in stages:
            continue
        with TemporaryDirectory() as directory:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), directory], check=True)
            every, found = run(target, Path(directory), sample, seconds)
        killed = sum(is_killed for is_killed, _ in found)
        click.echo(f"{target.stage}: {killed} of {len(found)} noticed, drawn from {every}")
        for is_killed, what in found:
            if not is_killed:
                click.echo(f"  not noticed: {what}")


if __name__ == "__main__":
    main()
