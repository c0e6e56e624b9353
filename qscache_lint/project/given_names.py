"""Names that a file gives: under which other code may reach the caches, and the cached QuerySets, that it has.

Each is a report of the table: it holds until a file that it rests on is edited, or further units of its own are chosen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Binding,
    Call,
    FunctionFacts,
    FunctionTerm,
    Import,
    ItemStore,
    Join,
    Name,
    Ref,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.names import written_name
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Constantly,
    Data,
    External,
    Function,
    FunctionId,
    Guessed,
    Instance,
    Manager,
    ManagerClass,
    Memoized,
    Method,
    Partial,
    QuerySet,
    Unknown,
    Value,
    leaves,
)
from qscache_lint.project.definitions import Definition, flat
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.core import Context, NamesReading, answers
from qscache_lint.project.evaluation.handed import handed_names
from qscache_lint.project.evaluation.helpers import reads_for_caller
from qscache_lint.project.evaluation.remembering import may_remember
from qscache_lint.project.evaluation.serializers import serialises_given
from qscache_lint.project.evaluation.view_data import names_of_rows
from qscache_lint.project.questions import Report
from qscache_lint.project.reachability import Reachability, SearchTerms
from qscache_lint.project.relevance import Contents
from qscache_lint.project.reports import CandidateUnit, CandidateUnits, UserUnit, definitions_in, reported


class InstancesReach(NamesReading[bool], frozen=True):
    """Whether the instances of a class lead to caches, or to what caches hand out, without another name."""

    of: ClassId
    to_caches: bool


@answers(InstancesReach)
def _instances_reach(context: Context, asked: InstancesReach) -> bool:
    project = context.project
    return (project.to_caches if asked.to_caches else project.to_handed_out).has_instances(asked.of)


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
    part = _Part(evaluator, path, facts, (asked.unit,), project.to_caches, project.to_caches)
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
    part = _Part(evaluator, path, facts, (asked.unit,), project.to_cached, project.to_handed_out)
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


def _note_members(part: _Part, names: SearchTerms) -> None:
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


class _Part(msgspec.Struct, frozen=True):
    """Some units of a module."""

    evaluator: Evaluator
    path: str
    facts: ModuleFacts
    units: Collection[int]
    reachability: Reachability
    ways: Reachability
    """The leads to what others are to reach: to caches first, and to what caches hand out when all caches are known."""

    @property
    def contents(self) -> Contents:
        return self.evaluator.project.units.contents(self.path, self.facts)

    def globals(self) -> Iterator[tuple[str, Binding]]:
        """The global names that the units bind."""
        return self.contents.globals.within(self.units)

    def own_globals(self) -> Iterator[tuple[str, Binding]]:
        """The global names that the units bind, without those that they import."""
        return ((name, each) for name, each in self.globals() if not isinstance(self.facts.terms[each.value], Import))

    def members(self) -> Iterator[tuple[ClassId, str, Binding]]:
        """The names that the units bind in class bodies."""
        return self.contents.members.within(self.units)

    def functions(self) -> Iterator[tuple[int, FunctionFacts]]:
        """The functions in the units, and the module's own body."""
        yield 0, self.facts.body
        for index in self.contents.outermost.within(self.units):
            yield from ((each, self.facts.functions[each]) for each in self.facts.inside(index))

    def may_give(self, ref: Ref) -> bool:
        """Whether a name that is bound to a term, or a call of it, may give what is looked for."""
        term = self.facts.terms[ref]
        if not isinstance(term, FunctionTerm):
            return self.reachability.has(self.path, ref)
        row = self.facts.functions[term.index].span.start.row
        is_memo = self.evaluator.project.making.has(self.path, row)
        return is_memo or self.reachability.function_has(self.path, term.index)

    def search_on(self, names: SearchTerms) -> None:
        """Note the names under which others may reach what the units name."""
        for name, binding in self.globals():
            if self._leads_on(binding.value):
                names.add_global(self.path, name)
        for of, name, binding in self.members():
            if self._leads_on(binding.value):
                names.add_member(self.facts, of, name)
                names.attributes.update(self._other_names(binding.value))
        for name, is_attribute in self._stored():
            if is_attribute:
                names.add_attribute(self.path, name)
            else:
                names.add_global(self.path, name)

    def _other_names(self, ref: Ref) -> Iterator[str]:
        """Another name under which Django hands out what a class body binds: a model's manager is its default one."""
        if any(isinstance(atom, Manager) for atom in self.evaluator.value(self.path, ref)):
            yield self.evaluator.knowledge.querysets.managers.default

    def _stored(self) -> Iterator[tuple[str, bool]]:
        """The names under which the units keep a way to something else, and whether as attributes."""
        for _, function in self.functions():
            for event in function.events:
                if not isinstance(event, (AttributeStore, ItemStore)) or not self.reachability.has(
                    self.path, event.value
                ):
                    continue
                if not self._carries(self.evaluator.value(self.path, event.value)) or self._is_lost(event):
                    continue
                yield from [(event.name, True)] if isinstance(event, AttributeStore) else self._named_by(event.base)

    def _is_lost(self, event: AttributeStore | ItemStore) -> bool:
        """Whether an assignment gives an attribute to an unknown object: `mocked.return_value = cache`.

        Only a memo finds it again, which fills on a condition, or with what is there or else something new.
        """
        if not isinstance(event, AttributeStore) or event.guards or isinstance(self.facts.terms[event.value], Join):
            return False
        return all(isinstance(atom, (Data, External, Unknown)) for atom in self.evaluator.value(self.path, event.base))

    def _leads_on(self, ref: Ref) -> bool:
        """Whether what a name is bound to, or what a function of that name gives, may be a way to something else."""
        if not self.may_give(ref):
            return False
        term = self.facts.terms[ref]
        if isinstance(term, FunctionTerm):
            return any(map(self._carries, self._given_by(ref, term.index)))
        return self._carries(self.evaluator.value(self.path, ref))

    def _given_by(self, ref: Ref, index: int) -> Iterator[Value]:
        """What a function gives and may be a way: by its decorators, or by those of its returned terms that lead on."""
        returned = [each for each in self.facts.given_by(index) if not self._is_read(each)]
        decorators = self.facts.functions[index].decorators
        if returned and any(self.reachability.has(self.path, decorator.value) for decorator in decorators):
            site = Site(self.path, ref, None)
            yield from (self.evaluator.call(atom, None, site) for atom in self.evaluator.value(self.path, ref))
            return
        yield from (
            self.evaluator.value(self.path, each) for each in returned if self.reachability.has(self.path, each)
        )

    def _is_read(self, ref: Ref) -> bool:
        """Whether a term is what a cache hands out, which is no way to another one."""
        term = self.facts.terms[ref]
        method = self.facts.terms[term.function] if isinstance(term, Call) else None
        return isinstance(method, Attribute) and method.name in self.evaluator.knowledge.read_methods

    def _carries(self, value: Value) -> bool:
        """Whether a value is something that others can be reached by: a callable, a cache, a container of these."""
        return any(self._is_carrier(atom) for atom in leaves(value))

    def _is_carrier(self, atom: Atom) -> bool:
        match atom:
            case External(dotted=dotted):
                return self._seeks_caches and dotted in self.evaluator.knowledge.cache_steps
            case Instance(of=ClassId() as of, given=given):
                return bool(given) or self._has_instances(of)
            case Instance(given=given):
                return bool(given)
            case ClassValue(of=of):
                return self._has_instances(of)
            case Manager(classes=classes) | ManagerClass(classes=classes):
                return any(map(self._has_instances, classes))
            case Function(of=of):
                return self._is_way(of)
            case Memoized(inner=inner) | Partial(inner=inner) | Guessed(inner=inner):
                return self._is_carrier(inner)
            case Constantly(result=value):
                return self._carries(value)
            case Method(receiver=receiver):
                return self._carries((receiver,))
            case _:
                return False

    @property
    def _seeks_caches(self) -> bool:
        return self.ways is self.evaluator.project.to_caches

    def _has_instances(self, of: ClassId) -> bool:
        """Whether the instances of a class, or of one of its bases, lead on without another name."""
        ancestors = self.evaluator.classes.ancestors(of)
        return any(self.evaluator.ask(InstancesReach(each, self._seeks_caches)) for each in ancestors)

    def _is_way(self, of: FunctionId) -> bool:
        """Whether a function may lead on when it is called: it is looked for by its name, or names what is."""
        function = self.evaluator.project.function(of)
        if function is None:
            return True
        return self.ways.names(of.path, function) or self.ways.function_has(of.path, of.index)

    def _named_by(self, ref: Ref) -> Iterator[tuple[str, bool]]:
        match self.facts.terms[ref]:
            case Attribute(name=name):
                yield name, True
            case Name(name=name):
                yield name, False
