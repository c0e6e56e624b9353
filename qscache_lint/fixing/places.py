"""Which files a repair may change: Python files below the root of the project, links resolved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePath

from qscache_lint.fixing.model import Refused
from qscache_lint.reasons import reason
from qscache_lint.source.discover import is_foreign, is_python
from qscache_lint.source.tree import SourceTree


def resolved(root: Path, path: str) -> Path:
    """The file that a path below `root` leads to."""
    return Path(os.path.realpath(root / path))


def is_repairable(name: str) -> bool:
    """Whether a name, relative to the root and with links resolved, is that of a file that a repair may change.

    It is a plain one of a Python file, outside of what is never part of a project, as `.git` or `node_modules`.
    """
    is_plain = "\0" not in name and name == str(PurePath(name)) and not PurePath(name).anchor
    parts = PurePath(name).parts
    return is_plain and ".." not in parts and is_python(name) and not any(map(is_foreign, parts))


def refuse_links(tree: SourceTree, paths: Iterable[str]) -> None:
    """Raises Refused for a link out of the project or to no Python file, and for a second name of one of its files."""
    root = Path(os.path.realpath(tree.root))
    for path in paths:
        target = resolved(root, path)
        if not target.is_relative_to(root):
            raise Refused(reason("link-outside", path, target=target))
        if not is_repairable(str(target.relative_to(root))):
            raise Refused(reason("not-written", path))
        inside = target.relative_to(root).as_posix()
        if inside != path and inside in tree:
            raise Refused(reason("link-inside", path, target=inside))
