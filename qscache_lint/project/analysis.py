"""One run over a project: which files to read, and every definition and use found in them.

Units (see `source.units`) are chosen in rounds. The first rounds take those that may define a cached value: with a name
out of the knowledge tables, with the shape of a hand-made memo, or with a name that another of these units gives to a
memoizer or cache. The later rounds take the units with a name by which a cached QuerySet can be reached, until no new
name turns up. What the evaluation asks for on the way is read too, but holds neither definitions nor uses.
"""

from __future__ import annotations

import gc
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

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
from qscache_lint.facts.readers import Reader, Scouting
from qscache_lint.knowledge import Knowledge
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
    Memoized,
    Method,
    Partial,
    QuerySet,
    Unknown,
    Value,
    leaves,
)
from qscache_lint.project.definitions import Definition, definitions, flat, without_helpers
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.helpers import reads_for_caller
from qscache_lint.project.project import Project
from qscache_lint.project.reachability import Reachability, SearchTerms
from qscache_lint.project.relevance import Contents, Selection
from qscache_lint.project.serialized import Serialized, serialized
from qscache_lint.project.uses import Use, uses
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.gate import NamePattern, may_memoize
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.tree import SourceTree


class Analysis(msgspec.Struct, frozen=True):
    """What a run found, in the order of files and places."""

    evaluator: Evaluator
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    serialized: tuple[Serialized, ...]
    unreadable: tuple[tuple[str, Unreadable], ...]
    examined: tuple[str, ...]
    """The files in which definitions and uses were looked for."""


def analyse(
    tree: SourceTree,
    knowledge: Knowledge,
    always: Iterable[str] = (),
    earlier: Project | None = None,
    reader: Reader | None = None,
    statistics: RunStatistics | None = None,
    scouting: Scouting | None = None,
    *,
    everything: bool = False,
) -> Analysis:
    """Analyse a project. `always` names files that are parsed whatever the gate says.

    What an `earlier` project has read of the same files is not read again; `reader` gives the facts of the others, and
    `scouting` says which files are worth it. With `everything`, every unit of every file is looked at, which finds the
    same and takes much longer (see `benchmarks/gate.py`).
    """
    with _without_collector():
        project = Project(tree, knowledge, earlier, reader, statistics, scouting)
        if everything:
            always = tree.files
            _choose_everything(project)
        evaluator = _evaluator(project)
        examined = _with_users(evaluator, always)
        return Analysis(
            evaluator,
            without_helpers(found for path in examined for found in definitions(evaluator, path)),
            tuple(found for path in examined for found in uses(evaluator, path)),
            tuple(found for path in examined for found in serialized(evaluator, path)),
            tuple(project.unreadable.items()),
            tuple(examined),
        )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Python's cycle collector looks through millions of new objects again and again, and finds nothing to free."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# -- units that may define a cached value


def _evaluator(project: Project) -> Evaluator:
    """An evaluator of a project whose candidates are known: the units that may define a cached value."""
    names = project.cache_names
    names.words.update(project.knowledge.cache_words)
    names.entries.update(project.knowledge.entry_words)
    with project.statistics.phase("gate"):
        fresh = _candidates(project, names) if project.knows_django else {}
    evaluator = Evaluator(project)
    while fresh:
        project.candidates = project.making.paths
        evaluator.refresh(fresh)
        project.prefetch(fresh)
        for path, units in fresh.items():
            _collect_caches(evaluator, path, units, names)
        fresh = _named(project, names, project.caching, _naming)
        for path, units in fresh.items():
            project.making.add(path, units)
    evaluator.refresh(())
    return evaluator


def _choose_everything(project: Project) -> None:
    for path in project.tree.files:
        if project.facts(path) is not None:
            for selection in (project.caching, project.making):
                selection.add(path, project.units.of(path))
    for reachability in project.reachabilities:
        reachability.everywhere = True


def _candidates(project: Project, names: SearchTerms) -> dict[str, set[int]]:
    """The first units: those with a name of the knowledge tables in their file's code, and what may be a memo."""
    wanted = names.fresh()
    found: dict[str, set[int]] = {}
    for path, source, memos in _scouted(project, project.tree.files, wanted, may_memoize):
        units = project.units.of(path)
        named = project.caching.add(path, map(units.at_byte, wanted.places_in(source)))
        unnamed = (units.outside if not row else (units.at_row(row),) for row in memos)
        found[path] = project.making.add(path, itertools.chain(named, *unnamed))
    return found


def _scouted(
    project: Project, paths: Iterable[str], wanted: NamePattern, else_admits: Callable[[bytes], bool]
) -> Iterator[tuple[str, bytes, tuple[int, ...]]]:
    """The files that the gate and the scout let through, with their bytes and the rows of what may be memos.

    The gate asks for one of the names, `else_admits` about the files without.
    """
    told = ((path, source, wanted.named_in(source)) for path in paths for source in (project.source(path),))
    passed, sought = itertools.tee(each for each in told if each[2] or else_admits(each[1]))
    scouted = project.scout((path, (source, words)) for path, source, words in sought)
    for (_, source, _), (path, memos) in zip(passed, scouted, strict=True):
        if memos is not None:
            yield path, source, memos


def _naming(project: Project, paths: Iterable[str], wanted: NamePattern) -> Iterator[str]:
    """The files that have one of the names in their code, not in a comment only."""
    return (path for path, _, _ in _scouted(project, paths, wanted, lambda source: False))


def _mentioning(project: Project, paths: Iterable[str], wanted: NamePattern) -> Iterator[str]:
    """The files that have one of the names, be it in a comment."""
    return (path for path in paths if wanted.is_in(project.source(path)))


