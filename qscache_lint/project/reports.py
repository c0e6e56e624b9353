"""What there is to say of one file: its cached definitions, its uses, what it serialises. Kept while it holds.

A report rests on the units that are chosen in its file and on the names that these are looked at for, besides all that
the table notes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from qscache_lint.project.definitions import Definition, definitions
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import ANSWERERS, Context, UnitReading, answers
from qscache_lint.project.failing import MethodCall, method_calls
from qscache_lint.project.frozen import FrozenClock, frozen_in_bodies, frozen_in_memos
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.import_time import ImportQuery, import_queries
from qscache_lint.project.mutations import Mutation, mutations
from qscache_lint.project.questions import Report
from qscache_lint.project.relevance import Reason
from qscache_lint.project.serialized import Serialized, serialized
from qscache_lint.project.shared import SharedRead, shared_names, shared_reads
from qscache_lint.project.template_uses import template_uses
from qscache_lint.project.uses import Use, uses
from qscache_lint.values import Step

Reporting = TypeVar("Reporting", bound=Callable[[Evaluator, Any], Any])


class CandidateUnits(UnitReading[tuple[Reason, Reason]], frozen=True):
    """The units of a file that may define a cached value, as they are by now."""


class UserUnits(UnitReading[Reason], frozen=True):
    """The units of a file that may use one, as they are by now."""


class CandidateUnit(UnitReading[tuple[frozenset[int] | None, frozenset[int] | None]], frozen=True):
    """Whether and why one unit may define a cached value, as far as that is known by now."""

    unit: int


class UserUnit(UnitReading[frozenset[int] | None], frozen=True):
    """Whether and why one unit may use one."""

    unit: int


@answers(CandidateUnits)
def _candidate_units(context: Context, asked: CandidateUnits) -> tuple[Reason, Reason]:
    context.project.note(asked.path)
    return context.project.caching.why(asked.path), context.project.making.why(asked.path)


@answers(CandidateUnit)
def _candidate_unit(context: Context, asked: CandidateUnit) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    context.project.note(asked.path)
    making = context.project.making.why_unit(asked.path, asked.unit)
    return context.project.caching.why_unit(asked.path, asked.unit), making


@answers(UserUnit)
def _user_unit(context: Context, asked: UserUnit) -> frozenset[int] | None:
    context.project.note(asked.path)
    return context.project.using.why_unit(asked.path, asked.unit)


@answers(UserUnits)
def _user_units(context: Context, asked: UserUnits) -> Reason:
    context.project.note(asked.path)
    return context.project.using.why(asked.path)


def reported(kind: type[Report[Any]], units_of: Callable[[Any], UnitReading[Any]]) -> Callable[[Reporting], Reporting]:
    """Register a function as the one that makes a kind of report on the chosen units that `units_of` it reads."""

    def register(function: Reporting) -> Reporting:
        def report(evaluator: Any, asked: Any) -> Any:
            evaluator.ask(units_of(asked))
            return function(evaluator, asked)

        ANSWERERS[kind] = report
        return function

    return register


class DefinitionsIn(Report[tuple[Definition, ...]], frozen=True):
    """The cached definitions of a file."""


class UsesIn(Report[tuple[Use, ...]], frozen=True):
    """The uses of cached QuerySets in a file."""


class TemplateUsesIn(Report[tuple[Use, ...]], frozen=True):
    """The uses of cached QuerySets by the templates that a file renders."""


class MutationsIn(Report[tuple[Mutation, ...]], frozen=True):
    """The places of a file that change what all callers of a memo share."""


class ImportedIn(Report[tuple[ImportQuery, ...]], frozen=True):
    """The queries that a file sends while it is imported; `names` are those by which one is reached."""

    names: tuple[str, ...]


class FrozenIn(Report[tuple[FrozenClock, ...]], frozen=True):
    """The clocks in QuerySets that a file builds while it is imported."""

    names: tuple[str, ...]


class FrozenInMemos(Report[tuple[FrozenClock, ...]], frozen=True):
    """The clocks in QuerySets that memoizers of a file keep for ever."""


class SharedIn(Report[tuple[str, ...]], frozen=True):
    """The names that a file gives to QuerySets which it builds while it is imported."""

    names: tuple[str, ...]


class SharedReadsIn(Report[tuple[SharedRead, ...]], frozen=True):
    """The places of a file that read such QuerySets, of all `names` that the project has for them."""

    names: tuple[str, ...]


class MethodCallsIn(Report[tuple[MethodCall, ...]], frozen=True):
    """The places of a file that call methods of a QuerySet on what one of some stores gives."""

    stores: tuple[Step, ...]


class SerializedIn(Report[tuple[Serialized, ...]], frozen=True):
    """The QuerySets that a file serialises."""


@reported(DefinitionsIn, lambda asked: CandidateUnits(asked.path))
def _definitions(evaluator: Evaluator, asked: DefinitionsIn) -> tuple[Definition, ...]:
    return tuple(definitions(evaluator, asked.path))


@reported(UsesIn, lambda asked: UserUnits(asked.path))
def _uses(evaluator: Evaluator, asked: UsesIn) -> tuple[Use, ...]:
    return tuple(uses(evaluator, asked.path))


@reported(TemplateUsesIn, lambda asked: UserUnits(asked.path))
def _template_uses(evaluator: Evaluator, asked: TemplateUsesIn) -> tuple[Use, ...]:
    return tuple(template_uses(evaluator, asked.path))


@reported(MutationsIn, lambda asked: UserUnits(asked.path))
def _mutations(evaluator: Evaluator, asked: MutationsIn) -> tuple[Mutation, ...]:
    return tuple(mutations(evaluator, asked.path))


@reported(SerializedIn, lambda asked: UserUnits(asked.path))
def _serialized(evaluator: Evaluator, asked: SerializedIn) -> tuple[Serialized, ...]:
    return tuple(serialized(evaluator, asked.path))


@reported(MethodCallsIn, lambda asked: UserUnits(asked.path))
def _method_calls(evaluator: Evaluator, asked: MethodCallsIn) -> tuple[MethodCall, ...]:
    return tuple(method_calls(evaluator, asked.path, asked.stores))


@answers(ImportedIn)
def _imported(evaluator: Any, asked: ImportedIn) -> tuple[ImportQuery, ...]:
    return tuple(import_queries(evaluator, asked.path, asked.names))


@answers(FrozenIn)
def _frozen(evaluator: Any, asked: FrozenIn) -> tuple[FrozenClock, ...]:
    return tuple(frozen_in_bodies(evaluator, asked.path, asked.names))


@answers(FrozenInMemos)
def _frozen_in_memos(evaluator: Any, asked: FrozenInMemos) -> tuple[FrozenClock, ...]:
    return tuple(frozen_in_memos(evaluator, evaluator.table.report(DefinitionsIn(asked.path))))


@answers(SharedIn)
def _shared(evaluator: Any, asked: SharedIn) -> tuple[str, ...]:
    return shared_names(evaluator, asked.path, asked.names)


@answers(SharedReadsIn)
def _shared_reads(evaluator: Any, asked: SharedReadsIn) -> tuple[SharedRead, ...]:
    return tuple(shared_reads(evaluator, asked.path, asked.names))


def definitions_in(evaluator: Evaluator, path: ModulePath) -> tuple[Definition, ...]:
    """The definitions of a module that keep a QuerySet or share rows, in the order of its functions."""
    found = evaluator.table.report(DefinitionsIn(path))
    return tuple(definition for definition in found if definition.values or definition.is_shared)
