"""Home-made memoizers, recognised by what their body does, never by their name.

A function `D` is a memoizing decorator when a function `W` nested in it

1. calls `D`'s parameter `F` (the decorated function),
2. stores what came of that call in a container that outlives the call of `W`,
3. reads the same container,
4. and calls `F` only on some paths.

5. hands out that very object, not a clone of it.

Without 3 and 4 it is a log, a registry or a write-through, not a memoizer. A class is one when `__init__` keeps its
parameter as an attribute and `__call__`, `__get__` or `__missing__` is such a `W`. Two of these need neither 3 nor 4,
because Python calls them on a miss only: `__missing__` of a dict that fills itself, and `__get__` of a descriptor
without `__set__` that stores in the instance, where the value then hides the descriptor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Awaited,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Entry,
    Free,
    FunctionTerm,
    Import,
    Item,
    ItemStore,
    Join,
    Name,
    NameStore,
    Parameter,
    Ref,
    Updated,
)
from qscache_lint.facts.module import Kind, ModuleFacts
from qscache_lint.knowledge import Coroutines, Handmade, Store


class Memo(msgspec.Struct, frozen=True):
    """How a memoizer keeps what the function returns.

    `bypass` lists the expressions that get around it, `coroutines` says what it keeps of an `async def` (see
    `knowledge.Memoizer`). With `property`, it makes a property.
    """

    store: Store
    materialised: bool = False
    bypass: tuple[str, ...] = ("f.__wrapped__()",)
    coroutines: Coroutines = "object"
    property: bool = False


class Clues(msgspec.Struct, frozen=True):
    """What recognising needs to know of the world.

    `resolve` gives the dotted external names that a term may stand for, `stores` how a known store call keeps a value,
    `holders` how a known container does, `words` the names to look for.
    """

    resolve: Callable[[Ref], tuple[str, ...]]
    stores: Callable[[str], Store | None]
    holders: Callable[[str], Store | None]
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
            return replace(memo, property=_is_made_property(facts, outer, inner, clues))
    return None


def _is_made_property(facts: ModuleFacts, outer: int, inner: int, clues: Clues) -> bool:
    """Whether a decorator makes its wrapper a property: `@property` on it, or `return property(wrapper)`."""
    if any("property" in clues.resolve(decorator.value) for decorator in facts.functions[inner].decorators):
        return True
    returned = (facts.terms[each.value] for each in facts.functions[outer].returns)
    return any(isinstance(term, Call) and "property" in clues.resolve(term.function) for term in returned)


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
    for name in ("__call__", "__get__", "__missing__"):
        method = methods.get(name)
        kept = frozenset[str]() if method is None else _kept_parameters(facts, methods.get("__init__"))
        if method is None or not kept or not facts.functions[method].parameters:
            continue
        receiver = facts.functions[method].parameters[0].name

        def calls_target(ref: Ref, method: int = method, receiver: str = receiver, kept: frozenset[str] = kept) -> bool:
            term = facts.terms[ref]
            if not isinstance(term, Attribute) or term.name not in kept:
                return False
            base = facts.terms[term.base]
            return isinstance(base, Parameter) and base.function == method and base.name == receiver

        is_hidden = name == "__get__" and not methods.keys() & {"__set__", "__delete__"}
        wrapper = _Wrapper(facts, method, calls_target, clues)
        memo = wrapper.memo() or wrapper.memo_on_miss(name == "__missing__", is_hidden)
        if memo is not None:
            return replace(memo, property=name == "__get__")
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
    return (inner for inner in facts.inside(index) if inner != index)


class _Kept(msgspec.Struct, frozen=True):
    """One store of the target's result: into which container, how, whether as rows, and whether it is surely read."""

    container: tuple[str, ...]
    store: Store
    materialised: bool
    is_read: bool = False


