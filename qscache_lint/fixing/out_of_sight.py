"""Callers that a project does not show: those in projects that install it, and code that is not examined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.project_roots import above
from qscache_lint.source.files import read_regular
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.tree import read_mentions


def is_exported(evaluator: Evaluator, path: str, name: str) -> bool:
    """Whether other projects may call something of a file: this one is a distribution, and the name is public."""
    return not name.startswith("_") and any(map(_is_distribution, _homes(evaluator, path)))


def _homes(evaluator: Evaluator, path: str) -> Iterator[Path]:
    """The directories around a file, up to that of its Django project, else to the root."""
    root, site = evaluator.project.tree.root, evaluator.project.modules.site(path)
    for directory in above(path):
        yield root / directory
        if directory == site:
            return


def _is_distribution(root: Path) -> bool:
    """Whether the project is built to be installed elsewhere: a `setup.py`, or a build system in `pyproject.toml`."""
    if (root / "setup.py").is_file():
        return True
    try:
        return "build-system" in msgspec.toml.decode(read_regular(root / "pyproject.toml"))
    except (OSError, ValueError):
        return False


def hidden_mention(evaluator: Evaluator, name: str) -> str:
    """A file of code that may have a name and is none of those examined: left out by settings, a notebook, a stub."""
    tree = evaluator.project.tree
    word = in_source(rf"\b{name}\b")
    examined = {path for path in tree.files if not path.endswith(".pyi")}
    hidden = (path for path in tree.related_files.code if path not in examined)
    sources = ((path, read_mentions(tree.root / path)) for path in hidden)
    return next((path for path, source in sources if source is None or word.search(source)), "")
