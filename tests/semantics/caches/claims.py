"""The names that the tables ship, each with what stands in the way of executing it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, NamedTuple

from qscache_lint.knowledge.cache_rows import CacheTable
from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.caches.families import Family, Server
from tests.semantics.caches.out_of_reach import OUT_OF_REACH
from tests.semantics.caches.probes import family_of

ADDRESSES: Mapping[Server, str] = {
    "redis": os.environ.get("QSCACHE_LINT_REDIS", ""),
    "memcached": os.environ.get("QSCACHE_LINT_MEMCACHED", ""),
}
EVERYTHING = os.environ.get("QSCACHE_LINT_SEMANTICS") == "all"
"""Whether a package that is missing is a failure."""

TABLES = ("memoizer", "store", "read", "holder", "serializer", "harmless")


@dataclass(frozen=True)
class Claim:
    """A name in a table: that of a decorator, an object, a function, or of a method with its receiver."""

    table: str
    row: Any
    name: str
    method: str = ""
    backend: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.method}" if self.method else self.name

    @property
    def label(self) -> str:
        """The table and the name: what the meta-test and the summary count."""
        return f"{self.table} {self.full_name}"

    @property
    def package(self) -> str:
        return getattr(self.row, "package", "") or _package_of(self.name)

    @property
    def family(self) -> Family:
        return family_of(self.name)

    @property
    def is_with_a_dummy(self) -> bool:
        return self.backend in self.family.dummies

    def __str__(self) -> str:
        backend = f" with {self.backend}" if self.backend else ""
        return f"{self.full_name}{backend}"


def _package_of(name: str) -> str:
    """The package of a receiver; rows for reading leave it to those for storing."""
    stores = load_knowledge().caches.store
    return next((row.package for row in stores if name in row.receivers), "")


def _keeps_of(name: str) -> str:
    """How a receiver keeps things; rows for reading leave it to those for storing."""
    stores = load_knowledge().caches.store
    return next((row.keeps for row in stores if name in row.receivers), "")


def shipped(caches: CacheTable) -> Iterator[Claim]:
    """Every name of every table, once."""
    for table in TABLES:
        for row in getattr(caches, table):
            yield from (Claim(table, row, name) for name in getattr(row, "names", ()))
            for receiver in getattr(row, "receivers", ()):
                yield from (Claim(table, row, receiver, method) for method in row.methods)


class Obstacle(NamedTuple):
    """What stands in the way of a claim: a package or server, and what is wrong with it."""

    subject: str
    why: str


def obstacle(claim: Claim) -> Obstacle | None:
    """Why a claim is not executed here; None when it is."""
    if claim.label in OUT_OF_REACH:
        return Obstacle(claim.package, OUT_OF_REACH[claim.label])
    packages = (claim.package, *claim.family.packages_of(str(claim)))
    missing = [package for package in packages if not _is_installed(package)]
    if missing and not EVERYTHING:
        return Obstacle(missing[0], "not installed")
    servers = claim.family.servers_of(str(claim))
    absent = [server for server in servers if not ADDRESSES[server]]
    return Obstacle(absent[0], "no server is given") if absent else None


def _is_installed(package: str) -> bool:
    if package == "":
        return True
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def with_backends(claim: Claim) -> Iterator[Claim]:
    """The claim for each backend that it can be tried with."""
    keeps = getattr(claim.row, "keeps", "") or _keeps_of(claim.name)
    for backend in claim.family.backends if keeps == "backend" else ("",):
        yield Claim(claim.table, claim.row, claim.name, claim.method, backend)


def executed(table: str) -> list[Claim]:
    """The claims of a table that can be executed here."""
    claims = (claim for claim in shipped(load_knowledge().caches) if claim.table == table)
    return [tried for claim in claims for tried in with_backends(claim) if not obstacle(tried)]
