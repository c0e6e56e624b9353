"""How reports name files."""

from __future__ import annotations

import os
from pathlib import Path

from qscache_lint.printable import printable


def shown(root: Path, path: str, here: Path) -> str:
    """A file of a project as people see it from `here`: relative when it is below, else absolute."""
    absolute = root / path
    return printable(os.path.relpath(absolute, here) if absolute.is_relative_to(here) else str(absolute))
