"""What runs in place of a decorated function: whether it keeps what that returns, and in which container."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore
from qscache_lint.facts.terms import (
    Attribute,
    Awaited,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Entry,
    Free,
    FunctionTerm,
    Item,
    Join,
    Name,
)
from qscache_lint.knowledge.model import Store
from qscache_lint.project.inlining import Body, Inlined, Node, World
from qscache_lint.project.roots import REQUEST, Root, RootFinder, Roots


class WrapperStore(msgspec.Struct, frozen=True):
    """One store of the target's result: into which container, how, whether as rows, where, and whether it is read."""

    roots: frozenset[Root]
    store: Store
    materialised: bool
    at: Node
    is_read: bool = False


class Wrapper:
    """One candidate: a function that would run in place of the decorated one, and the helpers that it calls.

    `instances` are the parameters that are objects with a life of their own.
    """

    def __init__(
        self, body: Body, is_target: Callable[[Node], bool], world: World, instances: Collection[str]
    ) -> None:
        self._world = world
        self._words = world.words
        self._is_target = is_target
        self._body = body
        self._inlined = Inlined(world, body)
        self._roots = RootFinder(world, self._inlined, instances)
        self._bodies = self._handed_to()

    def kept(self) -> WrapperStore | None:
        """How the candidate keeps the result where the store has none, and reads it; None when it does not."""
        if not self._is_conditional() or self._hands_out_clones():
            return None
        return next((kept for kept in self._stores_of_result() if kept.is_read or self._reads(kept.roots)), None)

    def kept_on_miss(self, fills_itself: bool, is_hidden: bool) -> WrapperStore | None:
        """How a candidate that runs on a miss only keeps the result, without any test of its own.

        It `fills_itself` (stores in its first parameter), or `is_hidden` by what it stores in its second one.
        """
        names = [parameter.name for parameter in self._body.facts.functions[self._body.of.index].parameters]
        roots = {("parameter", name) for name in [*names[:1] * fills_itself, *names[1:2] * is_hidden]}
        if self._hands_out_clones():
            return None
        return next((kept for kept in self._stores_of_result() if kept.roots & roots), None)

    # -- the target

    def _handed_to(self) -> tuple[Body, ...]:
        """The candidate, and the helpers that are given the target, or what came of calling it."""
        found = [self._body]
        for body in found:
            for call in self._inlined.every(Call, body):
                if any(self._is_of_target(call.node.beside(each.value)) for each in call.term.arguments):
                    found.extend(self._inlined.run_by(call.node))
        return tuple(found)

    def _is_of_target(self, given: Node) -> bool:
        return self._is_target(self._inlined.at(given)) or self._path(given) is not None

    def calls(self) -> tuple[Node, ...]:
        """The calls of the target in the candidate itself."""
        every = self._inlined.every(Call, self._body)
        return tuple(call.node for call in every if self._calls_target(call.node))

    def _calls_target(self, node: Node) -> bool:
        term = node.term
        return isinstance(term, Call) and self._is_target(self._inlined.at(node.beside(term.function)))

    def _puts_target_off(self, node: Node) -> bool:
        """Whether a call puts the target off: `partial(F, *args)`."""
        term = node.term
        given = term.arguments[:1] if isinstance(term, Call) else ()
        if not given or not self._is_target(self._inlined.at(node.beside(given[0].value))):
            return False
        return isinstance(term, Call) and "functools.partial" in self._world.names(node.beside(term.function))

    def _is_conditional(self) -> bool:
        """Whether the target is called on some paths only."""
        return any(
            (self._calls_target(call.node) and self._may_not_run(call.node)) or self._puts_target_off(call.node)
            for body in self._bodies
            for call in self._inlined.every(Call, body)
        )

    def _may_not_run(self, call: Node) -> bool:
        facts = call.body.facts
        return call.ref in facts.conditions or facts.around(call.ref) != self._body.of.index

    def _hands_out_clones(self) -> bool:
        returned = self._body.returned
        return bool(returned) and all(self._is_clone(self._body.node(each.value)) for each in returned)

    def _is_clone(self, node: Node) -> bool:
        method = self._inlined.method(node)
        return method is not None and method.name in self._words.clones

    # -- what is stored

    def _stores_of_result(self) -> Iterator[WrapperStore]:
        for body in self._bodies:
            for event in body.facts.functions[body.of.index].events:
                match event:
                    case ItemStore(base=base, value=value) | AttributeStore(base=base, value=value):
                        yield from self._kept(body.node(base), body.node(value))
                    case NameStore(name=name, value=value):
                        yield from self._kept_in_name(body, event, name, body.node(value))
            for call in self._inlined.every(Call, body):
                yield from self._kept_by_call(call.node, call.term)

    def _kept_in_name(self, body: Body, event: NameStore, name: str, value: Node) -> Iterator[WrapperStore]:
        path = self._path(value)
        if path is not None:
            root = ("name", body.of.path, name)
            is_read = self._is_returned_otherwise(body, event) or self._names(root)
            yield WrapperStore(frozenset([root]), Store.MEMO, "rows" in path, value, is_read)

    def _is_returned_otherwise(self, body: Body, event: NameStore) -> bool:
        """Whether a variable that outlives the call is returned on ways that do not pass its assignment, too."""
        return any(each.value == event.value and not set(event.guards) <= set(each.guards) for each in body.returned)

    def _kept(self, base: Node, value: Node) -> Iterator[WrapperStore]:
        path = self._path(value)
        roots = self._roots.of(base) if path is not None else {}
        if path is not None and roots:
            store = Store.PICKLED if "pickled" in path else self._roots.lifetime(roots)
            yield WrapperStore(frozenset(roots), store, "rows" in path, value)

    def _kept_by_call(self, node: Node, call: Call) -> Iterator[WrapperStore]:
        method = self._inlined.method(node)
        if method is None or method.name.lstrip("_") not in self._words.store_methods:
            if self._is_named(node.beside(call.function), "setattr") and len(call.arguments) == 3:
                yield from self._kept(node.beside(call.arguments[0].value), node.beside(call.arguments[2].value))
            return
        paths = [path for each in call.arguments if (path := self._path(node.beside(each.value))) is not None]
        roots = self._roots.of(node.beside(method.base)) if paths else {}
        if not roots:
            return
        store = self._store_of(node, method, call, any("pickled" in path for path in paths), roots)
        if store is not None:
            yield WrapperStore(frozenset(roots), store, any("rows" in path for path in paths), node)

    def _store_of(self, node: Node, method: Attribute, call: Call, is_pickled: bool, roots: Roots) -> Store | None:
        """How a method keeps what it is given; None for one of which nothing is known."""
        names = self._world.names(node.beside(call.function))
        known = [store for name in names if (store := self._world.stores(name)) is not None]
        if known:
            return known[0]
        if is_pickled:
            return Store.PICKLED
        is_of_request = REQUEST in roots and not self._inlined.run_by(node)
        return self._roots.lifetime(roots) if is_of_request or method.name in self._words.container_methods else None

    def _is_named(self, function: Node, name: str) -> bool:
        return name in self._world.names(function)

    # -- how a value comes from the target's result

    def _path(self, node: Node) -> frozenset[str] | None:
        """How a term comes from the target's result: the marks "rows" and "pickled"; None when it does not."""
        return self._derive(node, set())

    def _derive(self, node: Node, seen: set[Node]) -> frozenset[str] | None:
        node = self._inlined.at(node)
        if node in seen or len(seen) >= limits.TERMS_OF_MEMOIZER:
            return None
        seen.add(node)
        if self._calls_target(node) or self._puts_target_off(node):
            return frozenset()
        match node.term:
            case Awaited(base=base) | Element(base=base):
                return self._derive(node.beside(base), seen)
            case Join(choices=choices):
                return self._first((node.beside(choice.value) for choice in choices), seen)
            case Container(entries=entries):
                path = self._first((node.beside(entry.value) for entry in entries), seen)
                return None if path is None else path | self._unpacked(entries)
            case FunctionTerm(index=index):
                returned = node.body.facts.functions[index].returns
                return self._first((node.beside(each.value) for each in returned), seen)
            case Call(function=function, arguments=arguments):
                called = self._inlined.at(node.beside(function))
                if isinstance(called.term, FunctionTerm):
                    made = self._derive(called, seen)
                    if made is not None:
                        return made
                path = self._first((node.beside(argument.value) for argument in arguments), seen)
                return None if path is None else path | self._mark(node.beside(function))
            case _:
                return None

    def _first(self, nodes: Iterable[Node], seen: set[Node]) -> frozenset[str] | None:
        paths = (self._derive(node, seen) for node in nodes)
        return next((path for path in paths if path is not None), None)

    def _unpacked(self, entries: tuple[Entry, ...]) -> frozenset[str]:
        """`[*rows]` reads every row, and so does a comprehension."""
        return frozenset({"rows"} if any(entry.star for entry in entries) else ())

    def _mark(self, function: Node) -> frozenset[str]:
        names = self._world.names(function)
        if any(name in self._words.materialisers for name in names):
            return frozenset({"rows"})
        if any(name.endswith(".dumps") for name in names):
            return frozenset({"pickled"})
        return frozenset()

    # -- what is read

    def _reads(self, roots: frozenset[Root]) -> bool:
        """Whether the candidate, or a helper, reads what has one of some roots."""
        looked_at = [*self._bodies]
        for body in looked_at:
            if self._reads_in(body, roots):
                return True
            for call in self._inlined.every(Call, body):
                looked_at.extend(each for each in self._inlined.run_by(call.node) if each not in looked_at)
        return False

    def _reads_in(self, body: Body, roots: frozenset[Root]) -> bool:
        return (
            any(self._compares(each.node, each.term, roots) for each in self._inlined.every(Compare, body))
            or any(self._has(each.node.beside(each.term.base), roots) for each in self._inlined.every(Item, body))
            or any(self._asks(each.node, each.term, roots) for each in self._inlined.every(Call, body))
        )

    def _has(self, container: Node, roots: frozenset[Root]) -> bool:
        return not roots.isdisjoint(self._roots.of(container))

    def _compares(self, node: Node, term: Compare, roots: frozenset[Root]) -> bool:
        match term:
            case Compare(operator="in" | "not in", right=right):
                return self._has(node.beside(right), roots)
            case Compare(left=left, operator="is" | "is not", right=right):
                return isinstance(node.beside(right).term, Constant) and self._has(node.beside(left), roots)
            case _:
                return False

    def _asks(self, node: Node, call: Call, roots: frozenset[Root]) -> bool:
        method = self._inlined.method(node)
        if method is not None and method.name.lstrip("_") in self._words.read_methods:
            return self._has(node.beside(method.base), roots)
        asked = {"getattr", "hasattr"} & set(self._world.names(node.beside(call.function)))
        return bool(asked and call.arguments) and self._has(node.beside(call.arguments[0].value), roots)

    def _names(self, root: Root) -> bool:
        """Whether the candidate reads a variable by its name."""
        named = (each.term.name for body in self._bodies for each in self._inlined.every(Name, body))
        free = (each.term.name for body in self._bodies for each in self._inlined.every(Free, body))
        return root[-1] in {*named, *free}
