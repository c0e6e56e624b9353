"""What a rule is, and the checks that rules of one family share.

A rule's document is the docstring of its module: the first line names the thing found, the sections say why it costs,
what bad and good code look like, how safe its fix is, and what the rule does not see.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from qscache_lint.codes import CODES
from qscache_lint.knowledge.cost_rows import EffectCost, StoreCost
from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.per_file import is_test
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.callers import Callers
from qscache_lint.project.definitions import Definition
from qscache_lint.project.flow import Fate
from qscache_lint.project.instead import is_read_instead
from qscache_lint.project.mutations import Mutation
from qscache_lint.project.querysets import Origin
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.project.validation import is_validating
from qscache_lint.values import CachedValue, Finding, Span, Step

REFINING = (Effect.REFINES, Effect.REQUERIES)
"""What the uses do that query again, whatever rows are there."""

Check = Callable[["Rule", Analysis], Iterable[Finding]]
Review = Callable[["Rule", Analysis, Sequence[Finding]], Iterable[Finding]]


def _nothing(rule: Rule, analysis: Analysis) -> Iterable[Finding]:
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check` gives its findings, `review` those that follow from what all the other rules have found."""

    code: str
    name: str
    check: Check = _nothing
    store: Store | None = None
    effects: tuple[Effect, ...] = ()
    """What the store and the uses are that the rule is about: the page says what they cost."""
    review: Review | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is on by default."""
        return CODES[self.code]

    @property
    def document(self) -> str:
        """The rule's document, in Markdown."""
        for module in tuple(sys.modules.values()):
            if getattr(module, "RULE", None) is self:
                return inspect.cleandoc(module.__doc__ or "")
        return ""

    @property
    def page(self) -> str:
        """The document with its title, as `qscache-lint rule CODE` prints it and docs/rules/ has it."""
        state = "on" if self.enabled else "off"
        return f"# {self.name} ({self.code})\n\nDefault: {state}\n\n{self.document}\n{self._costs()}"

    def _costs(self) -> str:
        """The measured cost of the store and the uses, as a section of the page; empty for rules without either."""
        if self.store is None:
            return ""
        knowledge = load_knowledge()
        cost = knowledge.store_costs[self.store]
        rows = [f"| when it is stored | {cost.at_store} |", f"| at a hit | {cost.at_hit} |"]
        for effect in self.effects:
            used = knowledge.effect_costs[effect]
            queries = used.evaluated if cost.at_store else _until_read(used)
            rows.append(f"| a use that {used.means} | {queries} |")
        return "\n## What it costs\n\n| | queries |\n|---|---|\n" + "\n".join(rows) + "\n"

    @property
    def cost(self) -> str:
        """What the thing found costs, in a few words; empty for rules that are not about a cost."""
        if self.store is None:
            return ""
        words = load_knowledge().store_costs[self.store]
        match self.effects:
            case ():
                return words.stores
            case (Effect.PART,):
                return words.part
            case (Effect.WRITES,):
                return words.writing
            case _:
                return words.refining + words.in_vain

    @property
    def summary(self) -> str:
        """The first line of the document."""
        return self.document.partition("\n")[0].strip("# ").rstrip(".")

    def costs(self, analysis: Analysis) -> StoreCost:
        """The cost statements for the store that this rule is about. Raises LookupError for a rule without one."""
        if self.store is None:
            raise LookupError(self.code)
        return analysis.evaluator.knowledge.store_costs[self.store]

    def at_definition(self, definition: Definition, message: str, suggestion: str) -> Finding:
        origin = definition.origin
        return Finding(
            path=origin.site.path,
            span=origin.site.span,
            code=self.code,
            name=self.name,
            message=message,
            confidence=definition.confidence,
            trail=definition.trail,
            suggestion=suggestion,
            kept=_kept(origin, all(queryset.bound.limited for queryset in definition.values)),
        )

    def at_mutation(self, mutation: Mutation, message: str, suggestion: str) -> Finding:
        return Finding(
            path=mutation.path,
            span=mutation.span,
            code=self.code,
            name=self.name,
            message=message,
            confidence=mutation.confidence,
            trail=mutation.trail,
            suggestion=suggestion,
            kept=_kept(mutation.origin),
        )

    def at_use(self, use: Use, message: str, suggestion: str) -> Finding:
        return Finding(
            path=use.path,
            span=use.span,
            code=self.code,
            name=self.name,
            message=message,
            confidence=use.queryset.confidence,
            trail=use.trail,
            suggestion=suggestion,
            kept=None if use.queryset.origin is None else _kept(use.queryset.origin, use.queryset.bound.limited),
        )


