"""Binding: which arguments of a call fill which parameters of a function of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, takewhile

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Argument, Call, Constant, Container, Ref, Term
from qscache_lint.knowledge.function_rows import Caller
from qscache_lint.knowledge.model import Slot, Switch
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Data,
    External,
    Function,
    Instance,
    Literal,
    Partial,
    Unknown,
    Value,
)
from qscache_lint.project.evaluation.core import Context, Passed, Site
from qscache_lint.project.identities import ClassId
from qscache_lint.values import Position, Span

_NOWHERE = Span(Position(1, 1), Position(1, 1))


class BoundArguments(msgspec.Struct, frozen=True):
    """What a call gives to the parameters of a function.

    `given` has the argument of each parameter that gets one, `several` those of `*args` and `**kwargs`. `is_open`: what
    stands behind a star is unknown, and may fill any parameter that is not there, or be among those of `**kwargs`.
    """

    given: Mapping[str, Passed]
    several: Mapping[str, tuple[Passed, ...]]
    is_open: bool

    def taking(self, argument: Argument) -> str | None:
        """The parameter that an argument fills by itself; None for one that is among others, or fills none."""
        return next((name for name, given in self.given.items() if given.argument == argument), None)


def bind(function: FunctionFacts, passed: Sequence[Passed], receiver: Atom | None = None) -> BoundArguments:
    """Bind the arguments of a call, behind the receiver of a method, to the parameters, as Python does."""
    bound = () if receiver is None else (_known(None, (receiver,)),)
    arguments = [*bound, *(each for one in passed for each in _spread(one))]
    stars = [place for place, each in enumerate(arguments) if each.argument.star == "*"]
    known = arguments[: stars[0]] if stars else arguments
    positional = [each for each in known if not each.argument.star and each.argument.keyword is None]
    keywords = {each.argument.keyword: each for each in arguments if each.argument.keyword is not None}
    is_open = any(each.argument.star for each in arguments)
    given: dict[str, Passed] = {}
    several: dict[str, tuple[Passed, ...]] = {}
    for parameter in function.parameters:
        match parameter.kind:
            case "positional" if positional:
                given[parameter.name] = positional.pop(0)
            case "*" if not stars:
                several[parameter.name], positional = tuple(positional), []
            case "**":
                several[parameter.name] = tuple(keywords.values())
            case "positional" | "keyword" if parameter.name in keywords:
                given[parameter.name] = keywords.pop(parameter.name)
    return BoundArguments(given, several, is_open)


def values(
    function: FunctionFacts, bound: BoundArguments, default: Callable[[Ref], Value]
) -> tuple[tuple[str, Value], ...]:
    """What each parameter holds; those of which nothing is known are left out. `default` evaluates a default value."""
    found: list[tuple[str, Value]] = []
    for parameter in function.parameters:
        if parameter.name in bound.given:
            found.append((parameter.name, _named(bound.given[parameter.name].value, parameter.name)))
        elif parameter.name in bound.several:
            given = bound.several[parameter.name]
            found.append((parameter.name, (_container(parameter.kind, given, is_open=bound.is_open),)))
        elif parameter.default is not None and not bound.is_open:
            found.append((parameter.name, _named(default(parameter.default), parameter.name)))
    return tuple(found)


def _container(star: str, given: Sequence[Passed], *, is_open: bool) -> Collection:
    """The tuple or dict that a parameter with a star holds.

    In one with many members constants are not told apart: functions that hand on what they get, and add to it, would
    make twice as many activations at each step.
    """
    held = [each.value if len(given) <= limits.STARRED_CONSTANTS else _without_constants(each.value) for each in given]
    if star == "*":
        return Collection("tuple", tuple(enumerate(held)), closed=not is_open)
    named = tuple((each.argument.keyword, value) for each, value in zip(given, held, strict=True))
    rest: Value = (Unknown("an argument passed with * or **"),) if is_open else ()
    return Collection("dict", named, rest, closed=not is_open)


def _without_constants(value: Value) -> Value:
    return tuple(dict.fromkeys(Data("a constant") if isinstance(atom, Literal) else atom for atom in value))


def _named(value: Value, parameter: str) -> Value:
    """Remember the parameter that a constant came through, for messages."""
    return tuple(replace(atom, source=parameter) if isinstance(atom, Literal) else atom for atom in value)


def _spread(passed: Passed) -> Iterator[Passed]:
    """An argument; one behind a star as its members, where these are known."""
    match passed.argument.star:
        case "":
            yield passed
        case "*" if (found := _members(passed, "tuple", "list")) is not None:
            yield from (_known(None, value) for _, value in found)
        case "**" if len(passed.value) == 1 and isinstance(spread := passed.value[0], Collection):
            yield from (_known(str(key), value) for key, value in spread.members)
            if spread.rest:
                yield passed
        case _:
            yield passed


def _members(passed: Passed, *kinds: str) -> tuple[tuple[bool | int | str | None, Value], ...] | None:
    """The members of the one container that a value is; None for everything else, or when it may have others."""
    match passed.value:
        case (Collection(kind=kind, members=members, rest=()),) if kind in kinds:
            return members
        case _:
            return None


def _known(keyword: str | None, value: Value) -> Passed:
    """An argument that is written nowhere: its term is below 0."""
    return Passed.known(Argument(-1, keyword, "", _NOWHERE), value)


def written(facts: ModuleFacts, call: Call) -> tuple[Argument, ...]:
    """The arguments of a call; a tuple or dict that is written behind a star as its members: `f(*("all", rows))`."""
    return tuple(each for argument in call.arguments for each in _written(facts, argument))


def _written(facts: ModuleFacts, argument: Argument) -> tuple[Argument, ...]:
    container = facts.terms[argument.value] if argument.star else None
    if not isinstance(container, Container) or any(entry.star for entry in container.entries):
        return (argument,)
    if (container.kind == "dict") is not (argument.star == "**"):
        return (argument,)
    keys = [None if entry.key is None else text(facts.terms[entry.key]) for entry in container.entries]
    if argument.star == "**" and not all(keys):
        return (argument,)
    return tuple(Argument(entry.value, key, "", entry.span) for key, entry in zip(keys, container.entries, strict=True))


def text(term: Term) -> str:
    """The text of a constant; "" for everything else."""
    return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""


def slot(passed: Sequence[Passed], wanted: Slot | Switch) -> Passed | None:
    """The argument that a row of the tables speaks of; None when it is not given, or stands behind a star."""
    place = place_of([each.argument for each in passed], wanted)
    return None if place is None else passed[place]


def place_of(arguments: Sequence[Argument], wanted: Slot | Switch) -> int | None:
    """Which of some arguments a row of the tables speaks of; None when it is not there, or behind a star."""
    places = range(len(arguments))
    named = (each for each in places if wanted.keyword is not None and arguments[each].keyword == wanted.keyword)
    known = takewhile(lambda each: not arguments[each].star, places)
    positional = [each for each in known if arguments[each].keyword is None]
    chosen = positional[wanted.index : wanted.index + 1] if wanted.index >= 0 else []
    return next(chain(named, chosen), None)


def callees(
    context: Context, atom: Atom, passed: tuple[Passed, ...], site: Site
) -> Iterator[tuple[Function, tuple[Passed, ...]]]:
    """The functions of the project that a call of `atom` runs, each with all that it is given.

    Those of a `partial` with what that holds, of a class its constructor, of an instance what makes it callable, and of
    what calls a function that it is given, that one.
    """
    match atom:
        case Function():
            yield atom, passed
        case Partial(inner=inner):
            yield from callees(context, inner, completed(atom, passed), site)
        case External(dotted=dotted) if dotted in context.knowledge.callers:
            for each, given in called_by(context.knowledge.callers[dotted], passed):
                yield from callees(context, each, given, site)
        case ClassValue(of=ClassId() as of):
            yield from _methods(context, Instance(of, exact=True), "__init__", passed, site)
        case Instance(of=ClassId()):
            yield from _methods(context, atom, "__call__", passed, site)


def called_by(row: Caller, passed: tuple[Passed, ...]) -> Iterator[tuple[Atom, tuple[Passed, ...]]]:
    """What something calls that calls what it is given, each with the arguments."""
    called = slot(passed, row.function)
    for atom in () if called is None else called.value:
        yield atom, _handed_through(passed, called, row)


def _handed_through(passed: tuple[Passed, ...], called: Passed | None, row: Caller) -> tuple[Passed, ...]:
    """The arguments with which something calls the function that it is given."""
    if row.rest:
        place = next(place for place, each in enumerate(passed) if each is called)
        return passed[place + 1 :]
    stars = ((slot(passed, row.args), "*"), (slot(passed, row.kwargs), "**"))
    starred = (Passed(replace(each.argument, keyword=None, star=star), each.ask) for each, star in stars if each)
    return tuple(starred)


def _methods(
    context: Context, instance: Instance, name: str, passed: tuple[Passed, ...], site: Site
) -> Iterator[tuple[Function, tuple[Passed, ...]]]:
    return ((found, passed) for found in context.attribute(instance, name, site) if isinstance(found, Function))


def completed(held: Partial, passed: tuple[Passed, ...]) -> tuple[Passed, ...]:
    """The arguments of a call of a partial: those that it holds, then those of the call, which win by keyword."""
    given = {each.argument.keyword for each in passed if each.argument.keyword is not None}
    kept = (_known(keyword, value) for keyword, value in held.arguments if keyword is None or keyword not in given)
    return (*kept, *passed)
