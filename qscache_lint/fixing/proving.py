"""What is wrong with the result of repairs: a file that is no Python any more, a name that means something else."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.fixing.model import Change, Repair
from qscache_lint.project.abstract import Atom, Function, Memoized
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluation.typed import given
from qscache_lint.project.querysets import QuerySet
from qscache_lint.reasons import reason
from qscache_lint.source.syntax import compiles, parsed
from qscache_lint.values import Reason


def problem_of(fresh: Analysis, repairs: Sequence[Repair], changes: Sequence[Change]) -> Reason | None:
    """What is wrong with the result of repairs: a file that is no Python any more, a builder of something else."""
    for change in changes:
        if any(reads(change.before) and not reads(change.after) for reads in (parsed, compiles)):
            return reason("invalid-result", change.path)
    for repair in repairs:
        if repair.builder and not _gives_queryset(fresh, repair.target.path, repair.builder):
            return reason("builder-unclear", repair.target.path, builder=repair.builder)
        for path in sorted(repair.paths):
            if repair.new and not _is_found(fresh, path, repair):
                return reason("new-name-hidden", path, name=repair.new)
    return None


def _gives_queryset(analysis: Analysis, path: str, qualname: str) -> bool:
    functions = analysis.evaluator.facts(path).functions
    found = [function for function in functions if function.qualname == qualname]
    return len(found) == 1 and any(
        isinstance(atom, QuerySet)
        for returned in found[0].returns
        for atom in given(analysis.evaluator, path, returned.value, at=returned.span)
    )


def _is_found(analysis: Analysis, path: str, repair: Repair) -> bool:
    """Whether all that a file calls by the new bare name is the function that has it in the file of the target."""
    evaluator = analysis.evaluator
    facts = evaluator.facts(path)
    called = {call.function for _, call in facts.every(Call) if not isinstance(facts.terms[call.function], Attribute)}
    lines = evaluator.project.tree.read(path).splitlines()  # of bytes: text would be split at form feeds, too
    for ref in called:
        span = facts.spans[ref]
        line = lines[span.start.row - 1].decode(errors="replace")
        if line[span.start.column - 1 : span.end.column - 1] != repair.new:
            continue
        value = evaluator.value(path, ref)
        if not value or not all(_is_defined_in(repair.target.path, atom) for atom in value):
            return False
    return True


def _is_defined_in(path: str, atom: Atom) -> bool:
    match atom:
        case Function(of=of):
            return of.path == path
        case Memoized(inner=inner):
            return _is_defined_in(path, inner)
        case _:
            return False
