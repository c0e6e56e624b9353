"""Home-made memoizers, recognised by what their body does, never by their name.

A function `D` is a memoizing decorator when a function `W` nested in it

1. calls `D`'s parameter `F` (the decorated function),
2. stores what came of that call in a container that outlives the call of `W`,
3. reads the same container,
4. and calls `F` only on some paths.

Without 3 and 4 it is a log, a registry or a write-through, not a memoizer. A class is one when `__init__` keeps its
parameter as an attribute and `__call__` or `__get__` is such a `W`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Awaited,
    Call,
    Compare,
    Constant,
    Container,
    Free,
    FunctionTerm,
    Import,
    Item,
    ItemStore,
    Join,
    ModuleFacts,
    Name,
    NameStore,
    Parameter,
    Ref,
    Updated,
)
from qscache_lint.knowledge import Handmade, Store


@dataclass(frozen=True, slots=True)
class Memo:
    """How a memoizer keeps what the function returns.

    `bypass` lists the expressions that get around it (see `knowledge.Memoizer`). `awaits`: of an `async def` it keeps
    what is awaited, and not a coroutine, which can be awaited once only. With `property`, it makes a property.
    """

    store: Store
    materialised: bool = False
    bypass: tuple[str, ...] = ("f.__wrapped__()",)
    awaits: bool = False
    property: bool = False


@dataclass(frozen=True, slots=True)
class Clues:
    """What recognising needs to know of the world: `resolve` gives the dotted external names that a term may stand for,
    `stores` how a known store call keeps its value, `words` the names to look for."""

    resolve: Callable[[Ref], tuple[str, ...]]
    stores: Callable[[str], Store | None]
    words: Handmade


def recognise_decorator(facts: ModuleFacts, index: int, clues: Clues) -> Memo | None:
    """How function number `index` memoizes the function it decorates; None when it does not."""
    for inner in _nested(facts, index):
        outer = facts.functions[inner].parent
        if outer is None or not facts.functions[outer].parameters:
            continue
        names = frozenset(each.name for each in facts.functions[outer].parameters if each.kind == "positional")

        def calls_target(ref: Ref, outer: int = outer, names: frozenset[str] = names) -> bool:
            term = facts.terms[ref]
            return isinstance(term, Free) and term.function == outer and term.name in names

        memo = _Wrapper(facts, inner, calls_target, clues).memo()
        if memo is not None:
            return memo
    return None


def recognise_instance(facts: ModuleFacts, index: int, clues: Clues) -> Memo | None:
    """How an instance of class number `index` memoizes the function it is called with; None when it does not."""
    method = _methods(facts, index).get("__call__")
    return None if method is None else recognise_decorator(facts, method, clues)


def _methods(facts: ModuleFacts, index: int) -> dict[str, int]:
    return {
        facts.functions[term.index].name: term.index
        for bindings in facts.classes[index].members.values()
        for binding in bindings
        if isinstance(term := facts.terms[binding.value], FunctionTerm)
    }


def recognise_class(facts: ModuleFacts, index: int, clues: Clues) -> Memo | None:
    """How class number `index` memoizes the function given to its constructor; None when it does not."""
    methods = _methods(facts, index)
    kept = _kept_parameters(facts, methods.get("__init__"))
    for name in ("__call__", "__get__"):
        method = methods.get(name)
        if method is None or not kept or not facts.functions[method].parameters:
            continue
        receiver = facts.functions[method].parameters[0].name

        def calls_target(ref: Ref, method: int = method, receiver: str = receiver) -> bool:
            term = facts.terms[ref]
            if not isinstance(term, Attribute) or term.name not in kept:
                return False
            base = facts.terms[term.base]
            return isinstance(base, Parameter) and base.function == method and base.name == receiver

        memo = _Wrapper(facts, method, calls_target, clues).memo()
        if memo is not None:
            if name == "__call__" and memo.store is Store.SCOPED:
                return replace(memo, store=Store.MEMO)
            return memo
    return None


def _kept_parameters(facts: ModuleFacts, init: int | None) -> frozenset[str]:
    if init is None:
        return frozenset()
    return frozenset(
        event.name
        for event in facts.functions[init].events
        if isinstance(event, AttributeStore) and isinstance(facts.terms[event.value], Parameter)
    )


def _nested(facts: ModuleFacts, index: int) -> Iterator[int]:
    """The functions nested in function number `index`, at any depth."""
    for inner, function in enumerate(facts.functions):
        parent = function.parent
        while parent:
            if parent == index:
                yield inner
                break
            parent = facts.functions[parent].parent


@dataclass(frozen=True, slots=True)
class _Kept:
    """One store of the target's result: into which container, how, and whether as rows."""

    container: tuple[str, ...]
    store: Store
    materialised: bool


