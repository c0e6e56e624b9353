"""Call sites: what a function is called with, wherever that can be seen.

This is asked only where an unknown parameter stands before a name that says what it is (see `name_heuristics`), and for
a bounded number of functions: looking for the callers of each one means a search through the whole project.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Attribute, Call, Import, Name, Parameter, Ref, operands
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import Frame, Function, FunctionId
from qscache_lint.project.evaluation.core import Core, Site

MOST_FUNCTIONS = 40
"""Functions whose callers are looked for in one project."""

_MOST_TERMS = 50


class CallSites:
    """Finds the activations of a function that the project shows."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._frames: dict[FunctionId, tuple[Frame, ...]] = {}

    def frames_behind(self, path: str, ref: Ref) -> tuple[Frame, ...]:
        """The activations of the function around term `ref`, where the term rests on one of its parameters."""
        facts = self._core.facts(path)
        index = facts.around(ref)
        if not index or not _rests_on_parameter(facts, ref, index):
            return ()
        return self.frames(FunctionId(path, index))

    def frames(self, identity: FunctionId) -> tuple[Frame, ...]:
        """The activations of a function by the calls that are seen; none when there are too many places to look at."""
        known = self._frames.get(identity)
        if known is None and len(self._frames) < MOST_FUNCTIONS:
            self._frames[identity] = ()
            known = self._frames[identity] = tuple(dict.fromkeys(self._seen(identity)))
        return known or ()

    def _seen(self, identity: FunctionId) -> Iterator[Frame]:
        name = self._core.facts(identity.path).functions[identity.index].name
        for path in self._core.project.name_index.files_calling(name):
            facts = self._core.project.facts(path)
            if facts is None or not self._core.project.modules.sees(path, identity.path):
                continue
            for ref in facts.calling([name]):
                term = facts.terms[ref]
                if isinstance(term, Call) and _is_called(facts, term, name):
                    yield from self._activations(path, ref, term, identity)

    def _activations(self, path: str, ref: Ref, call: Call, identity: FunctionId) -> Iterator[Frame]:
        for atom in self._core.value(path, call.function):
            if isinstance(atom, Function) and atom.of == identity:
                yield self._core.activation(atom, self._core.passed(call, Site(path, ref, None)))


def _is_called(facts: ModuleFacts, call: Call, name: str) -> bool:
    match facts.terms[call.function]:
        case Attribute(name=called) | Name(name=called) | Import(name=str() as called):
            return called == name
        case _:
            return True


def _rests_on_parameter(facts: ModuleFacts, ref: Ref, function: int) -> bool:
    pending, seen = [ref], {ref}
    while pending and len(seen) < _MOST_TERMS:
        term = facts.terms[pending.pop()]
        if isinstance(term, Parameter) and term.function == function:
            return True
        fresh = [operand for operand in operands(term) if operand not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return False
