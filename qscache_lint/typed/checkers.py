"""The table of type checkers that are asked as a command (`checkers.toml`)."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

import msgspec


class Checker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the table, which says what its fields are."""

    name: str
    version: tuple[str, ...]
    arguments: tuple[str, ...]
    revealed: str
    full_names: bool
    ends_with: tuple[int, ...]
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    configuration: str = ""

    def started_by(self, named: Sequence[str]) -> tuple[str, ...]:
        """The command that starts it, with the full path of its program; `named` is what the user says, if anything.

        Raises CheckerFailure when there is none.
        """
        command = tuple(named) or self.command
        if not command:
            raise CheckerFailure(
                f"{self.name} is started by a command that you name (QSCACHE_LINT_ENGINE_COMMAND)"
            )
        program = shutil.which(command[0], path=_programs())
        if program is None:
            hint = "" if named else f" (pip install {self.name})"
            raise CheckerFailure(f"{command[0]} not found{hint}")
        return (str(Path(program).absolute()), *command[1:])

    def check(self, configuration: Path, roots: Sequence[Path]) -> tuple[str, ...]:
        """The arguments of a check, before the files."""
        several = {"{root}": [*map(str, roots)], "{package}": [*_installed()]}
        values = self._values(configuration, roots)
        return tuple(_filled(made, values) for argument in self.arguments for made in _repeated(argument, several))

    def variables(self, configuration: Path, roots: Sequence[Path]) -> Mapping[str, str]:
        """Variables of the environment of a check."""
        values = self._values(configuration, roots)
        return {name: _filled(value, values) for name, value in self.environment.items()}

    def _values(self, configuration: Path, roots: Sequence[Path]) -> Mapping[str, str]:
        return {
            "{configuration}": str(configuration),
            "{python}": sys.executable,
            "{python_version}": ".".join(map(str, sys.version_info[:2])),
            "{roots}": os.pathsep.join(map(str, roots)),
        }


class CheckerFailure(Exception):
    """Why a type checker could not be asked."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    checker: tuple[Checker, ...]


@lru_cache(maxsize=1)
def checkers() -> Mapping[str, Checker]:
    """All rows, by name."""
    text = resources.files(__package__).joinpath("checkers.toml").read_text(encoding="utf-8")
    return {each.name: each for each in msgspec.toml.decode(text, type=_Table).checker}


def _programs() -> str:
    """Where programs are looked for: beside this Python, then as always, but never in the working directory."""
    usual = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join((sysconfig.get_path("scripts"), *filter(os.path.isabs, usual)))


def _installed() -> Iterator[str]:
    """The directories from which this Python imports what is installed."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    for each in map(Path, sys.path):
        if each.is_absolute() and each.is_dir() and str(each) not in own and each.name != "lib-dynload":
            yield str(each)


def _repeated(argument: str, several: Mapping[str, Sequence[str]]) -> Iterator[str]:
    name = next((name for name in several if name in argument), None)
    yield from (argument,) if name is None else (argument.replace(name, value) for value in several[name])


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
