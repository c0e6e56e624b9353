"""Decorators: what they make of a function, and which of them memoize."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Ref
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Data,
    External,
    Frame,
    Function,
    FunctionId,
    Instance,
    Memoized,
    Origin,
    QuerySet,
    Unknown,
    Value,
    join,
    keep,
)
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.project.evaluation.names import Names
from qscache_lint.project.memoizers import Clues, Memo, recognise_class, recognise_decorator, recognise_instance
from qscache_lint.values import Step


class Decorators:
    """Decorators: what they make of a function, and which of them memoize."""

    def __init__(self, core: Core, names: Names) -> None:
        self._core = core
        self._names = names
        self._memos: dict[tuple[type, FunctionId | ClassId | str], Memo | None] = {}

    def decorated(self, bare: Function, site: Site) -> Value:
        """What the decorators of a function make of it."""
        *_, outermost = self._layers(bare, site)
        return outermost

    def memoizers(self, bare: Function, site: Site) -> tuple[Memoized, ...]:
        """The memoizers among the decorators of a function, innermost first, whatever stands around them."""
        atoms = (atom for layer in self._layers(bare, site) for atom in layer)
        return tuple(dict.fromkeys(atom for atom in atoms if isinstance(atom, Memoized)))

    def _layers(self, bare: Function, site: Site) -> Iterator[Value]:
        """The function itself, then what each decorator makes of it, innermost first."""
        decorators = self._core.facts(bare.of.path).functions[bare.of.index].decorators
        value: Value = (bare,)
        yield value
        for index in reversed(range(len(decorators))):
            value = join(self._decorate(bare, index, atom, site) for atom in value)
            yield value

    def _decorate(self, bare: Function, index: int, inner: Atom, site: Site) -> Value:
        decorator = self._core.facts(bare.of.path).functions[bare.of.index].decorators[index]
        found: list[Value] = []
        for atom in self._core.value(bare.of.path, decorator.value, bare.frame):
            memo = self.memo_of(atom)
            if memo is not None:
                found.append((self._memoized(bare, index, inner, memo),))
            elif isinstance(atom, External):
                known = self._core.knowledge.is_transparent(atom.dotted)
                found.append((inner,) if known else (Unknown(f"decorator {atom.dotted}"),))
            elif isinstance(atom, (Function, ClassValue)):
                found.append(self._apply(atom, inner, decorator.value, site))
            else:
                found.append((Unknown("a decorator"),))
        return join(found)

    def _apply(self, decorator: Function | ClassValue, inner: Atom, ref: Ref, site: Site) -> Value:
        """A decorator of the project that does not memoize: call it with the function."""
        if isinstance(decorator, ClassValue):
            return (Unknown("a class as decorator"),)
        facts = self._core.facts(decorator.of.path).functions[decorator.of.index]
        if not facts.parameters:
            return (Unknown("a decorator without parameters"),)
        bound = facts.parameters[1 if decorator.receiver is not None and len(facts.parameters) > 1 else 0].name
        frame = Frame(decorator.of, ((bound, (inner,)),), decorator.frame)
        return self._core.result(decorator.of, frame)

    def _memoized(self, bare: Function, index: int, inner: Atom, memo: Memo) -> Memoized:
        facts = self._core.facts(bare.of.path)
        function = facts.functions[bare.of.index]
        decorator = function.decorators[index]
        how = f"@{' '.join(decorator.text.split())}"
        called = function.name if self._names.flavour(bare.of) == "property" else f"{function.name}()"
        return Memoized(
            inner=inner,
            store=memo.store,
            how=how,
            site=Step(bare.of.path, decorator.span, f"cached here by {how}"),
            name=called,
            materialised=memo.materialised,
        )

    def memo_of(self, decorator: Atom) -> Memo | None:
        """How a decorator keeps what the function returns; None when it does not, or nobody knows."""
        if isinstance(decorator, External):
            row = self._core.knowledge.memoizers.get(decorator.dotted.removesuffix("()"))
            return None if row is None else Memo(row.store)
        if not isinstance(decorator, (Function, ClassValue, Instance)):
            return None
        key = (type(decorator), decorator.of)
        if key not in self._memos:
            self._memos[key] = None
            self._memos[key] = self._recognise(decorator)
        return self._memos[key]

    def _recognise(self, decorator: Function | ClassValue | Instance) -> Memo | None:
        identity = decorator.of
        if isinstance(identity, str):
            return None
        facts = self._core.project.facts(identity.path)
        if facts is None:
            return None

        def resolve(ref: Ref) -> tuple[str, ...]:
            return tuple(atom.dotted for atom in self._core.value(identity.path, ref) if isinstance(atom, External))

        def store_of(dotted: str) -> Store | None:
            row = self._core.knowledge.stores.get(dotted)
            return None if row is None else row.store

        clues = Clues(resolve, store_of, self._core.knowledge.caches.handmade)
        match decorator:
            case Function():
                return recognise_decorator(facts, identity.index, clues)
            case ClassValue():
                return recognise_class(facts, identity.index, clues)
            case Instance():
                return recognise_instance(facts, identity.index, clues)

    def call_memoized(self, memoized: Memoized, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What a memoized callable hands out."""
        value = self._core.call(memoized.inner, passed, site)
        if memoized.materialised:
            return tuple(Data("rows") if isinstance(atom, QuerySet) else atom for atom in value)
        inner = memoized.inner
        while isinstance(inner, Memoized):
            inner = inner.inner
        function = inner.of if isinstance(inner, Function) else None
        return keep(value, Origin(memoized.store, memoized.name, memoized.how, memoized.site, function=function))
