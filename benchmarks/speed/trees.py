"""The directories that are measured: linked copies that hold what every tool looks at.

`python -m benchmarks.speed.trees TARGET [NAME=]TREE [[NAME=]TREE …] [--files N]` makes one directory of several trees.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

LEFT_OUT = frozenset(
    "CVS __pycache__ __pypackages__ _build buck-out build dist node_modules site-packages venv".split()  # noqa: SIM905
)
"""Directories that some tool passes over by default; so are hidden names, eggs and virtual environments."""

_OTHER_PYTHON = (".pyi", ".pyw", ".ipynb")
"""What some tools read as Python and others do not."""


@dataclass(frozen=True)
class Tree:
    """A directory, under the name that the tables give it."""

    name: str
    path: Path


def named_trees(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> tuple[Tree, ...]:
    """What `PATH` or `NAME=PATH` mean; a tree has the name of its directory when none is given."""
    return tuple(_named_tree(each) for each in given)


def _named_tree(given: str) -> Tree:
    name, equals, path = given.rpartition("=")
    if not Path(path).is_dir():
        raise click.BadParameter(f"{path} is not a directory")
    return Tree(name if equals else Path(path).resolve().name, Path(path).resolve())


def link(tree: Path, target: Path, files: int | None = None) -> int:
    """Link what every tool looks at below `tree` into `target`, up to so many Python files; gives their number.

    Links are hard where the file system allows it, else the files are copied: symbolic ones are skipped by some tools.
    """
    count = 0
    for source in _seen_by_all(tree):
        if source.suffix == ".py":
            if count == files:
                break
            count += 1
        place = target / source.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        _link_file(source, place)
    return count


def combine(trees: Sequence[Tree], target: Path, files: int | None = None) -> int:
    """Link several trees side by side below `target`, up to so many Python files in all; gives their number."""
    count = 0
    for number, tree in enumerate(trees, start=1):
        if files is None or count < files:
            place = target / side_by_side(number, tree.name)
            count += link(tree.path, place, None if files is None else files - count)
    return count


def side_by_side(number: int, name: str) -> str:
    """The name of a tree's directory among others: an identifier, of its own, that no tool passes over."""
    identifier = re.sub(r"\W", "_", name)
    return f"tree{number:02}_{identifier}"


def _seen_by_all(tree: Path) -> Iterator[Path]:
    for directory, names, files in os.walk(tree):
        here = Path(directory)
        names[:] = sorted(name for name in names if not _left_out(here, name))
        for name in sorted(files):
            if not name.startswith(".") and not name.endswith(_OTHER_PYTHON) and not (here / name).is_symlink():
                yield here / name


def _left_out(directory: Path, name: str) -> bool:
    return (
        name in LEFT_OUT or name.startswith(".") or name.endswith(".egg") or (directory / name / "pyvenv.cfg").exists()
    )


def _link_file(source: Path, place: Path) -> None:
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def python_files(tree: Path) -> list[Path]:
    """The Python files of a linked tree, in a stable order."""
    walked = (Path(directory, name) for directory, _, names in os.walk(tree) for name in names)
    return sorted(path for path in walked if path.suffix == ".py")


def to_change(files: Sequence[Path], *, speaks: bool) -> Path:
    """The file for a scenario in which one has changed: of middle size among those that speak of a cache, or do not.

    Reads every file, which also brings them all into the memory of the operating system before anything is measured.
    """
    sizes = {path: len(source) for path in files if (b"cache" in (source := path.read_bytes())) is speaks}
    sizes = sizes or {path: path.stat().st_size for path in files}
    by_size = sorted(sizes, key=lambda path: (sizes[path], path))
    middle = len(by_size) // 2
    outwards = sorted(range(len(by_size)), key=lambda index: abs(index - middle))
    return next((by_size[index] for index in outwards if _parses(by_size[index])), by_size[middle])


def _parses(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return False
    return True


def rewrite(path: Path, text: bytes) -> None:
    """Give the file another text; the file it was linked to stays as it is."""
    written = path.with_name(f".{path.name}.new")
    written.write_bytes(text)
    written.replace(path)


@click.command()
@click.argument("target", type=click.Path(exists=False, path_type=Path))
@click.argument("given", metavar="[NAME=]TREE...", nargs=-1, required=True, callback=named_trees)
@click.option("--files", type=click.IntRange(min=1), help="Stop after so many Python files.")
def main(target: Path, given: tuple[Tree, ...], files: int | None) -> None:
    """Make TARGET, a directory with the trees side by side."""
    click.echo(f"{target}: {combine(given, target, files):,} Python files")


if __name__ == "__main__":
    main()
