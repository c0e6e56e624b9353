"""Roots: the objects that outlive a call, and what a value is an attribute or entry of.

A *root* names such an object: a variable of a module or an enclosing function, a parameter, the request. What a call
makes anew has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.facts.module import called_name
from qscache_lint.facts.terms import Attribute, Call, Constant, Free, Import, Item, Join, Name, Parameter, Updated
from qscache_lint.knowledge.model import Store
from qscache_lint.project.inlining import Inlined, Node, World

Root: TypeAlias = tuple[str, ...]
Roots: TypeAlias = Mapping[Root, Node]
"""The roots that a container may have, each with the term that it is read by."""

REQUEST: Root = ("request",)
CLASS: Root = ("class",)


def is_getter_of_request(called: str, requests: Collection[str]) -> bool:
    """Whether a function without arguments gives the request, by its name: `get_current_request`."""
    return called.rpartition("_")[2] in requests and called not in requests


class RootFinder:
    """Finds the roots of containers in a function with its helpers; `instances` are its parameters that are objects."""

    def __init__(self, world: World, inlined: Inlined, instances: Collection[str]) -> None:
        self._world = world
        self._inlined = inlined
        self._instances = instances

    def of(self, node: Node) -> Roots:
        """The roots of what a term reads, on any way to it."""
        found: dict[Root, Node] = {}
        pending, seen = [node], set[Node]()
        while pending and len(seen) < limits.TERMS_OF_MEMOIZER:  # loops are cycles, and branches meet again
            current = self._inlined.at(pending.pop())
            if current in seen:
                continue
            seen.add(current)
            root = self._root(current)
            if root is not None:
                found.setdefault(root, current)
            else:
                pending.extend(reversed(tuple(self._below(current))))
        return found

    def _root(self, node: Node) -> Root | None:
        """The root that a term is; None for what is part of another term, or made anew."""
        requests = self._world.words.requests
        match node.term:
            case Attribute(name=name) | Parameter(name=name) | Free(name=name) | Import(name=name) if name in requests:
                return REQUEST
            case Attribute(name="__class__"):
                return CLASS
            case Free(function=function, name=name):
                return ("free", node.body.of.path, str(function), name)
            case Name(name=name):
                return ("name", node.body.of.path, name)
            case Import(module=module, name=name):
                return ("import", module, name or "")
            case Parameter(name=name):
                return ("parameter", name) if node.body.depth == 0 else None
            case Call():
                return self._root_of_call(node)
            case _:
                return None

    def _root_of_call(self, call: Node) -> Root | None:
        """The root that a call gives: the request, or what the tables know as a holder."""
        term = call.term
        if not isinstance(term, Call):
            return None
        function = call.beside(term.function)
        if not term.arguments and self._gives_request(call, function):
            return REQUEST
        if self._is_called(function, "type") and len(term.arguments) == 1:
            return CLASS
        if self._is_called(function, "getattr") and len(term.arguments) >= 2:
            name = call.beside(term.arguments[1].value).term
            return REQUEST if isinstance(name, Constant) and name.value in self._world.words.requests else None
        held = (name for name in self._world.names(call) if self._world.holds(name) is not None)
        return next((("outside", name) for name in held), None)

    def _gives_request(self, call: Node, function: Node) -> bool:
        """Whether a function is called like one that gives the request, here or where it is defined."""
        outside = (name.rpartition(".")[2] for name in self._world.names(function))
        own = (body.facts.functions[body.of.index].name for body in self._inlined.run_by(call))
        requests = self._world.words.requests
        return any(is_getter_of_request(name, requests) for name in (called_name(function.term), *outside, *own))

    def _below(self, node: Node) -> Iterator[Node]:
        """The terms whose roots are those of a term."""
        match node.term:
            case Attribute(base=base) | Item(base=base) | Updated(base=base):
                yield node.beside(base)
            case Join(choices=choices):
                yield from (node.beside(choice.value) for choice in choices)
            case Call() as call:
                yield from self._handed_out(node, call)

    def _handed_out(self, node: Node, call: Call) -> Iterator[Node]:
        """Whose attribute or entry a call hands out: `getattr(self, name)`, `vars(self)`, `entries.get(key)`."""
        function = node.beside(call.function)
        if call.arguments and (self._is_called(function, "getattr") or self._is_called(function, "vars")):
            yield node.beside(call.arguments[0].value)
            return
        bodies = self._inlined.run_by(node)
        yield from (body.node(each.value) for body in bodies for each in body.returned if not body.makes_instance)
        method = self._inlined.method(node)
        if method is not None and not bodies:
            yield node.beside(method.base)

    def _is_called(self, function: Node, name: str) -> bool:
        return function.term == Name(name) and name in self._world.names(function)

    # -- how long they live

    def lifetime(self, roots: Roots) -> Store:
        """How long a container with these roots lives: where one of them ends with the request, that does."""
        scoped = any(self._lifetime(root, node) is Store.SCOPED for root, node in roots.items())
        return Store.SCOPED if scoped else Store.MEMO

    def _lifetime(self, root: Root, node: Node) -> Store:
        if root == REQUEST:
            return Store.SCOPED
        if root[0] == "outside":
            return self._world.holds(root[1]) or Store.MEMO
        if root[0] == "parameter":
            return Store.SCOPED if root[1] in self._instances else Store.MEMO
        held = (self._world.holds(name) for name in self._world.names(node))
        return next((store for store in held if store is not None), Store.MEMO)
