"""Tuples, lists and dicts: their members, items and elements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, repeat
from typing import TypeAlias

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts import terms as fact
from qscache_lint.facts.model import AttributeStore, Escape, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import (
    MUTATORS,
    Attribute,
    Call,
    Compare,
    Container,
    Element,
    Entry,
    Item,
    Join,
    Member,
    Mutated,
    Narrowed,
    Not,
    Ref,
    Updated,
)
from qscache_lint.project.abstract import (
    ASYNC_ITERATOR,
    ITERATOR,
    Atom,
    Collection,
    Data,
    External,
    Literal,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.evaluation.callsites import given_under
from qscache_lint.project.evaluation.core import Context, Passed, Site, evaluates, first_constant
from qscache_lint.project.evaluation.entries import read_item
from qscache_lint.project.evaluation.memos import kept_in_entry
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.value_sets import draws_rows, instance_of

Constant: TypeAlias = "bool | int | str | None"

_ONCE = {"generator": ITERATOR, "async generator": ASYNC_ITERATOR}
_ELEMENT = Unknown("an element of something that is not followed")
_ITEM = Unknown("an item of something that is not followed")
_READING = frozenset({"copy", "get", "items", "keys", "pop", "values"})
"""Methods of Python's containers that put nothing in."""


@evaluates(Container)
def container(context: Context, term: Container, site: Site) -> Value:
    """A container with its members by key or position; what a comprehension gives is among the rest."""
    if term.kind in _ONCE:
        drawn = () if term.drawn is None else context.value(site.path, term.drawn, site.frame)
        return (Collection(_ONCE[term.kind]),) if draws_rows(drawn) else (Data("generator"),)
    members: dict[Constant, Value] = {}
    rest: list[Value] = []
    for position, entry in enumerate(term.entries):
        value = context.value(site.path, entry.value, site.frame)
        if term.kind == "dict" and entry.key is None:
            rest.append(_spread(value, members))
            continue
        key = position if entry.key is None else _constant(context, entry.key, site)
        if entry.star or key is None or (rest and term.kind != "dict"):
            rest.append(value)
            continue
        members[key] = value
    followed = _worth_following(members)
    closed = len(followed) == len(term.entries) and _stays_here(context.facts(site.path), site.ref, term)
    return (Collection(term.kind, followed, join(rest), closed),)


def _stays_here(facts: ModuleFacts, ref: Ref, term: Container) -> bool:
    """Whether nothing can put more into a display than what the facts follow.

    That is a tuple, a display of constants, or one of a function whose terms only read it, put it behind a star, or
    only hand it to one call.
    """
    index = facts.around(ref)
    if term.kind == "tuple" or (term.entries and all(_is_constant(facts, each) for each in term.entries)):
        return True
    if not index or len(facts.inside(index)) > 1:
        return False
    alike = same(facts, ref)
    kept = (AttributeStore, ItemStore, NameStore, Escape)
    if any(isinstance(event, kept) and event.value in alike for event in facts.functions[index].events):
        return False
    users = [(facts.terms[user], each) for each in alike for user in facts.users(each)]
    is_handed_on = len(users) == 1 and isinstance(users[0][0], Call)
    return is_handed_on or all(_only_reads(user, each) for user, each in users)


def _is_constant(facts: ModuleFacts, entry: Entry) -> bool:
    refs = (entry.value,) if entry.key is None else (entry.key, entry.value)
    return not entry.star and all(isinstance(facts.terms[ref], fact.Constant) for ref in refs)


def _only_reads(user: fact.Term, ref: Ref) -> bool:
    match user:
        case Attribute(name=name):
            return name in _READING or name in MUTATORS
        case Call(function=function, arguments=arguments):
            return function != ref and all(each.star for each in arguments if each.value == ref)
        case Mutated(again=again):
            return not again
        case Join() | Updated() | Narrowed() | Item() | Compare() | Not() | Element() | Member():
            return True
        case _:
            return False


def _constant(context: Context, ref: Ref, site: Site) -> Constant:
    """The one constant that a term comes to; None when there is none."""
    value = context.value(site.path, ref, site.frame)
    if len(value) == 1 and isinstance(value[0], Literal):
        return value[0].value
    return None