class _Wrapper:
    """One candidate `W`: the function that would run in place of the decorated one."""

    def __init__(self, facts: ModuleFacts, index: int, calls_target: Callable[[Ref], bool], clues: Clues) -> None:
        self._facts = facts
        self._index = index
        self._resolve = clues.resolve
        self._stores = clues.stores
        self._words = clues.words
        bodies = [facts.functions[index], *(facts.functions[inner] for inner in _nested(facts, index))]
        self._refs = [ref for body in bodies for ref in range(body.first, body.last)]
        self._calls = frozenset(
            ref
            for ref in self._refs
            if isinstance(term := facts.terms[ref], Call) and calls_target(term.function)
        )

    def memo(self) -> Memo | None:
        """How the candidate keeps the result; None when it does not."""
        if not self._calls or not self._is_conditional():
            return None
        for kept in self._stores_of_result():
            if self._reads(kept.container):
                return Memo(kept.store, kept.materialised, awaits=self._facts.functions[self._index].is_async)
        return None

    def _is_conditional(self) -> bool:
        body = self._facts.functions[self._index]
        inside = range(body.first, body.last)
        return any(ref in self._facts.conditions or ref not in inside for ref in self._calls)

    def _stores_of_result(self) -> Iterator[_Kept]:
        for event in self._facts.functions[self._index].events:
            match event:
                case ItemStore(base=base, value=value) | AttributeStore(base=base, value=value):
                    yield from self._kept(base, value)
                case NameStore(name=name, value=value):
                    path = self._path(value)
                    if path is not None:
                        yield _Kept(("name", name), Store.MEMO, "rows" in path)
        for ref in self._refs:
            term = self._facts.terms[ref]
            if not isinstance(term, Call):
                continue
            yield from self._kept_by_call(term)

    def _kept(self, base: Ref, value: Ref) -> Iterator[_Kept]:
        path = self._path(value)
        container = self._container(base)
        if path is None or container is None:
            return
        store = Store.PICKLED if "pickled" in path else self._lifetime(container)
        yield _Kept(container, store, "rows" in path)

    def _kept_by_call(self, call: Call) -> Iterator[_Kept]:
        function = self._facts.terms[call.function]
        if not isinstance(function, Attribute) or function.name.lstrip("_") not in self._words.store_methods:
            yield from self._kept_by_setattr(call)
            return
        container = self._container(function.base)
        paths = [path for argument in call.arguments if (path := self._path(argument.value)) is not None]
        if container is None or not paths:
            return
        known = [store for name in self._resolve(call.function) if (store := self._stores(name)) is not None]
        pickled = any("pickled" in path for path in paths)
        rows = any("rows" in path for path in paths)
        if known:
            yield _Kept(container, known[0], rows)
        elif pickled:
            yield _Kept(container, Store.PICKLED, rows)
        elif function.name == "setdefault":
            yield _Kept(container, self._lifetime(container), rows)

    def _kept_by_setattr(self, call: Call) -> Iterator[_Kept]:
        if "setattr" in self._resolve(call.function) and len(call.arguments) == 3:
            yield from self._kept(call.arguments[0].value, call.arguments[2].value)

    def _path(self, ref: Ref) -> frozenset[str] | None:
        """How `ref` comes from the target's result: the marks "rows" and "pickled"; None when it does not."""
        return self._derive(ref, frozenset())

    def _derive(self, ref: Ref, seen: frozenset[Ref]) -> frozenset[str] | None:
        if ref in self._calls:
            return frozenset()
        if ref in seen:
            return None
        seen = seen | {ref}
        match self._facts.terms[ref]:
            case Awaited(base=base):
                return self._derive(base, seen)
            case Join(choices=choices):
                return self._first(tuple(choice.value for choice in choices), seen)
            case Container(entries=entries):
                return self._first(tuple(entry.value for entry in entries), seen)
            case FunctionTerm(index=index):
                return self._first(tuple(found.value for found in self._facts.functions[index].returns), seen)
            case Call(function=function, arguments=arguments):
                path = self._first(tuple(argument.value for argument in arguments), seen)
                return None if path is None else path | self._mark(function)
            case _:
                return None

    def _first(self, refs: tuple[Ref, ...], seen: frozenset[Ref]) -> frozenset[str] | None:
        for ref in refs:
            path = self._derive(ref, seen)
            if path is not None:
                return path
        return None

    def _mark(self, function: Ref) -> frozenset[str]:
        names = self._resolve(function)
        if any(name in self._words.materialisers for name in names):
            return frozenset({"rows"})
        if any(name.endswith(".dumps") for name in names):
            return frozenset({"pickled"})
        return frozenset()

    def _container(self, ref: Ref) -> tuple[str, ...] | None:
        """What outlives the call: the root name of a container, or None for one made in the call itself."""
        match self._facts.terms[ref]:
            case Free(function=function, name=name):
                return ("free", str(function), name)
            case Name(name=name):
                return ("name", name)
            case Import(module=module, name=name):
                return ("import", module, name or "")
            case Parameter(name=name):
                return ("parameter", name)
            case Attribute(base=base) | Item(base=base) | Updated(base=base):
                return self._container(base)
            case Join(choices=choices):
                roots = [root for choice in choices if (root := self._container(choice.value)) is not None]
                return roots[0] if roots else None
            case Call(arguments=arguments, function=function):
                if {"getattr", "vars"} & set(self._resolve(function)) and arguments:
                    return self._container(arguments[0].value)
                found = self._facts.terms[function]
                return self._container(found.base) if isinstance(found, Attribute) else None
            case _:
                return None

    def _lifetime(self, container: tuple[str, ...]) -> Store:
        parameters = [parameter.name for parameter in self._facts.functions[self._index].parameters]
        if container[0] == "parameter" and container[1] in (*parameters[:1], *self._words.requests):
            return Store.SCOPED
        return Store.MEMO

    def _reads(self, container: tuple[str, ...]) -> bool:
        return any(self._reads_in(ref, container) for ref in self._refs)

    def _reads_in(self, ref: Ref, container: tuple[str, ...]) -> bool:
        match self._facts.terms[ref]:
            case Compare(operator="in" | "not in", right=right):
                return self._container(right) == container
            case Compare(left=left, operator="is" | "is not", right=right):
                is_none = isinstance(self._facts.terms[right], Constant)
                return is_none and self._container(left) == container
            case Item(base=base):
                return self._container(base) == container
            case Call(function=function, arguments=arguments):
                found = self._facts.terms[function]
                if isinstance(found, Attribute) and found.name.lstrip("_") in self._words.read_methods:
                    return self._container(found.base) == container
                names = set(self._resolve(function))
                return bool(names & {"getattr", "hasattr"}) and self._container(arguments[0].value) == container
            case _:
                return False
