"""The hand-made memos of one module: which assignments fill a place only while it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from qscache_lint.facts.model import AttributeStore, FunctionFacts, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Ref
from qscache_lint.project.evaluation.core import Context, UnitReading, answers
from qscache_lint.project.handmade import MemoPlace, MemoPlaces, Root
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.questions import Reading

Assignment: TypeAlias = AttributeStore | ItemStore | NameStore


class MemoAssignment(msgspec.Struct, frozen=True):
    """An assignment that fills a place only while it is empty; or always, where a holder has the place (`held`)."""

    function: int
    event: Assignment
    place: MemoPlace
    held: bool = False


class ModuleMemos(msgspec.Struct):
    """The memos of one module, by the place they fill: whole values, and entries of dicts."""

    by_function: dict[int, list[MemoAssignment]] = {}
    values: dict[MemoPlace, list[MemoAssignment]] = {}
    entries: dict[MemoPlace, list[MemoAssignment]] = {}
    by_value: dict[Ref, list[MemoAssignment]] = {}

    def fill(self, memos: tuple[MemoAssignment, ...]) -> None:
        """Enter some memos."""
        for memo in memos:
            by_place = self.entries if isinstance(memo.event, ItemStore) else self.values
            self.by_function.setdefault(memo.function, []).append(memo)
            by_place.setdefault(memo.place, []).append(memo)
            self.by_value.setdefault(memo.event.value, []).append(memo)


class MemosIn(UnitReading[tuple[MemoAssignment, ...]], frozen=True):
    """The memos in the units of a module that may have some."""


class MemosByPlace(Reading[ModuleMemos], frozen=True):
    """The same memos, by what they fill and what they put there."""

    path: ModulePath


def memos_of(context: Context, path: str) -> ModuleMemos:
    """The memos of a module, by what they fill."""
    return context.ask(MemosByPlace(path))


@answers(MemosByPlace)
def _by_place(context: Context, asked: MemosByPlace) -> ModuleMemos:
    memos = ModuleMemos()
    memos.fill(context.ask(MemosIn(asked.path)))
    return memos


@answers(MemosIn)
def _read(context: Context, asked: MemosIn) -> tuple[MemoAssignment, ...]:
    facts = context.facts(asked.path)
    places = places_in(context, asked.path)
    return tuple(
        memo
        for index, function in context.project.making.functions(asked.path, facts)
        if index
        for memo in (*_assigned(places, index, function), *_set_by_default(places, index, facts))
    )


def places_in(context: Context, path: str) -> MemoPlaces:
    """The names that memos have for the places of a module."""
    return MemoPlaces(context.facts(path), context.knowledge.functions.handmade.requests)


def _assigned(places: MemoPlaces, index: int, function: FunctionFacts) -> Iterator[MemoAssignment]:
    """The memos that assignments of a function fill."""
    for event in function.events:
        if not isinstance(event, (AttributeStore, ItemStore, NameStore)):
            continue
        place = places.filled(event, index)
        around = places.of(event.base) if isinstance(event, AttributeStore) else None
        if place is not None:
            yield MemoAssignment(index, event, place)
        elif around is not None and around.root is Root.GLOBAL and isinstance(event, AttributeStore):
            yield MemoAssignment(index, event, around.attribute(event.name), held=True)


def _set_by_default(places: MemoPlaces, index: int, facts: ModuleFacts) -> Iterator[MemoAssignment]:
    """The memos that calls of `setdefault` in a function fill."""
    for ref, call in facts.of_kind(Call, index):
        place = places.entry_of(call)
        if place is not None:
            key, value = call.arguments
            store = ItemStore(call.function, key.value, value.value, (), facts.spans[ref], value.span)
            yield MemoAssignment(index, store, place)
