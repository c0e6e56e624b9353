"""The oracle that asks a type checker as a command: it is shown a copy of the project that has the questions in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from qscache_lint import limits
from qscache_lint.oracles import Answers, Asked, TypeAnswer
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.checkers import Checker, CheckerFailure
from qscache_lint.typed.marking import marked
from qscache_lint.typed.modules import Modules
from qscache_lint.typed.probe import CONTROL, CONTROLLED, NAMESAKES, PROBE, namesakes, probe
from qscache_lint.typed.revealed import Revealed, answers, read


@dataclass(frozen=True)
class CheckerOracle:
    """Asks a checker of the table; `command` is how the user says that it is started, if anything."""

    checker: Checker
    command: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.checker.name

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        """See `oracles.Oracle`. Nothing is written but in a temporary directory."""
        try:
            command = self.checker.started_by(self.command)
            with TemporaryDirectory(prefix="qscache-lint-types-") as directory:
                return Answers(_Copy(Path(directory).resolve(), self.checker, command).ask(asked, tree))
        except CheckerFailure as failure:
            return Answers(failure=str(failure), complete=False)
        except OSError as error:
            return Answers(failure=f"{self.name}: {error}", complete=False)


class _Copy:
    """The copy of a project, in which a checker is asked."""

    def __init__(self, directory: Path, checker: Checker, command: Sequence[str]) -> None:
        self._checker = checker
        self._command = command
        self._tree, self._probe = directory / "tree", directory / "probe"
        self._configuration = directory / "configuration"

    def ask(self, asked: Iterable[Asked], tree: SourceTree) -> Mapping[Asked, TypeAnswer]:
        numbers = self._write(asked, tree)
        paths = dict.fromkeys(each.path for each in numbers)
        modules = Modules(tree)
        known: dict[int, TypeAnswer] = {}
        for site, several in modules.by_site(paths).items():
            for batch in modules.batches(site, several):
                roots = [Path(os.path.normpath(self._tree / site / each)) for each in modules.search_path(site, batch)]
                known.update(self._answers([*batch], roots, {numbers[each] for each in numbers if each.path in batch}))
        return {each: known[number] for each, number in numbers.items() if number in known}

    def _write(self, asked: Iterable[Asked], tree: SourceTree) -> Mapping[Asked, int]:
        """Write all files of a project, with questions in some. Returns the number of each question."""
        by_path: dict[str, list[Asked]] = {}
        for each in asked:
            by_path.setdefault(each.path, []).append(each)
        numbers: dict[Asked, int] = {}
        for path in tree.files:
            try:
                source = tree.read(path)
            except OSError:
                continue
            if path in by_path:
                source, found = marked(source, by_path[path], len(CONTROLLED) + len(numbers))
                numbers.update(found)
            place = self._tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(source)
        self._probe.mkdir()
        self._probe.joinpath("qscache_lint_control.py").write_text(CONTROL)
        self._configuration.write_text(self._checker.configuration)
        return numbers

    def _answers(
        self, paths: Sequence[str], roots: Sequence[Path], numbers: Collection[int]
    ) -> Mapping[int, TypeAnswer]:
        """What the checker says of the questions in some files; short names are asked for once more, in full."""
        found = self._revealed(paths, roots, numbers, {})
        self._refuse_unknowing(found)
        if self._checker.full_names:
            return answers(found)
        beside: dict[int, set[str]] = {}
        for each in found:
            beside.setdefault(each.number, set()).update(each.short_names)
        return answers(self._revealed(paths, roots, numbers, beside))

    def _revealed(
        self,
        paths: Sequence[str],
        roots: Sequence[Path],
        numbers: Collection[int],
        beside: Mapping[int, Collection[str]],
    ) -> Sequence[Revealed]:
        questions = (*range(len(CONTROLLED)), *sorted(numbers))
        self._probe.joinpath(f"{PROBE}.pyi").write_text(probe(questions, beside))
        self._probe.joinpath(f"{NAMESAKES}.pyi").write_text(namesakes(beside))
        return [*read(self._run(paths, (*roots, self._probe)), self._checker.revealed)]

    def _refuse_unknowing(self, found: Iterable[Revealed]) -> None:
        """Raise CheckerFailure where what has to be known is not, so that nothing else can be believed."""
        kinds = {each.number: each.kind for each in found}
        if not kinds.keys() >= {*range(len(CONTROLLED))}:
            raise CheckerFailure(f"the output of {self._checker.name} is not understood")
        if any(kinds[number] != kind for number, kind in enumerate(CONTROLLED)):
            raise CheckerFailure(f"{self._checker.name} finds no types of Django (pip install django-stubs)")

    def _run(self, paths: Sequence[str], roots: Sequence[Path]) -> Sequence[str]:
        """The output of a check, in lines."""
        files = (self._probe / "qscache_lint_control.py", *(self._tree / path for path in paths))
        arguments = self._checker.check(self._configuration, roots)
        done = run(
            (*self._command, *arguments, *map(str, files)),
            self._probe.parent,
            self._checker.variables(self._configuration, roots),
        )
        if done.returncode not in self._checker.ends_with:
            reason = f"{self._checker.name} ended with exit code {done.returncode}: {_last_line(done)}"
            raise CheckerFailure(reason[:300])
        return done.stdout.decode(errors="replace").splitlines()


def run(
    command: Sequence[str], directory: Path | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a checker. Raises CheckerFailure when it cannot be started or does not end."""
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.ORACLE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CheckerFailure(f"no answer after {limits.ORACLE_SECONDS} seconds") from None
    except OSError as error:
        raise CheckerFailure(f"{command[0]} cannot be started: {error.strerror or error}") from None


def _last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace").strip().rpartition("\n")[2]


def version_of(checker: Checker, command: Sequence[str]) -> bytes:
    """What tells apart the versions of a checker; empty where it cannot be asked."""
    try:
        return _output((*checker.started_by(command), *checker.version))
    except CheckerFailure:
        return b""


@lru_cache(maxsize=1)
def _output(command: tuple[str, ...]) -> bytes:
    return run(command).stdout
