"""Whether a class may have a member of some name already, and where a file means something else by it."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Ref
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.project.abstract import ClassValue, Instance
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId


def is_taken_in(evaluator: Evaluator, cached_function: CachedFunction, path: str, name: str) -> bool:
    """Whether a file, which has the word, may use it for a member of the class of a cached method.

    Bare names and members of other classes are none; strings and keywords may be (`annotate(name=…)`).
    """
    facts = evaluator.project.facts(path)
    if facts is None or _is_written(facts, name):
        return True
    reads = (term.base for _, term in facts.every(Attribute) if term.name == name)
    if not all(_is_of_another(evaluator, cached_function, path, base) for base in reads):
        return True
    return any(
        name in opened.members and _is_related(evaluator, cached_function, ClassId(path, index))
        for index, opened in enumerate(facts.classes)
    )


def other_meanings(evaluator: Evaluator, cached_function: CachedFunction, path: str, name: str) -> Iterator[int]:
    """The rows in which a file gives a name to anything but the function that has it beside the cached one."""
    own = evaluator.facts(cached_function.path).body.bindings.get(name, ())
    meant = {evaluator.value(cached_function.path, each.value) for each in own}
    facts = evaluator.project.facts(path)
    for function in () if facts is None else facts.functions:
        for bound in function.bindings.get(name, ()):
            if len(meant) != 1 or evaluator.value(path, bound.value) not in meant:
                yield bound.span.start.row
        if any(each.name == name for each in function.parameters):
            yield function.span.start.row
        stores = (each for each in function.events if isinstance(each, NameStore))
        yield from (each.span.start.row for each in stores if each.name == name)


def _is_written(facts: ModuleFacts, name: str) -> bool:
    """Whether a string, a keyword or an assignment may make a member."""
    stores = (event for function in facts.functions for event in function.events)
    if any(isinstance(event, AttributeStore) and event.name == name for event in stores):
        return True
    texts = (term.value for _, term in facts.every(Constant) if isinstance(term.value, str))
    keywords = (argument.keyword for _, call in facts.every(Call) for argument in call.arguments)
    return any(name in text for text in texts) or name in keywords


def _is_of_another(evaluator: Evaluator, cached_function: CachedFunction, path: str, base: Ref) -> bool:
    """Whether an object is known to be of a class that has nothing to do with the cached method."""
    value = evaluator.value(path, base)
    classes = [atom.of for atom in value if isinstance(atom, (Instance, ClassValue)) and isinstance(atom.of, ClassId)]
    is_known = bool(value) and len(classes) == len(value)
    return is_known and not any(_is_related(evaluator, cached_function, each) for each in classes)


def _is_related(evaluator: Evaluator, cached_function: CachedFunction, other: ClassId) -> bool:
    mro, owner = evaluator.classes.mro, cached_function.owner
    return owner is None or other in mro(owner) or owner in mro(other)
