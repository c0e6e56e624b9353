"""Comments that tell tools something about the line on which they stand."""

from __future__ import annotations

import re

_PRAGMA = re.compile(r"#\s*(type:|(noqa|isort|pylint|pyright|mypy|ruff|fmt|yapf|flake8|pragma|nosec)\b)", re.IGNORECASE)


def is_pragma(comment: str) -> bool:
    """Whether a comment is for a tool, and about its line."""
    return _PRAGMA.match(comment) is not None
