"""Joins, guards and tests: which branches a call can take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from msgspec.structs import replace

from qscache_lint.facts.terms import Choice, Compare, Free, Guard, Join, Not, Parameter, Ref, operands
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Data,
    Frame,
    Function,
    Literal,
    Memoized,
    Partial,
    Value,
    join,
)
from qscache_lint.project.evaluation.core import Context, Site, evaluates
from qscache_lint.project.querysets import QuerySet


@evaluates(Join)
def joined(context: Context, term: Join, site: Site) -> Value:
    """The values of the branches that can be taken here."""
    kept: list[Value] = []
    left: list[tuple[Guard, Ref]] = []
    for choice in term.choices:
        decided = excluded(context, choice, site)
        if decided is None:
            kept.append(context.value(site.path, choice.value, site.frame))
        else:
            left.append((decided, choice.value))
    return explain(context, join(kept), left, site)


def explain(context: Context, value: Value, left: Iterable[tuple[Guard, Ref]], site: Site) -> Value:
    """Give QuerySets without a limit the reason why nothing limits them here: a branch that is not taken."""
    if not any(map(_lacks_reason, value)):
        return value
    reason = next((why(context, guard, ref, site) for guard, ref in left if is_limited(context, ref, site)), None)
    if reason is None:
        return value
    return tuple(
        replace(atom, bound=replace(atom.bound, reason=reason)) if _lacks_reason(atom) else atom for atom in value
    )


def excluded(context: Context, choice: Choice, site: Site) -> Guard | None:
    """The guard that rules a choice out here, if one does."""
    for guard in choice.guards:
        truth = truth_of(context, site.path, guard.test, site.frame)
        if truth is not None and truth != guard.result:
            return guard
    return None


def is_limited(context: Context, ref: Ref, site: Site) -> bool:
    """Whether a branch would have given a QuerySet with a limit."""
    value = context.value(site.path, ref, site.frame)
    return any(isinstance(atom, QuerySet) and atom.bound.limited for atom in value)


def why(context: Context, guard: Guard, ref: Ref, site: Site) -> str:
    """Why a branch with a slice is not taken, in words."""
    row = context.facts(site.path).spans[ref].start.row
    return f"{describe(context, guard.test, site)} skips the slice on line {row}"


def describe(context: Context, ref: Ref, site: Site) -> str:
    """The parameter that decides a test, with the value it has here: `num=0`."""
    facts = context.facts(site.path)
    pending = [ref]
    while pending:
        current = pending.pop()
        term = facts.terms[current]
        if isinstance(term, (Parameter, Free)):
            for atom in context.value(site.path, current, site.frame):
                if isinstance(atom, Literal):
                    return f"{term.name}={atom.value!r}"
        pending.extend(operands(term))
    return "this call"


def truth_of(context: Context, path: str, ref: Ref, frame: Frame | None) -> bool | None:
    """Whether a test comes out true; None when it may be either."""
    value = context.value(path, ref, None if frame is None else frame.closed)
    results = {truth(atom) for atom in value}
    return results.pop() if len(results) == 1 else None


def truth(atom: Atom) -> bool | None:
    """Whether a value is true; None when it may be either, or that costs a query."""
    match atom:
        case Literal(value=value):
            return bool(value)
        case Collection() if atom.is_closed:
            return bool(atom.members)
        case Function() | Memoized() | Partial() | ClassValue():
            return True
        case _:
            return None


@evaluates(Not)
def negation(context: Context, term: Not, site: Site) -> Value:
    """`not x`, where the truth of `x` is known."""
    truth = truth_of(context, site.path, term.operand, site.frame)
    return (Data("truth"),) if truth is None else (Literal(not truth),)


@evaluates(Compare)
def compare(context: Context, term: Compare, site: Site) -> Value:
    """A comparison; of two constants, its result."""
    left = context.value(site.path, term.left, site.frame)
    right = context.value(site.path, term.right, site.frame)
    if len(left) != 1 or len(right) != 1 or not isinstance(left[0], Literal):
        return (Data("truth"),)
    result = _contained(term.operator, left[0], right[0])
    if isinstance(right[0], Literal):
        result = _compared(term.operator, left[0].value, right[0].value)
    return (Data("truth"),) if result is None else (Literal(result),)


def _contained(operator: str, left: Literal, right: Atom) -> bool | None:
    """The result of looking for a constant in a container of which all members are known; None for anything else."""
    if operator not in ("in", "not in") or not isinstance(right, Collection) or not right.is_closed:
        return None
    members = [(Literal(key),) if right.kind == "dict" else value for key, value in right.members]
    known = [value[0].value for value in members if len(value) == 1 and isinstance(value[0], Literal)]
    if len(known) < len(members):
        return None
    return (left.value in known) is (operator == "in")


def _lacks_reason(atom: Atom) -> TypeGuard[QuerySet]:
    """Whether nothing limits a QuerySet, without a reason why."""
    return isinstance(atom, QuerySet) and not atom.bound.limited and not atom.bound.reason


def _compared(operator: str, left: object, right: object) -> bool | None:
    """The result of comparing two constants; None for operators that constants do not decide."""
    match operator:
        case "is":
            return left is right if left is None or right is None or isinstance(left, bool) else None
        case "is not":
            return left is not right if left is None or right is None or isinstance(left, bool) else None
        case "==":
            return left == right
        case "!=":
            return left != right
    if isinstance(left, int) and isinstance(right, int):
        match operator:
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case ">=":
                return left >= right
    return None
