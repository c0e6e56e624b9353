"""Uses of cached QuerySets in templates, each at the place of the code where the value gets into the context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.contexts import ContextEntry, innermost
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.flow import Flow
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.in_templates import taken_in_templates
from qscache_lint.project.operations import Demand
from qscache_lint.project.renderings import Rendering, renderings
from qscache_lint.project.taken import Taken
from qscache_lint.project.takings import Way
from qscache_lint.project.uses import Use, UseKind, constants_of, way_to
from qscache_lint.values import Confidence, Span, Step


def template_uses(evaluator: Evaluator, path: ModulePath) -> Iterator[Use]:
    """The uses by the templates that the units of a module render, and where they read all rows."""
    for rendering in renderings(evaluator, path):
        yield from _uses_in(evaluator, rendering)


def each_once(uses: Iterable[Use]) -> Iterator[Use]:
    """Uses without those that are told twice: several views may render what one function has put together."""
    told: set[tuple[str, Span, Step | None, str, Store, UseKind]] = set()
    for use in uses:
        what = use.path, use.span, use.template, use.operation, use.store, use.kind
        if what not in told:
            told.add(what)
            yield use


def _uses_in(evaluator: Evaluator, rendering: Rendering) -> Iterator[Use]:
    taken = taken_in_templates(evaluator, rendering.templates, rendering.entries)
    read = {_what(each) for each in taken if each.may_read}
    for several in _alike(each for each in taken if each.certain):
        best = min(several, key=lambda each: (each.queryset.confidence is not Confidence.HIGH, _is_limited(each)))
        kind = _kind(evaluator, best, is_read=_what(best) in read)
        if kind is not None:
            stores = tuple(dict.fromkeys(each.queryset.kept.site for each in several))
            yield _use(evaluator, kind, best, stores)


def _what(taken: Taken) -> tuple[ContextEntry, Step]:
    """The value that is taken: by its entry, and where it is kept."""
    return taken.entry, taken.queryset.kept.site


def _alike(taken: Iterable[Taken]) -> Iterable[Sequence[Taken]]:
    """What the places of a template do, together for all the QuerySets of one kind of store that a value may be."""
    found: dict[tuple[ContextEntry, Step, str, Effect | None, Store], list[Taken]] = {}
    for each in taken:
        found.setdefault((each.entry, each.at, each.operation, each.effect, each.queryset.kept.store), []).append(each)
    return found.values()


def _is_limited(taken: Taken) -> bool:
    return taken.queryset.bound.limited


def _kind(evaluator: Evaluator, taken: Taken, *, is_read: bool) -> UseKind | None:
    """What kind of use a place of a template is; None for what costs nothing, or is not known."""
    store = taken.queryset.kept.store
    match taken.effect:
        case Effect.REFINES | Effect.REQUERIES:
            return UseKind.IN_TEMPLATE
        case Effect.ROWS:
            return UseKind.READ
        case Effect.PART if not is_read and store is not Store.SCOPED:
            is_limited = store is Store.PICKLED and _is_limited(taken)
            return None if is_limited or _is_read_here(evaluator, taken) else UseKind.IN_TEMPLATE
        case _:
            return None


def _is_read_here(evaluator: Evaluator, taken: Taken) -> bool:
    """Whether the function that makes the context reads the rows of the value, or gives it to others as well."""
    entry = innermost(evaluator, taken.entry, taken.queryset)
    return Flow(evaluator, entry.path).is_read_or_escapes(entry.ref, taken.queryset, entry.span)


_DONE: Mapping[UseKind, str] = {UseKind.IN_TEMPLATE: "used", UseKind.READ: "read"}


def _use(evaluator: Evaluator, kind: UseKind, taken: Taken, stores: tuple[Step, ...]) -> Use:
    entry = innermost(evaluator, taken.entry, taken.queryset)
    facts = evaluator.facts(entry.path)
    demand = Demand(taken.effect, taken.operation, entry.span, Way.HELD, entry.ref)
    used = replace(taken.at, message=f"{_DONE[kind]} here by {taken.operation}")
    trail = (*way_to(taken.queryset), Step(entry.path, entry.span, "enters the template context here"), used)
    return Use(
        kind,
        taken.queryset,
        demand,
        entry.path,
        facts.around(entry.ref),
        trail,
        stores,
        constants=constants_of(facts, entry.ref),
        template=used,
    )
