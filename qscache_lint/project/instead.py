"""Reads of a variable that holds either a value or what was refined of it: the refinement runs instead of the read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import Join, Ref, operands, same_object


def is_read_instead(facts: ModuleFacts, read: Ref, refined: Ref) -> bool:
    """Whether what is read is another value where `refined` is refined: `if late: rows = rows.filter(late=True)`."""
    choices = (each for each in reached((read,), partial(_choices, facts)) if not _choices(facts, each))
    return any(each != refined and refined in reached((each,), partial(_made_of, facts)) for each in choices)


def _choices(facts: ModuleFacts, ref: Ref) -> tuple[Ref, ...]:
    """What a term stands for: the very object, or what it is on one branch or another."""
    term = facts.terms[ref]
    same = same_object(term)
    return (same,) if same is not None else tuple(_made_of(facts, ref)) if isinstance(term, Join) else ()


def _made_of(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    yield from operands(facts.terms[ref])
