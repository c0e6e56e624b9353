"""How reports name files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from qscache_lint.printable import printable
from qscache_lint.source.discover import checkout_of

_WORD = re.compile(r"[^\s:;,()]*[^\s:;,().]")


def shown(root: Path, path: str, here: Path) -> str:
    """A file of a project as people see it from `here`: relative when it is below, else absolute."""
    absolute = root / path
    return printable(os.path.relpath(absolute, here) if absolute.is_relative_to(here) else str(absolute))


def shown_in(message: str, root: Path, here: Path) -> str:
    """A message about a project, whose files it names relative to `root`, with these as seen from `here`."""
    if root == here:
        return message
    return _WORD.sub(lambda word: shown(root, word[0], here) if _is_file(root, word[0]) else word[0], message)


def service_base(here: Path) -> Path:
    """Where CI services count paths from: the top of the checkout that `here` is in, outside of one `here` itself."""
    return checkout_of(here) or here


def relative(root: Path, path: str, base: Path) -> str | None:
    """A file of a project as a path from `base`, with forward slashes; None for one outside of it."""
    absolute = root / path
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else None


def _is_file(root: Path, word: str) -> bool:
    return "." in word and (root / word).is_file()
