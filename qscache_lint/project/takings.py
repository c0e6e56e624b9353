"""Takings: which terms and statements of a module take a value, and in which way; told from the facts alone.

What they do with it is said by `demands`, where it is known what the value is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec

from qscache_lint.facts.model import AttributeStore, Escape, ItemStore, Iteration, NameStore, Test
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import (
    Argument,
    Attribute,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Free,
    Guard,
    Import,
    Item,
    Join,
    Member,
    Mutated,
    Name,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Term,
    Text,
    Updated,
    operands,
    same_object,
)
from qscache_lint.project.evaluation.binding import text, written
from qscache_lint.values import Span

_BEHIND_STAR = 1 << 16
"""The position of an argument behind a star whose members are unknown: no row names it, `rest` takes it."""


class Way(Enum):
    """How a value is taken."""

    METHOD = "a method is called on it"
    BOUND = "an attribute is read from it, or a method without being called"
    SET = "an attribute of it is set"
    OPERATOR = "an operator, a statement or a protocol of Python's takes it"
    ARGUMENT = "a call gets it"
    ATTRIBUTE = "an attribute gets it"
    RETURNED = "the function returns it"
    HELD = "a container holds it"
    STORED = "an item, or a variable that outlives the function, gets it"
    GLOBAL = "a variable of the module gets it"
    DEFAULT = "a parameter has it as its default"
    CAPTURED = "a nested function may use it"
    ELSEWHERE = "it goes where nothing follows it"


class Handed(msgspec.Struct, frozen=True):
    """The place that an argument has in a call; `entry` names one in a list or dict (see `knowledge.model.Slot`)."""

    call: Call
    argument: Argument
    position: int
    entry: str = ""


class Taking(msgspec.Struct, frozen=True):
    """One place that takes the value of a term.

    `user` is the term that takes it; None for a statement, which has the tests on the way to it as `guards`. `symbol`
    names the method, attribute or operator, as the tables do. `span` is what a finding names, `base` the object that an
    attribute is set on, `owner` the class whose body binds it.
    """

    value: Ref
    way: Way
    span: Span
    user: Ref | None = None
    symbol: str = ""
    handed: Handed | None = None
    base: Ref | None = None
    owner: int | None = None
    guards: tuple[Guard, ...] = ()


_TAKING_NOTHING = (Name, Constant, Parameter, Free, Import, Join, Not, Element, Member)
"""Most terms are one of these: they are told first. What iterates has a statement of its own."""


def takings(facts: ModuleFacts, user: Ref) -> Iterator[Taking]:
    """What a term takes, in the order in which it is written. A step to the very same object takes nothing."""
    if isinstance(facts.terms[user], _TAKING_NOTHING):
        return
    match facts.terms[user]:
        case Call() as call:
            yield from _by_call(facts, user, call)
        case Item(key=key, at=at) as term:
            yield from _by_operator(term, user, at)
            yield Taking(key, Way.ELSEWHERE, at, user)
        case Slice(at=at) | Binary(at=at) as term:
            yield from _by_operator(term, user, at)
        case Compare() | Text() | Opaque(reason="match") as term:
            yield from _by_operator(term, user, facts.spans[user])
        case Mutated(arguments=arguments):
            yield from (Taking(each.value, Way.ELSEWHERE, each.span, user) for each in arguments)
        case Attribute(base=base, name=name, at=at) if not _is_only_called(facts, user):
            yield Taking(base, Way.BOUND, at, user, name)
        case Container(entries=entries):
            yield from (Taking(each.key, Way.ELSEWHERE, each.span, user) for each in entries if each.key is not None)
            yield from (Taking(each.value, Way.HELD, each.span, user) for each in entries)
        case Attribute():
            return
        case term if same_object(term) is None:
            yield from (Taking(each, Way.ELSEWHERE, facts.spans[user], user) for each in operands(term))


def _by_call(facts: ModuleFacts, user: Ref, call: Call) -> Iterator[Taking]:
    method = facts.terms[call.function]
    if isinstance(method, Attribute):
        yield Taking(method.base, Way.METHOD, method.at, user, method.name)
    elif isinstance(method, Call) and (named := _by_name(facts, method)):
        owner, name = method.arguments
        yield Taking(owner.value, Way.METHOD, name.span, user, named)
    for handed, value, span in _handed(facts, call):
        yield Taking(value, Way.ARGUMENT, span, user, handed=handed)


def _by_name(facts: ModuleFacts, call: Call) -> str:
    """The name in `getattr(rows, "filter")`, which is `rows.filter`; "" for any other call."""
    if len(call.arguments) != 2 or facts.terms[call.function] != Name("getattr"):
        return ""
    return "" if any(each.star for each in call.arguments) else text(facts.terms[call.arguments[1].value])


def _is_only_called(facts: ModuleFacts, attribute: Ref) -> bool:
    """Whether all that other terms make of an attribute is a call of it."""
    users = [facts.terms[user] for user in facts.users(attribute)]
    return bool(users) and all(isinstance(each, Call) and each.function == attribute for each in users)


def _by_operator(term: Term, user: Ref, at: Span) -> Iterator[Taking]:
    """What an operator or protocol of Python's takes, under the symbol that the tables have for it."""
    return (Taking(value, Way.OPERATOR, at, user, symbol) for value, symbol in _operated(term))


