"""Type oracles: what is asked of a type checker, and what it says. Nothing here knows of any.

A question is about an expression by its file and span; the answer names the classes that it may be an instance of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Span

Part: TypeAlias = Literal["value", "receiver"]
"""What of an expression is asked about: itself, or what stands before the dot of an attribute."""


class Asked(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A question: what is the expression in `path` at `span`?"""

    path: str
    span: Span
    part: Part


class TypeName(msgspec.Struct, frozen=True, array_like=True):
    """One thing that an expression may be: an instance of a class, a class, a function, or None.

    `names` are the full names of the class and its bases in lookup order, or that of the function. `model` is the full
    name of the model of a QuerySet or manager. One that is `open` has bases which the checker does not know.
    """

    kind: Literal["instance", "class", "function", "none"]
    names: tuple[str, ...] = ()
    model: str = ""
    open: bool = False


TypeAnswer: TypeAlias = tuple[TypeName, ...]
"""All that an expression may be; nothing where the checker does not know, be it for one branch only."""


class Answers(msgspec.Struct, frozen=True):
    """What an oracle has said, and what the user should know of that.

    `failure` says why it could not be asked. Where it is not `complete`, it knew less than it might have.
    """

    known: Mapping[Asked, TypeAnswer] = {}
    notes: tuple[str, ...] = ()
    failure: str = ""
    complete: bool = True


class Oracle(Protocol):
    """Something that knows types."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        """The answers to some questions about files of a tree; what it knows nothing of may be left out."""
        ...


class Types:
    """What an oracle has said by now of the files as they are."""

    def __init__(self, oracle: Oracle | None = None) -> None:
        self._oracle = oracle
        self._known: dict[Asked, TypeAnswer] = {}
        self._told: list[Answers] = []

    def __bool__(self) -> bool:
        """Whether there is an oracle."""
        return self._oracle is not None

    @property
    def oracle_name(self) -> str:
        """What users call the oracle; empty where there is none."""
        return "" if self._oracle is None else self._oracle.name

    def of(self, asked: Asked) -> TypeAnswer:
        """What is known of an expression."""
        return self._known.get(asked, ())

    def learn(self, asked: Sequence[Asked], tree: SourceTree) -> bool:
        """Ask what has not been asked. Returns whether that has brought an answer."""
        fresh = sorted(each for each in asked if each not in self._known)
        if self._oracle is None or not fresh or self.failure:
            return False
        told = self._oracle.ask(fresh, tree)
        self._told.append(told)
        self._known.update({each: told.known.get(each, ()) for each in fresh})
        return any(told.known.values())

    def forget(self) -> None:
        """Let go of all answers: an edit to any file may make others of them."""
        self._known.clear()
        self._told.clear()

    def like(self) -> Types:
        """The same oracle, of which nothing has been asked."""
        return Types(self._oracle)

    @property
    def failure(self) -> str:
        """Why the oracle could not be asked; empty when it could."""
        return next((told.failure for told in self._told if told.failure), "")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return tuple(dict.fromkeys(note for told in self._told for note in told.notes))

    @property
    def is_complete(self) -> bool:
        """Whether the oracle has said all it may know."""
        return all(told.complete and not told.failure for told in self._told)

    @property
    def counts(self) -> tuple[int, int]:
        """How many questions were asked, and how many have an answer."""
        return len(self._known), sum(map(bool, self._known.values()))
