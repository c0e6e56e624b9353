"""One run over a project: which files to read, and every definition and use found in them.

Files are read in rounds. The first rounds take the files that may define a cached value: those with a name out of the
knowledge tables, with the shape of a hand-made memo, or with a name that another of these files gives to a memoizer or
cache. The later rounds take the files with a name by which a cached QuerySet can be reached, until no new name turns
up. Files that the evaluation asks for on the way are read too, but they hold neither definitions nor uses.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from qscache_lint.facts.model import AttributeStore, Binding, FunctionTerm, Import, ModuleFacts, Ref
from qscache_lint.knowledge import Knowledge
from qscache_lint.project.abstract import Atom, ClassValue, External, Function, Instance, Memoized, Partial, QuerySet
from qscache_lint.project.definitions import Definition, definitions, flat
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.project import Project
from qscache_lint.project.serialized import Serialized, serialized
from qscache_lint.project.uses import Use, uses
from qscache_lint.source.gate import Wanted, may_memoize
from qscache_lint.source.parse import Unreadable
from qscache_lint.source.scout import Signs, may_hold_cache
from qscache_lint.source.tree import SourceTree


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a run found, in the order of files and places."""

    evaluator: Evaluator
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    serialized: tuple[Serialized, ...]
    unreadable: tuple[tuple[str, Unreadable], ...]
    examined: tuple[str, ...]
    """The files in which definitions and uses were looked for."""


