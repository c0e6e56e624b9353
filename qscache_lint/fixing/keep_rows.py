"""Keep rows: where a function caches an iterator, `list()` or `tuple()` reads it before it is kept."""

from __future__ import annotations

from qscache_lint.fixing.model import MATERIALISE, Change, Refused, Repair
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import ASYNC_ITERATOR, ITERATOR
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.source.edits import apply_edits
from qscache_lint.source.text import decode, encoded_like
from qscache_lint.values import Edit, Position, Span


def keep_rows(analysis: Analysis, definition: Definition) -> Repair:
    """Plan that the rows of an iterator are read where it is made.

    Raises Refused for what is no iterator on every path, or is made out of sight.
    """
    if any(each.kind == ASYNC_ITERATOR for each in definition.rowless):
        raise Refused(reason("asynchronous-iterator", definition.path, name=definition.origin.name))
    if {each.kind for each in definition.rowless} != {ITERATOR} or definition.values:
        raise Refused(reason("no-iterator-alone", definition.path, name=definition.origin.name))
    if not definition.contained:
        raise Refused(reason("iterator-out-of-sight", definition.path, name=definition.origin.name))
    path, rows = definition.path, "tuple" if definition.store is Store.MEMO else "list"
    tree, facts = analysis.evaluator.project.tree, analysis.evaluator.facts(path)
    if any(rows in function.bindings for function in (facts.body, facts.functions[definition.function])):
        raise Refused(reason("not-the-builtin", path, name=rows))
    before = tree.read(path)
    edits = [edit for step in definition.contained for edit in _around(path, step.span, rows)]
    after = encoded_like(before, apply_edits(decode(before), edits))
    site = definition.origin.site
    return Repair.planned(
        MATERIALISE,
        FunctionId(path, definition.function),
        f"{definition.origin.how} keeps a {rows} of what the iterator yields",
        f"callers get a {rows}, which they can read repeatedly, instead of an iterator that is exhausted",
        (),
        (Change(path, before, after),),
        mends=((site.path, site.span),),
    )


def _around(path: str, span: Span, call: str) -> tuple[Edit, Edit]:
    """The edits that make an expression the argument of a call."""

    def at(place: Position, content: str) -> Edit:
        return Edit(path, Span(place, place), content)

    return at(span.start, f"{call}("), at(span.end, ")")
