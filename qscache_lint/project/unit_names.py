"""The names that units of a module bind, and those of them by which other code may reach what the units name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from qscache_lint.facts.model import AttributeStore, Binding, FunctionFacts, ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, FunctionTerm, Import, Join, Name, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Constantly,
    Data,
    External,
    Function,
    Guessed,
    Instance,
    ManagerClass,
    Memoized,
    Method,
    Partial,
    Unknown,
    Value,
    leaves,
)
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.core import Context, NamesReading, answers
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager
from qscache_lint.project.reachability import Reachability, SearchTerms
from qscache_lint.project.relevance import Contents


class InstancesReach(NamesReading[bool], frozen=True):
    """Whether the instances of a class lead to caches, or to what caches hand out, without another name."""

    of: ClassId
    to_caches: bool


@answers(InstancesReach)
def _instances_reach(context: Context, asked: InstancesReach) -> bool:
    project = context.project
    return (project.to_caches if asked.to_caches else project.to_handed_out).has_instances(asked.of)


class UnitNames(msgspec.Struct, frozen=True):
    """Some units of a module, and what `reachability` says of their terms."""

    evaluator: Evaluator
    path: str
    facts: ModuleFacts
    units: Collection[int]
    reachability: Reachability
    ways: Reachability
    """What leads on to what others are to reach: to caches first, to what these hand out when all of them are known."""

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
