"""The sentences that rules share: what a store costs, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qscache_lint.knowledge.cost_rows import StoreCost
from qscache_lint.knowledge.model import State, Store
from qscache_lint.naming import cached_name
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.building import sent_while_building
from qscache_lint.project.operations import Embedding
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.project.uses import Use


def loading(cost: StoreCost, queryset: QuerySet) -> str:
    """What the cache did to store the value: `ran the whole query without LIMIT and pickled every row`."""
    return cost.stored_bounded if queryset.bound.limited else cost.stored


def refining(cost: StoreCost, use: Use) -> str:
    """What a use costs that takes none of the rows: `runs a second query …`, or `becomes a subquery …`."""
    match use.embedding:
        case None:
            return cost.refining
        case Embedding.SUBQUERY:
            return cost.embedded
        case Embedding.COMBINED:
            return cost.combined


def refining_memo(cost: StoreCost, analysis: Analysis, use: Use) -> str:
    """The same of a memo, with what it is good for: nothing, or to spare the queries that build the value."""
    return refining(cost, use) + (cost.spared if spares_queries(analysis, use.queryset.kept) else cost.in_vain)


def spares_queries(analysis: Analysis, origin: Origin) -> bool:
    """Whether a hit spares queries, although the QuerySet is lazy: building it sends some."""
    return origin.function is not None and sent_while_building(analysis.evaluator, origin.function) is not None


def taking(cost: StoreCost, use: Use) -> str:
    """What it costs to take a part: `runs a query …`, or `becomes a subquery …`."""
    return cost.part if use.embedding is None else cost.embedded_part or cost.part


def only_part(use: Use, queryset: str) -> str:
    """What takes a part of a QuerySet: ``only `.count()` of the … is used``; a function that does uses a part of it."""
    if use.operation.endswith("()") and not use.operation.startswith("."):
        return f"`{use.operation}` uses only a part of {queryset}"
    return f"only `{use.operation}` of {queryset} is used"


def in_template(use: Use) -> str:
    """Where a template does something: ` in news/templates/stories.html:3`; empty for a use in code."""
    return "" if use.template is None else f" in {use.template.path}:{use.template.span.start.row}"


def keeping(origin: Origin) -> str:
    """What keeps a value, as the beginning of a sentence: `getRecentStories() returns`, `cache.set() stores`."""
    if origin.function is not None:
        return f"{origin.name} returns"
    return f"{origin.how} stores" if origin.how == origin.name else f"{origin.name} keeps"


def storing(origin: Origin) -> str:
    """What stored a value, as the end of "the QuerySet that …": `getRecentStories() cached`, `cache.set() stored`."""
    is_store = origin.function is None and origin.how == origin.name
    return f"{origin.name} {'stored' if is_store else 'cached'}"


def rows_kept(store: Store) -> str:
    """The rows that a store can keep: callers of a memo share the object, which should be a tuple."""
    return "tuple(…) of the rows" if store is Store.MEMO else "list(…) of the rows"


def alternatives(kinds: Sequence[str]) -> str:
    """Some kinds of containers: `a list, a set or an empty dict`."""
    *others, last = (f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in kinds)
    return f"{', '.join(others)} or {last}" if others else last


def why_unbounded(queryset: QuerySet) -> str:
    """Why nothing limits the rows here, as the end of a sentence; empty when a slice does or nothing is known."""
    if queryset.bound.limited or not queryset.bound.reason:
        return ""
    return f"; unbounded here because {queryset.bound.reason}"


_REFUSALS: Mapping[State, str] = {
    "slice": "; it raises TypeError because the QuerySet is already sliced",
    "union": "; it raises NotSupportedError because the QuerySet combines several",
    "values": "; it raises TypeError because the QuerySet returns plain values",
}


def raises(use: Use) -> str:
    """The warning that Django refuses a refinement; empty when it does not."""
    return "" if use.refused_after is None else _REFUSALS[use.refused_after]


def split(origin: Origin, rows: str) -> str:
    """The split repair in words, with the names of both functions; `rows` is "list" or "tuple"."""
    if origin.function is None:
        return f"store {rows}(…) of the rows, and refine an uncached QuerySet"
    name = origin.name.removesuffix("()")
    return (
        f"split it: {name}() without {origin.how} returns the QuerySet for callers that refine it; "
        f"{cached_name(name)}() with {origin.how} returns {rows}({name}(…)) for callers that read its rows"
    )


def repair_of_memo(analysis: Analysis, origin: Origin) -> str:
    """What to do about a QuerySet in a memo that is refined: without the memo, what builds it would query each time."""
    if spares_queries(analysis, origin):
        return f"memoize what building {origin.name} looks up, and build the QuerySet from that at each call"
    return repair(origin)


def repair(origin: Origin) -> str:
    """What to do about a cached QuerySet that is refined."""
    match origin.store:
        case Store.PICKLED:
            return split(origin, "list")
        case Store.MEMO:
            return split(origin, "tuple")
        case Store.SCOPED:
            name = origin.name.lstrip(".")
            return f"refine an uncached method or property, and keep {name} for code that reads its rows"
