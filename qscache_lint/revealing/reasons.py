"""Where a value becomes unknown: the way from an expression back to the first part of it that is."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint import limits
from qscache_lint.facts.model import Binding
from qscache_lint.facts.terms import Name, Opaque, Parameter, Ref, Term, operands
from qscache_lint.project.abstract import Unknown
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Step


def whence(evaluator: Evaluator, path: str, ref: Ref) -> tuple[Step, ...]:
    """The steps from the part that first is unknown to an unknown term of a module; none for one that is known."""
    steps: list[Step] = []
    seen: set[Ref] = set()
    current: Ref | None = ref
    while current is not None and current not in seen:
        seen.add(current)
        reasons = _reasons(evaluator, path, current)
        if not reasons:
            break
        term = evaluator.facts(path).terms[current]
        steps.append(evaluator.step(path, current, f"unknown: {_why(term, reasons)}"))
        current = next(_unknown_parts(evaluator, path, current), None)
    return tuple(reversed(steps[-limits.REASON_STEPS:]))


def _reasons(evaluator: Evaluator, path: str, ref: Ref) -> list[str]:
    return [atom.reason for atom in evaluator.value(path, ref) if isinstance(atom, Unknown)]


def _unknown_parts(evaluator: Evaluator, path: str, ref: Ref) -> Iterator[Ref]:
    """The terms that an unknown term follows from and that are unknown, too: the first one decides."""
    facts = evaluator.facts(path)
    term = facts.terms[ref]
    parts = [each.value for each in _bindings(evaluator, path, term)] or operands(term)
    return (part for part in parts if _reasons(evaluator, path, part))


def _bindings(evaluator: Evaluator, path: str, term: Term) -> tuple[Binding, ...]:
    return evaluator.facts(path).body.bindings.get(term.name, ()) if isinstance(term, Name) else ()


def _why(term: Term, reasons: list[str]) -> str:
    """The reason of the evaluator; where a parameter or a piece of syntax is the cause, what is not followed."""
    match term:
        case Parameter(name=name):
            return f"the parameter {name}: its annotation names no type, and what callers pass is not known here"
        case Opaque():
            return f"syntax that the analysis does not follow: {reasons[0]}"
        case _:
            return reasons[0]
