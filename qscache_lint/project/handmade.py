"""Hand-made memos without a decorator: `if self._rows is None: self._rows = …` and its kin.

An assignment is a memo when the tests on the way to it look at the very place that it fills: an attribute, a global, an
entry of a dict.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Call,
    Constant,
    Guard,
    ItemStore,
    ModuleFacts,
    Name,
    NameStore,
    Opaque,
    Ref,
    operands,
)

_MOST_TERMS = 200


def is_attribute_memo(facts: ModuleFacts, event: AttributeStore) -> bool:
    """Whether `self.name = value` happens only while the attribute is missing or empty."""
    return any(_tests_attribute(facts, guard, event) for guard in event.guards)


def _tests_attribute(facts: ModuleFacts, guard: Guard, event: AttributeStore) -> bool:
    if facts.terms[guard.test] == Opaque("exception"):
        return any(
            isinstance(term, Attribute) and (term.base, term.name) == (event.base, event.name) for term in facts.terms
        )
    for term in _inside(facts, guard.test):
        match term:
            case Attribute(base=base, name=name) if (base, name) == (event.base, event.name):
                return True
            case Call(arguments=arguments) if len(arguments) >= 2:
                first, second = arguments[0].value, facts.terms[arguments[1].value]
                if first == event.base and second == Constant(event.name):
                    return True
    return False


def is_global_memo(facts: ModuleFacts, event: NameStore) -> bool:
    """Whether a global is filled only while it is empty."""
    return any(
        isinstance(term, Name) and term.name == event.name
        for guard in event.guards
        for term in _inside(facts, guard.test)
    )


def item_memo(facts: ModuleFacts, event: ItemStore) -> str | None:
    """The global dict whose entry is filled only while it is missing; None when it is no such memo."""
    root = facts.terms[event.base]
    if not isinstance(root, Name):
        return None
    for guard in event.guards:
        if facts.terms[guard.test] == Opaque("exception"):
            return root.name
        if any(term == root for term in _inside(facts, guard.test)):
            return root.name
    return None


def _inside(facts: ModuleFacts, ref: Ref) -> Iterator[object]:
    """A term and what it is made of."""
    pending, seen = [ref], {ref}
    while pending and len(seen) < _MOST_TERMS:
        term = facts.terms[pending.pop()]
        yield term
        fresh = [operand for operand in operands(term) if operand not in seen]
        seen.update(fresh)
        pending.extend(fresh)
