"""The values of the benchmark: what a version of the tool did with each tree."""

from __future__ import annotations

import msgspec


class Checkout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One project of `projects.toml`, at the commit that is measured."""

    repository: str
    commit: str

    @property
    def directory(self) -> str:
        """Where it is put: `owner__name`."""
        return self.repository.replace("/", "__")


class Cost(msgspec.Struct, frozen=True):
    """Seconds of CPU of all processes, and the bytes of the largest one."""

    cpu: float
    memory: int


class TreeResult(msgspec.Struct, frozen=True):
    """What a version of the tool did with one tree: the cost of a cold run, the findings, and all that went wrong."""

    name: str
    files: int
    cost: Cost | None
    findings: tuple[str, ...] = ()
    """`path:row:column CODE (fix) message`, relative to the tree."""
    faults: tuple[str, ...] = ()
    """Crashes, internal errors, runs that took too long, and runs with another report: the name of the run, and why."""


class Session(msgspec.Struct, frozen=True):
    """One version of the tool on all trees."""

    version: str
    trees: tuple[TreeResult, ...]
