"""Other ways out than the repair, for one caller or one cache: suggestions that a person has to finish.

    narrow-memo   a refinement that is the same at every call can be cached by itself, with just its rows
    cache-query   the query can be cached instead of the QuerySet: no rows are stored, and something is lost
    pick-rows     rows that are there can be picked from in Python
    one-kind      rows on every path, where some give a QuerySet and some a list

What caching a query loses is measured in tests/semantics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import Attribute, Call, Constant, Import, Item, Name, Ref, Slice, operands
from qscache_lint.knowledge.model import Store
from qscache_lint.per_file import is_test
from qscache_lint.project.abstract import Unknown
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Applicability, Finding, Fix, Span

_LOST_BY_QUERY = (
    "prefetch_related() lookups, the methods of a QuerySet class of your own, the database chosen by using(); "
    "rows of values_list() come back as dicts"
)

MIXED = "QSC104"
"""The rule whose findings are not mended by repairs of the cached function, though they stand at the same place."""

_ONE_KIND = Fix(
    "one-kind",
    Applicability.DISPLAY_ONLY,
    "return rows on every path, as list(…), or tuple(…) where callers share the object; callers that refine need a "
    "function without the cache that returns the QuerySet, and .none() where it is empty",
)


def plan_alternatives(analysis: Analysis, findings: Sequence[Finding]) -> Mapping[Finding, tuple[Fix, ...]]:
    """The suggestions for each finding that has some; none of them has edits."""
    uses = {(use.path, use.span): use for use in analysis.uses if use.kind is UseKind.REFINED}
    refined = {use.queryset.kept.site for use in uses.values()}
    pickled = {
        (each.origin.site.path, each.origin.site.span): each
        for each in analysis.definitions
        if each.store is Store.PICKLED and each.origin.site in refined
    }
    found: dict[Finding, tuple[Fix, ...]] = {}
    for finding in findings:
        place = (finding.path, finding.span)
        use = uses.get(place)
        suggested = [*_pick_rows(analysis, use), *_narrow_memo(analysis, use), *_cache_query(pickled.get(place))]
        if finding.code == MIXED:
            suggested = [_ONE_KIND]
        if suggested:
            found[finding] = tuple(suggested)
    return found


def _narrow_memo(analysis: Analysis, use: Use | None) -> Iterator[Fix]:
    """For a refinement of constants: a cached function of its own, which keeps only what this caller needs."""
    if use is None:
        return
    facts = analysis.evaluator.facts(use.path)
    whole = _constant_chain(facts, use)
    if whole is None:
        return
    text = _text(analysis, use.path, facts.spans[whole])
    cache, rows = use.queryset.kept.how, "list" if use.store is Store.PICKLED else "tuple"
    given = analysis.evaluator.value(use.path, whole)
    is_queryset = any(isinstance(atom, (QuerySet, Unknown)) for atom in given)
    kept = f"{rows}({text})" if isinstance(facts.terms[whole], (Call, Slice)) and is_queryset else text
    yield Fix(
        "narrow-memo",
        Applicability.DISPLAY_ONLY,
        f"if this is needed often, cache only its result: a function of its own under {cache} that returns {kept}; "
        "None and an empty result are also results",
    )


def _pick_rows(analysis: Analysis, use: Use | None) -> Iterator[Fix]:
    """For a refinement of a value whose rows are there: the same in Python, where the tables can say it."""
    row = None if use is None else analysis.evaluator.knowledge.operations.get(use.operation.strip(".()"))
    if use is None or row is None or "…" not in row.on_rows or not _has_rows(analysis, use):
        return
    name = use.queryset.kept.name
    yield Fix(
        "pick-rows",
        Applicability.DISPLAY_ONLY,
        f"the rows of {name} are read anyway, and can be filtered in Python: {row.on_rows.format(rows=name)}; mind "
        "that Python compares case, None and related rows differently, and that rows are as old as the first read",
    )


def _has_rows(analysis: Analysis, use: Use) -> bool:
    """Whether all rows are read of the very value, or, where it is kept on an object, anywhere but in tests."""
    facts = analysis.evaluator.facts(use.path)
    return any(
        not is_test(each.path)
        if use.store is Store.SCOPED
        else (each.path, each.function) == (use.path, use.function)
        and each.demand.value in same(facts, use.demand.value)
        for each in analysis.reads
        if not set(each.stores).isdisjoint(use.stores)
    )


def _cache_query(definition: Definition | None) -> Iterator[Fix]:
    """For a pickled QuerySet that is refined: the query alone, with what that loses."""
    if definition is None:
        return
    yield Fix(
        "cache-query",
        Applicability.DISPLAY_ONLY,
        "the query alone can be cached, as rows.query, and given to a fresh QuerySet at each hit: no row is stored, "
        f"but every use queries, and it loses {_LOST_BY_QUERY}",
    )


def _constant_chain(facts: ModuleFacts, use: Use) -> Ref | None:
    """The longest chain of calls and items around a refinement that is made of constants alone; else None."""
    attribute = next((ref for ref, term in facts.of_kind(Attribute, use.function) if term.at == use.span), None)
    if attribute is None or not _is_constant(facts, attribute):
        return None
    current: Ref | None = attribute
    while current is not None:
        found = current
        steps = (user for user in facts.users(current) if _extends(facts, user, found) and _is_constant(facts, user))
        current = next(steps, None)
    return None if isinstance(facts.terms[found], Attribute) else found


def _extends(facts: ModuleFacts, ref: Ref, chain: Ref) -> bool:
    match facts.terms[ref]:
        case Call(function=base) | Attribute(base=base) | Item(base=base) | Slice(base=base):
            return base == chain
        case _:
            return False


def _is_constant(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether an expression is made of constants and global names alone."""
    term = facts.terms[ref]
    if isinstance(term, (Constant, Name, Import)):
        return True
    is_chain = isinstance(term, (Call, Attribute, Item, Slice))
    return is_chain and all(_is_constant(facts, each) for each in operands(term))


def _text(analysis: Analysis, path: str, span: Span) -> str:
    """The source of an expression, on one line."""
    rows = split_rows(decode(analysis.evaluator.project.tree.read(path)))
    lines = rows[span.start.row - 1 : span.end.row]
    lines[-1] = lines[-1][: span.end.column - 1]
    lines[0] = lines[0][span.start.column - 1 :]
    return " ".join(line.strip() for line in lines)
