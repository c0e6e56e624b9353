"""Which files a repair may change: those below the root of the project, links resolved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from qscache_lint.fixing.model import Refused
from qscache_lint.source.tree import SourceTree


def resolved(root: Path, path: str) -> Path:
    """The file that a path below `root` leads to."""
    return Path(os.path.realpath(root / path))


def refuse_links(tree: SourceTree, paths: Iterable[str]) -> None:
    """Raises Refused for a link out of the project, and for a second name of one of its files."""
    root = Path(os.path.realpath(tree.root))
    for path in paths:
        target = resolved(root, path)
        if not target.is_relative_to(root):
            raise Refused(f"{path} is a link to {target}, outside of the project")
        inside = target.relative_to(root).as_posix()
        if inside != path and inside in tree:
            raise Refused(f"{path} is a link to {inside}, which is a file of the project, too")
