"""Findings and a recording, joined by place: what each finding costs, and what was seen that no finding is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from qscache_lint.values import Cost, Finding
from qscache_lint.witness.cached_values import DEFINITIONS, CachedValue, CachedValues, value_of
from qscache_lint.witness.found_uses import USES, FoundUse, FoundUses
from qscache_lint.witness.merging import by_place
from qscache_lint.witness.places import At, RecordedPlaces, in_code
from qscache_lint.witness.records import RecordedStore, RecordedUse, Recording


class Verdict(str, Enum):
    """What a recording says of a finding."""

    CONFIRMED = "confirmed"
    NOT_SEEN = "not seen"
    """Its code ran, and nothing of the kind was recorded there."""
    NOT_EXECUTED = "not executed"
    UNKNOWN = "unknown"
    """Nothing of the kind was recorded, which says nothing: not all that ran is known."""
    NOT_TOLD_APART = "not told apart"
    """What was recorded was done here or at another place, and which of them is not known."""


@dataclass(frozen=True)
class Testimony:
    """What was recorded of one finding: of a cached value the stores and all that was done with it, else the uses."""

    verdict: Verdict
    stores: tuple[RecordedStore, ...] = ()
    uses: tuple[RecordedUse, ...] = ()

    @property
    def cost(self) -> Cost:
        """What it costs by itself: that of a stored value is not that of its uses."""
        return cost_of(self.stores or self.uses)


@dataclass(frozen=True)
class Unfound:
    """Something that was recorded in a file of the project, and that the analysis has no finding for."""

    record: RecordedStore | RecordedUse
    store: RecordedStore
    at: At

    @property
    def cost(self) -> Cost:
        return cost_of([self.record])


@dataclass(frozen=True)
class Joined:
    """The testimony on each finding that is about a cached value, and what no finding is about, the most costly first.

    `elsewhere` is what has a place in no file of the project; `changed` are its files that have changed since.
    """

    testimonies: Mapping[Finding, Testimony]
    unfound: tuple[Unfound, ...]
    elsewhere: frozenset[RecordedStore | RecordedUse]
    changed: tuple[str, ...]


def join(
    recording: Recording, findings: Sequence[Finding], paths: Collection[str], read: Callable[[str], bytes]
) -> Joined:
    """Join all that is found in a project, of which `paths` are the files, with a recording."""
    return _Join(recording, findings, RecordedPlaces(recording, paths, read)).joined


def cost_of(records: Iterable[RecordedStore | RecordedUse]) -> Cost:
    """What some records come to: of stores, what putting values in and handing them out took."""
    costs = [_cost(each) for each in records]
    return Cost(*map(sum, zip(*costs, strict=True))) if costs else Cost()


def _cost(record: RecordedStore | RecordedUse) -> Cost:
    if isinstance(record, RecordedUse):
        return Cost(record.milliseconds, record.rows, record.times)
    milliseconds = record.milliseconds + record.hit_milliseconds
    return Cost(milliseconds, record.rows + record.hit_rows, record.times + record.hits)


_ABOUT = (DEFINITIONS, USES)
"""How the codes begin of what is about cached values."""


class _Join:
    def __init__(self, recording: Recording, findings: Sequence[Finding], places: RecordedPlaces) -> None:
        self._recording = recording
        self._findings = findings
        self._places = places

    @property
    def joined(self) -> Joined:
        testimonies = {each: self._testimony(each) for each in self._findings if each.code.startswith(_ABOUT)}
        unfound = sorted(self._unfound(), key=lambda each: each.cost.heavy_first)
        recorded: list[RecordedStore | RecordedUse] = [*self._recording.stores, *self._recording.uses]
        return Joined(
            testimonies,
            tuple(unfound),
            frozenset(record for record in recorded if self._at(record) is None),
            tuple(sorted(self._changed)),
        )

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The files of the project in which something was recorded, and that are others now."""
        changed = (self._places.path_of(path) for path in self._paths if self._places.has_changed(path))
        return frozenset(path for path in changed if path is not None)

    @cached_property
    def _paths(self) -> frozenset[str]:
        """The files in which something was recorded."""
        records: list[RecordedStore | RecordedUse] = [*self._recording.stores, *self._recording.uses]
        return frozenset(each.place.path for each in records if each.place is not None)

    @cached_property
    def _values(self) -> dict[int, frozenset[CachedValue]]:
        """The cached values that each store is, by its number."""
        values = CachedValues(self._findings, self._places)
        return {store.id: values.of(store) for store in self._recording.stores}

    @cached_property
    def _used_by(self) -> list[FoundUse]:
        """The findings that each use may be, in the order of the recording."""
        uses = FoundUses(self._findings, self._places)
        return [uses.of(use, self._values[use.store]) for use in self._recording.uses]

    # -- findings

    def _testimony(self, finding: Finding) -> Testimony:
        stores = self._stores_of.get(value_of(finding), []) if finding.code.startswith(DEFINITIONS) else []
        uses = [use for store in stores for use in self._uses_of_store.get(store.id, ())]
        if not finding.code.startswith(DEFINITIONS):
            uses = self._uses_of.get(finding, [])
        verdict = Verdict.CONFIRMED if stores or uses else self._unconfirmed(finding)
        return Testimony(verdict, tuple(stores), tuple(uses))

    @cached_property
    def _stores_of(self) -> dict[CachedValue | None, list[RecordedStore]]:
        """The stores by the cached values that they are, where that is certain."""
        found: dict[CachedValue | None, list[RecordedStore]] = {}
        for store in self._recording.stores:
            if len(self._values[store.id]) == 1:
                (value,) = self._values[store.id]
                found.setdefault(value, []).append(store)
        return found

    @cached_property
    def _uses_of_store(self) -> dict[int, list[RecordedUse]]:
        found: dict[int, list[RecordedUse]] = {}
        for use in self._recording.uses:
            found.setdefault(use.store, []).append(use)
        return found

    @cached_property
    def _uses_of(self) -> dict[Finding, list[RecordedUse]]:
        """The uses by the findings that they confirm."""
        found: dict[Finding, list[RecordedUse]] = {}
        for use, (findings, is_told) in zip(self._recording.uses, self._used_by, strict=True):
            for finding in findings if is_told else ():
                found.setdefault(finding, []).append(use)
        return found

    def _unconfirmed(self, finding: Finding) -> Verdict:
        """What is said of a finding that nothing was recorded of for certain."""
        is_definition = finding.code.startswith(DEFINITIONS)
        if value_of(finding) in self._maybe_stored if is_definition else finding in self._maybe_used:
            return Verdict.NOT_TOLD_APART
        return self._executed(finding)

    @cached_property
    def _maybe_stored(self) -> frozenset[CachedValue]:
        """The values of stores that may be several."""
        return frozenset(value for values in self._values.values() if len(values) > 1 for value in values)

    @cached_property
    def _maybe_used(self) -> frozenset[Finding]:
        """The findings of uses that may be several."""
        return frozenset(finding for findings, is_told in self._used_by if not is_told for finding in findings)

    def _executed(self, finding: Finding) -> Verdict:
        """Whether the code of a finding of which nothing was recorded ran at all."""
        if self._ran is None or not finding.path.startswith(self._roots):
            return Verdict.UNKNOWN
        file, ran = self._places.file(finding.path), self._ran.get(finding.path, frozenset())
        if file.function(finding.span.start) in ran:
            return Verdict.UNKNOWN if self._recording.is_partial else Verdict.NOT_SEEN
        has_another_name = finding.path in self._changed and not all(map(file.has, ran))
        is_renamed = finding.path not in self._ran and any(map(file.has, self._ran_elsewhere))
        return Verdict.UNKNOWN if has_another_name or is_renamed else Verdict.NOT_EXECUTED

    @cached_property
    def _ran_elsewhere(self) -> frozenset[str]:
        """The functions that ran in files that the project does not have, or no longer under that name."""
        gone = {path: ran for path, ran in (self._recording.executed or {}).items() if not self._places.path_of(path)}
        names = {in_code(each.function) for functions in gone.values() for each in functions}
        return frozenset(names - {""})

    @cached_property
    def _ran(self) -> Mapping[str, frozenset[str]] | None:
        """The functions that ran, by file of the project; None where that is not known."""
        if self._recording.executed is None:
            return None
        return {
            path: frozenset(in_code(each.function) for each in functions)
            for recorded, functions in self._recording.executed.items()
            if (path := self._places.path_of(recorded)) is not None
        }

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        """The directories of the project, with a slash, that the recording saw: of what lies elsewhere it tells
        nothing. All of it is below "", none where no recorded file is one of the project.
        """
        recorded = {*self._paths, *(self._recording.executed or ())}
        pairs = ((path, self._places.path_of(path)) for path in recorded)
        return tuple({now.removesuffix(path) if now.endswith(path) else "" for path, now in pairs if now is not None})

    # -- what no finding is about

    def _unfound(self) -> Iterator[Unfound]:
        stores = {store.id: store for store in self._recording.stores}
        for store in self._recording.stores:
            at = self._at(store)
            if at is not None and not self._values[store.id]:
                yield Unfound(store, store, at)
        pairs = zip(self._recording.uses, self._used_by, strict=True)
        for use in by_place(use for use, found in pairs if not found.findings):
            store, at = stores[use.store], self._at(use)
            if at is not None and not self._is_fine(use, store):
                yield Unfound(use, store, at)

    def _is_fine(self, use: RecordedUse, store: RecordedStore) -> bool:
        """Whether a use is none that a rule is about: it reads rows, which is what caches are for, or takes a part of
        rows that are there for others."""
        if use.effect != "part":
            return use.effect == "read"
        match store.lifetime:
            case "scoped":
                return True
            case "memo":
                return not use.queries
            case "pickled":
                return any(other.effect == "read" for other in self._uses_of_store[store.id])

    def _at(self, record: RecordedStore | RecordedUse) -> At | None:
        """The place that a report names."""
        place = record.place if isinstance(record, RecordedUse) else record.function or record.place
        return None if place is None else self._places.at(place)
