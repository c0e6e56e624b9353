"""What is known at one point of a function: the value of each name, and the tests passed on the way there.

A state keeps a log of its changes, so that a branch costs what it changes and not what is known: `mark` notes a point,
`leave` gives what has changed since and goes back to it, `merge` joins what several branches have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from qscache_lint.facts.places import Place
from qscache_lint.facts.table import FactsTable
from qscache_lint.facts.terms import Choice, Guard, Join, Ref


class Mark(NamedTuple):
    """A point of a state that it can go back to."""

    changes: int
    guards: tuple[Guard, ...]
    live: bool


class End(NamedTuple):
    """How a branch ends: what it has changed since its mark (None where a name has lost its value), and its tests."""

    changes: Mapping[str, Ref | None]
    guards: tuple[Guard, ...]
    live: bool


class State:
    """The values of names (and of `name.attribute` paths) at one point; not live after `return` and its like."""

    __slots__ = ("_below", "_log", "guards", "live", "names")

    def __init__(self) -> None:
        self.names: dict[str, Ref] = {}
        self.guards: tuple[Guard, ...] = ()
        self.live = True
        self._log: list[tuple[str, Ref | None]] = []
        """Each change: the name, and the value that it had before."""
        self._below: dict[str, dict[str, None]] = {}
        """The paths that have had a value at any point, by each path that they begin with."""

    @property
    def has_paths(self) -> bool:
        """Whether any `name.attribute` has had a value here."""
        return bool(self._below)

    def bind(self, path: str, value: Ref) -> None:
        """Give `path` a value; what was known of its attributes is forgotten."""
        if path in self._below:
            self._forget_below(path)
        self.know(path, value)

    def know(self, path: str, value: Ref) -> None:
        """Give `path` a term that says more, or may say more, of the value that it has."""
        self._log.append((path, self.names.get(path)))
        self.names[path] = value
        if "." in path:
            self._enter_below(path)

    def forget(self, path: str) -> None:
        """Forget the value of `path` and of its attributes."""
        self._remove(path)
        self._forget_below(path)

    def _enter_below(self, path: str) -> None:
        base = path.rpartition(".")[0]
        while base:
            inside = self._below.setdefault(base, {})
            if path in inside:
                return
            inside[path] = None
            base = base.rpartition(".")[0]

    def _forget_below(self, path: str) -> None:
        for known in self._below.get(path, ()):
            self._remove(known)

    def _remove(self, path: str) -> None:
        before = self.names.pop(path, None)
        if before is not None:
            self._log.append((path, before))

    # -- branches

    def mark(self) -> Mark:
        """The present point."""
        return Mark(len(self._log), self.guards, self.live)

    def end(self, mark: Mark) -> End:
        """What has changed since a mark."""
        changed = dict.fromkeys(path for path, _ in self._log[mark.changes :])
        return End({path: self.names.get(path) for path in changed}, self.guards, self.live)

    def leave(self, mark: Mark) -> End:
        """What has changed since a mark, to which the state goes back."""
        end = self.end(mark)
        for path, before in reversed(self._log[mark.changes :]):
            if before is None:
                self.names.pop(path, None)
            else:
                self.names[path] = before
        del self._log[mark.changes :]
        self.guards, self.live = mark.guards, mark.live
        return end

    def enter(self, end: End) -> None:
        """Go on as a branch has ended that started here."""
        for path, value in end.changes.items():
            if value is None:
                self._remove(path)
            else:
                self.know(path, value)
        self.guards, self.live = end.guards, end.live

    def merge(self, table: FactsTable, ends: Iterable[End], place: Place) -> None:
        """Go on after branches that started here.

        A name with different values gets a `Join`, whose choices carry the tests that lead to each branch. When one
        branch only is left, its tests hold from here on.
        """
        live = [end for end in ends if end.live]
        if len(live) == 1:
            self.enter(live[0])
            return
        self.live = bool(live)
        if not live:
            return
        passed = len(self.guards)
        for path in dict.fromkeys(path for end in live for path in end.changes):
            given = [(end.changes.get(path, self.names.get(path)), end.guards[passed:]) for end in live]
            self._join(table, path, [(value, guards) for value, guards in given if value is not None], len(live), place)
        self.guards = _common([end.guards for end in live])

    def _join(
        self, table: FactsTable, path: str, given: list[tuple[Ref, tuple[Guard, ...]]], branches: int, place: Place
    ) -> None:
        if not given or (len(given) < branches and "." in path):
            self._remove(path)
            return
        distinct = dict.fromkeys(value for value, _ in given)
        if len(distinct) > 1:
            plain = dict.fromkeys(map(table.narrowed_from, distinct))
            distinct = plain if len(plain) == 1 else distinct
        if len(distinct) == 1:
            self.know(path, next(iter(distinct)))
            return
        self.know(path, table.add(Join(tuple([Choice(value, guards) for value, guards in given])), place))


@dataclass(slots=True)
class Loop:
    """A loop being read: where its body starts, which names it binds, and how it is left early.

    `filled` are the names of containers from before the loop that its body puts something in.
    """

    mark: Mark
    bound: Collection[str] = ()
    filled: dict[str, None] = field(default_factory=dict)
    breaks: list[End] = field(default_factory=list)
    continues: list[End] = field(default_factory=list)


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


def _common(passed: list[tuple[Guard, ...]]) -> tuple[Guard, ...]:
    """The tests that hold in every branch, of which `passed` has those on the way to each."""
    first, *rest = passed
    shared = set(first).intersection(*rest)
    return first if len(shared) == len(first) else tuple([guard for guard in first if guard in shared])