@evaluates(Updated)
def updated(context: Context, term: Updated, site: Site) -> Value:
    """A container after `base[key] = value`."""
    key = _constant(context, term.key, site)
    value = context.value(site.path, term.value, site.frame)
    found: list[Atom] = []
    for atom in context.value(site.path, term.base, site.frame):
        if isinstance(atom, Unknown) and key is not None:
            found.append(Collection("dict", ((key, value),), (atom,)))
        elif not isinstance(atom, Collection):
            found.append(atom)
        elif key is None:
            found.append(replace(atom, rest=join([atom.rest, value])))
        else:
            others = tuple(member for member in atom.members if member[0] != key)
            found.append(replace(atom, members=(*others, (key, value))))
    return tuple(dict.fromkeys(found))


@evaluates(Mutated)
def mutated(context: Context, term: Mutated, site: Site) -> Value:
    """A container after a method has put something in; anything else stays what it was."""
    passed = [(argument.keyword, context.value(site.path, argument.value, site.frame)) for argument in term.arguments]
    return join(
        (_with(atom, term.method, passed, again=term.again),) if isinstance(atom, Collection) else (atom,)
        for atom in map(_as_dict, context.value(site.path, term.base, site.frame), repeat(term.method))
    )


def _as_dict(atom: Atom, method: str) -> Atom:
    """Something unknown that is updated, as the dict which it is, with members that are unknown."""
    return Collection("dict", rest=(atom,)) if isinstance(atom, Unknown) and method == "update" else atom


def made(context: Context, kind: str, passed: Sequence[Passed]) -> Value:
    """A dict or an object that a call makes of its keyword arguments; its first argument may be another dict."""
    members: dict[Constant, Value] = {}
    rest: list[Value] = []
    for each in passed:
        if each.argument.keyword is not None:
            members[each.argument.keyword] = each.value
        else:
            rest.append(_spread(each.value, members))
    return (Collection(kind, tuple(members.items()), join(rest)),)


def call_container_method(context: Context, container: Collection, name: str, passed: Sequence[Passed]) -> Value:
    """What a method of a dict or list gives: its members in one form or another."""
    values = _element_of(context, _listed(container))
    key = first_constant(passed)
    match name:
        case "get" | "pop" | "setdefault" if container.kind == "dict":
            default = passed[1].value if len(passed) > 1 else (Literal(None),)
            return _entry(container, key, default) if passed else (Unknown(f"the result of dict.{name}()"),)
        case "items" if container.kind == "dict":
            return (Collection("list", rest=(Collection("tuple", ((0, (Data("key"),)), (1, values))),)),)
        case "values" if container.kind == "dict":
            return (Collection("list", rest=values),)
        case "copy":
            return (container,)
        case "pop" if container.kind == "list":
            return values
        case _:
            return (Data(name),)


def _entry(container: Collection, key: Constant, default: Value) -> Value:
    """What `get` gives: where all members are known, the one under the key or else the default; both otherwise."""
    if key is None or not container.is_closed:
        return join([pick(container, key), default])
    return pick(container, key) if any(known == key for known, _ in container.members) else default


def elements(context: Context, value: Value) -> Value:
    """What iterating over any of some values gives, one at a time."""
    return join(_element_of(context, atom) for atom in _filled(value))


def _filled(value: Value) -> Value:
    """A value without the containers that are empty on some paths, where others have members: one of those is read."""
    filled = tuple(atom for atom in value if not isinstance(atom, Collection) or atom.members or atom.rest)
    return filled if any(isinstance(atom, Collection) for atom in filled) else value


def members(context: Context, value: Value) -> Value:
    """What stands in any of some containers: of a dict its values, of others what iterating gives."""
    return elements(context, tuple(_listed(atom) for atom in value))


def _listed(atom: Atom) -> Atom:
    return replace(atom, kind="list") if isinstance(atom, Collection) else atom


@evaluates(Item)
def item(context: Context, term: Item, site: Site) -> Value:
    """`base[key]`: a member, a row, or what a hand-made memo keeps in a dict."""
    key = _constant(context, term.key, site)
    base = context.value(site.path, term.base, site.frame)
    kept = kept_in_entry(context, site.path, term.base, term.key)
    read = (read_item(context, atom.dotted, term.base, term.key, site) for atom in base if isinstance(atom, External))
    given = argument_under(context, term.base, term.key, site)
    return join([kept, given, *read, *(_item_of(context, atom, key) for atom in _filled(base))])