def analyse(
    tree: SourceTree, knowledge: Knowledge, always: Iterable[str] = (), earlier: Analysis | None = None
) -> Analysis:
    """Analyse a project. `always` names files that are parsed whatever the gate says.

    What an `earlier` analysis has read of the same files is not read again.
    """
    with _without_collector():
        evaluator = _evaluator(Project(tree, knowledge, None if earlier is None else earlier.evaluator.project))
        project = evaluator.project
        examined = sorted(_with_users(evaluator, {*always, *project.candidates}))
        return Analysis(
            evaluator,
            tuple(found for path in examined for found in definitions(evaluator, path)),
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


# -- files that may define a cached value


def _evaluator(project: Project) -> Evaluator:
    """An evaluator of a project whose candidates are known: the files that may define a cached value."""
    names = _Names(set(project.knowledge.cache_words), entries=set(project.knowledge.entry_words))
    fresh = _files(project, names.fresh(), may_memoize)
    while True:
        project.candidates = tuple(sorted({*project.candidates, *fresh}))
        # More candidates make what an evaluator remembers wrong, so that each round begins with a new one.
        evaluator = Evaluator(project)
        for path in fresh:
            _collect_caches(evaluator, path, names)
        named = _files(project, names.fresh())
        fresh = [path for path in named if path not in project.candidates]
        if not fresh:
            return evaluator


def _files(project: Project, wanted: Wanted, or_else: Callable[[bytes], bool] = lambda source: False) -> list[str]:
    """The files that have one of the wanted names in their code, and those `or_else` lets pass that may memoize."""
    handmade = project.knowledge.functions.handmade
    signs = Signs(frozenset(handmade.store_methods), frozenset(handmade.read_methods), frozenset(handmade.requests))

    def may_define(path: str) -> bool:
        source = _bytes(project.tree, path)
        names = wanted.named_in(source)
        return (bool(names) or or_else(source)) and may_hold_cache(source, names, signs)

    return [path for path in project.tree.files if may_define(path)]


def _bytes(tree: SourceTree, path: str) -> bytes:
    """The bytes of a file; none when it cannot be read, which is told of when something needs that file."""
    try:
        return tree.read(path)
    except OSError:
        return b""


def _collect_caches(evaluator: Evaluator, path: str, names: _Names) -> None:
    """Add the names that a module gives to memoizers, and to caches of the knowledge tables."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    names.add_aliases(facts)
    for name, binding in _own_globals(facts):
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) or _stores_argument(evaluator, atom) for atom in atoms):
            names.words.add(name)
    for name, binding in _members(facts):
        if not isinstance(facts.terms[binding.value], FunctionTerm):
            continue
        atoms = evaluator.value(path, binding.value)
        if any(_is_cache(evaluator, atom) for atom in atoms):
            names.attributes.add(name)
        if any(_stores_argument(evaluator, atom) for atom in atoms):
            names.calls.add(name)


def _is_cache(evaluator: Evaluator, atom: Atom) -> bool:
    """Whether a value is a cache, a memoizer, or something with methods that serialise."""
    knowledge = evaluator.knowledge
    if isinstance(atom, External) and atom.dotted in knowledge.store_receivers | knowledge.serializer_receivers:
        return True
    if isinstance(atom, Function) and not atom.bare:
        site = Site(atom.of.path, 0, None)
        made = evaluator.decorated(replace(atom, bare=True), site)
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
    if function is None:
        return False
    site = Site(identity.path, 0, None)
    passed = function.parameters if function.owner is None else function.parameters[1:]  # without the receiver
    return any(evaluator.handed_over((QuerySet(),), identity, parameter.name, site) for parameter in passed)


# -- files that may use one


def _with_users(evaluator: Evaluator, candidates: Iterable[str]) -> set[str]:
    """The candidates, and every file with a name by which a cached QuerySet of these files can be reached."""
    tree = evaluator.project.tree
    names = _Names()
    fresh = sorted(candidates)
    examined: set[str] = set()
    while fresh:
        examined.update(fresh)
        for path in fresh:
            _collect_cached(evaluator, path, names)
        wanted = names.fresh()
        fresh = [path for path in tree.files if path not in examined and wanted.is_in(_bytes(tree, path))]
    return examined


def _collect_cached(evaluator: Evaluator, path: str, names: _Names) -> None:
    """Add the names under which other files may reach a cached QuerySet of this module."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    names.add_aliases(facts)
    for definition in definitions(evaluator, path):
        names.words.update(_around(facts, definition.function))
        names.attributes.update(_kept_as(definition))
    for name, binding in _own_globals(facts):
        if _hands_out(evaluator, path, binding.value):
            names.words.add(name)
    for name, binding in _members(facts):
        if _hands_out(evaluator, path, binding.value):
            names.attributes.add(name)
    for index, function in enumerate(facts.functions):
        if evaluator.stores.reads_for_caller(path, index):
            (names.words if function.owner is None else names.attributes).add(function.name)
        for event in function.events:
            if isinstance(event, AttributeStore) and any(flat(evaluator.value(path, event.value))):
                names.attributes.add(event.name)


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


def _own_globals(facts: ModuleFacts) -> Iterator[tuple[str, Binding]]:
    """The global names that a module binds, without those that it imports."""
    for name, bindings in facts.body.bindings.items():
        yield from ((name, binding) for binding in bindings if not isinstance(facts.terms[binding.value], Import))


def _members(facts: ModuleFacts) -> Iterator[tuple[str, Binding]]:
    for opened in facts.classes:
        for name, bindings in opened.members.items():
            yield from ((name, binding) for binding in bindings)


@dataclass(slots=True)
class _Names:
    """The names by which other files reach something, by the form that they write (see `gate.Wanted`)."""

    words: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    _aliases: set[tuple[str, str]] = field(default_factory=set)
    _asked: tuple[frozenset[str], ...] = (frozenset(),) * 4

    def add_aliases(self, facts: ModuleFacts) -> None:
        """Note the names that a module imports under another name: its own importers use that one."""
        for name, bindings in facts.body.bindings.items():
            imports = (term for binding in bindings if isinstance(term := facts.terms[binding.value], Import))
            self._aliases.update((term.name, name) for term in imports if term.name not in (None, name))

    def fresh(self) -> Wanted:
        """What to look for now: the names that were not there the last time, other names of the same included."""
        while reached := {alias for name, alias in self._aliases if name in self.words} - self.words:
            self.words |= reached
        known = self._asked
        self._asked = tuple(map(frozenset, (self.words, self.attributes, self.calls, self.entries)))
        return Wanted(*(now - before for now, before in zip(self._asked, known, strict=True)))
