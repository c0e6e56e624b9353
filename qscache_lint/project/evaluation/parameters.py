"""What functions of the project put into a cache that they are given."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import Parameter
from qscache_lint.knowledge import StoreCall
from qscache_lint.project.abstract import External, FunctionId
from qscache_lint.project.evaluation.binding import bind, callees
from qscache_lint.project.evaluation.core import Core, Site
from qscache_lint.project.takings import Handed, same, takings
from qscache_lint.values import Step


class Stored(msgspec.Struct, frozen=True):
    """The store call that a parameter ends up in: its row, its name, and where it stands."""

    row: StoreCall
    dotted: str
    step: Step


class Parameters:
    """Answers for one parameter of one function, and looks through the functions that hand it on."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stored: dict[tuple[FunctionId, str], Stored | None] = {}

    def stores(self, identity: FunctionId, parameter: str) -> Stored | None:
        """The store call that a function hands its `parameter` to; None when there is none."""
        key = (identity, parameter)
        if key not in self._stored:
            self._stored[key] = None
            self._stored[key] = next(self._storing(identity, parameter), None)
        return self._stored[key]

    def _storing(self, identity: FunctionId, parameter: str) -> Iterator[Stored]:
        facts = self._core.facts(identity.path)
        term = Parameter(identity.index, parameter)
        named = (ref for ref, each in facts.of_kind(Parameter, identity.index) if each == term)
        alike = {each for ref in named for each in same(facts, ref)}
        for user in sorted({user for ref in alike for user in facts.users(ref)}):
            for taking in takings(facts, user):
                if taking.value in alike and taking.handed is not None and not taking.handed.entry:
                    yield from self._stored_by(Site(identity.path, user, None), taking.handed)

    def _stored_by(self, site: Site, handed: Handed) -> Iterator[Stored]:
        """The store call that a call is, or leads to, for one of its arguments."""
        if not self._core.project.to_caches.has(site.path, handed.call.function):
            return
        for atom in self._core.value(site.path, handed.call.function):
            if isinstance(atom, External):
                row = self._core.knowledge.stores.get(atom.dotted)
                if row is not None and not row.mapping and row.value.takes(handed.position, handed.argument.keyword):
                    yield Stored(row, atom.dotted, self._core.step(site.path, site.ref, "stored here"))
            for function, passed in callees(self._core, atom, self._core.passed(handed.call, site), site):
                facts = self._core.facts(function.of.path).functions[function.of.index]
                name = bind(facts, passed, function.receiver).taking(handed.argument)
                found = None if name is None else self.stores(function.of, name)
                if found is not None:
                    yield found
