"""How large values become when they are written: what they share, and they do at every level, is repeated."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def expanded(values: Iterable[object], most: int) -> int:
    """How many parts there are in some values, each counted wherever it stands; a number above `most` where too many.

    Every value is looked at once. They have to live meanwhile: parts are told apart by identity.
    """
    known: dict[int, int] = {}
    count = 0
    for value in values:
        count += _size(value, known)
        if count > most:
            break
    return count


def _size(value: object, known: dict[int, int]) -> int:
    parts = _parts(value)
    if not parts:
        return 1
    size = known.get(id(value))
    if size is None:
        size = known[id(value)] = 1 + sum([_size(part, known) for part in parts])
    return size


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, (tuple, list, frozenset, set)):
        return value
    return [*value.keys(), *value.values()] if isinstance(value, dict) else ()
