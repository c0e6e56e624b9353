"""Rows of the table of consumers: what takes a QuerySet, and what it does with it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from qscache_lint.knowledge.model import Effect, Gives, Ordered, Row, Slot, Versioned
from qscache_lint.knowledge.queryset_rows import Exceptional, effect_on


class Consumer(Versioned, frozen=True, kw_only=True):
    """Functions and classes that do the same with a QuerySet that they are given.

    It is given in one of the `arguments` of a call (of the function, of the class or of a subclass; with `methods`, of
    those methods), in one of the `attributes` of the class (in the body of a subclass, or set on an instance), or by a
    method in `returns` that a subclass defines and the framework calls (`resolve_*`: each whose name begins so). For a
    class, the row of the nearest base holds.

    `by`: the framework's methods that take it, so that the row holds for classes which leave one of them to the
    framework, or whose own code runs one of `through`. `where`: the row is that of subclasses which set this attribute,
    and comes before the row of the others. `shows`: a text for people is all that is made of the rows. `tests`: it is a
    truth test. `tells_lists`: a list of the rows is taken in another way than the QuerySet. `embeds`: its SQL becomes a
    part of another query. `at_once`: a call does so before it returns. `guards`: reading the attribute itself raises.
    `gives` speaks of calls; "queryset" is one like that which was handed in. `once`: a call gives an iterator, which
    can be gone through once. `keeps`: the attributes by which what is made or called gives back the very QuerySet
    that it took (`lets_go` says of some that there are none). `python` is the version that brought the names.
    """

    names: tuple[str, ...]
    effect: Effect
    gives: Gives = "data"
    arguments: tuple[Slot, ...] = ()
    methods: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    where: str = ""
    shows: bool = False
    tests: bool = False
    tells_lists: bool = False
    embeds: bool = False
    at_once: bool = False
    guards: bool = False
    once: bool = False
    keeps: tuple[str, ...] | None = None
    exceptional: tuple[Exceptional, ...] = ()
    package: str = ""
    python: str = ""

    def takes(self, position: int, keyword: str | None, entry: str = "") -> bool:
        """Whether the argument at `position` (or with `keyword`), or its `entry`, is one that this row speaks of."""
        return any(slot.takes(position, keyword, entry) for slot in self.arguments)

    def takes_from(self, method: str) -> bool:
        """Whether the framework calls this method of a subclass, and takes what it returns."""
        return any(fnmatchcase(method, name) for name in self.returns)

    def effect_on(self, ordered: Ordered | None) -> Effect:
        """The effect on a QuerySet whose order is known, or not (None)."""
        return effect_on(self.effect, self.exceptional, ordered)

    @property
    def lets_go(self) -> bool:
        """Whether a call gives rows, numbers or text, or a query of its own, and nothing that has the QuerySet."""
        reads = self.shows or self.tests or self.at_once or self.once
        return reads or self.embeds or self.gives in ("instance", "rows", "values")

    @property
    def called(self) -> tuple[str, ...]:
        """What calls of it are written as: a method through its class, or on a value that has it."""
        if not self.arguments:
            return ()
        if not self.methods:
            return self.names
        return tuple(f"{name}{call}.{method}" for name in self.names for call in ("", "()") for method in self.methods)


class Lookups(Row, frozen=True):
    """Suffixes of keyword arguments that take a QuerySet into another query.

    `single`: those that ask for a QuerySet of one row and one column, as `[:1]` of `values()` makes it.
    """

    refining: tuple[str, ...]
    single: tuple[str, ...] = ()


class ConsumerTable(Row, frozen=True):
    """The whole of consumers.toml.

    `members_of`: what the members of a dict are that any object has under a name; `attributes_of_members`: what an
    attribute of such a member is.
    """

    consumer: tuple[Consumer, ...]
    lookups: Lookups
    members_of: dict[str, str]
    attributes_of_members: dict[str, str]
