"""Routes: the names by which a refining call reaches the function, each of which code may put something else under.

`Feed.stories()` asks its module for `Feed`, `queries.stories()` for `queries`, and `self.feed.stories()` its object for
`feed`. Code that replaces one of these replaces the function, and would not know of the builder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    Attribute,
    Awaited,
    Call,
    Entered,
    Import,
    Item,
    Join,
    Mutated,
    Name,
    Narrowed,
    Parameter,
    Ref,
)
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.references import Reference
from qscache_lint.fixing.repeatability.fields import is_overridden
from qscache_lint.project.abstract import Atom, ClassValue, External, Function, Instance, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.callsites import given_to
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


@dataclass(frozen=True, slots=True)
class Target:
    """A name, and the module in which it is looked up, or the class by whose instances."""

    name: str
    path: str
    owner: ClassId | None = None
    function: FunctionId | None = None
    """The cached function, where it is its own name: other modules may have it, too."""


def targets(evaluator: Evaluator, cached_function: CachedFunction, route: Reference) -> Iterator[Target]:
    """The names that a refining call looks up on its way to the function, other than that of the function."""
    facts = evaluator.facts(route.path)
    for ref in _on_the_way(facts, route.ref):
        match facts.terms[ref]:
            case Name(name=name):
                yield Target(name, route.path)
            case Import(module=module, level=level, name=str() as name):
                path = evaluator.project.modules.resolve(route.path, module, level)
                is_global = any(each.value == ref for each in facts.body.bindings.get(name, ()))
                if path is not None and not path.endswith("/"):
                    yield Target(name, route.path if is_global else path)
            case Attribute(base=base, name=name) if name != cached_function.name:
                yield from (found for atom in evaluator.value(route.path, base) for found in found_on(atom, name))


def unseen(evaluator: Evaluator, cached_function: CachedFunction, route: Reference) -> Iterator[Reason]:
    """What else may stand where a refining call looks for the function: a member of a container, another argument."""
    facts = evaluator.facts(route.path)
    where = (route.path, facts.spans.row(route.ref))
    for ref in _on_the_way(facts, route.ref):
        term = facts.terms[ref]
        if isinstance(term, Item) and not _comes_from_query(evaluator, route.path, term.base):
            yield reason("found-in-container", *where, name=cached_function.name)
        elif isinstance(term, Attribute) and _is_overridden(evaluator, cached_function, route.path, term):
            yield reason("derived-otherwise", *where, name=term.name)
        elif isinstance(term, Parameter) and _is_given_otherwise(evaluator, cached_function, route.path, term):
            yield reason("given-otherwise", *where, name=term.name)


def _comes_from_query(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    """Whether what is indexed is a QuerySet, or what one of its methods has returned, such as `get_or_create()`."""
    term = evaluator.facts(path).terms[ref]
    method = evaluator.facts(path).terms[term.function] if isinstance(term, Call) else None
    asked = evaluator.value(path, method.base if isinstance(method, Attribute) else ref)
    return bool(asked) and all(isinstance(atom, (Manager, QuerySet)) for atom in asked)


def _is_overridden(evaluator: Evaluator, cached_function: CachedFunction, path: str, term: Attribute) -> bool:
    """Whether a class on the way has a derived one with a member of the same name."""
    if term.name == cached_function.name:
        return False
    owners = [atom.of for atom in evaluator.value(path, term.base) if isinstance(atom, (Instance, ClassValue))]
    return any(isinstance(of, ClassId) and is_overridden(evaluator, of, term.name) for of in owners)


def _is_given_otherwise(evaluator: Evaluator, cached_function: CachedFunction, path: str, term: Parameter) -> bool:
    """Whether a call gives a parameter something of another class."""
    facts, owner = evaluator.facts(path), cached_function.owner
    parameters = facts.functions[term.function].parameters
    is_several = any(each.name == term.name and each.kind in ("*", "**") for each in parameters)
    if owner is None or is_several or _is_receiver(facts, term):
        return False
    given = given_to(evaluator, FunctionId(path, term.function), term.name)
    return any(_is_of_another(evaluator, atom, owner) for atom in given)


def _is_receiver(facts: ModuleFacts, term: Parameter) -> bool:
    function = facts.functions[term.function]
    return function.owner is not None and bool(function.parameters) and function.parameters[0].name == term.name


def _is_of_another(evaluator: Evaluator, atom: Atom, owner: ClassId) -> bool:
    mro = evaluator.classes.mro
    match atom:
        case Instance(of=ClassId() as of) | ClassValue(of=of):
            return owner not in mro(of) and of not in mro(owner)
        case External(dotted=dotted):
            return "mock" in dotted.lower()
        case _:
            return isinstance(atom, Function)


def _on_the_way(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that are asked for the function, and those that these come from."""
    pending, seen = [ref], set[Ref]()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        match facts.terms[current]:
            case Call(function=function):
                pending.append(function)
            case Join(choices=choices):
                pending.extend(each.value for each in choices)
            case Attribute(base=base) | Item(base=base) | Awaited(base=base) | Entered(base=base):
                pending.append(base)
            case Narrowed(base=base) | Mutated(base=base):
                pending.append(base)


def found_on(atom: Atom, name: str) -> Iterator[Target]:
    """Where a name is looked up, on a module, a class or an object."""
    match atom:
        case Module(path=path) if path and not path.endswith("/"):
            yield Target(name, path)
        case ClassValue(of=of) | Instance(of=ClassId() as of):
            yield Target(name, of.path, of)
