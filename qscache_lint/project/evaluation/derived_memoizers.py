"""Classes of the project that are derived from a caching property of a package: they keep what that one keeps."""

from __future__ import annotations

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Name, Parameter, Term
from qscache_lint.knowledge.cache_rows import Memoizer
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.identities import ClassId

_DECIDING = frozenset({"__new__", "__call__", "__getattribute__", "__get__", "__set__", "__delete__"})
"""What a caching property does by itself: a class that defines one of these may keep nothing."""


def inherited_row(context: Context, identity: ClassId) -> Memoizer | None:
    """The row of the caching property that a class is derived from, whose methods are its own; else None."""
    line = context.classes.mro(identity)
    outside = next((each for each in line if isinstance(each, str)), "")
    row = context.knowledge.memoizers.get(outside)
    if row is None or not row.property:
        return None
    own = (each for each in line[: line.index(outside)] if isinstance(each, ClassId))
    return row if all(_leaves_keeping(context.facts(each.path), each.index) for each in own) else None


def _leaves_keeping(facts: ModuleFacts, index: int) -> bool:
    """Whether a class leaves to its bases what is kept, and hands them the function itself."""
    if _DECIDING.intersection(facts.classes[index].members):
        return False
    own = ((number, each) for number, each in facts.methods if each.owner == index)
    return all(_hands_on(facts, number) for number, each in own if each.name == "__init__")


def _hands_on(facts: ModuleFacts, number: int) -> bool:
    """Whether a constructor gives its first argument to that of its base: `super().__init__(function)`."""
    _, *passed = facts.functions[number].parameters
    if not passed:
        return False
    calls = (call for _, call in facts.of_kind(Call, number) if _is_base_constructor(facts, facts.terms[call.function]))
    given = Parameter(number, passed[0].name)
    return any(call.arguments and facts.terms[call.arguments[0].value] == given for call in calls)


def _is_base_constructor(facts: ModuleFacts, term: Term) -> bool:
    if not isinstance(term, Attribute) or term.name != "__init__":
        return False
    base = facts.terms[term.base]
    return isinstance(base, Call) and facts.terms[base.function] == Name("super")
