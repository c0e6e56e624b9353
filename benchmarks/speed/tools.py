"""The rows of `tools.toml`, and the commands they make."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from benchmarks.speed.model import SCENARIOS, Absent, Present, Scenario, Tool

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
_PATIENCE = 120  # seconds to say a version


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tool: tuple[Tool, ...]


def tools() -> tuple[Tool, ...]:
    """Every row, in the order of the file. Raises msgspec.ValidationError for a wrong one."""
    return msgspec.toml.decode((HERE / "tools.toml").read_bytes(), type=_Table).tool


def words(template: Sequence[str], places: Mapping[str, str], added: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of a command: `{scenario}` gives way to the `added` ones, the other names to their places."""
    spread = [word for each in template for word in (added if each == "{scenario}" else [each])]
    return tuple(word.format_map(places) for word in spread)


def offered(tool: Tool, scenario: Scenario, help_text: str | None) -> tuple[str, ...] | None:
    """The words of a scenario with the options that the tool has; None when the scenario cannot be run.

    Without a text that lists the options, all are taken to be there.
    """
    added = tool.scenarios.get(scenario)
    if added is None or help_text is None:
        return added
    known = set(re.findall(r"--[\w-]+", help_text))
    if all(word.split("=")[0] in known for word in added if word.startswith("--")):
        return added
    return () if scenario == "cold" else None


@dataclass(frozen=True)
class Installed:
    """A tool that can be run: how, with which words for each of its scenarios, and what it says of itself."""

    tool: Tool
    scenarios: Mapping[Scenario, tuple[str, ...]]
    path: str
    present: Present

    def limited_to(self, scenarios: Sequence[Scenario]) -> Installed:
        """The same with those of its scenarios that are wanted; with all of them when none is named."""
        kept = {name: added for name, added in self.scenarios.items() if not scenarios or name in scenarios}
        return replace(self, scenarios=kept)

    def command(self, scenario: Scenario, tree: Path, cache: Path) -> tuple[str, ...]:
        """The command that checks a tree, with the whole path of its program."""
        program, *others = words(self.tool.command, _places(tree, cache), self.scenarios[scenario])
        return (shutil.which(program, path=self.path) or program, *others)

    def environment(self, tree: Path, cache: Path) -> dict[str, str]:
        """The variables to run it with."""
        return _environment(self.tool, self.path, _places(tree, cache))


def find(tool: Tool, directories: Sequence[Path], scratch: Path) -> Installed | Absent:
    """Look for a tool in `directories`, then beside this interpreter, then on the PATH; it may write into `scratch`."""
    beside = Path(sys.executable).parent
    path = os.pathsep.join([*(str(each.absolute()) for each in (*directories, beside)), os.environ.get("PATH", "")])
    try:
        version = _says(tool, tool.version, path, scratch)
        help_text = _says(tool, tool.help, path, scratch) if tool.help else None
    except FileNotFoundError:
        return Absent(tool.name, "not installed")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return Absent(tool.name, f"does not start: {_last_line(error.stderr) or error}")
    if tool.foreign and re.search(tool.foreign, version):
        return Absent(tool.name, f"its environment has {tool.foreign} installed")
    able = {name: added for name in SCENARIOS if (added := offered(tool, name, help_text)) is not None}
    return Installed(tool, able, path, Present(tool.name, _number(version), _note(tool, able)))


def _number(version: str) -> str:
    """The first thing in what a tool says that looks like a version."""
    found = re.search(r"\d+(\.\d+)+", version)
    return found.group() if found else version.split("\n", 1)[0]


def _note(tool: Tool, able: Mapping[Scenario, tuple[str, ...]]) -> str:
    """What of the row this version of the tool cannot do."""
    missing = [name for name in tool.scenarios if name not in able]
    without = [name for name, added in able.items() if added != tool.scenarios[name]]
    notes = [f"has no options for: {', '.join(missing)}"] if missing else []
    return "; ".join([*notes, *(f"{name} is run without {' '.join(tool.scenarios[name])}" for name in without)])


def _says(tool: Tool, template: Sequence[str], path: str, scratch: Path) -> str:
    """What a command of the tool prints. Raises FileNotFoundError when there is no such program."""
    places = _places(scratch, scratch)
    program, *others = words(template, places)
    found = shutil.which(program, path=path)
    if found is None:
        raise FileNotFoundError(program)
    done = subprocess.run(
        [found, *others],
        check=True,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        cwd=scratch,
        env=_environment(tool, path, places),
    )
    return done.stdout.strip()


def _places(tree: Path, cache: Path) -> dict[str, str]:
    return {
        "tree": str(tree),
        "cache": str(cache),
        "python": sys.executable,
        "repository": str(REPOSITORY),
        "rules": str(HERE / "rules"),
    }


def _environment(tool: Tool, path: str, places: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**inherited, "PATH": path, **{name: value.format_map(places) for name, value in tool.environment.items()}}


def _last_line(text: str | bytes | None) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
    return said.strip().rsplit("\n", 1)[-1]