def _operated(term: Term) -> Iterator[tuple[Ref, str]]:
    match term:
        case Item(base=base):
            yield base, "[]"
        case Slice(base=base, step=step):
            yield base, "[:]" if step is None else "[::]"
        case Binary(operator=operator, left=left, right=right):
            yield from ((left, operator), (right, operator))
        case Compare(operator="in" | "not in" as operator, left=left, right=right):
            yield from ((left, "=="), (right, operator))
        case Compare(operator=operator, left=left, right=right):
            yield from ((left, operator), (right, operator))
        case Text(parts=parts):
            yield from ((each, "f-string") for each in parts)
        case Opaque(operands=parts):
            yield from ((each, "match") for each in parts)


def _handed(facts: ModuleFacts, call: Call) -> Iterator[tuple[Handed, Ref, Span]]:
    """The arguments of a call, and what stands in a list or dict among them."""
    is_behind = False
    for position, argument in enumerate(written(facts, call)):
        handed = Handed(call, argument, _BEHIND_STAR if is_behind else position)
        yield handed, argument.value, argument.span
        is_behind = is_behind or argument.star == "*"
        container = facts.terms[argument.value]
        for entry in container.entries if isinstance(container, Container) and not argument.star else ():
            key = "[]" if entry.key is None else text(facts.terms[entry.key])
            if key:
                yield msgspec.structs.replace(handed, entry=key), entry.value, entry.span
        for each, put in _put_in(facts, argument) if argument.star == "**" else ():
            named = Argument(put.value, text(facts.terms[put.key]), "", value_span(facts, each, put))
            yield Handed(call, named, _BEHIND_STAR), named.value, named.span


def _put_in(facts: ModuleFacts, argument: Argument) -> Iterator[tuple[Ref, Updated]]:
    """What was put under a constant key into the dict that stands behind a star, the last one of each key."""
    pending: list[tuple[Ref, frozenset[str]]] = [(argument.value, frozenset())]
    seen: set[Ref] = set()
    while pending:
        ref, later = pending.pop()
        if ref in seen:
            continue
        seen.add(ref)
        match facts.terms[ref]:
            case Join(choices=choices):
                pending.extend((choice.value, later) for choice in choices)
            case Updated(base=base, key=key) as term:
                name = text(facts.terms[key])
                if name and name not in later:
                    yield ref, term
                pending.append((base, later | {name}))