class _Wrapper:
    """One candidate `W`: the function that would run in place of the decorated one."""

    def __init__(self, facts: ModuleFacts, index: int, calls_target: Callable[[Ref], bool], clues: Clues) -> None:
        self._facts = facts
        self._index = index
        self._resolve = clues.resolve
        self._stores = clues.stores
        self._holders = clues.holders
        self._words = clues.words
        self._bodies = (index, *_nested(facts, index))
        every = [each for body in self._bodies for each in facts.of_kind(Call, body)]
        self._calls = frozenset(ref for ref, call in every if calls_target(call.function))
        self._put_off = frozenset(ref for ref, call in every if self._is_partial(call, calls_target))

    def _is_partial(self, call: Call, calls_target: Callable[[Ref], bool]) -> bool:
        """Whether a call puts the target off: `partial(F, *args)`."""
        given = call.arguments[:1]
        return bool(given) and calls_target(given[0].value) and "functools.partial" in self._resolve(call.function)

    def memo(self) -> Memo | None:
        """How the candidate keeps the result; None when it does not."""
        if not self._is_conditional():
            return None
        stored = self._stores_of_result()
        return next((self._memo(kept) for kept in stored if kept.is_read or self._reads(kept.container)), None)

    def memo_on_miss(self, fills_itself: bool, is_hidden: bool) -> Memo | None:
        """How a candidate that runs on a miss only keeps the result, without any test of its own.

        It `fills_itself` (stores in its first parameter), or `is_hidden` by what it stores in its second one.
        """
        names = [parameter.name for parameter in self._facts.functions[self._index].parameters]
        roots = {("parameter", name) for name in [*names[:1] * fills_itself, *names[1:2] * is_hidden]}
        return next((self._memo(kept) for kept in self._stores_of_result() if kept.container in roots), None)

    def _memo(self, kept: _Kept) -> Memo | None:
        """The memo that a store makes; None when it hands out nothing but clones of what it keeps."""
        function = self._facts.functions[self._index]
        if function.returns and all(self._is_clone(returned.value) for returned in function.returns):
            return None
        return Memo(kept.store, kept.materialised, coroutines="awaited" if function.is_async else "object")

    def _is_clone(self, ref: Ref) -> bool:
        term = self._facts.terms[ref]
        method = self._facts.terms[term.function] if isinstance(term, Call) else None
        return isinstance(method, Attribute) and method.name in self._words.clones

    def _is_conditional(self) -> bool:
        is_own = {ref: self._facts.around(ref) == self._index for ref in self._calls}
        return bool(self._put_off) or any(ref in self._facts.conditions or not own for ref, own in is_own.items())

    def _stores_of_result(self) -> Iterator[_Kept]:
        for event in self._facts.functions[self._index].events:
            match event:
                case ItemStore(base=base, value=value) | AttributeStore(base=base, value=value):
                    yield from self._kept(base, value)
                case NameStore(name=name, value=value):
                    path = self._path(value)
                    if path is not None:
                        yield _Kept(("name", name), Store.MEMO, "rows" in path, self._is_returned_otherwise(event))
        for call in self._inside(Call):
            yield from self._kept_by_call(call)

    def _is_returned_otherwise(self, event: NameStore) -> bool:
        """Whether a variable that outlives the call is returned on ways that do not pass its assignment, too."""
        returned = self._facts.functions[self._index].returns
        return any(each.value == event.value and not set(event.guards) <= set(each.guards) for each in returned)

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
        elif function.name in self._words.container_methods:
            yield _Kept(container, self._lifetime(container), rows)

    def _kept_by_setattr(self, call: Call) -> Iterator[_Kept]:
        if "setattr" in self._resolve(call.function) and len(call.arguments) == 3:
            yield from self._kept(call.arguments[0].value, call.arguments[2].value)

    def _path(self, ref: Ref) -> frozenset[str] | None:
        """How `ref` comes from the target's result: the marks "rows" and "pickled"; None when it does not."""
        return self._derive(ref, set())

    def _derive(self, ref: Ref, seen: set[Ref]) -> frozenset[str] | None:
        if ref in self._calls or ref in self._put_off:
            return frozenset()
        if ref in seen or len(seen) >= limits.TERMS_OF_MEMOIZER:
            return None
        seen.add(ref)
        match self._facts.terms[ref]:
            case Awaited(base=base) | Element(base=base):
                return self._derive(base, seen)
            case Join(choices=choices):
                return self._first(tuple(choice.value for choice in choices), seen)
            case Container(entries=entries):
                path = self._first(tuple(entry.value for entry in entries), seen)
                return None if path is None else path | self._unpacked(entries)
            case FunctionTerm(index=index):
                return self._first(tuple(found.value for found in self._facts.functions[index].returns), seen)
            case Call(function=function, arguments=arguments):
                path = self._first(tuple(argument.value for argument in arguments), seen)
                return None if path is None else path | self._mark(function)
            case _:
                return None

    def _first(self, refs: tuple[Ref, ...], seen: set[Ref]) -> frozenset[str] | None:
        for ref in refs:
            path = self._derive(ref, seen)
            if path is not None:
                return path
        return None

    def _unpacked(self, entries: tuple[Entry, ...]) -> frozenset[str]:
        """`[*rows]` reads every row, and so does a comprehension."""
        return frozenset({"rows"} if any(entry.star for entry in entries) else ())

    def _mark(self, function: Ref) -> frozenset[str]:
        names = self._resolve(function)
        if any(name in self._words.materialisers for name in names):
            return frozenset({"rows"})
        if any(name.endswith(".dumps") for name in names):
            return frozenset({"pickled"})
        return frozenset()

    def _container(self, ref: Ref) -> tuple[str, ...] | None:
        """What outlives the call: the root name of a container, or None for one made in the call itself."""
        pending, seen = [ref], set[Ref]()
        while pending:  # loops are cycles, and branches meet again
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            match self._facts.terms[current]:
                case Free(function=function, name=name):
                    return ("free", str(function), name)
                case Name(name=name):
                    return ("name", name)
                case Import(module=module, name=name):
                    return ("import", module, name or "")
                case Parameter(name=name):
                    return ("parameter", name)
                case Attribute(base=base) | Item(base=base) | Updated(base=base):
                    pending.append(base)
                case Join(choices=choices):
                    pending.extend(choice.value for choice in reversed(choices))
                case Call() as call:
                    pending.extend(self._asked(call))
        return None

    def _asked(self, call: Call) -> Iterator[Ref]:
        """Whose attribute or entry a call hands out: `getattr(self, name)`, `vars(self)`, `entries.get(key)`."""
        method = self._facts.terms[call.function]
        if call.arguments and {"getattr", "vars"} & set(self._resolve(call.function)):
            yield call.arguments[0].value
        elif isinstance(method, Attribute):
            yield method.base

    def _lifetime(self, container: tuple[str, ...]) -> Store:
        if container[0] == "parameter":
            return Store.SCOPED if container[1] in self._scoped_parameters() else Store.MEMO
        if container[0] in ("free", "name"):
            index = int(container[1]) if container[0] == "free" else 0
            for binding in self._facts.functions[index].bindings.get(container[-1], ()):
                held = [store for name in self._resolve(binding.value) if (store := self._holders(name)) is not None]
                if held:
                    return held[0]
        return Store.MEMO

    def _scoped_parameters(self) -> tuple[str, ...]:
        """The parameters that are an instance or a request: of `__get__` the second, of a wrapped method the first."""
        function = self._facts.functions[self._index]
        names = [parameter.name for parameter in function.parameters]
        if function.owner is None:
            return (*names[:1], *self._words.requests)
        return (*names[1:2], *self._words.requests) if function.name == "__get__" else self._words.requests

    def _reads(self, container: tuple[str, ...]) -> bool:
        named: Iterator[Name | Free] = chain(self._inside(Name), self._inside(Free))
        if container[0] == "name" and any(term.name == container[1] for term in named):
            return True
        reading: Iterator[Compare | Item | Call] = chain(self._inside(Compare), self._inside(Item), self._inside(Call))
        return any(self._reads_in(term, container) for term in reading)

    def _inside(self, kind: type[Kind]) -> Iterator[Kind]:
        """The terms of one kind in the candidate and the functions nested in it."""
        return (term for body in self._bodies for _, term in self._facts.of_kind(kind, body))

    def _reads_in(self, term: Compare | Item | Call, container: tuple[str, ...]) -> bool:
        match term:
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
        return False
