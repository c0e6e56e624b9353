"""Serializers: which calls and assignments turn a value into bytes, in the code and in what an activation runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import made_of
from qscache_lint.facts.terms import Argument, Attribute, Call, Choice, Free, Guard, Item, Parameter, Ref, Term
from qscache_lint.knowledge.cache_rows import Serializer
from qscache_lint.project import abstract
from qscache_lint.project.abstract import External, Frame, Function, Value
from qscache_lint.project.evaluation.binding import callees, written
from qscache_lint.project.evaluation.branches import excluded
from qscache_lint.project.evaluation.containers import members
from qscache_lint.project.evaluation.core import Context, Passed, Site, answers, reaches_caches
from qscache_lint.project.evaluation.module_memos import places_in
from qscache_lint.project.handmade import MemoPlace, Root
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.marks import all_marked, is_marked
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import all_querysets
from qscache_lint.values import Span

_REQUEST = "django.http.HttpRequest()."


class Serializing(msgspec.Struct, frozen=True):
    """One expression that a serializer gets: its term, where it stands, and the row that speaks of the serializer.

    `call` is the call that serialises it, None for an assignment to an item. `level`: not the value itself is
    serialised, but its members (1), or their members (2).
    """

    path: ModulePath
    value: Ref
    span: Span
    row: Serializer
    dotted: str
    call: Call | None = None
    level: int = 0

    def serialised(self, context: Context, frame: Frame | None) -> Value:
        """What becomes bytes in an activation."""
        value = context.value(self.path, self.value, frame)
        for _ in range(self.level):
            value = members(context, value)
        return value


class SerializersIn(Question[tuple[Serializing, ...]], frozen=True):
    """What an activation gives to serializers of the marked QuerySets that it has, itself or by calling others."""

    bottom: ClassVar[tuple[Serializing, ...]] = ()

    frame: Frame

    @property
    def cut(self) -> tuple[Serializing, ...]:
        """Nothing is known to be serialised."""
        return ()


def at_call(context: Context, site: Site, call: Call) -> Iterator[Serializing]:
    """The arguments that a call serialises, be it by what `functools.partial` holds back."""
    arguments = written(context.facts(site.path), call)
    partials = context.knowledge.querysets.constructors.partial
    for dotted in _names(context, site, call.function):
        row = context.knowledge.serializers.get(dotted)
        if dotted in partials and arguments:
            held = Call(arguments[0].value, arguments[1:])
            yield from at_call(context, site, held)
        elif row is not None and not _runs_here(context.facts(site.path), site.ref, row):
            for position, argument in enumerate(arguments):
                yield from _taken(site.path, row, dotted, call, position, argument)


def at_item(context: Context, path: ModulePath, event: ItemStore, frame: Frame | None = None) -> Iterator[Serializing]:
    """`request.session[key] = rows`, and `shelf[key] = rows` of what the tables know by its class."""
    for name in _objects(context, Site(path, event.base, frame), event.base):
        dotted = f"{name.removesuffix('[]')}.__setitem__"
        row = context.knowledge.serializers.get(dotted)
        if row is not None:
            yield Serializing(path, event.value, event.value_span, row, dotted)


def handing_over(context: Context, site: Site, call: Call, argument: Argument) -> tuple[Serializing, ...]:
    """What functions of the project that a call runs give to serializers of the QuerySets in one argument."""
    ask = partial(context.value, site.path)
    passed = tuple(
        Passed.known(each, all_marked(ask(each.value, site.frame)))
        if each == argument
        else Passed(each, partial(ask, each.value, site.frame))
        for each in written(context.facts(site.path), call)
    )
    return tuple(dict.fromkeys(_behind(context, site, call, passed)))


def serialises_given(context: Context, identity: FunctionId, names: Collection[str]) -> bool:
    """Whether a function serialises a QuerySet that some of its parameters may be given."""
    parameters = context.facts(identity.path).functions[identity.index].parameters
    arguments = tuple((each.name, _any(each.kind)) for each in parameters if each.name in names)
    return bool(context.ask(SerializersIn(Frame.enter(identity, arguments, None))))


def _any(kind: str) -> Value:
    """What a parameter may hold that is given a QuerySet: of `*args`, each of the first few may be one."""
    given = all_marked((QuerySet(),))
    match kind:
        case "*":
            return (abstract.Collection("tuple", tuple((place, given) for place in range(limits.STARRED_ARGUMENTS))),)
        case "**":
            return (abstract.Collection("dict", rest=given),)
        case _:
            return given


@answers(SerializersIn)
def _in_activation(context: Context, asked: SerializersIn) -> tuple[Serializing, ...]:
    return tuple(dict.fromkeys(_seen(context, asked.frame)))


def _seen(context: Context, frame: Frame) -> Iterator[Serializing]:
    facts, path = context.facts(frame.of.path), frame.of.path
    names = [name for name, value in frame.arguments if _is_given(value)]
    given = set(made_of(facts, frame.of.index, names)) if names else set()
    for index in facts.inside(frame.of.index) if given else ():
        inner = frame if index == frame.of.index else _nested(facts, frame, index)
        for ref, call in facts.of_kind(Call, index):
            if any(each.value in given for each in call.arguments) and _may_lead(context, facts, path, call):
                yield from _by_call(context, Site(path, ref, inner), call)
        for event in facts.functions[index].events:
            if isinstance(event, ItemStore) and event.value in given:
                stored = at_item(context, path, event, inner)
                yield from _reached(context, Site(path, event.base, inner), event.guards, stored)


def _by_call(context: Context, site: Site, call: Call) -> Iterator[Serializing]:
    """What a call of an activation serialises of marked arguments, itself or by what it runs."""
    guards = context.facts(site.path).conditions.get(site.ref, ())
    if _may_be_serializer(context, site, call):
        yield from _reached(context, site, guards, at_call(context, site, call))
    behind = tuple(_behind(context, site, call, context.passed(call, site)))
    if behind and _is_reached(context, site, guards):
        yield from behind


def _reached(
    context: Context, site: Site, guards: tuple[Guard, ...], found: Iterable[Serializing]
) -> Iterator[Serializing]:
    """Those that serialise something marked, where the tests on the way let the activation pass."""
    given = [each for each in found if _is_given(each.serialised(context, site.frame))]
    if given and _is_reached(context, site, guards):
        yield from given


def _may_be_serializer(context: Context, site: Site, call: Call) -> bool:
    """Whether what is called may be a serializer of the tables, by the name of its method."""
    term = context.facts(site.path).terms[call.function]
    return not isinstance(term, Attribute) or term.name in context.knowledge.serializing_names


def _behind(context: Context, site: Site, call: Call, passed: tuple[Passed, ...]) -> Iterator[Serializing]:
    """What the functions of the project that a call runs serialise of marked arguments.

    The arguments are evaluated last: most calls run no function of the project.
    """
    for atom in context.value(site.path, call.function, site.frame):
        for function, given in callees(context, atom, passed, site):
            if not any(_is_given(each.value) for each in passed):
                return
            frame = context.activation(function, given)
            if any(_is_given(value) for _, value in frame.arguments):
                yield from context.ask(SerializersIn(frame))


def _nested(facts: ModuleFacts, frame: Frame, index: int) -> Frame:
    """The activation of a function that stands in that of `frame`: what it is called with is not known."""
    parent = facts.functions[index].parent
    outer = frame if parent in (None, frame.of.index) else _nested(facts, frame, parent)
    return Frame.enter(FunctionId(frame.of.path, index), (), outer)


def _may_lead(context: Context, facts: ModuleFacts, path: ModulePath, call: Call) -> bool:
    """Whether a call in a function that is given something may serialise it: by its names, or by what it is given."""
    refs = (call.function, *(argument.value for argument in call.arguments))
    return _is_of_parameter(facts, call.function) or any(reaches_caches(context, path, ref) for ref in refs)


def _is_of_parameter(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a term is a parameter, or a method of one."""
    term: Term = facts.terms[ref]
    while isinstance(term, (Attribute, Item)):
        term = facts.terms[term.base]
    return isinstance(term, (Parameter, Free))