def _kept(origin: Origin, limited: bool = False) -> CachedValue:
    """A cached value as reports speak of it."""
    return CachedValue(origin.name, origin.store.value, origin.how, origin.site.path, origin.site.span, limited)


def _until_read(cost: EffectCost) -> str:
    """The queries of a use of a lazy object that others may read: so many until then, so many afterwards."""
    if cost.lazy == cost.evaluated:
        return str(cost.lazy)
    return f"{cost.lazy}, then {cost.evaluated} once the rows are loaded"


def definitions_in(analysis: Analysis, store: Store) -> Iterator[Definition]:
    """The cached definitions of one kind of store."""
    return (definition for definition in analysis.definitions if definition.store is store)


def stores_read(analysis: Analysis) -> frozenset[Step]:
    """The places that store a value of which all rows are read somewhere in the project."""
    by_code = (store for use in analysis.reads for store in use.stores)
    return frozenset(by_code).union(_taken_by_frameworks(analysis, (Effect.ROWS,)))


def stores_taken_from(analysis: Analysis) -> frozenset[Step]:
    """The places that store a value which is refined somewhere in the project, or of which a part is taken."""
    by_code = (store for use in analysis.uses for store in use.stores)
    return frozenset(by_code).union(_taken_by_frameworks(analysis, (*REFINING, Effect.PART)))


def _taken_by_frameworks(analysis: Analysis, effects: Container[Effect]) -> Iterator[Step]:
    """The places that store the value of a cached method which a framework calls, and takes in one of these ways."""
    return (store for each in analysis.definitions if each.taken in effects for store in each.stores)


def unbounded(analysis: Analysis, *, only_read: bool) -> Iterator[Definition]:
    """The pickled definitions that nothing limits: those that are `only_read`, in full by every use, or the others."""
    read, taken = stores_read(analysis), stores_taken_from(analysis)
    for definition in definitions_in(analysis, Store.PICKLED):
        if all(queryset.bound.limited for queryset in definition.values):
            continue
        if only_read is (not read.isdisjoint(definition.stores) and taken.isdisjoint(definition.stores)):
            yield definition


class _Reads:
    """The uses that read all rows, by the place that stores them."""

    def __init__(self, reads: Iterable[Use]) -> None:
        self._constants: dict[Step, set[tuple[tuple[int | str, str], ...]]] = {}
        for read in reads:
            for store in read.stores:
                self._constants.setdefault(store, set()).add(read.constants)

    def has_rows_of(self, use: Use) -> bool:
        """Whether one of them reads what a use takes: asked for with other constants, it is another entry."""
        return any(
            _is_same_entry(constants, use) for store in use.stores for constants in self._constants.get(store, ())
        )


def _is_same_entry(constants: Iterable[tuple[int | str, str]], use: Use) -> bool:
    """Whether a value that is asked for with constants may be the one that a use asks for with its own."""
    asked = dict(use.constants)
    return all(asked.get(slot, text) == text for slot, text in constants)


