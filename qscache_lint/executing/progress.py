"""How far the reading has come, for those who want to show it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told of each stretch of reading: how many files there are, and how many more are done."""

    def begin(self, total: int) -> None: ...

    def advance(self, number: int) -> None: ...

    def end(self) -> None: ...


class NoProgress:
    """Shows nothing."""

    def begin(self, total: int) -> None:
        return

    def advance(self, number: int) -> None:
        return

    def end(self) -> None:
        return
