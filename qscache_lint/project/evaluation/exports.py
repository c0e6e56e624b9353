"""`__all__`: which names a star import brings, however a module puts the list together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    Argument,
    Attribute,
    Binary,
    Call,
    Container,
    Element,
    Import,
    Join,
    Mutated,
    Name,
    Ref,
    Updated,
)
from qscache_lint.project.abstract import Literal, Module
from qscache_lint.project.evaluation.core import Context

LIST = "__all__"
"""The name of the list of names that a module gives to star imports."""

COPIES = tuple(map(Name, ("list", "tuple", "set", "sorted")))
"""Functions that give the names of such a list again."""


def hides(context: Context, path: str, name: str) -> bool:
    """Whether a star import of a module leaves out the global `name`.

    Where it is unknown what `__all__` says, it is taken to be missing.
    """
    listed = _listed(context, path, frozenset())
    return name.startswith("_") if listed is None else name not in listed


def _listed(context: Context, path: str, seen: frozenset[tuple[str, Ref]]) -> frozenset[str] | None:
    """Everything that any step puts into `__all__`; None where there is none, or one that cannot be read."""
    facts = context.module(path)
    bindings = () if facts is None else facts.body.bindings.get(LIST, ())
    if facts is None or not bindings:
        return None
    steps = [binding.value for binding in bindings]
    steps.extend(_mutations(facts, steps))
    return _union(_names(context, path, ref, seen) for ref in steps)


def _names(context: Context, path: str, ref: Ref, seen: frozenset[tuple[str, Ref]]) -> frozenset[str] | None:
    """The names in a list; None when they are unknown."""
    if (path, ref) in seen:
        return frozenset()
    seen |= {(path, ref)}
    facts = context.facts(path)
    match facts.terms[ref]:
        case Container(entries=entries):
            plain = [entry.value for entry in entries if not entry.star]
            starred = [_starred(facts, entry.value) for entry in entries if entry.star]
            return _union([_texts(context, path, plain), *(_names(context, path, each, seen) for each in starred)])
        case Binary(operator="+", left=left, right=right):
            return _union(_names(context, path, each, seen) for each in (left, right))
        case Join(choices=choices):
            return _union(_names(context, path, choice.value, seen) for choice in choices)
        case Mutated(base=base, method=method, arguments=arguments):
            return _union([_names(context, path, base, seen), _put_in(context, path, method, arguments, seen)])
        case Updated(base=base, value=value):
            return _union([_names(context, path, base, seen), _texts(context, path, [value])])
        case Call(function=function, arguments=(argument,)) if facts.terms[function] in COPIES:
            return _names(context, path, argument.value, seen)
        case Attribute(base=base, name=name) if name == LIST:
            return _union(
                _listed(context, atom.path, seen) if isinstance(atom, Module) else None
                for atom in context.value(path, base)
            )
        case Import(module=module, level=level, name=name) if name == LIST:
            target = context.project.modules.resolve(path, module, level)
            return None if target is None else _listed(context, target, seen)
        case _:
            return None


def _put_in(
    context: Context, path: str, method: str, arguments: tuple[Argument, ...], seen: frozenset[tuple[str, Ref]]
) -> frozenset[str] | None:
    """What a method of the list puts in: `.append(name)`, `.extend(names)`."""
    if not arguments:
        return None
    last = arguments[-1].value
    return _names(context, path, last, seen) if method == "extend" else _texts(context, path, [last])


def _texts(context: Context, path: str, refs: Iterable[Ref]) -> frozenset[str] | None:
    found: set[str] = set()
    for ref in refs:
        atoms = context.value(path, ref)
        texts = [atom.value for atom in atoms if isinstance(atom, Literal) and isinstance(atom.value, str)]
        if not texts or len(texts) < len(atoms):
            return None
        found.update(texts)
    return frozenset(found)


def _mutations(facts: ModuleFacts, steps: Iterable[Ref]) -> Iterator[Ref]:
    """The terms of a module's own body by which a method changes one of the lists."""
    same = set(steps)
    for ref, term in facts.mutations:
        if term.base in same:
            same.add(ref)
            yield ref


def _starred(facts: ModuleFacts, ref: Ref) -> Ref:
    """The list whose elements `*names` puts into another one."""
    term = facts.terms[ref]
    return term.base if isinstance(term, Element) else ref


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """All names of some lists; None when one of them cannot be read."""
    known = list(parts)
    return None if None in known else frozenset().union(*(part for part in known if part is not None))
