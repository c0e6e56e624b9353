"""How reports name files."""

from __future__ import annotations

import os
from pathlib import Path


def shown(root: Path, path: str, here: Path) -> str:
    """A file of a project as seen from `here`: relative when it is below, else absolute."""
    absolute = root / path
    return os.path.relpath(absolute, here) if absolute.is_relative_to(here) else str(absolute)
