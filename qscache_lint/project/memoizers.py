"""Home-made memoizers, recognised by what their body does, never by their name.

A function `D` is a memoizing decorator when a function `W` nested in it

1. calls `D`'s parameter `F` (the decorated function),
2. stores what came of that call in a container that outlives the call of `W`,
3. reads the same container,
4. and calls `F` only on some paths.

5. hands out that very object, not a clone of it.

Helpers are read as if they stood in `W`: `remember(store, key, build)` may do all of it, and `current_store()` may
choose the container. Without 3 and 4 it is a log, a registry or a write-through, not a memoizer. A class is one when
`__init__` keeps its parameter as an attribute and `__call__`, `__get__` or `__missing__` is such a `W`. Two of these
need neither 3 nor 4, because Python calls them on a miss only: `__missing__` of a dict that fills itself, and `__get__`
of a descriptor without `__set__` that stores in the instance, where the value then hides the descriptor.
"""

from __future__ import annotations

from functools import partial

import msgspec

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Free, FunctionTerm, Parameter
from qscache_lint.knowledge.model import Coroutines, Store
from qscache_lint.project.abstract import Frame
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.inlining import Body, Node, World
from qscache_lint.project.wrappers import Wrapper, WrapperStore


class Memo(msgspec.Struct, frozen=True):
    """How a memoizer keeps what the function returns.

    `bypass` lists the expressions that get around it, `coroutines` says what it keeps of an `async def` (see
    `cache_rows.Memoizer`). With `property`, it makes a property.
    """

    store: Store
    materialised: bool = False
    bypass: tuple[str, ...] = ("f.__wrapped__()",)
    coroutines: Coroutines = "object"
    property: bool = False


def recognise_decorator(facts: ModuleFacts, of: FunctionId, frame: Frame | None, world: World) -> Memo | None:
    """How a function memoizes the function it decorates, in the activation that made it; None when it does not."""
    for inner in facts.inside(of.index):
        outer = facts.functions[inner].parent
        if inner == of.index or outer is None or not facts.functions[outer].parameters:
            continue
        names = frozenset(each.name for each in facts.functions[outer].parameters if each.kind == "positional")
        body = Body(FunctionId(of.path, inner), facts, _around(facts, of, inner, frame), {})
        kept = Wrapper(body, partial(_is_parameter, outer, names), world, _instances(facts, inner)).kept()
        if kept is not None:
            return _memo(facts, inner, kept, is_property=_is_made_property(body, outer, world))
    return None


def _is_parameter(outer: int, names: frozenset[str], node: Node) -> bool:
    """Whether a term is the decorated function: what an enclosing function got as a parameter."""
    term = node.term
    return isinstance(term, Free) and term.function == outer and term.name in names


def _around(facts: ModuleFacts, of: FunctionId, inner: int, frame: Frame | None) -> Frame:
    """The activation of a nested function, of which only what stands around `of` is known."""
    parent = facts.functions[inner].parent
    outer = frame if inner == of.index or parent is None else _around(facts, of, parent, frame)
    return Frame.enter(FunctionId(of.path, inner), (), outer)


def _memo(facts: ModuleFacts, index: int, kept: WrapperStore, is_property: bool) -> Memo:
    coroutines: Coroutines = "awaited" if facts.functions[index].is_async else "object"
    return Memo(kept.store, kept.materialised, coroutines=coroutines, property=is_property)


def _is_made_property(inner: Body, outer: int, world: World) -> bool:
    """Whether a decorator makes its wrapper a property: `@property` on it, or `return property(wrapper)`."""
    facts = inner.facts
    if any("property" in world.names(inner.node(each.value)) for each in facts.functions[inner.of.index].decorators):
        return True
    returned = (facts.terms[each.value] for each in facts.functions[outer].returns)
    return any(isinstance(term, Call) and "property" in world.names(inner.node(term.function)) for term in returned)


def recognise_instance(facts: ModuleFacts, of: ClassId, world: World) -> Memo | None:
    """How an instance of a class memoizes the function it is called with; None when it does not."""
    method = _methods(facts, of.index).get("__call__")
    return None if method is None else recognise_decorator(facts, FunctionId(of.path, method), None, world)


def _methods(facts: ModuleFacts, index: int) -> dict[str, int]:
    return {
        facts.functions[term.index].name: term.index
        for bindings in facts.classes[index].members.values()
        for binding in bindings
        if isinstance(term := facts.terms[binding.value], FunctionTerm)
    }


def recognise_class(facts: ModuleFacts, of: ClassId, world: World) -> Memo | None:
    """How a class memoizes the function given to its constructor; None when it does not."""
    methods = _methods(facts, of.index)
    kept_by_init = _kept_parameters(facts, methods.get("__init__"))
    for name in ("__call__", "__get__", "__missing__"):
        method = methods.get(name)
        if method is None or not kept_by_init or not facts.functions[method].parameters:
            continue
        body = Body(FunctionId(of.path, method), facts, None, {})
        is_hidden = name == "__get__" and not methods.keys() & {"__set__", "__delete__"}
        wrapper = Wrapper(body, partial(_is_attribute, body, kept_by_init), world, _instances(facts, method))
        kept = wrapper.kept() or wrapper.kept_on_miss(name == "__missing__", is_hidden)
        if kept is not None:
            return _memo(facts, method, kept, is_property=name == "__get__")
    return None


def _instances(facts: ModuleFacts, index: int) -> tuple[str, ...]:
    """The parameters of a wrapper that are an instance: of `__get__` the second, of a wrapped method the first."""
    function = facts.functions[index]
    names = [parameter.name for parameter in function.parameters]
    if function.owner is None:
        return tuple(names[:1])
    return tuple(names[1:2]) if function.name == "__get__" else ()


def _is_attribute(body: Body, names: frozenset[str], node: Node) -> bool:
    """Whether a term is the decorated function: what the constructor has kept as `self.function`."""
    term = node.term
    if not isinstance(term, Attribute) or term.name not in names or node.body is not body:
        return False
    return node.beside(term.base).term == Parameter(body.of.index, body.receiver)


def _kept_parameters(facts: ModuleFacts, init: int | None) -> frozenset[str]:
    if init is None:
        return frozenset()
    return frozenset(
        event.name
        for event in facts.functions[init].events
        if isinstance(event, AttributeStore) and isinstance(facts.terms[event.value], Parameter)
    )