_Search: TypeAlias = Callable[[Project, Iterable[str], NamePattern], Iterator[str]]


def _named(project: Project, names: SearchTerms, selection: Selection, search: _Search) -> dict[str, set[int]]:
    """The units with a name that is new, which are added to a selection; `search` finds files that are not in it."""
    known = frozenset(selection.paths) | names.known_within
    wanted = names.fresh()
    for reachability in project.reachabilities:
        reachability.forget()
    found: dict[str, set[int]] = {}
    with project.statistics.phase("gate"):
        others = list(search(project, (path for path in project.tree.files if path not in known), wanted))
        project.prefetch(others)
        every = names.all() if others else wanted
        for path in sorted({*known, *others}):
            sought = [wanted, names.local(path).fresh()] if path in known else [every]
            source, units = project.source(path), project.units.of(path)
            named = {units.at_byte(place) for each in sought for place in each.places_in(source)}
            fresh = selection.add(path, named)
            if named or fresh:
                found[path] = named | fresh
    return found


def _collect_caches(evaluator: Evaluator, path: str, units: Collection[int], names: SearchTerms) -> None:
    """Add the names that units of a module give to memoizers, and to caches of the knowledge tables."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    project = evaluator.project
    part = _Part(evaluator, path, facts, units, project.to_caches, project.to_caches)
    names.add_aliases(path, facts)
    for name, binding in part.globals():
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) or _stores_argument(evaluator, atom) for atom in atoms):
            names.add_global(path, name)
    for of, name, binding in part.members():
        if not isinstance(facts.terms[binding.value], FunctionTerm):
            continue
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) for atom in atoms):
            names.add_member(facts, of, name)
        if any(_stores_argument(evaluator, atom) for atom in atoms):
            names.calls.add(name)
            names.local(path).calls.add(written_name(name))
    named = replace(part, units=project.caching.of(path).intersection(units))
    named.search_on(names)


def _is_cache(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a cache, a memoizer, or something with methods that serialise."""
    knowledge = evaluator.knowledge
    if isinstance(atom, External) and atom.dotted in knowledge.store_receivers | knowledge.serializer_receivers:
        return True
    if isinstance(atom, Function) and not atom.bare:
        made = evaluator.decorated(replace(atom, bare=True))
        if any(isinstance(each, External) and each.dotted in knowledge.serializer_receivers for each in made):
            return True
    if isinstance(atom, ClassValue) and evaluator.memo_of(Instance(atom.of)) is not None:
        return True
    return evaluator.memo_of(atom) is not None


def _stores_argument(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a function that puts one of its arguments into a cache."""
    if not isinstance(atom, Function):
        return False
    identity = atom.of
    function = evaluator.project.function(identity)
    if function is None or not evaluator.project.caching.has(identity.path, function.span.start.row):
        return False
    site = Site(identity.path, 0, None)
    passed = function.parameters if function.owner is None else function.parameters[1:]  # without the receiver
    return any(evaluator.handed_over((QuerySet(),), identity, parameter.name, site) for parameter in passed)


# -- units that may use one


def _with_users(evaluator: Evaluator, always: Iterable[str]) -> list[str]:
    """Choose the units with a name by which a cached QuerySet can be reached; returns the files to examine."""
    project = evaluator.project
    names = project.use_names
    chosen: dict[str, Iterable[int]] = {path: project.making.of(path) for path in project.candidates}
    chosen.update((path, project.units.of(path)) for path in always if project.facts(path) is not None)
    fresh = {path: project.using.add(path, units) for path, units in chosen.items()}
    for path in project.candidates:
        _collect_defined(evaluator, path, names)
    while fresh:
        project.prefetch(fresh)
        for path, units in fresh.items():
            _collect_cached(evaluator, path, units, names)
        fresh = _named(project, names, project.using, _mentioning)
    return sorted({*always, *project.using.paths})


def _collect_defined(evaluator: Evaluator, path: str, names: SearchTerms) -> None:
    """Add the names under which others may reach what the cached definitions of a module keep."""
    for definition in definitions(evaluator, path):
        for name in _around(evaluator.facts(path), definition.function):
            names.add_global(path, name)
        names.attributes.update(_kept_as(definition))
        names.local(path).words.update(map(written_name, _kept_as(definition)))


def _collect_cached(evaluator: Evaluator, path: str, units: Collection[int], names: SearchTerms) -> None:
    """Add the names under which others may reach a cached QuerySet of some units of a module."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    part = _Part(evaluator, path, facts, units, evaluator.project.to_cached, evaluator.project.to_handed_out)
    names.add_aliases(path, facts)
    for name, binding in part.own_globals():
        if part.may_give(binding.value) and _hands_out(evaluator, path, binding.value):
            names.add_global(path, name)
    for of, name, binding in part.members():
        if part.may_give(binding.value) and _hands_out(evaluator, path, binding.value):
            names.add_member(facts, of, name)
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


# -- names


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
        for name, is_attribute in self._stored():
            if is_attribute:
                names.add_attribute(self.path, name)
            else:
                names.add_global(self.path, name)

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
        """Whether an assignment gives an attribute to an object that nobody knows: `mocked.return_value = cache`.

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
            return any(map(self._carries, self._given_by(ref, self.facts.functions[term.index])))
        return self._carries(self.evaluator.value(self.path, ref))

    def _given_by(self, ref: Ref, function: FunctionFacts) -> Iterator[Value]:
        """What a function gives and may be a way: by its decorators, or by those of its returned terms that lead on."""
        returned = [each.value for each in function.returns if not self._is_read(each.value)]
        if returned and any(self.reachability.has(self.path, decorator.value) for decorator in function.decorators):
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
        return any(map(self.ways.has_instances, self.evaluator.classes.ancestors(of)))

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