def _is_reached(context: Context, site: Site, guards: tuple[Guard, ...]) -> bool:
    return not guards or excluded(context, Choice(site.ref, guards), site) is None


def _is_given(value: Value) -> bool:
    return any(map(is_marked, all_querysets(value)))


def _taken(
    path: ModulePath, row: Serializer, dotted: str, call: Call, position: int, argument: Argument
) -> Iterator[Serializing]:
    """The argument, if a row says that it is serialised; of some only the members are."""
    if not row.value:
        yield Serializing(path, argument.value, argument.span, row, dotted, call)
    for slot in () if argument.star else row.value:
        if slot.takes(position, argument.keyword, slot.entry):
            yield Serializing(path, argument.value, argument.span, row, dotted, call, slot.entry.count("[]"))


def _runs_here(facts: ModuleFacts, ref: Ref, row: Serializer) -> bool:
    """Whether what a call gives is only run at once, in this process."""
    users = [facts.terms[user] for user in facts.users(ref)] if row.runs_here else []
    return bool(users) and all(
        (isinstance(term, Call) and term.function == ref and "()" in row.runs_here)
        or (isinstance(term, Attribute) and f".{term.name}()" in row.runs_here)
        for term in users
    )


def _names(context: Context, site: Site, ref: Ref) -> Iterator[str]:
    """The full names outside the project that a term may have.

    Those of a function are what its decorators make of it, those of a method also that of one of the request's session.
    """
    value = context.value(site.path, ref, site.frame)
    decorated = (context.decorated(replace(atom, bare=True)) for atom in value if isinstance(atom, Function))
    found = [atom.dotted for atom in chain(value, *decorated) if isinstance(atom, External)]
    term = context.facts(site.path).terms[ref]
    if isinstance(term, Attribute):
        found += [f"{name}.{term.name}" for name in _of_request(context, site.path, term.base)]
    yield from dict.fromkeys(found)


def _objects(context: Context, site: Site, ref: Ref) -> Iterator[str]:
    """The full names of what has an item assigned, if it may have one of the tables."""
    found = list(_of_request(context, site.path, ref))
    if reaches_caches(context, site.path, ref):
        found += [atom.dotted for atom in context.value(site.path, ref, site.frame) if isinstance(atom, External)]
    yield from dict.fromkeys(found)


def _of_request(context: Context, path: ModulePath, ref: Ref) -> Iterator[str]:
    """The name of an attribute of the request, or of an entry of one."""
    place = places_in(context, path).of(ref)
    if place is None or not place.attributes or place != MemoPlace(Root.REQUEST, attributes=place.attributes):
        return
    yield f"{_REQUEST}{'.'.join(each for each in place.attributes if not each.startswith('['))}"
