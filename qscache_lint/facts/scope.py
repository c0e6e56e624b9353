"""What is known at one point of a function: the value of each name, and the tests passed on the way there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from qscache_lint.facts.model import Choice, Guard, Join, Ref
from qscache_lint.facts.table import FactsTable
from qscache_lint.values import Span


@dataclass(slots=True)
class State:
    """The values of names (and of `name.attribute` paths) at one point; not live after `return` and its like."""

    names: dict[str, Ref] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    live: bool = True
    attributes: set[str] = field(default_factory=set)
    """The paths with a dot that have had a value at any point, so that names need not be looked through for them."""

    def fork(self, *guards: Guard) -> State:
        return State(dict(self.names), self.guards + guards, self.live, self.attributes)

    def bind(self, path: str, value: Ref) -> None:
        """Give `path` a value; what was known of its attributes is forgotten."""
        self.forget(path)
        self.know(path, value)

    def know(self, path: str, value: Ref) -> None:
        """Give `path` a term that says more, or may say more, of the value that it has."""
        self.names[path] = value
        if "." in path:
            self.attributes.add(path)

    def forget(self, path: str) -> None:
        self.names.pop(path, None)
        prefix = f"{path}."
        for known in self.attributes:
            if known.startswith(prefix):
                self.names.pop(known, None)


@dataclass(slots=True)
class Loop:
    """The states in which a loop's body is left early."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """A module, class or function body being read. A class body is read in place, inside `outer`."""

    function: int
    owner: int | None = None
    outer: Scope | None = None
    state: State = field(default_factory=State)
    loops: list[Loop] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    """Names that `global` or `nonlocal` hands to an outer scope."""


def merge(table: FactsTable, base: State, ends: list[State], span: Span) -> State:
    """The state after branches that started at `base`.

    A name with different values gets a `Join`, whose choices carry the tests that lead to each branch. When one branch
    only is left, its tests hold from here on.
    """
    live = [end for end in ends if end.live]
    if not live:
        return replace(base.fork(), live=False)
    if len(live) == 1:
        return live[0]
    merged = State(guards=_common(live), attributes=base.attributes)
    for name in dict.fromkeys(name for end in live for name in end.names):
        values = [(end.names[name], end.guards[len(base.guards) :]) for end in live if name in end.names]
        if len(values) < len(live) and "." in name:
            continue
        distinct = {value for value, _ in values}
        if len(distinct) > 1 and len({table.narrowed_from(value) for value in distinct}) == 1:
            distinct = {table.narrowed_from(value) for value in distinct}
            values = [(value, ()) for value in distinct]
        if len(distinct) == 1:
            merged.names[name] = values[0][0]
            continue
        merged.names[name] = table.add(Join(tuple(Choice(value, guards) for value, guards in values)), span)
    return merged


def _common(states: list[State]) -> tuple[Guard, ...]:
    """The tests that hold in every one of `states`."""
    first, *rest = (state.guards for state in states)
    return tuple(guard for guard in first if all(guard in other for other in rest))
