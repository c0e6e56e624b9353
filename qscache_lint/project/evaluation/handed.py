"""What a framework hands on: what a method of a view gives to the view's form, serializer or table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.knowledge.queryset_rows import Handing
from qscache_lint.project.abstract import ClassValue, Collection, Constantly, Function, Instance, Unknown, Value, join
from qscache_lint.project.evaluation.core import Context, Site, ValueQuestion, answers, definers, leads_to_cached
from qscache_lint.project.evaluation.subjects import follow
from qscache_lint.project.identities import ClassId
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import all_querysets


def handed_argument(context: Context, owner: ClassId, function: FunctionFacts, name: str) -> Value:
    """What a framework hands to a parameter of the constructor of a class; nothing where it is not known to."""
    if function.name != "__init__":
        return ()
    kind = next((each.kind for each in function.parameters if each.name == name), "")
    named = {each.name for each in function.parameters}
    found: list[Value] = []
    for atom in context.ask(HandedTo(owner, "")):
        if not isinstance(atom, Collection):
            continue
        if kind == "**":
            others = tuple(member for member in atom.members if member[0] not in named)
            found.append((Collection("dict", others, atom.rest),))
        elif kind in ("positional", "keyword"):
            found.extend(value for key, value in atom.members if key == name)
    return join(found)


def handed_attribute(context: Context, owner: ClassId, name: str) -> Value:
    """What a framework sets as an attribute of the instances of a class; nothing where it is not known to."""
    if not any(row.attribute == name for row in context.knowledge.querysets.handing):
        return ()
    return context.ask(HandedTo(owner, name))


def outside_dict(context: Context, method: str) -> Value:
    """What the framework's own method of a name is, of which the project's methods take their dict."""
    if method not in context.knowledge.handings:
        return ()
    return (Constantly((Collection("dict", rest=(Unknown("an argument that the framework passes"),)),)),)


def handed_names(context: Context, owner: ClassId, method: str) -> Iterator[tuple[str, str]]:
    """The files with classes that a method of a view hands something cached to, each with the name of that."""
    row = context.knowledge.handings.get(method)
    if row is None:
        return
    for view in (owner, *context.classes.subclasses(owner)):
        targets = [each for target in _targets(context, view, row) for each in context.classes.ancestors(target)]
        for key in _cached_keys(_given(context, view, method)) if targets else ():
            yield from ((target.path, key) for target in targets)


def _cached_keys(value: Value) -> Iterator[str]:
    for atom in value:
        for key, member in atom.members if isinstance(atom, Collection) else ():
            if isinstance(key, str) and any(each.origin is not None for each in all_querysets(member)):
                yield key


class HandedTo(ValueQuestion, frozen=True):
    """The dicts that views hand to a class: as arguments of its constructor, or as an attribute of its instances."""

    of: ClassId
    attribute: str


@answers(HandedTo)
def _handed(context: Context, asked: HandedTo) -> Value:
    return join(
        _given(context, view, row.method)
        for row in context.knowledge.querysets.handing
        if row.attribute == asked.attribute and leads_to_cached(context, row.method)
        for view, target in context.ask(Handings(row.method))
        if asked.of in context.classes.ancestors(target)
    )


class Handings(Question[tuple[tuple[ClassId, ClassId], ...]], frozen=True):
    """The classes that have a method by which something is handed on, each with a class that gets it."""

    bottom: ClassVar[tuple[tuple[ClassId, ClassId], ...]] = ()

    method: str


@answers(Handings)
def _handings(context: Context, asked: Handings) -> tuple[tuple[ClassId, ClassId], ...]:
    row = context.knowledge.handings[asked.method]
    own = tuple(definers(context, asked.method))
    views = dict.fromkeys(each for owner in own for each in (owner, *context.classes.subclasses(owner)))
    return tuple((view, target) for view in views for target in _targets(context, view, row))


def _targets(context: Context, view: ClassId, row: Handing) -> tuple[ClassId, ...]:
    """The classes of the project that a view makes an object of."""
    site = Site(view.path, 0, None)
    values = (follow(context, (ClassValue(view),), way, site) for way in row.to)
    found = (atom.of for value in values for atom in value if isinstance(atom, ClassValue))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, ClassId)))


def _given(context: Context, view: ClassId, method: str) -> Value:
    """The dicts that a method of a view gives."""
    site = Site(view.path, 0, None)
    bound = context.attribute(Instance(view, exact=True), method, site)
    given = join(context.call(atom, (), site) for atom in bound if isinstance(atom, Function))
    return tuple(atom for atom in given if isinstance(atom, Collection) and atom.kind == "dict")
