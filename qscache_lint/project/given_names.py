"""Names that a file gives: under which other code may reach the caches, and the cached QuerySets, that it has.

Each is a report of the table: it holds until a file that it rests on is edited, or further units of its own are chosen.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.names import written_name
from qscache_lint.facts.terms import FunctionTerm, Ref
from qscache_lint.project.abstract import Atom, ClassValue, External, Function, Instance, Memoized, Partial
from qscache_lint.project.definitions import Definition, flat
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.handed import handed_names
from qscache_lint.project.evaluation.helpers import reads_for_caller
from qscache_lint.project.evaluation.remembering import may_remember
from qscache_lint.project.evaluation.serializers import serialises_given
from qscache_lint.project.evaluation.view_data import names_of_rows
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.questions import Report
from qscache_lint.project.reachability import SearchTerms
from qscache_lint.project.reports import CandidateUnit, CandidateUnits, UserUnit, definitions_in, reported
from qscache_lint.project.unit_names import UnitNames


class _Names(Report[SearchTerms], frozen=True):
    @property
    def failed(self) -> SearchTerms:
        return SearchTerms()


class NamesOfCaches(_Names, frozen=True):
    """The names that a unit of a file gives to memoizers, and to caches of the knowledge tables."""

    unit: int


class NamesOfDefinitions(_Names, frozen=True):
    """The names under which other code may reach what the cached definitions of a file keep."""


class NamesOfCached(_Names, frozen=True):
    """The names under which other code may reach a cached QuerySet that a unit of a file has."""

    unit: int


NAMES = (NamesOfCaches, NamesOfDefinitions, NamesOfCached)


@reported(NamesOfCaches, lambda asked: CandidateUnit(asked.path, asked.unit))
def _names_of_caches(evaluator: Evaluator, asked: NamesOfCaches) -> SearchTerms:
    names, path, project = SearchTerms(), asked.path, evaluator.project
    facts = project.facts(path)
    if facts is None:
        return names
    part = UnitNames(evaluator, path, facts, (asked.unit,), project.to_caches, project.to_caches)
    for name, binding in part.globals():
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) or _keeps_argument(evaluator, atom) for atom in atoms):
            names.add_global(path, name)
    for of, name, binding in part.members():
        if not isinstance(facts.terms[binding.value], FunctionTerm):
            continue
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) for atom in atoms):
            names.add_member(facts, of, name)
        if not any(_keeps_argument(evaluator, atom) for atom in atoms):
            continue
        if name == "__init__":
            names.add_global(path, facts.classes[of.index].name)
        else:
            names.calls.add(name)
            names.local(path).calls.add(written_name(name))
    if asked.unit in project.caching.of(path):
        part.search_on(names)
    return names.or_nothing()


def _is_cache(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a cache, a memoizer, or something with methods that serialise."""
    knowledge = evaluator.knowledge
    if isinstance(atom, External) and atom.dotted in knowledge.store_receivers | knowledge.serializer_receivers:
        return True
    if isinstance(atom, Function) and not atom.bare:
        made = evaluator.decorated(replace(atom, bare=True))
        if any(isinstance(each, External) and each.dotted in knowledge.serializer_receivers for each in made):
            return True
    if isinstance(atom, ClassValue):
        outside = (each for each in evaluator.classes.mro(atom.of) if isinstance(each, str))
        if any(f"{each}()" in knowledge.serializer_receivers for each in outside):
            return True
    if isinstance(atom, ClassValue) and evaluator.memo_of(Instance(atom.of)) is not None:
        return True
    return evaluator.memo_of(atom) is not None or _may_make_memoizer(evaluator, atom)


