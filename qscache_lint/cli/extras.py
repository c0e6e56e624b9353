"""Commands whose libraries are extras of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qscache_lint.errors import UsageError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around imports: raises UsageError that tells how to install an extra, where a library of it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("qscache_lint"):
            raise
        raise UsageError(f"{error.name} is not installed: pip install 'qscache-lint[{name}]'") from None
