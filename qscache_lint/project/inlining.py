"""Helpers inlined: the terms of a function, and of the functions of the project that it calls, as one call runs them.

A `Node` is a term in one activation. A parameter is the term that the call gives it, in the activation of the caller:
what a helper does with its parameter is what its caller does with the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, NamedTuple

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import Return
from qscache_lint.facts.module import Kind, ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Free, Name, Parameter, Ref, Term, same_object
from qscache_lint.knowledge.function_rows import Handmade
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Frame
from qscache_lint.project.identities import FunctionId


class Body:
    """A function as one call runs it: its module, its activation, and the terms that its parameters are given.

    Compared by identity: each call runs a body of its own.
    """

    __slots__ = ("depth", "facts", "frame", "given", "of")

    def __init__(
        self, of: FunctionId, facts: ModuleFacts, frame: Frame | None, given: Mapping[str, Node], depth: int = 0
    ) -> None:
        self.of = of
        self.facts = facts
        self.frame = frame
        self.given = given
        self.depth = depth

    def node(self, ref: Ref) -> Node:
        """A term of the module in this activation."""
        return Node(self, ref)

    @property
    def returned(self) -> tuple[Return, ...]:
        """What the function returns."""
        return self.facts.functions[self.of.index].returns

    @property
    def makes_instance(self) -> bool:
        """Whether the call makes an object anew: what it runs is a constructor."""
        return self.facts.functions[self.of.index].name == "__init__"

    @property
    def receiver(self) -> str:
        """The first parameter; "" for a function without one."""
        parameters = self.facts.functions[self.of.index].parameters
        return parameters[0].name if parameters else ""


class Node(NamedTuple):
    """A term in one activation."""

    body: Body
    ref: Ref

    @property
    def term(self) -> Term:
        return self.body.facts.terms[self.ref]

    def beside(self, ref: Ref) -> Node:
        """Another term in the same activation."""
        return Node(self.body, ref)


class Seen(msgspec.Struct, Generic[Kind], frozen=True):
    """A term of one kind, with its node."""

    node: Node
    term: Kind


class Callee(msgspec.Struct, frozen=True):
    """A function of the project that a call runs: its activation, and the terms that the call gives its parameters."""

    of: FunctionId
    facts: ModuleFacts
    frame: Frame
    given: Mapping[str, Ref]


class World(msgspec.Struct, frozen=True):
    """What recognising needs to know of the world.

    `names` gives the dotted external names that a term may stand for, `callees` the functions of the project that a
    call runs, `stores` how a known store call keeps a value, `holds` how a known object keeps what is put into it,
    `words` the names to look for.
    """

    names: Callable[[Node], tuple[str, ...]]
    callees: Callable[[Node], tuple[Callee, ...]]
    stores: Callable[[str], Store | None]
    holds: Callable[[str], Store | None]
    words: Handmade


class Inlined:
    """A function, and the helpers in it as far as they are looked into."""

    def __init__(self, world: World, body: Body) -> None:
        self._world = world
        self.body = body
        self._ran: dict[Node, tuple[Body, ...]] = {}

    def at(self, node: Node) -> Node:
        """The term that stands behind a parameter, and behind what tests have shown of it."""
        seen: set[Node] = set()
        while node not in seen:
            seen.add(node)
            same = same_object(node.term)
            node = self._given(node) if same is None else node.beside(same)
        return node

    def _given(self, node: Node) -> Node:
        term = node.term
        if isinstance(term, (Parameter, Free)) and term.function == node.body.of.index:
            return node.body.given.get(term.name, node)
        is_super = isinstance(term, Call) and not term.arguments and node.beside(term.function).term == Name("super")
        return node.body.given.get(node.body.receiver, node) if is_super else node

    def run_by(self, call: Node) -> tuple[Body, ...]:
        """The helpers that a call runs, as bodies; none when they stand too deep, or are too many."""
        if call not in self._ran:
            self._ran[call] = ()
            if call.body.depth < limits.HELPERS_DEEP and len(self._ran) < limits.HELPERS:
                self._ran[call] = tuple(self._run(call))
        return self._ran[call]

    def _run(self, call: Node) -> Iterator[Body]:
        for callee in self._world.callees(call):
            given = {name: call.beside(ref) for name, ref in callee.given.items()}
            yield Body(callee.of, callee.facts, callee.frame, given, call.body.depth + 1)

    def every(self, kind: type[Kind], body: Body) -> Iterator[Seen[Kind]]:
        """The terms of one kind in a body and the functions nested in it."""
        for index in body.facts.inside(body.of.index):
            for ref, term in body.facts.of_kind(kind, index):
                yield Seen(body.node(ref), term)

    def method(self, call: Node) -> Attribute | None:
        """The attribute that a call calls; None for a call of anything else."""
        term = call.term
        function = call.beside(term.function).term if isinstance(term, Call) else None
        return function if isinstance(function, Attribute) else None
