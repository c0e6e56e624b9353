"""Several recordings as one: of the workers of a test run, of the processes of a server, of several files."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from msgspec.structs import replace

from qscache_lint.witness.records import (
    Effect,
    Executed,
    Lifetime,
    RecordedPlace,
    RecordedStore,
    RecordedUse,
    Recording,
)

_MaybePlace: TypeAlias = RecordedPlace | None
StoreKey: TypeAlias = tuple[Lifetime, str, str, _MaybePlace, _MaybePlace, tuple[RecordedPlace, ...], str]
UseKey: TypeAlias = tuple[int, Effect, str, RecordedPlace, tuple[RecordedPlace, ...], bool]
_Record = TypeVar("_Record", RecordedStore, RecordedUse)

_DEFAULTS = RecordedStore.__struct_defaults__
_WITH_DEFAULT = RecordedStore.__struct_fields__[-len(_DEFAULTS) :]
NUMBERS = tuple(name for name, at_first in zip(_WITH_DEFAULT, _DEFAULTS, strict=True) if at_first in (0, 0.0))
"""What is counted and measured of stores, and some of it of uses: the fields that begin with 0."""


def merged(recordings: Sequence[Recording]) -> Recording:
    """One recording of what is in some, of which there is at least one: numbers are added, `most_…` are maxima.

    Stores and uses come in the order of their places, whatever the order of the recordings.
    """
    recordings = _with_places(recordings)
    first = recordings[0]
    stores = _stores(recordings)
    number = {identity(store): store.id for store in stores}
    return replace(
        first,
        tool=_several(each.tool for each in recordings),
        django=_several(each.django for each in recordings),
        python=_several(each.python for each in recordings),
        processes=sum(each.processes for each in recordings),
        incomplete=tuple(sorted({sentence for each in recordings for sentence in each.incomplete})),
        stores=stores,
        uses=_uses(recordings, number),
        files=_files(recordings),
        executed=_executed(recordings),
        is_partial=any(each.is_partial for each in recordings),
    )


def _with_places(recordings: Sequence[Recording]) -> Sequence[Recording]:
    """The same, with the places of stores that some know by their label alone, and others saw."""
    seen = {store.label: store for each in recordings for store in each.stores if store.place and store.label}
    return [replace(each, stores=tuple(_with_place(store, seen) for store in each.stores)) for each in recordings]


def _with_place(store: RecordedStore, seen: Mapping[str, RecordedStore]) -> RecordedStore:
    known = None if store.place else seen.get(store.label)
    if known is None:
        return store
    return replace(store, place=known.place, function=known.function, via=known.via, by=known.by)


def _stores(recordings: Iterable[Recording]) -> tuple[RecordedStore, ...]:
    """The stores, numbered anew."""
    found: dict[StoreKey, RecordedStore] = {}
    for store in (store for each in recordings for store in each.stores):
        key = identity(store)
        known = found.get(key)
        found[key] = store if known is None else _together(known, store)
    ordered = sorted(found.values(), key=lambda store: _order(identity(store)))
    return tuple(replace(store, id=number) for number, store in enumerate(ordered, 1))


def identity(store: RecordedStore) -> StoreKey:
    """What tells stores apart: also the callers of a helper of the project, if the function it stores is not known."""
    caller = () if store.function is not None or store.by else store.via[:1]
    label = "" if store.place else store.label
    return store.lifetime, store.store, store.by, store.place, store.function, caller, label


def _uses(recordings: Iterable[Recording], number: dict[StoreKey, int]) -> tuple[RecordedUse, ...]:
    """The uses, each with the new number of its store."""
    found: dict[UseKey, RecordedUse] = {}
    for each in recordings:
        keys = {store.id: identity(store) for store in each.stores}
        for use in each.uses:
            key = (number[keys[use.store]], use.effect, use.operation, use.place, use.via, use.is_cut)
            known = found.get(key)
            found[key] = replace(use, store=key[0]) if known is None else _together(known, use)
    return tuple(found[key] for key in sorted(found, key=_order))


def by_place(uses: Iterable[RecordedUse]) -> tuple[RecordedUse, ...]:
    """The uses, those of one place as one, whatever way led there."""
    found: dict[tuple[int, Effect, str, RecordedPlace], RecordedUse] = {}
    for use in uses:
        key = use.store, use.effect, use.operation, use.place
        known = found.get(key)
        found[key] = use if known is None else _together(known, use)
    return tuple(found.values())


def _together(one: _Record, other: _Record) -> _Record:
    """Two records of the same thing as one."""
    numbers = {name: _added(name)(getattr(one, name), getattr(other, name)) for name in NUMBERS if hasattr(one, name)}
    return replace(one, via=min(one.via, other.via, key=_order), **numbers)


def _added(name: str) -> Callable[[float, float], float]:
    return max if name.startswith("most_") else _sum


def _sum(one: float, other: float) -> float:
    """Microseconds are the end of it: what is behind depends on the order in which numbers are added."""
    return round(one + other, 3)


def _files(recordings: Iterable[Recording]) -> dict[str, str]:
    """What stands for the content of each file; nothing where the recordings saw different ones."""
    found: dict[str, str] = {}
    for path, digest in (pair for each in recordings for pair in each.files.items()):
        found[path] = digest if found.get(path, digest) == digest else ""
    return dict(sorted(found.items()))


def _executed(recordings: Sequence[Recording]) -> dict[str, tuple[Executed, ...]] | None:
    """What ran in any of them; None where one cannot tell."""
    found: dict[str, set[Executed]] = {}
    for each in recordings:
        if each.executed is None:
            return None
        for path, functions in each.executed.items():
            found.setdefault(path, set()).update(functions)
    return {path: tuple(sorted(found[path], key=lambda each: (each.row, each.function))) for path in sorted(found)}


def _several(versions: Iterable[str]) -> str:
    return ", ".join(sorted({each for several in versions for each in several.split(", ")}))


def _order(value: object) -> tuple[object, ...]:
    """What values of one shape are sorted by: nothing comes before something."""
    return tuple(_parts(value))


def _parts(value: object) -> Iterator[tuple[int, Hashable]]:
    match value:
        case None:
            yield 0, 0
        case int():
            yield 1, value
        case str():
            yield 2, value
        case RecordedPlace():
            yield from (
                part
                for each in (value.path, value.row, value.end_row, value.column, value.function)
                for part in _parts(each)
            )
        case tuple():
            yield from (part for each in value for part in _parts(each))
