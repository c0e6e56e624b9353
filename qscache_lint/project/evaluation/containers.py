"""Tuples, lists and dicts: their members, items and elements."""

from __future__ import annotations

from dataclasses import replace

from qscache_lint.facts.model import Container, Element, Item, Member, Ref, Updated
from qscache_lint.project.abstract import (
    Atom,
    Collection,
    Data,
    External,
    Literal,
    QuerySet,
    Unknown,
    Value,
    instance_of,
    join,
)
from qscache_lint.project.evaluation.core import Core, Site
from qscache_lint.project.evaluation.memos import Memos
from qscache_lint.project.evaluation.stores import Stores


class Containers:
    """Tuples, lists and dicts: their members, items and elements."""

    def __init__(self, core: Core, memos: Memos, stores: Stores) -> None:
        self._core = core
        self._memos = memos
        self._stores = stores

    def container(self, term: Container, site: Site) -> Value:
        """A container with its members by key or position; a comprehension keeps none."""
        if term.kind == "generator":
            return (Data("generator"),)
        members: list[tuple[bool | int | str | None, Value]] = []
        rest: list[Value] = []
        for position, entry in enumerate(term.entries):
            value = self._core.value(site.path, entry.value, site.frame)
            key = position if entry.key is None else self._constant(entry.key, site)
            if entry.star or key is None or (rest and term.kind != "dict"):
                rest.append(() if entry.star else value)
                continue
            members.append((key, value))
        return (Collection(term.kind, tuple(members), join(rest)),)

    def _constant(self, ref: Ref, site: Site) -> bool | int | str | None:
        """The one constant that a term comes to; None when there is none."""
        value = self._core.value(site.path, ref, site.frame)
        if len(value) == 1 and isinstance(value[0], Literal):
            return value[0].value
        return None

    def updated(self, term: Updated, site: Site) -> Value:
        """A container after `base[key] = value`."""
        key = self._constant(term.key, site)
        value = self._core.value(site.path, term.value, site.frame)
        found: list[Atom] = []
        for atom in self._core.value(site.path, term.base, site.frame):
            if not isinstance(atom, Collection):
                found.append(atom)
            elif key is None:
                found.append(replace(atom, rest=join([atom.rest, value])))
            else:
                others = tuple(member for member in atom.members if member[0] != key)
                found.append(replace(atom, members=(*others, (key, value))))
        return tuple(dict.fromkeys(found))

    def item(self, term: Item, site: Site) -> Value:
        """`base[key]`: a member, a row, or what a hand-made memo keeps in a dict."""
        key = self._constant(term.key, site)
        base = self._core.value(site.path, term.base, site.frame)
        kept = self._memos.kept_in_entry(site.path, term.base, term.key)
        read = (
            self._stores.read_item(atom.dotted, term.base, term.key, site)
            for atom in base
            if isinstance(atom, External)
        )
        return join([kept, *read, *(self._item_of(atom, key) for atom in base)])

    def _item_of(self, atom: Atom, key: bool | int | str | None) -> Value:
        match atom:
            case Collection():
                return pick(atom, key)
            case QuerySet(model=model, plain=plain):
                return (instance_of(model) if plain else Data("row"),)
            case External(dotted=dotted):
                return (External(f"{dotted}[]"),)
            case Data():
                return (Unknown("an item of data"),)
            case _:
                return (Unknown("an item"),)

    def member(self, term: Member, site: Site) -> Value:
        """What unpacking gives at one position."""
        return join(
            pick(atom, term.position) if isinstance(atom, Collection) else self._element_of(atom)
            for atom in self._core.value(site.path, term.base, site.frame)
        )

    def element(self, term: Element, site: Site) -> Value:
        """What iterating gives, one at a time."""
        return join(self._element_of(atom) for atom in self._core.value(site.path, term.base, site.frame))

    def _element_of(self, atom: Atom) -> Value:
        match atom:
            case Collection(kind="dict"):
                return (Data("key"),)
            case Collection(members=members, rest=rest):
                return join([*(value for _, value in members), rest]) or (Unknown("an element"),)
            case QuerySet(model=model, plain=True):
                return (instance_of(model),)
            case _:
                return (Unknown("an element"),)


def pick(collection: Collection, key: bool | int | str | None) -> Value:
    """The member of a container at a key; every member when the key is unknown."""
    if key is not None:
        for known, value in collection.members:
            if known == key and type(known) is type(key):
                return value
        return collection.rest or (Unknown("a missing member"),)
    members = (value for _, value in collection.members)
    return (*join([*members, collection.rest]), Unknown("an unknown key"))
