"""Memos made by hand that other code of their module empties: another assignment, a `clear()`, a `del`."""

from __future__ import annotations

from typing import TypeAlias

from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore, Removal
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Name, Ref

Storing: TypeAlias = NameStore | AttributeStore | ItemStore
STORING = (NameStore, AttributeStore, ItemStore)
"""The statements that fill a memo which is made by hand."""

_EMPTYING = frozenset({"clear", "pop", "popitem"})


def is_emptied(facts: ModuleFacts, index: int, store: Storing) -> bool:
    """Whether another function of the module assigns to what a statement of function `index` fills, or empties it.

    Of one whose name is not known, that may be.
    """
    name = _name(facts, store)
    if not name:
        return True
    for number, function in enumerate(facts.functions):
        for event in function.events if number not in (0, index) else ():
            if isinstance(event, (NameStore, AttributeStore)) and event.name == name:
                return True
            if isinstance(event, Removal) and _last(facts, event.value) == name:
                return True
    methods = (facts.terms[call.function] for _, call in facts.every(Call))
    return any(
        isinstance(method, Attribute) and method.name in _EMPTYING and _last(facts, method.base) == name
        for method in methods
    )


def _name(facts: ModuleFacts, store: Storing) -> str:
    return _last(facts, store.base) if isinstance(store, ItemStore) else store.name


def _last(facts: ModuleFacts, ref: Ref) -> str:
    """The name that a term has; "" for one that has none."""
    term = facts.terms[ref]
    return term.name if isinstance(term, (Name, Attribute)) else ""
