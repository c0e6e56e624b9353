"""What an edit costs: in a process that lives, for a command with a cache, and for one without.

    python -m benchmarks.edits PROJECT [FILE ...]

Of each file (by its path below the project; else of the files with findings, or that name a cache), a comment, and then
a statement, is appended in memory and on disk, several times, and the file is put back. Says CPU seconds, the medians.
What rests on the file is evaluated again for the statement only.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import click

from qscache_lint.knowledge.gate_words import cache_words, entry_words
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.listing import files_of
from qscache_lint.serving.living import LivingProject
from qscache_lint.settings import Settings
from qscache_lint.source.gate import NamePattern

_REPETITIONS = 5
_MOST_FILES = 5
_EDITS = {"a comment": b"\n# edit %d\n", "a statement": b"\nEDITED = %d\n"}
_WITHOUT_BYTECODE = frozenset({"PYTHONDONTWRITEBYTECODE"})
"""With one of these our own modules would be compiled in every run, some 0.3 s; installed ones never are."""


@click.command()
@click.argument("project", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("files", nargs=-1)
def main(project: Path, files: Sequence[str]) -> None:
    """Measure what edits of FILES in PROJECT cost."""
    root = project.resolve()
    begun = time.process_time()
    living = LivingProject(root)
    click.echo(f"opened in a living process: {time.process_time() - begun:.2f} s")
    with tempfile.TemporaryDirectory() as cache:
        click.echo(f"command, no cache: {_command(root, '--no-cache'):.2f} s")
        _command(root, "--cache-dir", cache)
        click.echo(f"command, nothing changed: {_command(root, '--cache-dir', cache):.2f} s")
        for path in files or _telling(root, living):
            source = (root / path).read_bytes()
            for what, text in _EDITS.items():
                in_memory = [_edited(living, path, source + text % number) for number in range(_REPETITIONS)]
                living.edit({path: source})
                on_disk = [*_edited_on_disk(root, path, source, text, cache)]
                seconds = f"{median(in_memory):.2f} s in a living process, {median(on_disk):.2f} s for the command"
                click.echo(f"{path}, {what}: {seconds}")


def _telling(root: Path, living: LivingProject) -> list[str]:
    """The files with findings, then those that name a cache, as far as the first few."""
    found = dict.fromkeys(finding.path for finding in living.findings)
    knowledge = load_knowledge(MEASURED[-1])
    named = NamePattern(cache_words(knowledge), entries=entry_words(knowledge))
    files = files_of(root, Settings(), lambda error: None)
    found.update(dict.fromkeys(path for path in files if named.is_in((root / path).read_bytes())))
    return list(found)[:_MOST_FILES]


def _edited(living: LivingProject, path: str, source: bytes) -> float:
    begun = time.process_time()
    living.edit({path: source})
    return time.process_time() - begun


def _edited_on_disk(root: Path, path: str, source: bytes, text: bytes, cache: str) -> Iterator[float]:
    try:
        for number in range(_REPETITIONS):
            (root / path).write_bytes(source + text % number)
            yield _command(root, "--cache-dir", cache)
    finally:
        (root / path).write_bytes(source)


def _command(root: Path, *arguments: str) -> float:
    """The CPU seconds of a check of the project, with the processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "qscache_lint", "check", "--exit-zero", "--quiet", *arguments, "."]
    environment = {name: value for name, value in os.environ.items() if name not in _WITHOUT_BYTECODE}
    subprocess.run(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