def argument_under(context: Context, base: Ref, key: Ref, site: Site) -> Value:
    """What callers give under a constant key, where `base` is the `**kwargs` of an open activation."""
    name = text(context.facts(site.path).terms[key])
    return given_under(context, site.path, base, name, site.frame) if name else ()


def _item_of(context: Context, atom: Atom, key: bool | int | str | None) -> Value:
    match atom:
        case Collection(kind=kind):
            return pick(atom, key if kind == "dict" else _from_the_end(atom, key))
        case QuerySet(model=model, plain=plain):
            return (instance_of(model) if plain else Data("row"),)
        case External(dotted=dotted) if not dotted.endswith("[][]"):
            return (External(f"{dotted}[]"),)
        case Data():
            return (Unknown("an item of plain data"),)
        case _:
            return (_ITEM,)


@evaluates(Member)
def member(context: Context, term: Member, site: Site) -> Value:
    """What unpacking gives at one position."""
    return join(
        pick(atom, _from_the_end(atom, term.position)) if isinstance(atom, Collection) else _element_of(context, atom)
        for atom in context.value(site.path, term.base, site.frame)
    )


@evaluates(Element)
def element(context: Context, term: Element, site: Site) -> Value:
    """What iterating gives, one at a time."""
    return elements(context, context.value(site.path, term.base, site.frame))


def _element_of(context: Context, atom: Atom) -> Value:
    match atom:
        case Collection(kind="dict"):
            return (Data("key"),)
        case Collection(members=members, rest=rest):
            return join([*(value for _, value in members), rest]) or (_ELEMENT,)
        case QuerySet(model=model, plain=True):
            return (instance_of(model),)
        case _:
            return (_ELEMENT,)


def _worth_following(members: dict[Constant, Value]) -> tuple[tuple[Constant, Value], ...]:
    """The members of a container; of a large one those that may lead somewhere."""
    if len(members) <= limits.CONTAINER_MEMBERS:
        return tuple(members.items())
    plain = (Literal, Data, Unknown)
    followed = ((key, value) for key, value in members.items() if not all(isinstance(atom, plain) for atom in value))
    return tuple(islice(followed, limits.CONTAINER_MEMBERS))


def _from_the_end(collection: Collection, key: Constant) -> Constant:
    """The position that a negative one means, where the length is known."""
    is_negative = isinstance(key, int) and not isinstance(key, bool) and key < 0
    if not is_negative or collection.rest or not isinstance(key, int):
        return key
    return sum(isinstance(place, int) for place, _ in collection.members) + key


def _spread(value: Value, members: dict[Constant, Value]) -> Value:
    """Put the members of dicts into `members`; what else they may have is given back."""
    rest: list[Value] = []
    for atom in value:
        if isinstance(atom, Collection) and atom.kind == "dict":
            members.update(atom.members)
            rest.append(atom.rest)
    return join(rest)


def _with(
    collection: Collection, method: str, passed: Sequence[tuple[str | None, Value]], *, again: bool = False
) -> Collection:
    """A container with what a method puts in, once or `again` and again."""
    positional = [value for keyword, value in passed if keyword is None]
    members = dict(collection.members)
    if collection.kind == "dict" and method == "update":
        added: dict[Constant, Value] = {}
        rest = [collection.rest, *(_spread(value, added) for value in positional)]
        added.update({keyword: value for keyword, value in passed if keyword is not None})
        if again:
            return replace(collection, rest=join([*rest, *added.values()]))
        return replace(collection, members=tuple((members | added).items()), rest=join(rest))
    if method == "append" and positional and not collection.rest and not again:
        return replace(collection, members=(*collection.members, (len(members), positional[0])))
    if method in ("append", "add", "insert", "setdefault"):
        return replace(collection, rest=join([collection.rest, *positional[-1:]]))
    others = (atom for value in positional for atom in value if isinstance(atom, Collection))
    inside = (member for other in others for _, member in other.members)
    return replace(collection, rest=join([collection.rest, *inside]))


def pick(collection: Collection, key: Constant) -> Value:
    """The member of a container at a key; every member when the key is unknown."""
    if key is not None:
        for known, value in collection.members:
            if known == key and type(known) is type(key):
                return value
        return collection.rest or (Unknown("a missing item"),)
    members = (value for _, value in collection.members)
    return (*join([*members, collection.rest]), Unknown("an item with an unknown key"))
