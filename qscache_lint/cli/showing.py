"""What `check --show-settings` and `check --show-files` print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from qscache_lint.cli import options
from qscache_lint.cli.publish import warn
from qscache_lint.printable import printable

if TYPE_CHECKING:
    from qscache_lint.api import Options
    from qscache_lint.settings import Settings


def show(paths: Sequence[Path], given: dict[str, Any]) -> None:
    """Print the settings of the projects that paths belong to, or their files that would be checked."""
    from qscache_lint import api
    from qscache_lint.reports.paths import shown

    found = options.options_of(given)
    for number, (project, listed) in enumerate(api.listings(paths, found)):
        if given["show_settings"]:
            for line in ([""] if number else []) + [*_settings(project.root, project.settings, found)]:
                click.echo(line)
        if given["show_files"]:
            for path in listed.asked_for:
                click.echo(shown(project.root, path, Path.cwd()))
        for note in (project.misspelt_table, *listed.empty, *(() if given["quiet"] else listed.notes)):
            if note:
                warn(note)


def _settings(root: Path, settings: Settings, found: Options) -> Iterator[str]:
    """The settings as a table of TOML, with where they come from; rules that are selected are listed below."""
    from qscache_lint.api import selected
    from qscache_lint.component.run import django_of
    from qscache_lint.settings import TABLE

    source = found.pyproject_of(root)
    yield f"# {printable(str(root))}, from {'no file' if source is None else printable(str(source))}"
    yield f"[{TABLE}]"
    for key, value in msgspec.to_builtins(settings).items():
        if value is not None:
            yield f"{key} = {_toml(value)}"
    yield f"# rules: {', '.join(sorted(selected(settings))) or 'none'}"
    yield f"# {django_of(root, settings)}"


def _toml(value: object) -> str:
    """A value on one line of TOML, of which JSON is nearly a part."""
    match value:
        case dict():
            inside = ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items() if each is not None)
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return printable(msgspec.json.encode(value).decode())
