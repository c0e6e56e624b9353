"""Whether one read of a shared QuerySet is all that the project does with it, so that no other code notices a copy.

What has to be known: the name stands at its definition, at this read, and before refinements, which copy by themselves;
the function that reads runs once for its caller (`single_runs.py`); of the rows only columns are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Call, Element, Item, Member, Ref, Slice
from qscache_lint.fixing.mentioning_files import words_of
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.shown_code import is_shown
from qscache_lint.fixing.single_runs import runs_again
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.shared import SharedRead
from qscache_lint.project.takings import Way
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_DEFINED = re.compile(r"\s*(?::[^=]*)?=(?!=)(?!\s*\w+\s*=(?!=))")
"""What stands behind a name that one assignment binds, and no other name with it."""
_ROWS = (Element, Item, Member, Slice)
"""The terms that are rows of a QuerySet, or some of them."""
_COUNTS = (External("len"), External("bool"))
"""What is told of all rows and keeps none."""
_BY_ITSELF = (Way.OPERATOR, Way.METHOD)
"""How a QuerySet is used without being handed on."""


def noticed_by(
    evaluator: Evaluator, read: SharedRead, names: Iterable[str], function: FunctionId
) -> Iterator[Reason]:
    """What else the project does with the QuerySet, by any of its names, the function that reads it, or its rows."""
    for name in names:
        yield from _named_elsewhere(evaluator, read, name)
    yield from runs_again(evaluator, function)
    yield from _rows_used(evaluator, read)
    here = evaluator.facts(read.path).spans[read.value].start
    if is_shown(evaluator.project.tree.read(read.path), here):
        yield reason("call-as-text", read.path, here.row)


def _named_elsewhere(evaluator: Evaluator, read: SharedRead, name: str) -> Iterator[Reason]:
    """The places that name the QuerySet, but for its definition, imports, this read, and what copies by itself."""
    operations = evaluator.knowledge.querysets.operation
    copying = sorted(each for row in operations if row.effect is Effect.REFINES for each in row.names)
    harmless = re.compile(rf"\s*\.\s*(?:{'|'.join(map(re.escape, copying))})\s*\(")
    here = evaluator.facts(read.path).spans[read.value].end
    defined = False
    for path, row, word in words_of(evaluator, read.path, name):
        line, end = word.string, word.end()
        if harmless.match(line, end) or (path, row, end + 1) == (read.path, here.row, here.column):
            continue
        if not defined and not line[: word.start()].strip() and _DEFINED.match(line, end):
            defined = True
            continue
        yield reason("shared-named-elsewhere", path, row, name=name)


def _rows_used(evaluator: Evaluator, read: SharedRead) -> Iterator[Reason]:
    """What is done with rows but reading columns: all readers share them, and have a copy's for themselves."""
    facts = evaluator.facts(read.path)
    atoms = evaluator.value(read.path, read.value)
    models = [None if atom.model is None else atom.model.identity for atom in atoms if isinstance(atom, QuerySet)]
    for ref in reached((read.value,), lambda ref: _rows_of(facts, ref)):
        is_row = isinstance(facts.terms[ref], _ROWS)
        for taking in evaluator.demands.takings_of(read.path, ref):
            if is_row and taking.way is Way.BOUND and _is_column(evaluator, models, taking.symbol):
                continue
            if not is_row and (taking.way in _BY_ITSELF or (taking.way is Way.RETURNED and taking.span == read.span)):
                continue
            if not is_row and taking.way is Way.ARGUMENT and _is_count(evaluator, read.path, taking.user):
                continue
            yield reason("shared-rows-used", read.path, taking.span.start.row, name=read.name)
            return


def _rows_of(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    yield from becomes(facts, ref)
    yield from (user for user in facts.users(ref) if isinstance(facts.terms[user], _ROWS))


def _is_column(evaluator: Evaluator, models: Iterable[object], name: str) -> bool:
    plain = (fields.Member.KEY, fields.Member.COLUMN)
    return all(isinstance(model, ClassId) and fields.member(evaluator, model, name) in plain for model in models)


def _is_count(evaluator: Evaluator, path: str, user: Ref | None) -> bool:
    """Whether a call says something of a QuerySet and keeps no row: `len(rows)`, `bool(rows)`."""
    call = None if user is None else evaluator.facts(path).terms[user]
    atoms = evaluator.value(path, call.function) if isinstance(call, Call) else ()
    return bool(atoms) and all(atom in _COUNTS for atom in atoms)
