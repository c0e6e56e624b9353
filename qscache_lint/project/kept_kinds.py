"""What a cache keeps beside or instead of a QuerySet: containers, and values without rows; where these come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from qscache_lint.facts.term_graph import origins
from qscache_lint.facts.terms import Ref
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import ONCE, Atom, Collection, Data, Instance, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager
from qscache_lint.values import Confidence, Step

Kinds: TypeAlias = tuple[str, ...]
"""Kinds of values, each in one or two words."""

_CONTAINERS = ("list", "tuple", "set", "dict")
"""The containers that code may take for a QuerySet: they can be iterated, and have no method of it."""

LISTS, SEQUENCES = ("list",), ("list", "tuple")
"""Those of which a memo hands out the very object, and those of which it hands out the very rows."""

RAW, MANAGER, RELATED = "RawQuerySet", "manager", "related manager"

_SHARED = (Store.PICKLED, Store.MEMO)


class Rowless(msgspec.Struct, frozen=True):
    """A kept value without rows: what it is, and how sure that is."""

    kind: str
    confidence: Confidence = Confidence.HIGH


def container_kinds(value: Value) -> Kinds:
    """The kinds of containers among the atoms of a value."""
    found = {atom.kind for atom in value if isinstance(atom, Collection)}
    return tuple(kind for kind in _CONTAINERS if kind in found)


def empty_kinds(value: Value) -> Kinds:
    """The kinds of containers among the atoms of a value which have nothing in them, as `[]` for "nothing found"."""
    filled = container_kinds(tuple(atom for atom in value if not (isinstance(atom, Collection) and atom.is_empty)))
    return tuple(kind for kind in container_kinds(value) if kind not in filled)


def rowless(value: Value) -> tuple[Rowless, ...]:
    """What of a value keeps no rows, by whichever path."""
    return tuple(dict.fromkeys(found for atom in value if (found := _rowless(atom)) is not None))


def _rowless(atom: Atom) -> Rowless | None:
    match atom:
        case Collection(kind=kind) if kind in ONCE:
            return Rowless(kind)
        case Data(what="raw"):
            return Rowless(RAW)
        case Manager(related=related, confidence=confidence):
            return Rowless(RELATED if related else MANAGER, confidence)
        case _:
            return None


def is_rows(evaluator: Evaluator, value: Value, kinds: Kinds) -> bool:
    """Whether a value is always a container, of some kinds, in which there are rows of a model."""
    return bool(value) and all(
        isinstance(atom, Collection)
        and atom.kind in kinds
        and any(is_row_of_model(evaluator, inner) for inner in atom.leaves)
        for atom in value
    )


def is_row_of_model(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is an instance of a model."""
    if not isinstance(atom, Instance):
        return False
    return not isinstance(atom.of, ClassId) or evaluator.classes.kind(atom.of) == "model"


def lost_in(store: Store, found: Iterable[Rowless]) -> tuple[Rowless, ...]:
    """Those that lose something in a kind of store.

    An object or request may keep a manager as another name for it, and the rows of a raw query that were read.
    """
    return tuple(each for each in found if each.kind in ONCE or store in _SHARED)


def places(evaluator: Evaluator, path: str, ref: Ref, kinds_of: Callable[[Value], Kinds]) -> Iterator[Step]:
    """The terms that a term may be, by whichever branch, which are of some kinds."""
    for each in origins(evaluator.facts(path), ref):
        kinds = kinds_of(evaluator.value(path, each))
        if kinds:
            article = "an" if kinds[0][0] in "aeiou" else "a"
            yield evaluator.step(path, each, f"{article} {kinds[0]} comes from here")
