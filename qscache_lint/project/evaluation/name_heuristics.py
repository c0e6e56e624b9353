"""Telling names: attributes of an unknown object whose name, or that of the object, tells the class.

This is the one step that does not follow the code, so what comes of it has medium confidence. Either the attribute has
a name of several words that nothing but the definitions of cached members gives to anything; or the object is called
like a class that has such a member: `event.teams`, `self.request.event.teams`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import ClassVar

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.readable import is_handed_on, names_of
from qscache_lint.facts.terms import Attribute, Term
from qscache_lint.project.abstract import Function, Guessed, Instance, Value, join
from qscache_lint.project.evaluation.core import (
    Context,
    Passed,
    Site,
    answers,
    definers,
    files_declaring,
    leads_to_cached,
)
from qscache_lint.project.evaluation.model_names import swapped_of_request
from qscache_lint.project.evaluation.relations import is_related_name
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.questions import Question, Reading
from qscache_lint.project.value_sets import cached, unsure


def guessed_attribute(context: Context, name: str, site: Site) -> Value:
    """What `unknown.name` may be where a name tells the class; nothing where none does."""
    return _of_namesakes(context, name, site) or _of_owners(context, name, site)


def _of_owners(context: Context, name: str, site: Site) -> Value:
    """What `unknown.name` may be where all classes agree that have the name."""
    if not _may_tell(name) or _is_common(context, name):
        return ()
    owners = context.ask(OwnersOf(name))
    if not owners:
        return _of_family(context, name, site)
    guessed = _agreed(context, owners, name, site)
    return guessed if guessed and _is_unique(context, name, owners) else ()


def _of_namesakes(context: Context, name: str, site: Site) -> Value:
    """What `unknown.name` may be where the unknown is called like a class that has the name."""
    if not leads_to_cached(context, name) or _is_common(context, name):
        return ()
    facts = context.facts(site.path)
    term = facts.terms[site.ref]
    if not isinstance(term, Attribute) or term.name != name or not is_handed_on(facts, term.base):
        return ()
    if _lacks(context, facts.terms[term.base], site):
        return ()
    called = sorted(names_of(facts, term.base))
    words = dict.fromkeys(each.replace("_", "").lower() for each in called)
    having = tuple(each for word in words for each in _namesakes_of(context, word, name, site.path))
    if not having or any(_names_another(context, each, having, name) for each in called):
        return ()
    return _agreed(context, having, name, site)


def _names_another(context: Context, name: str, classes: Sequence[ClassId], member: str) -> bool:
    """Whether a model has something else under a name than one of some classes, that may have the member as well."""
    behind = {ancestor for each in classes for ancestor in context.classes.mro(each)}
    others = [each for each in context.ask(InstancesUnder(name)) if each not in behind]
    return not all(
        isinstance(each, ClassId)
        and (not set(classes).isdisjoint(context.classes.mro(each)) or lacks(context, each, member))
        for each in others
    )


def lacks(context: Context, identity: ClassId, name: str) -> bool:
    """Whether the objects of a class have nothing under a name: code that reads it has an object of another class."""
    line = context.classes.ancestors(identity)
    if context.classes.is_open(identity) or context.classes.member(identity, name) is not None:
        return False
    is_set = any(context.facts(each.path).storing(name, each.index) for each in line)
    return not is_set and not is_related_name(context, name, (each.path for each in line))


class InstancesUnder(Question[tuple[ClassId | str, ...]], frozen=True):
    """The classes of the instances that models of the project have under a name."""

    bottom: ClassVar[tuple[ClassId | str, ...]] = ()

    name: str


@answers(InstancesUnder)
def _instances_under(context: Context, asked: InstancesUnder) -> tuple[ClassId | str, ...]:
    having = (
        ClassId(path, index)
        for path in files_declaring(context, "given", asked.name)
        if (facts := context.module(path)) is not None
        for index, opened in enumerate(facts.classes)
        if asked.name in opened.members and context.classes.kind(ClassId(path, index)) == "model"
    )
    values = (context.attribute(Instance(each), asked.name, Site(each.path, 0, None)) for each in having)
    return tuple(dict.fromkeys(atom.of for value in values for atom in value if isinstance(atom, Instance)))


def _namesakes_of(context: Context, word: str, name: str, path: ModulePath) -> Sequence[ClassId]:
    """The classes of a name that have a member of another; of a name like `user`, the one that the settings choose."""
    found = context.ask(NamesakesOf(word, name))
    if not any(word in row.attributes for row in context.knowledge.querysets.swappable):
        return found
    chosen = swapped_of_request(context, path, word)
    return [each for each in found if Instance(each) in chosen]


def _lacks(context: Context, base: Term, site: Site) -> bool:
    """Whether an object is an attribute that a model does not have."""
    owners = context.value(site.path, base.base, site.frame) if isinstance(base, Attribute) else ()
    return any(
        isinstance(each, Instance) and isinstance(each.of, ClassId) and context.classes.kind(each.of) == "model"
        for each in owners
    )


def _agreed(context: Context, owners: Sequence[ClassId], name: str, site: Site) -> Value:
    """What instances of some classes have under a name, where all of them have something cached there."""
    found = [_cached_member(context, each, name, site) for each in owners]
    is_seen = all(context.project.modules.sees(site.path, each.path) for each in owners)
    return join(found) if is_seen and all(found) else ()


def likely(value: Value) -> Value:
    """What is cached of a value, and its methods, of which it is not sure that they are meant."""
    return (*unsure(value), *(Guessed(atom) for atom in value if isinstance(atom, Function)))


class AllKeep(Question[bool], frozen=True):
    """Whether all classes of the project that have a name give a cached QuerySet there."""

    bottom: ClassVar[bool] = True

    name: str


def all_keep(context: Context, name: str) -> bool:
    """Whether all classes of the project that have a name give a cached QuerySet there."""
    return context.ask(AllKeep(name))


@answers(AllKeep)
def _all_keep(context: Context, asked: AllKeep) -> bool:
    having = [
        ClassId(path, index)
        for path in files_declaring(context, "given", asked.name)
        if (facts := context.module(path)) is not None
        for index, opened in enumerate(facts.classes)
        if asked.name in opened.members
    ]
    keeping = (_cached_member(context, each, asked.name, Site(each.path, 0, None)) for each in having)
    return all(keeping) and not is_related_name(context, asked.name, (each.path for each in having))


def _cached_member(context: Context, owner: ClassId, name: str, site: Site) -> Value:
    value = context.attribute(Instance(owner), name, site)
    return likely(
        tuple(atom for atom in value if not isinstance(atom, Function) or cached(context.call(atom, None, site)))
    )


class NamesakesOf(Question[tuple[ClassId, ...]], frozen=True):
    """The classes of a name, written as one word in small letters, that have a member of another name.

    None where one may have it in a way that is not seen.
    """

    bottom: ClassVar[tuple[ClassId, ...]] = ()

    word: str
    member: str


@answers(NamesakesOf)
def _namesakes(context: Context, asked: NamesakesOf) -> tuple[ClassId, ...]:
    if asked.word in context.knowledge.querysets.managers.common_objects:
        return ()
    found = tuple(
        ClassId(path, index)
        for path in files_declaring(context, "class", asked.word)
        if (facts := context.module(path)) is not None
        for index, opened in enumerate(facts.classes)
        if opened.name.lower() == asked.word
    )
    having = tuple(each for each in found if context.classes.member(each, asked.member) is not None)
    return having if all(lacks(context, each, asked.member) for each in found if each not in having) else ()


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
        if context.project.modules.sees(site.path, each.path)
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


def may_hand_out(context: Context, name: str) -> bool:
    """Whether a member of this name may give a cached QuerySet, by its decorators or by what it was found to give."""
    return bool(context.ask(OwnersOf(name))) or leads_to_cached(context, name)


class OwnersOf(Reading[tuple[ClassId, ...]], frozen=True):
    """The classes that define a decorated member of a name, in the files that may define a cached value."""

    name: str


@answers(OwnersOf)
def _owners(context: Context, asked: OwnersOf) -> tuple[ClassId, ...]:
    project = context.project
    files = sorted(set(project.name_index.files_defining(asked.name)).intersection(project.candidates))
    return tuple(dict.fromkeys(owner for path in files for owner in _decorating(context, path, asked.name)))


def _decorating(context: Context, path: ModulePath, name: str) -> Iterator[ClassId]:
    """The classes of a file that define a decorated member of a name."""
    facts = context.module(path)
    for _, function in () if facts is None else facts.methods:
        if function.name == name and function.owner is not None and function.decorators:
            yield ClassId(path, function.owner)


def _is_common(context: Context, name: str) -> bool:
    return name in context.knowledge.querysets.managers.common_attributes


class TimesGiven(Reading[int], frozen=True):
    """How often files give a name to something; with a setter for it, `x.name = …` is not counted."""

    name: str
    has_setter: bool


@answers(TimesGiven)
def _times_given(context: Context, asked: TimesGiven) -> int:
    return context.project.name_index.times_given(asked.name, has_setter=asked.has_setter)


def _is_unique(context: Context, name: str, owners: Sequence[ClassId]) -> bool:
    """Whether nothing but the definitions of some classes gives this name to anything."""
    methods = (each for owner in owners for each in context.facts(owner.path).methods_of(owner.index))
    own = [each for each in methods if each.name == name]
    has_setter = any(decorator.text == f"{name}.setter" for each in own for decorator in each.decorators)
    is_given = context.ask(TimesGiven(name, has_setter)) != len(own)
    return not is_given and not is_related_name(context, name, (each.path for each in owners))


def _may_tell(name: str) -> bool:
    """Whether a name has several words: `open_castings`, `getOpenCastings`."""
    plain = name.strip("_")
    return "_" in plain or any(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
