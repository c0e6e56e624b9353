"""Callers: the code that may run a function, as the names tell, up to what a framework starts.

Code with the name of a function may call it; code with that of a class has its objects, and may call their methods. A
model's objects come from anywhere: of these, the name of the method counts. More may be found than calls it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import (
    Attribute,
    ClassTerm,
    Constant,
    Free,
    FunctionTerm,
    Import,
    Name,
    Ref,
    Term,
    operands,
)
from qscache_lint.per_file import is_test
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.occasions import is_started, is_view, outermost

_Code: TypeAlias = FunctionId | ClassId


class Reach(NamedTuple):
    """From where a function is reached: what a framework starts, and other code that nothing names.

    `is_unseen`: nothing names the function and no decorator registers it, so that any code may run it.
    """

    starts: frozenset[_Code]
    is_unseen: bool = False

    def meets(self, other: Reach) -> bool:
        """Whether some code may run both functions, one after the other."""
        return self.is_unseen or other.is_unseen or not self.starts.isdisjoint(other.starts)


class Callers:
    """What leads to functions, as far as that follows from the code that may call them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.reach = lru_cache(maxsize=None)(self._find_reach)
        self._callers = lru_cache(maxsize=None)(self._find_callers)
        self._naming = lru_cache(maxsize=None)(self._find_naming)
        self._by_name = lru_cache(maxsize=None)(self._find_by_name)
        self._class_bodies = lru_cache(maxsize=None)(self._find_class_bodies)

    def _find_reach(self, path: ModulePath, index: int) -> Reach:
        """What leads to a function: of very much, what is nearest."""
        start = FunctionId(path, outermost(self._evaluator.facts(path), index))
        if any(self._names(start)) and not self._callers(start) and not self._is_registered(start):
            return Reach(frozenset(), is_unseen=True)
        found, seen, pending = set[_Code](), set[_Code](), deque[_Code]([start])
        while pending and len(seen) < limits.CALLERS:
            code = pending.popleft()
            if code in seen:
                continue
            seen.add(code)
            started, callers = self._started(code), self._callers(code)
            found.update(started or (() if callers and code not in callers else (code,)))
            pending.extend(callers)
        return Reach(frozenset(found))

    def _started(self, code: _Code) -> frozenset[_Code]:
        """What a framework starts of some code: a view, or the classes that have a method."""
        if isinstance(code, FunctionId) and is_view(self._evaluator, code.path, code.index):
            return frozenset({code})
        return frozenset(each for each in self._classes(code) if is_started(self._evaluator, each))

    def _is_registered(self, function: FunctionId) -> bool:
        """Whether a decorator gives a function to others: a task, a receiver of signals, a filter of templates."""
        facts = self._evaluator.facts(function.path).functions[function.index]
        return facts.owner is None and bool(facts.decorators)

    def _classes(self, code: _Code) -> tuple[ClassId, ...]:
        """A class, or that of a method, with those derived from it; none of a model, and of another function."""
        of = code if isinstance(code, ClassId) else self._owner(code)
        if of is None or self._evaluator.classes.kind(of) != "other":
            return ()
        return (of, *self._evaluator.classes.subclasses(of))

    def _owner(self, function: FunctionId) -> ClassId | None:
        owner = self._evaluator.facts(function.path).functions[function.index].owner
        return None if owner is None else ClassId(function.path, owner)

    def _names(self, code: _Code) -> Iterator[str]:
        """The names by which others reach what no framework starts."""
        classes, started = self._classes(code), self._started(code)
        for each in classes:
            if each not in started and started.isdisjoint(self._evaluator.classes.subclasses(each)):
                yield self._evaluator.facts(each.path).classes[each.index].name
        if not classes and not started and isinstance(code, FunctionId):
            yield self._evaluator.facts(code.path).functions[code.index].name

    def _find_callers(self, code: _Code) -> tuple[_Code, ...]:
        """The code that names some code: that itself where a module's body does, or more files than are looked at."""
        found: dict[_Code, None] = {}
        for name in dict.fromkeys(self._names(code)):
            files = [path for path in self._evaluator.project.name_index.files_with_word(name) if not is_test(path)]
            if len(files) > limits.FILES_WITH_CALLERS:
                found[code] = None
                continue
            found.update((each or code, None) for path in files for each in self._naming(path, name))
        return tuple(found)

    def _find_naming(self, path: ModulePath, name: str) -> tuple[_Code | None, ...]:
        """The functions and classes of a file in which a name stands; None for the body of the module."""
        facts = self._evaluator.project.facts(path)
        if facts is None:
            return ()
        by_name = self._by_name(path)
        refs = sorted(ref for each in {name, *_aliases(facts, name)} for ref in by_name.get(each, ()))
        found: dict[_Code | None, None] = {}
        for ref in refs:
            function = facts.around(ref)
            if function:
                found[FunctionId(path, outermost(facts, function))] = None
            elif ref in self._class_bodies(path):
                found.update(dict.fromkeys(self._class_bodies(path)[ref]))
            elif facts.users(ref) or not _is_bound(facts.terms[ref]):
                found[None] = None
        return tuple(found)

    def _find_by_name(self, path: ModulePath) -> Mapping[str, Sequence[Ref]]:
        """The terms of a file by the name that each has."""
        facts = self._evaluator.facts(path)
        found: dict[str, list[Ref]] = {}
        for ref, term in enumerate(facts.terms):
            name = _name(facts, term)
            if name is not None:
                found.setdefault(name, []).append(ref)
        return found

    def _find_class_bodies(self, path: ModulePath) -> Mapping[Ref, tuple[ClassId, ...]]:
        """The classes of a file by the terms of which their bodies make members, other than their methods."""
        facts = self._evaluator.facts(path)
        found: dict[Ref, tuple[ClassId, ...]] = {}
        for index, opened in enumerate(facts.classes):
            made = (each.value for bindings in opened.members.values() for each in bindings)
            others = (each for each in made if not isinstance(facts.terms[each], _DEFINED))
            for ref in reached(dict.fromkeys(others), lambda each: operands(facts.terms[each])):
                found[ref] = (*found.get(ref, ()), ClassId(path, index))
        return found


def _name(facts: ModuleFacts, term: Term) -> str | None:
    """The name that a term reads, or the text that it is, by which frameworks find members."""
    match term:
        case Name(name=name) | Free(name=name) | Attribute(name=name) | Import(name=str() as name):
            return name
        case Constant(value=str() as text):
            return text
        case FunctionTerm(index=index):
            return facts.functions[index].name
        case ClassTerm(index=index):
            return facts.classes[index].name
        case _:
            return None


def _aliases(facts: ModuleFacts, name: str) -> Iterator[str]:
    """The other names under which a file imports something."""
    for bound, bindings in facts.body.bindings.items():
        if any(isinstance(term := facts.terms[each.value], Import) and term.name == name for each in bindings):
            yield bound


_DEFINED = (FunctionTerm, ClassTerm)


def _is_bound(term: Term) -> bool:
    """Whether a term is what an import or a definition binds: it is used only where another term is made of it."""
    return isinstance(term, (Import, *_DEFINED))
