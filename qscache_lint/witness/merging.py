"""Several recordings as one: those of the workers of a test run, of the processes of a server, of several runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from qscache_lint.witness.records import Effect, Executed, Lifetime, Place, Recording, Store, Use

StoreKey = tuple[Lifetime, str, Place | None, Place | None, tuple[Place, ...]]
UseKey = tuple[int, Effect, str, Place]


def identity(store: Store) -> StoreKey:
    """What tells stores apart: also the callers of a helper that stores for them, if no cached function is known."""
    caller = store.via[:1] if store.function is None else ()
    return store.lifetime, store.store, store.place, store.function, caller


def merged(recordings: Sequence[Recording]) -> Recording:
    """One recording with the sums. Of a file that was changed in between, the last one's bytes count."""
    first = recordings[0]
    stores: dict[StoreKey, Store] = {}
    uses: dict[UseKey, Use] = {}
    for recording in recordings:
        ids = {store.id: _entered(stores, store) for store in recording.stores}
        for use in recording.uses:
            _add(uses, replace(use, store=ids[use.store]))
    return replace(
        first,
        processes=sum(recording.processes for recording in recordings),
        incomplete=tuple(dict.fromkeys(sentence for recording in recordings for sentence in recording.incomplete)),
        stores=tuple(stores.values()),
        uses=tuple(uses.values()),
        files={path: content for recording in recordings for path, content in recording.files.items()},
        executed=_executed(recordings),
    )


def _entered(stores: dict[StoreKey, Store], store: Store) -> int:
    """Add a store to those that are there, and tell the number that it has among them."""
    key = identity(store)
    known = stores.get(key)
    stores[key] = replace(store, id=len(stores) + 1) if known is None else _sum(known, store)
    return stores[key].id


def _sum(one: Store, other: Store) -> Store:
    return replace(
        one,
        times=one.times + other.times,
        rows=one.rows + other.rows,
        most_rows=max(one.most_rows, other.most_rows),
        bytes=one.bytes + other.bytes,
        most_bytes=max(one.most_bytes, other.most_bytes),
        queries=one.queries + other.queries,
        milliseconds=one.milliseconds + other.milliseconds,
        hits=one.hits + other.hits,
        hit_rows=one.hit_rows + other.hit_rows,
        hit_bytes=one.hit_bytes + other.hit_bytes,
        hit_milliseconds=one.hit_milliseconds + other.hit_milliseconds,
    )


def _add(uses: dict[UseKey, Use], use: Use) -> None:
    key = use.store, use.effect, use.operation, use.place
    known = uses.get(key)
    uses[key] = (
        use
        if known is None
        else replace(
            known,
            times=known.times + use.times,
            queries=known.queries + use.queries,
            rows=known.rows + use.rows,
            milliseconds=known.milliseconds + use.milliseconds,
        )
    )


def _executed(recordings: Iterable[Recording]) -> dict[str, tuple[Executed, ...]] | None:
    """What ran in any of them; unknown where one of them cannot tell, since it may have run there."""
    ran: dict[str, dict[Executed, None]] = {}
    for recording in recordings:
        if recording.executed is None:
            return None
        for path, functions in recording.executed.items():
            ran.setdefault(path, {}).update(dict.fromkeys(functions))
    return {path: tuple(sorted(found, key=lambda each: (each.row, each.function))) for path, found in ran.items()}