class _ReadsOnOccasions:
    """The code that reads all rows of scoped values, as far as it may run together with what takes them."""

    def __init__(self, analysis: Analysis) -> None:
        self._reach = Callers(analysis.evaluator).reach
        self._facts = analysis.evaluator.facts
        self._reads: dict[Step, list[Use]] = {}
        for read in analysis.reads:
            if read.store is Store.SCOPED and not is_test(read.path):
                for store in read.stores:
                    self._reads.setdefault(store, []).append(read)

    def has_rows_of(self, use: Use) -> bool:
        """Whether a use may find the rows loaded: a read of them stands beside it, or code may run both."""
        stored = (each for store in use.stores for each in self._reads.get(store, ()))
        reads = [each for each in stored if _is_same_entry(each.constants, use)]
        beside = [each for each in reads if (each.path, each.function) == (use.path, use.function)]
        if any(each.template is not None or not self._is_instead(each, use) for each in beside):
            return True
        apart = dict.fromkeys((each.path, each.function) for each in reads if each.template is None)
        apart.pop((use.path, use.function), None)
        return any(self._reach(*each).meets(self._reach(use.path, use.function)) for each in apart)

    def _is_instead(self, read: Use, use: Use) -> bool:
        return is_read_instead(self._facts(use.path), read.demand.value, use.demand.value)


def parts_of_pickled(analysis: Analysis, *kinds: UseKind, are_read: bool) -> Iterator[Use]:
    """The uses that take a part of a pickled value: of those whose rows another use reads in full, or of the others.

    They are of some `kinds`: in code, in templates.
    """
    reads = _Reads(analysis.reads)
    uses = (use for kind in kinds for use in uses_of(analysis, kind, Store.PICKLED))
    return (use for use in uses if use.demand.effect is Effect.PART and are_read is reads.has_rows_of(use))


def refined_in_template(analysis: Analysis, store: Store) -> Iterator[Use]:
    """The uses by which a template queries again, of values from one kind of store."""
    return (use for use in uses_of(analysis, UseKind.IN_TEMPLATE, store) if use.demand.queries_again)


def parts_in_template(analysis: Analysis, store: Store) -> Iterator[Use]:
    """The uses by which a template takes a part, where that is all it takes, of values from one kind of store."""
    return (use for use in uses_of(analysis, UseKind.IN_TEMPLATE, store) if use.demand.effect is Effect.PART)


def by_place(uses: Iterable[Use]) -> Iterator[Use]:
    """The first of the uses by templates at each place, with the lines of all others on its trail."""
    places: dict[tuple[str, Span], list[Use]] = {}
    for use in uses:
        places.setdefault((use.path, use.span), []).append(use)
    for first, *others in places.values():
        lines = tuple(dict.fromkeys(use.template for use in others if use.template is not None))
        yield replace(first, trail=(*first.trail, *lines))


def refinements_of_scoped(analysis: Analysis, *, lose: bool) -> Iterator[Use]:
    """The refinements of scoped values by which the memo loses something, or the others.

    Rows that a test reads are those of an object of its own: they are never there for other code, and neither are those
    of another view. Those that a template reads are there for the function that makes its context.
    """
    reads = _ReadsOnOccasions(analysis)
    for use in uses_of(analysis, UseKind.REFINED, Store.SCOPED):
        is_asked_for = use.fate is not Fate.DROPPED and use.embedding is None
        is_read_copy = use.demand.copies and use.fate is Fate.READ
        if lose is (is_asked_for and (is_read_copy or reads.has_rows_of(use))):
            yield use


def writes_before_reads(analysis: Analysis) -> Iterator[Use]:
    """The writes through scoped values of which the rows are read afterwards: below, or by other code of the project.

    What validates an object reads before anything is written.
    """
    of_code = [use for use in analysis.reads if use.store is Store.SCOPED and not is_test(use.path)]
    reads = [use for use in of_code if not is_validating(analysis.evaluator, use.path, use.function)]
    for write in writes_of(analysis, Store.SCOPED):
        place = write.path, write.function
        later = (each for each in reads if (each.path, each.function) != place or each.span > write.span)
        if _Reads(later).has_rows_of(write):
            yield write


def writes_of(analysis: Analysis, store: Store) -> Iterator[Use]:
    """The writes through values from one kind of store."""
    return (use for use in analysis.writes if use.store is store)


def uses_of(analysis: Analysis, kind: UseKind, store: Store) -> Iterator[Use]:
    """The uses of one kind, of values from one kind of store."""
    return (use for use in analysis.uses if use.kind is kind and use.store is store)
