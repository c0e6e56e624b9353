"""Stand-ins: code that puts something else in the place of the cached function, or looks into its cache.

The builder is out of their reach, so that a refining call would get the real rows. A function is replaced under its own
name, or with the class, module or object by which a refining call reaches it: each name on that way is a target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Constant, Container
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.mentions import is_bound_twice
from qscache_lint.fixing.references import Reference
from qscache_lint.fixing.repeatability.accesses import Way, accesses
from qscache_lint.fixing.repeatability.namespaces import Home
from qscache_lint.fixing.repeatability.replacements import replacements
from qscache_lint.fixing.repeatability.routes import Target, targets, unseen
from qscache_lint.project.abstract import ClassValue, External, Literal
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_MAKING = frozenset({"modules", "type"})
"""What else puts something in the place of a module, or makes a class."""


def stand_in_concerns(
    evaluator: Evaluator, cached_function: CachedFunction, routes: Sequence[Reference]
) -> Iterator[Reason]:
    """Each place where something else may be put in the place of the function, or be read out of its cache.

    `routes` are the refining calls, which go to the builder.
    """
    if is_bound_twice(evaluator, cached_function):
        yield reason("name-rebound", cached_function.path, name=cached_function.name)
    yield from _overrides(evaluator, cached_function)
    own = Target(cached_function.name, cached_function.path, cached_function.owner, cached_function.identity)
    on_the_way = tuple(each for route in routes for each in targets(evaluator, cached_function, route))
    for target in dict.fromkeys((own, *on_the_way)):
        yield from replacements(evaluator, target)
    yield from _at_run_time(evaluator, cached_function, tuple(dict.fromkeys((own, *on_the_way))))
    for route in routes:
        yield from unseen(evaluator, cached_function, route)


def _at_run_time(
    evaluator: Evaluator, cached_function: CachedFunction, every: Sequence[Target]
) -> Iterator[Reason]:
    """`setattr(queries, name, …)`, `sys.modules["shop.queries"] = …`, `type("New", (Feed,), {…})`."""
    home = Home(evaluator, cached_function)
    for path in home.near(_MAKING):
        facts = evaluator.project.facts(path)
        if facts is None:
            continue
        for access in accesses(evaluator, path, facts):
            reached = (access.reaches(evaluator, each.path, each.owner, each.name) for each in every)
            if access.way is Way.WRITE and any(reached):
                yield reason("may-be-put-in-place", access.path, access.at.row, name=cached_function.name)
        yield from _of_modules(evaluator, cached_function, path, facts)
        yield from _of_made_classes(evaluator, cached_function, path, facts)


def _of_modules(
    evaluator: Evaluator, cached_function: CachedFunction, path: str, facts: ModuleFacts
) -> Iterator[Reason]:
    """What is put in the place of the whole module."""
    for event in (each for function in facts.functions for each in function.events if isinstance(each, ItemStore)):
        is_modules = External("sys.modules") in evaluator.value(path, event.base)
        literals = [atom.value for atom in evaluator.value(path, event.key) if isinstance(atom, Literal)]
        found = [evaluator.project.modules.resolve(path, str(each), 0) for each in literals]
        if is_modules and (not found or cached_function.path in found):
            yield reason("module-replaced", path, event.span.start.row)


def _of_made_classes(
    evaluator: Evaluator, cached_function: CachedFunction, path: str, facts: ModuleFacts
) -> Iterator[Reason]:
    """Classes that a call of `type` makes, and that may override the function."""
    owner, mro = cached_function.owner, evaluator.classes.mro
    for ref, call in facts.every(Call):
        if owner is None or len(call.arguments) != 3 or evaluator.value(path, call.function) != (External("type"),):
            continue
        bases, members = (facts.terms[each.value] for each in call.arguments[1:])
        entries = bases.entries if isinstance(bases, Container) else ()
        values = [atom for each in entries for atom in evaluator.value(path, each.value)]
        is_derived = not entries or any(isinstance(atom, ClassValue) and owner in mro(atom.of) for atom in values)
        keys = [each.key for each in members.entries] if isinstance(members, Container) else [None]
        names = [facts.terms[key] if key is not None else None for key in keys]
        if is_derived and not all(isinstance(n, Constant) and n.value != cached_function.name for n in names):
            yield reason("class-made", path, facts.spans.row(ref), name=cached_function.name)


def _overrides(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[Reason]:
    """Classes above or below the owner that have a member of the same name."""
    owner, name = cached_function.owner, cached_function.name
    if owner is None:
        return
    for derived in evaluator.classes.subclasses(owner):
        if name in evaluator.facts(derived.path).classes[derived.index].members:
            yield reason("overridden", derived.path, other=evaluator.project.class_name(derived), name=name)
    for base in evaluator.classes.ancestors(owner, owner):
        if name in evaluator.facts(base.path).classes[base.index].members:
            other = evaluator.project.class_name(base)
            yield reason("overrides", base.path, function=cached_function.facts.qualname, other=other)
