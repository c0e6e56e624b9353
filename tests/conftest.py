"""What the environment says of terminals must not change what tests see."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        os.environ.pop(name, None)
