"""Code that lists the names of a module or class: it finds the builder among them, which was not there before."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Attribute, Call, Name
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.references import files_with
from qscache_lint.project.abstract import ClassId
from qscache_lint.project.evaluate import Evaluator

_LISTING = frozenset({"vars", "dir", "globals", "locals", "getmembers", "__dict__"})
_HOOKS = frozenset({"__init_subclass__", "__getattribute__", "__dir__"})


def namespace_concerns(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[str]:
    """Each file near the function in which names are listed, and each class that is told of its members."""
    for path in _near(evaluator, cached_function):
        facts = evaluator.project.facts(path)
        row = 0 if facts is None else _listing_row(facts)
        if row:
            yield f"line {row} of {path} lists names, and may find the builder among them"
    for of in _family(evaluator, cached_function):
        opened = evaluator.facts(of.path).classes[of.index]
        if opened.decorators or not _HOOKS.isdisjoint(opened.members):
            yield f"{opened.qualname} in {of.path} may look at its members, and would find the builder among them"


def _near(evaluator: Evaluator, cached_function: CachedFunction) -> tuple[str, ...]:
    """The file of the function, those of its classes, and those that name its module."""
    path = cached_function.path
    module = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    naming = (each for word in _LISTING for each in files_with(evaluator, path, word))
    named = set(files_with(evaluator, path, module))
    classes = {of.path for of in _family(evaluator, cached_function)}
    return tuple(sorted({path, *classes, *(each for each in naming if each in named)}))


def _family(evaluator: Evaluator, cached_function: CachedFunction) -> tuple[ClassId, ...]:
    """The classes of the project that have the method, or that its class derives from."""
    owner = cached_function.owner
    if owner is None:
        return ()
    return tuple(dict.fromkeys((*evaluator.classes.ancestors(owner), *evaluator.classes.subclasses(owner))))


def _listing_row(facts: ModuleFacts) -> int:
    """The first row in which something lists names; 0 when nothing does."""
    called = (call.function for _, call in facts.every(Call))
    names = {ref for ref in called if isinstance(term := facts.terms[ref], Name) and term.name in _LISTING}
    names |= {ref for ref, term in facts.every(Attribute) if term.name in _LISTING}
    return min((facts.spans[ref].start.row for ref in names), default=0)
