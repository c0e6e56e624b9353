"""Telling names: attributes of an unknown object that one class only of the whole project can have.

This is the one step that does not follow the code, so what comes of it has medium confidence. It needs a name of
several words that the project defines once, as a member with a decorator, and that nothing else is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import ClassVar

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.project.abstract import (
    ClassId,
    Function,
    Guessed,
    Instance,
    Manager,
    QuerySet,
    Value,
)
from qscache_lint.project.evaluation.core import Context, NamesReading, Passed, Site, answers, files_declaring
from qscache_lint.project.questions import Question, Reading
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Confidence


def guessed_attribute(context: Context, name: str, site: Site) -> Value:
    """What `unknown.name` may be where the name tells the class; nothing where it does not."""
    if not _may_tell(name) or _is_common(context, name):
        return ()
    owners = context.ask(OwnersOf(name))
    if len(owners) != 1:
        return _of_family(context, name, site) if not owners else ()
    if not context.project.modules.sees(site.path, owners[0].path):
        return ()
    value = context.attribute(Instance(owners[0]), name, site)
    kept = tuple(replace(atom, confidence=Confidence.MEDIUM) for atom in cached(value))
    methods = (atom for atom in value if isinstance(atom, Function) and cached(context.call(atom, None, site)))
    guessed: Value = (*kept, *(Guessed(atom) for atom in methods))
    return guessed if guessed and _is_unique(context, name, owners[0]) else ()


def _of_family(context: Context, name: str, site: Site) -> Value:
    """The methods of this name, where one class and those derived from it are all that define it."""
    found = context.ask(Family(name))
    if not all(context.project.modules.sees(site.path, identity.path) for identity in found):
        return ()
    return tuple(guessed for each in found for guessed in _methods_of(context, each, name, None, site))


def _methods_of(
    context: Context, owner: ClassId, name: str, receiver: QuerySet | Manager | None, site: Site
) -> Iterator[Guessed]:
    """The methods of a class under a name; those of a QuerySet or manager are bound to one, be it `receiver`."""
    kind = context.classes.kind(owner)
    own = QuerySet(classes=(owner,)) if kind == "queryset" else Manager(None, (owner,)) if kind == "manager" else None
    behind = own if receiver is None else replace(receiver, classes=(owner,))
    for atom in context.attribute(Instance(owner, exact=True), name, site):
        if isinstance(atom, Function):
            yield Guessed(atom if behind is None else replace(atom, receiver=behind))


class Family(Question[tuple[ClassId, ...]], frozen=True):
    """The classes that define a method, if one of them is behind all the others; else none."""

    bottom: ClassVar[tuple[ClassId, ...]] = ()

    method: str


@answers(Family)
def _family(context: Context, asked: Family) -> tuple[ClassId, ...]:
    if len(files_declaring(context, "method", asked.method)) > limits.FILES_OF_FAMILY:
        return ()
    found = tuple(definers(context, asked.method))
    lines = [context.classes.mro(identity) for identity in found]
    return found if any(all(root in line for line in lines) for root in found) else ()


def guessed_query_method(context: Context, receiver: QuerySet | Manager, name: str, site: Site) -> Value:
    """What a method of a QuerySet or manager is whose class is unknown, where all of the project that have it agree.

    They agree when each of them gives a QuerySet. One class that gives something else leaves it open.
    """
    if receiver.classes or len(files_declaring(context, "method", name)) > limits.FILES_OF_FAMILY:
        return ()
    found = tuple(
        guessed
        for each in definers(context, name)
        if _is_queryset(context, each) and context.classes.kind(each) != "model"
        for guessed in _methods_of(context, each, name, receiver, site)
    )
    given = [context.call(guessed.inner, None, site) for guessed in found]
    return found if all(value and all(isinstance(atom, QuerySet) for atom in value) for value in given) else ()


def is_query(context: Context, name: str, passed: Sequence[Passed]) -> bool:
    """Whether calling a method of this name on something unknown tells that it is a QuerySet or manager."""
    table = context.knowledge.querysets.managers
    keywords = [each.argument.keyword for each in passed]
    if name in table.own_with_keywords and (not keywords or None in keywords):
        return False
    if any(keyword is not None and "__" in keyword.strip("_") for keyword in keywords):
        return name in table.own_with_keywords
    return name in (*table.own_methods, *table.own_with_keywords) and context.ask(OfQuerySetsOnly(name))


class OfQuerySetsOnly(Question[bool], frozen=True):
    """Whether no class of the project but QuerySets and managers has a method of a name that takes keywords."""

    bottom: ClassVar[bool] = True

    method: str


@answers(OfQuerySetsOnly)
def _is_of_querysets_only(context: Context, asked: OfQuerySetsOnly) -> bool:
    return all(_is_queryset(context, each) for each in definers(context, asked.method))


def _is_queryset(context: Context, identity: ClassId) -> bool:
    classes = context.classes
    return classes.kind(identity) in ("queryset", "manager") or classes.is_open(identity)


def definers(context: Context, name: str) -> Iterator[ClassId]:
    """The classes of the project that define a method of this name."""
    for path in files_declaring(context, "method", name):
        facts = context.module(path)
        for _, function in () if facts is None else facts.methods:
            if function.name == name and function.owner is not None:
                yield ClassId(path, function.owner)


def knows(context: Context, name: str) -> bool:
    """Whether some class of the project has a decorated member of this name."""
    return bool(context.ask(OwnersOf(name)))


def may_hand_out(context: Context, name: str) -> bool:
    """Whether a member of this name may give a cached QuerySet, by its decorators or by what it was found to give."""
    return knows(context, name) or context.ask(AttributeReaches(name))


class AttributeReaches(NamesReading[bool], frozen=True):
    """Whether a cached QuerySet is reached by an attribute of a name."""

    name: str


@answers(AttributeReaches)
def _attribute_reaches(context: Context, asked: AttributeReaches) -> bool:
    return asked.name in context.project.use_names.attributes


class OwnersOf(Reading[tuple[ClassId, ...]], frozen=True):
    """The classes that define a decorated member of a name, in the files that may define a cached value."""

    name: str


@answers(OwnersOf)
def _owners(context: Context, asked: OwnersOf) -> tuple[ClassId, ...]:
    return context.project.decorated_members.owners(asked.name, context.project.candidates)


def _is_common(context: Context, name: str) -> bool:
    return name in context.knowledge.querysets.managers.common_attributes


class TimesGiven(Reading[int], frozen=True):
    """How often files give a name to something; with a setter for it, `x.name = …` is not counted."""

    name: str
    has_setter: bool


@answers(TimesGiven)
def _times_given(context: Context, asked: TimesGiven) -> int:
    return context.project.name_index.times_given(asked.name, has_setter=asked.has_setter)


def _is_unique(context: Context, name: str, owner: ClassId) -> bool:
    """Whether nothing but the definitions of one class gives this name to anything."""
    own = [each for each in context.facts(owner.path).methods_of(owner.index) if each.name == name]
    has_setter = any(decorator.text == f"{name}.setter" for each in own for decorator in each.decorators)
    return context.ask(TimesGiven(name, has_setter)) == len(own)


def _may_tell(name: str) -> bool:
    """Whether a name has several words: `open_castings`, `getOpenCastings`."""
    plain = name.strip("_")
    return "_" in plain or any(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
