"""Store rows: where the function that stores a QuerySet is the only one that reads it, the cache may as well have rows.

    rows = cache.get("front")                      rows = cache.get("front")
    if rows is None:                               if rows is None:
        rows = Story.objects.filter(…)      ->         rows = Story.objects.filter(…)
        cache.set("front", rows, 60)                   cache.set("front", list(rows), 60)
    if rows.count() > 3: …                         if len(rows) > 3: …

A cache that pickles runs the query when it stores, in either case. What comes back is a list, so that each use has to
be one that means the same for rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.terms import Attribute, Call, Ref
from qscache_lint.fixing.local.places import PlaceFinder
from qscache_lint.fixing.local.stored_value import StoredValue, find_stored_value
from qscache_lint.fixing.local.storing_concerns import storing_concerns
from qscache_lint.fixing.model import STORE_ROWS, Change, Refused, Repair
from qscache_lint.fixing.repeatability.known import is_expression
from qscache_lint.fixing.rewriters.uses import Edit, edited
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import External, Function
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason

_WRITTEN = frozenset({"list", "len", "bool"})
"""The names that a repair writes."""

_is_written: m.MatchIfTrue[str] = m.MatchIfTrue(lambda name: name in _WRITTEN)


def store_rows(analysis: Analysis, definitions: Sequence[Definition], templates: Templates) -> tuple[Repair, ...]:
    """Plan that a function stores rows which it alone reads; nothing where something else is done with them."""
    stored = find_stored_value(analysis, definitions, templates)
    if stored is None or _hides_list(stored):
        return ()
    label = definitions[0].origin.how
    try:
        change = Change(stored.path, stored.parsed.source, _written(stored))
    except Refused:
        return ()
    repair = Repair.planned(
        STORE_ROWS,
        stored.function,
        f"what {label} stores is read in this function alone, so it can be a list of the rows",
        "all its uses mean the same for a list",
        tuple(dict.fromkeys(storing_concerns(stored))),
        (change,),
    )
    return (repair,)


def _hides_list(stored: StoredValue) -> bool:
    """Whether a name that is written means something else here than in Python."""
    function = stored.facts.functions[stored.store.function]
    bound = {*stored.facts.body.bindings, *function.bindings, *(each.name for each in function.parameters)}
    defined = m.findall(stored.parsed.module, m.FunctionDef(m.Name(_is_written)) | m.ClassDef(m.Name(_is_written)))
    return bool(defined) or not _WRITTEN.isdisjoint(bound)


def _written(stored: StoredValue) -> bytes:
    """The file, in which a list is stored and every question is answered by rows. Raises Refused where it cannot be."""
    parsed = stored.parsed
    node = parsed.expression_at(stored.store.argument.span)
    edits: dict[cst.CSTNode, Edit] = {node: _as_rows(stored)}
    finder = PlaceFinder(stored.evaluator, stored.path, parsed, stored.held, stored.hits)
    edits.update(finder.answers())
    return edited(parsed, edits)


def _as_rows(stored: StoredValue) -> Edit:
    """An edit of what is stored: a list, or a function that gives one where the store calls it on a miss."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        given = node
        assert isinstance(given, cst.BaseExpression)
        if not stored.store.calls_value:
            return _listed(given)
        if isinstance(given, cst.Lambda) and not m.findall(given.params, m.Param()):
            return given.with_changes(body=_listed(given.body))
        if not isinstance(given, (cst.Name, cst.Attribute)) and not _only_builds(stored, given):
            raise Refused(reason("made-inline"))
        return cst.Lambda(cst.Parameters(), _listed(cst.Call(given) if stored.is_called else given))

    return edit


def _only_builds(stored: StoredValue, given: cst.BaseExpression) -> bool:
    """Whether an expression calls nothing but Django's methods that build a query, so that it may wait for a miss."""
    if stored.is_called or m.findall(given, m.NamedExpr() | m.Await() | m.Yield()):
        return False
    facts, span = stored.facts, stored.store.argument.span
    inside = [ref for ref, _ in facts.every(Call) if span.start <= facts.spans[ref].start < span.end]
    return all(_builds(stored, ref) for ref in inside if ref != stored.store.ref)


def _builds(stored: StoredValue, ref: Ref) -> bool:
    call = stored.facts.terms[ref]
    assert isinstance(call, Call)
    value, method = stored.evaluator.value(stored.path, call.function), stored.facts.terms[call.function]
    if value and all(isinstance(atom, External) and is_expression(atom.dotted) for atom in value):
        return True
    asked = stored.evaluator.value(stored.path, method.base) if isinstance(method, Attribute) else ()
    gives = stored.evaluator.value(stored.path, ref)
    is_query = all(isinstance(atom, (Manager, QuerySet)) for atom in (*asked, *gives))
    return bool(asked) and bool(gives) and is_query and not any(isinstance(atom, Function) for atom in value)


def _listed(rows: cst.BaseExpression) -> cst.Call:
    return cst.Call(cst.Name("list"), [cst.Arg(rows)])
