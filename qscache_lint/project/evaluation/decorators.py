"""Decorators: what they make of a function, and which of them memoize."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qscache_lint import limits
from qscache_lint.facts.terms import Argument
from qscache_lint.knowledge.cache_rows import Memoizer
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    External,
    Frame,
    Function,
    Instance,
    Literal,
    Memoized,
    Partial,
    Unknown,
    Value,
    depth_of,
    join,
)
from qscache_lint.project.evaluation.core import Context, Passed, Site, UnitReading, ValueQuestion, answers
from qscache_lint.project.evaluation.derived_memoizers import inherited_row
from qscache_lint.project.evaluation.names import flavour_of
from qscache_lint.project.evaluation.world import world_of
from qscache_lint.project.evaluation.wrappers import instance_around, passes_through
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.memoizers import Memo, recognise_class, recognise_decorator, recognise_instance
from qscache_lint.project.querysets import Origin
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import keep, materialised
from qscache_lint.values import Step


class Decorated(ValueQuestion, frozen=True):
    """What the decorators of a function make of it."""

    bare: Function


@answers(Decorated)
def _outermost(context: Context, asked: Decorated) -> Value:
    *_, outermost = _layers(context, asked.bare)
    return outermost


def decorated(context: Context, bare: Function) -> Value:
    """What the decorators of a function make of it."""
    return context.ask(Decorated(bare))


def memoizers(context: Context, bare: Function) -> tuple[Memoized, ...]:
    """The memoizers among the decorators of a function, innermost first, whatever stands around them."""
    atoms = (atom for layer in _layers(context, bare) for atom in layer)
    return tuple(dict.fromkeys(atom for atom in atoms if isinstance(atom, Memoized)))


def _layers(context: Context, bare: Function) -> Iterator[Value]:
    """The function itself, then what each decorator makes of it, innermost first."""
    decorators = context.facts(bare.of.path).functions[bare.of.index].decorators
    value: Value = (bare,)
    yield value
    for index in reversed(range(len(decorators))):
        value = join(_decorate(context, bare, index, atom) for atom in value)
        if any(depth_of(atom) > limits.DECORATOR_LAYERS for atom in value):
            context.project.give_up(bare.of.path, decorators[index].span.start.row, "too many decorators")
            value = (Unknown("the result of more decorators than are followed"),)
        yield value


def _decorate(context: Context, bare: Function, index: int, inner: Atom) -> Value:
    decorator = context.facts(bare.of.path).functions[bare.of.index].decorators[index]
    found: list[Value] = []
    for atom in context.value(bare.of.path, decorator.value, bare.frame):
        memo = memo_of(context, atom)
        if memo is not None:
            found.append(_kept_by(context, bare, index, inner, memo))
        elif isinstance(atom, External):
            found.append(_decorated_outside(context, atom.dotted, bare, inner))
        elif isinstance(atom, (Partial, Instance)):
            argument = Argument(decorator.value, None, "", decorator.span)
            site = Site(bare.of.path, decorator.value, bare.frame)
            found.append(context.call(atom, (Passed.known(argument, (inner,)),), site))
        elif isinstance(atom, (Function, ClassValue)):
            found.append(_apply(context, atom, inner))
        else:
            found.append((Unknown("the result of a decorator that is not followed"),))
    return join(found)


def _decorated_outside(context: Context, dotted: str, bare: Function, inner: Atom) -> Value:
    """What a decorator from outside the project makes of a function that it does not memoize."""
    knowledge = context.knowledge
    if dotted in knowledge.memoizers or knowledge.is_transparent(dotted):
        return (inner,)
    if f"{dotted}()" in knowledge.serializer_receivers:
        return inner, External(f"{dotted}()")
    return (Unknown(f"the result of the decorator {dotted}"),)


def _apply(context: Context, decorator: Function | ClassValue, inner: Atom) -> Value:
    """A decorator of the project that does not memoize: call it with the function."""
    if isinstance(decorator, ClassValue):
        return (instance_around(context, decorator.of, inner),)
    facts = context.facts(decorator.of.path).functions[decorator.of.index]
    if not facts.parameters:
        return (Unknown("the result of a decorator that takes no function"),)
    bound = facts.parameters[1 if decorator.receiver is not None and len(facts.parameters) > 1 else 0].name
    frame = Frame.enter(decorator.of, ((bound, (inner,)),), decorator.frame)
    made = context.result(decorator.of, frame)
    return tuple(inner if passes_through(context, atom, decorator.of, bound) else atom for atom in made)


def _kept_by(context: Context, bare: Function, index: int, inner: Atom, memo: Memo) -> Value:
    function = context.facts(bare.of.path).functions[bare.of.index]
    if function.is_async and not function.is_generator and memo.coroutines != "awaited":
        return (inner,) if memo.coroutines == "nothing" else (Unknown("a coroutine object"),)
    decorator = function.decorators[index]
    how = f"@{' '.join(decorator.text.split())}"
    called = function.name if flavour_of(context, bare.of) == "property" else f"{function.name}()"
    site = Step(bare.of.path, decorator.span, f"cached here by {how}")
    return (_memoized(inner, memo, how, site, called),)


def wrapped(context: Context, decorator: Atom, passed: tuple[Passed, ...], site: Site) -> Value:
    """What calling a memoizer with a function gives (`rows = lru_cache()(build)`); nothing for any other call."""
    memo = memo_of(context, decorator)
    if memo is None or not passed or passed[0].argument.keyword is not None:
        return ()
    found: list[Atom] = []
    for atom in passed[0].value:
        function = _innermost(atom)
        if function is None:
            return ()
        name = context.facts(function.of.path).functions[function.of.index].name
        at = context.step(site.path, site.ref, "cached here")
        found.append(_memoized(atom, memo, "a memoizer", at, f"{name}()"))
    return tuple(found)


def memo_of(context: Context, decorator: Atom) -> Memo | None:
    """How a decorator keeps what the function returns; None when it does not, or that is unknown."""
    if isinstance(decorator, External):
        return _memo_by(context.knowledge.memoizers.get(decorator.dotted))
    if isinstance(decorator, Partial):
        return memo_of(context, decorator.inner)
    if not isinstance(decorator, (Function, ClassValue, Instance)) or isinstance(decorator.of, str):
        return None
    if not context.ask(MayMemoize(decorator.of.path, decorator.of)):
        return None
    frame = decorator.frame if isinstance(decorator, Function) else None
    return context.ask(MemoOf(decorator.of, isinstance(decorator, Instance), frame))


def _memo_by(row: Memoizer | None) -> Memo | None:
    """How a row of the tables says that a memoizer keeps; None where there is none, or it keeps nothing."""
    if row is None or row.store is None:
        return None
    return Memo(row.store, False, row.bypass, row.coroutines, row.property)


class MayMemoize(UnitReading[bool], frozen=True):
    """Whether a function or class stands in a unit or file that may define a memoizer."""

    of: FunctionId | ClassId


@answers(MayMemoize)
def _may_memoize(context: Context, asked: MayMemoize) -> bool:
    making, identity = context.project.making, asked.of
    facts = context.module(asked.path) if isinstance(identity, FunctionId) else None
    if facts is None:
        return bool(making.of(asked.path))
    return making.has(asked.path, facts.functions[identity.index].span.start.row)


def makes_property(context: Context, decorator: Atom) -> bool:
    """Whether a memoizing decorator makes a property of the method, be it one that keeps nothing."""
    if isinstance(decorator, External):
        row = context.knowledge.memoizers.get(decorator.dotted)
        return row is not None and row.property
    memo = memo_of(context, decorator)
    return memo is not None and memo.property


class MemoOf(Question[Memo | None], frozen=True):
    """How a function or class, or an instance of one, keeps what the function returns that it decorates.

    `frame` is the activation that made the function: of `keep_in(store)`.
    """

    of: FunctionId | ClassId
    by_instance: bool
    frame: Frame | None = None


@answers(MemoOf)
def _recognise(context: Context, asked: MemoOf) -> Memo | None:
    facts, world = context.module(asked.of.path), world_of(context)
    if facts is None:
        return None
    if isinstance(asked.of, FunctionId):
        return recognise_decorator(facts, asked.of, asked.frame, world)
    if asked.by_instance:
        return recognise_instance(facts, asked.of, world)
    return recognise_class(facts, asked.of, world) or _memo_by(inherited_row(context, asked.of))


def call_memoized(context: Context, memoized: Memoized, passed: tuple[Passed, ...] | None, site: Site) -> Value:
    """What a memoized callable hands out."""
    value = context.call(memoized.inner, _without_bypass(memoized, passed), site)
    if _gets_around(memoized, passed):
        return value
    if memoized.materialised:
        return materialised(value)
    return keep(value, origin_of(memoized))


def origin_of(memoized: Memoized) -> Origin:
    """Where a memoizer puts what the callable gives."""
    inner = _innermost(memoized)
    function = None if inner is None else inner.of
    return Origin(memoized.store, memoized.name, memoized.how, memoized.site, function=function)


def _memoized(inner: Atom, memo: Memo, how: str, site: Step, name: str) -> Memoized:
    return Memoized(inner, memo.store, how, site, name, memo.materialised, memo.bypass, memo.property)


def _innermost(atom: Atom) -> Function | None:
    """The function of the project inside any memoizers."""
    while isinstance(atom, Memoized):
        atom = atom.inner
    return atom if isinstance(atom, Function) else None


def _bypassing(memoized: Memoized) -> frozenset[str]:
    """The keyword arguments with which a call gets around the cache: `_refresh=True`."""
    calls = (re.fullmatch(r"f\((\w+=\w+)\)", expression) for expression in memoized.bypass)
    return frozenset(match[1] for match in calls if match)


def _gets_around(memoized: Memoized, passed: tuple[Passed, ...] | None) -> bool:
    keywords = _bypassing(memoized)
    return any(
        f"{each.argument.keyword}={atom.value}" in keywords
        for each in passed or ()
        for atom in each.value
        if isinstance(atom, Literal)
    )


def _without_bypass(memoized: Memoized, passed: tuple[Passed, ...] | None) -> tuple[Passed, ...] | None:
    """The arguments that reach the function itself: those of the cache stay with the cache."""
    names = {keyword.partition("=")[0] for keyword in _bypassing(memoized)}
    return None if passed is None else tuple(each for each in passed if each.argument.keyword not in names)
