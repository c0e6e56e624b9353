"""Attributes of other people's objects that are replaced for a while."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

_ABSENT = object()


class Patches:
    """What has been replaced, and what stood there."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> bool:
        """Put what `make` makes of an attribute in its place. False where there is no such attribute."""
        original = getattr(owner, name, _ABSENT)
        if original is _ABSENT:
            return False
        before = vars(owner).get(name, _ABSENT)
        after = make(original)
        if isinstance(owner, ModuleType):
            after.__module__ = owner.__name__  # where it is looked for by its name, as by `pickle`
        setattr(owner, name, after)
        self._replaced.append((owner, name, before, after))
        return True

    def undo(self) -> list[str]:
        """Put everything back. Returns the names of what other code has replaced since, which stays as it is."""
        left = []
        while self._replaced:
            owner, name, before, after = self._replaced.pop()
            if vars(owner).get(name) is not after:
                left.append(f"{getattr(owner, '__qualname__', getattr(owner, '__name__', owner))}.{name}")
            elif before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        return left
