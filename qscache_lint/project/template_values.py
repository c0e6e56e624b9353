"""Values in templates: entries of the context, and what steps behind a dot and loops make of them.

A value is known by the way to it, and is evaluated only where a name on that way leads to cached QuerySets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.template_rows import TemplateUse
from qscache_lint.project.abstract import (
    Atom,
    Collection,
    Constantly,
    Function,
    Instance,
    Memoized,
    Method,
    Partial,
    Value,
    join,
)
from qscache_lint.project.contexts import ContextEntry, cached_value_of, value_of
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.containers import call_container_method, elements, pick
from qscache_lint.project.evaluation.core import Context, LeadingNames, answers, leads_to_cached
from qscache_lint.project.evaluation.queries import getters
from qscache_lint.project.found_templates import TemplatesFound, templates_of
from qscache_lint.project.marks import marked
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.template_tags import word_of
from qscache_lint.project.value_sets import all_querysets, instance_of
from qscache_lint.templates.files import Search
from qscache_lint.templates.model import Access

_ELEMENT = "[]"
_DERIVED = "|"
_OF_DICTS = frozenset({"items", "values"})


class Below(msgspec.Struct, frozen=True, array_like=True):
    """The names that stand in some templates. Where nothing is known of one of them, they are `open` to any other."""

    names: frozenset[str] = frozenset()
    is_open: bool = False


class NamesBelow(Question[Below], frozen=True):
    """What stands in a template, and in those that it extends or includes."""

    bottom: ClassVar[Below] = Below()

    name: str


@answers(NamesBelow)
def _names_below(context: Context, asked: NamesBelow) -> Below:
    files = templates_of(context)
    found = context.ask(TemplatesFound(Search(asked.name)))
    templates = [files.template(path) for path, _ in found]
    others = dict.fromkeys(each.constant for template in templates for each in template.others)
    below = [context.ask(NamesBelow(each)) if each else Below(is_open=True) for each in others]
    is_open = not templates or not all(each.known for each in templates)
    named = (*(each.names for each in templates), *(each.names for each in below))
    return Below(frozenset[str]().union(*named), is_open or any(each.is_open for each in below))


class Held(msgspec.Struct, frozen=True):
    """What a name stands for: an entry of the context, or what some steps come to from there."""

    entry: ContextEntry
    steps: tuple[str, ...] = ()

    def behind(self, name: str, access: Access = Access.DOT) -> Held:
        """What stands behind a dot."""
        return Held(self.entry, (*self.steps, f"{access.value}.{name}"))

    @property
    def element(self) -> Held:
        """What a loop gives in turn."""
        return Held(self.entry, (*self.steps, _ELEMENT))

    @property
    def derived(self) -> Held:
        """What has the rows, or some of them, and is another object."""
        return Held(self.entry, (*self.steps, _DERIVED))


class TemplateValues:
    """Evaluates values of one context."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._table = evaluator.knowledge.templates
        self._known: dict[Held, Value] = {}
        self._direct: dict[ContextEntry, Value] = {}

    def relevant(self, template: str, scope: Mapping[str, tuple[Held, ...]]) -> dict[str, tuple[Held, ...]]:
        """What of a scope may be, or lead to, a cached QuerySet that the template of a name may do something with."""
        below = self._evaluator.ask(NamesBelow(template))
        leading = self._evaluator.ask(LeadingNames())
        leads = not below.names.isdisjoint(leading)
        found: dict[str, tuple[Held, ...]] = {}
        for name, several in scope.items():
            is_named = word_of(name) in below.names
            if leads and is_named:
                found[name] = several
            elif below.is_open or is_named:
                found[name] = tuple(held for held in several if self.cached(held))
        return {name: several for name, several in found.items() if several}

    def cached(self, held: Held) -> Value:
        """The value, where it may be or hold a cached QuerySet; nothing where no name leads to one."""
        direct = self._directly(held.entry)
        if not held.steps:
            return direct
        last = held.steps[-1]
        is_named = "." in last and leads_to_cached(self._evaluator, last.partition(".")[2])
        is_inside = any(isinstance(atom, Collection) and atom.inside for atom in direct)
        return self._of(held) if last != _DERIVED and (is_named or is_inside) else ()

    def _directly(self, entry: ContextEntry) -> Value:
        if entry not in self._direct:
            self._direct[entry] = cached_value_of(self._evaluator, entry)
        return self._direct[entry]

    def _of(self, held: Held) -> Value:
        if held not in self._known:
            *before, last = held.steps or ("",)
            base = self._of(Held(held.entry, tuple(before))) if last else value_of(self._evaluator, held.entry)
            self._known[held] = self._step(base, last, held.entry) if last else base
        return self._known[held]

    def _step(self, base: Value, step: str, entry: ContextEntry) -> Value:
        if step == _ELEMENT:
            return elements(self._evaluator, base)
        if step == _DERIVED:
            return tuple(_uncached(atom) for atom in base if isinstance(atom, QuerySet))
        access, _, name = step.partition(".")
        return join(self._behind(atom, name, entry, Access(access)) for atom in base)

    # -- steps behind a dot

    def _behind(self, atom: Atom, name: str, entry: ContextEntry, access: Access) -> Value:
        """A member, an attribute, an item; where Django or the template calls it, what that gives."""
        match atom:
            case Collection(kind="dict") if not access.calls and any(key == name for key, _ in atom.members):
                return pick(atom, name)
            case Collection(kind="dict"):
                is_called = name in _OF_DICTS and access is not Access.READ
                return call_container_method(self._evaluator, atom, name, ()) if is_called else ()
            case Collection(kind="list" | "tuple") if name.isdigit():
                return pick(atom, int(name))
            case QuerySet() if name.isdigit() or name in self._evaluator.knowledge.operations:
                return self._of_queryset(atom, name, access)
            case QuerySet() | Manager() | Instance() | Collection(kind="namespace" | "namedtuple"):
                found = self._evaluator.attribute(atom, name, _site(entry))
                return join(self._called(each, entry, access) for each in found)
            case _:
                return ()

    def _of_queryset(self, queryset: QuerySet, name: str, access: Access) -> Value:
        """What an index or a method of Django's gives: a row, or another QuerySet, which no cache hands out."""
        is_called = access.calls or (access is Access.DOT and name in self._table.called)
        gives = self._evaluator.knowledge.operations[name].gives if is_called and not name.isdigit() else ""
        if name.isdigit() or gives == "instance":
            return (instance_of(queryset.model),) if queryset.plain else ()
        return (_uncached(queryset),) if gives == "queryset" else ()

    def _called(self, atom: Atom, entry: ContextEntry, access: Access) -> Value:
        """A value as a template gets it: what can be called is by Django, and by Jinja where the template says so."""
        if access is Access.READ:
            return (atom,)
        if access.calls:
            return self._evaluator.call(atom, () if access is Access.CALLED else None, _site(entry))
        match atom:
            case Function() if not self._is_called(atom):
                return ()
            case Method(name=name) if name not in self._table.called:
                return ()
            case Function() | Memoized() | Method() | Partial() | Constantly():
                return self._evaluator.call(atom, (), _site(entry))
            case _:
                return (atom,)

    def _is_called(self, function: Function) -> bool:
        """Whether a template can call a function: it has no parameter that needs an argument."""
        parameters = self._evaluator.facts(function.of.path).functions[function.of.index].parameters
        own = parameters if function.receiver is None else parameters[1:]
        return not any(each.default is None and each.kind in ("positional", "keyword") for each in own)

    # -- what a step does

    def effects(self, queryset: QuerySet, name: str, entry: ContextEntry, access: Access) -> Iterator[Effect | None]:
        """What a step does with a QuerySet; None where anything may happen."""
        if name.isdigit():
            yield self._evaluator.knowledge.operators["[]"].effect
            return
        for function in getters(self._evaluator, queryset, name):
            yield from self._run(function, queryset)
        for atom in self._evaluator.attribute(queryset, name, _site(entry)):
            yield from self._by_member(queryset, name, atom, access)

    def _by_member(self, queryset: QuerySet, name: str, atom: Atom, access: Access) -> Iterator[Effect | None]:
        """What a step does that comes to a member of the class of a QuerySet."""
        operation = self._evaluator.knowledge.operations.get(name)
        match atom:
            case Method() | Function() if access is Access.READ:
                yield Effect.NONE
            case Method() if operation is not None and (access.calls or name in self._table.called):
                yield operation.effect_on(queryset.ordering.known)
            case Method() if access is Access.DOT:
                yield Effect.NONE
            case Function(receiver=QuerySet()) as function if access is not Access.GIVEN and self._is_called(function):
                yield from self._run(function, queryset)
            case _:
                yield None

    def _run(self, function: Function, queryset: QuerySet) -> Iterator[Effect | None]:
        bound = replace(function, receiver=marked(queryset))
        yield from self._evaluator.demands.effects(self._evaluator.activation(bound, ())) or (Effect.NONE,)


def inside(value: Value) -> tuple[QuerySet, ...]:
    """The cached QuerySets of a value, those in containers included."""
    return tuple(dict.fromkeys(each for each in all_querysets(value) if each.origin is not None))


def handed_on(held: Held, row: TemplateUse | None) -> tuple[Held, ...]:
    """What a filter hands on."""
    match None if row is None else row.gives:
        case "itself":
            return (held,)
        case "instance":
            return (held.element,)
        case "queryset" | "rows":
            return (held.derived,)
        case _:
            return ()


def _uncached(queryset: QuerySet) -> QuerySet:
    return replace(queryset, origin=None, built=None, hops=())


def _site(entry: ContextEntry) -> Site:
    return Site(entry.path, entry.ref, None)