def value_span(facts: ModuleFacts, ref: Ref, put: Updated) -> Span:
    """Where the value stands that a statement puts into a dict."""
    events = facts.functions[facts.around(ref)].events
    stores = (event for event in events if isinstance(event, ItemStore))
    spans = (event.value_span for event in stores if (event.key, event.value) == (put.key, put.value))
    return next(spans, facts.spans[put.value])


def terms_taking(facts: ModuleFacts, ref: Ref) -> Iterator[Taking]:
    """What other terms take of one. Between it and a call may stand a method's name, or a list or dict."""
    users = facts.users(ref)
    calls = (call for user in users for each in _holding(facts, user) for call in _calls(facts, each))
    for user in dict.fromkeys((*users, *calls)):
        yield from (taking for taking in takings(facts, user) if taking.value == ref)


def _holding(facts: ModuleFacts, user: Ref) -> Iterable[Ref]:
    """The terms that a call gets in place of what they hold."""
    match facts.terms[user]:
        case Attribute() | Container():
            return (user,)
        case Call() as call if _by_name(facts, call):
            return (user,)
        case Updated():
            return reached((user,), lambda each: _users_of_kind(facts, each, (Join, Updated)))
        case _:
            return ()


def _calls(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    return _users_of_kind(facts, ref, (Call,))


def _users_of_kind(facts: ModuleFacts, ref: Ref, kinds: tuple[type[Term], ...]) -> Iterator[Ref]:
    return (user for user in facts.users(ref) if isinstance(facts.terms[user], kinds))


def statements(facts: ModuleFacts, index: int) -> Iterator[Taking]:
    """What the statements of a function take, bodies of classes included, and its nested functions by its variables."""
    function = facts.functions[index]
    for event in function.events:
        match event:
            case Iteration(value=value, span=span):
                yield Taking(value, Way.OPERATOR, span, symbol="for", guards=event.guards)
            case Test(value=value, span=span):
                yield Taking(value, Way.OPERATOR, span, symbol="if", guards=event.guards)
            case AttributeStore(base=base, name=name, value=value, value_span=span):
                yield Taking(value, Way.ATTRIBUTE, span, symbol=name, base=base, guards=event.guards)
                yield Taking(base, Way.SET, event.span, symbol=name, guards=event.guards)
            case Escape(value=value, span=span):
                yield Taking(value, Way.ELSEWHERE, span, guards=event.guards)
            case ItemStore(value=value, value_span=span) | NameStore(value=value, value_span=span):
                yield Taking(value, Way.STORED, span, guards=event.guards)
    for returned in function.returns:
        yield Taking(returned.value, Way.RETURNED, returned.span, symbol=function.name, guards=returned.guards)
    for number in facts.classes_in(index):
        for name, bindings in facts.classes[number].members.items():
            for each in bindings:
                yield Taking(each.value, Way.ATTRIBUTE, each.value_span, symbol=name, owner=number)
    yield from (Taking(each, Way.DEFAULT, facts.spans[each]) for each in facts.defaults_in(index))
    yield from _seen_elsewhere(facts, index)


def _seen_elsewhere(facts: ModuleFacts, index: int) -> Iterator[Taking]:
    """What other functions may see through variables: all of a module, and those that nested functions name."""
    bindings = facts.functions[index].bindings
    if not index:
        every = (each for bound in bindings.values() for each in bound)
        yield from (Taking(each.value, Way.GLOBAL, each.value_span) for each in every)
        return
    inner = facts.inside(index)
    names = {term.name for each in inner for _, term in facts.of_kind(Free, each) if term.function == index}
    for name in sorted(names):
        yield from (Taking(each.value, Way.CAPTURED, each.value_span) for each in bindings.get(name, ()))
    for ref, parameter in facts.of_kind(Parameter, index) if names else ():
        if parameter.name in names:
            yield Taking(ref, Way.CAPTURED, facts.spans[ref])