def _may_make_memoizer(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a function that makes decorators: what these keep, and where, its arguments may decide."""
    if not isinstance(atom, Function):
        return False
    functions = evaluator.facts(atom.of.path).functions
    decorators = {number for number, each in enumerate(functions) if each.parent == atom.of.index}
    return any(each.parent in decorators for each in functions)


def _keeps_argument(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a function that caches one of its arguments, or what that gives, or serialises it."""
    if not isinstance(atom, Function):
        return False
    identity = atom.of
    function = evaluator.project.function(identity)
    if function is None:
        return False
    passed = function.parameters if function.owner is None else function.parameters[1:]  # without the receiver
    if any(may_remember(evaluator, identity, parameter.name) for parameter in passed):
        return True
    if not evaluator.project.making.has(identity.path, function.span.start.row):
        return False
    site = Site(identity.path, 0, None)
    is_kept = any(evaluator.handed_over((QuerySet(),), identity, parameter.name, site) for parameter in passed)
    return is_kept or serialises_given(evaluator, identity, [each.name for each in passed])


@reported(NamesOfDefinitions, lambda asked: CandidateUnits(asked.path))
def _names_of_definitions(evaluator: Evaluator, asked: NamesOfDefinitions) -> SearchTerms:
    names, path = SearchTerms(), asked.path
    for definition in definitions_in(evaluator, path):
        facts = evaluator.facts(path)
        function = facts.functions[definition.function]
        for name in _around(facts, definition.function):
            names.add_global(path, name)
        if definition.is_shared and function.owner is not None:
            names.add_member(facts, ClassId(path, function.owner), function.name)
        elif definition.is_shared:
            names.add_global(path, function.name)
        names.attributes.update(_kept_as(definition))
        names.local(path).words.update(map(written_name, _kept_as(definition)))
    return names.or_nothing()


@reported(NamesOfCached, lambda asked: UserUnit(asked.path, asked.unit))
def _names_of_cached(evaluator: Evaluator, asked: NamesOfCached) -> SearchTerms:
    names, path, project = SearchTerms(), asked.path, evaluator.project
    facts = project.facts(path)
    if facts is None:
        return names
    part = UnitNames(evaluator, path, facts, (asked.unit,), project.to_cached, project.to_handed_out)
    for name, binding in part.own_globals():
        if part.may_give(binding.value) and _hands_out(evaluator, path, binding.value):
            names.add_global(path, name)
    _note_members(part, names)
    for index, function in part.functions():
        if reads_for_caller(evaluator, path, index):
            if function.owner is None:
                names.add_global(path, function.name)
            else:
                names.add_member(facts, ClassId(path, function.owner), function.name)
        for event in function.events:
            if not isinstance(event, AttributeStore) or not part.reachability.has(path, event.value):
                continue
            if any(flat(evaluator.value(path, event.value))):
                names.add_attribute(path, event.name)
    part.search_on(names)
    return names.or_nothing()


def _note_members(part: UnitNames, names: SearchTerms) -> None:
    """Note the members of classes that hand out what is cached, and the names by which a framework hands it on."""
    for of, name, binding in part.members():
        if part.may_give(binding.value) and _hands_out(part.evaluator, part.path, binding.value):
            _name_member(part.evaluator, names, part.facts, of, name)
            for target, key in handed_names(part.evaluator, of, name):
                names.local(target).words.add(key)
            for target, key in names_of_rows(part.evaluator, of, name):
                names.local(target).attributes.add(key)


def _name_member(evaluator: Evaluator, names: SearchTerms, facts: ModuleFacts, of: ClassId, name: str) -> None:
    """Note a member that hands out a cached QuerySet; that of a manager may be what all its methods begin with."""
    names.add_member(facts, of, name)
    if name == _BEHIND_METHODS and evaluator.classes.kind(of) == "manager":
        names.add_instances(facts, of)
        names.local(of.path).attributes.update(evaluator.knowledge.operations)


_BEHIND_METHODS = "get_queryset"
"""The method by which all others of a manager get their QuerySet."""


def _hands_out(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    """Whether a term is a cached QuerySet, or a callable that gives one."""
    value = evaluator.value(path, ref)
    calls = (atom for atom in value if isinstance(atom, (Function, Memoized, Partial)))
    site = Site(path, ref, None)
    return any(flat(value)) or any(any(flat(evaluator.call(atom, None, site))) for atom in calls)


def _around(facts: ModuleFacts, index: int) -> list[str]:
    """The name of the outermost function around a nested one, which alone can hand it to others; else none."""
    outer = index
    while facts.functions[outer].parent:
        outer = facts.functions[outer].parent or 0
    return [] if outer == index else [facts.functions[outer].name]


def _kept_as(definition: Definition) -> list[str]:
    """The names of the place that a hand-made memo fills. A store call keeps under a key, not under a name."""
    name = definition.origin.name
    return [] if name.endswith(")") else re.findall(r"\w+", name)
