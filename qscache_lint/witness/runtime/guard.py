"""The one place where a mistake of the witness ends: it costs what would have been recorded, and nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


class Guard:
    """Calls what the witness does beside the project's own work."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __call__(self, work: Callable[..., Result], *arguments: Any) -> Result | None:
        """What some work comes to; None where it fails, which `say` is told."""
        try:
            return work(*arguments)
        except Exception as error:  # noqa: BLE001 - what the project hands in may do anything
            self._say(_sentence(error))
            return None


def _sentence(error: Exception) -> str:
    """What failed where; the text of the error may hold the project's data, and is left out."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"Something was not recorded because of an internal error ({type(error).__name__} at {place})."
