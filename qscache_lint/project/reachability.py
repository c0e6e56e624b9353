"""Reachability: the names by which something is reached, and which terms lead there.

A term can only come to something that a name stands for when it names it, or is made of terms that do. Whether that is
so is told from the terms alone, without evaluating anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.names import written_name
from qscache_lint.facts.terms import ClassTerm, Free, FunctionTerm, Import, Parameter, Ref, Term, operands
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.source.gate import NamePattern

_UNNAMED = frozenset({"__call__", "__enter__"})
"""Special methods that the evaluator follows: an instance runs them without their name."""


class SearchTerms(msgspec.Struct, array_like=True):
    """The names by which something is reached, by the form that others write (see `gate.NamePattern`)."""

    words: set[str] = set()
    attributes: set[str] = set()
    calls: set[str] = set()
    entries: set[str] = set()
    elsewhere: set[str] = set()
    classes: set[ClassId] = set()
    """The classes by whose instances something is reached without another name."""
    _aliases: set[tuple[str, str, str]] = set()
    _read: set[str] = set()
    """The files whose aliases are noted."""
    _asked: tuple[frozenset[str], ...] = (frozenset(),) * 5
    _local: dict[str, SearchTerms] = {}

    def local(self, path: str) -> SearchTerms:
        """The names by which something is reached within one file."""
        return self._local.setdefault(path, SearchTerms())

    @property
    def known_within(self) -> frozenset[str]:
        """The files that have names of their own."""
        return frozenset(self._local)

    def add_global(self, path: str, name: str) -> None:
        """Note a global of a file, which others import."""
        self.elsewhere.add(name)
        self.local(path).words.add(name)

    def add_attribute(self, path: str, name: str) -> None:
        """Note an attribute, which the file that gives it may write without the name of its class."""
        self.attributes.add(name)
        self.local(path).attributes.add(written_name(name))

    def add_member(self, facts: ModuleFacts, of: ClassId, name: str) -> None:
        """Note what a class body binds to a name; a special method is reached by the name of its class."""
        if name not in _UNNAMED:
            self.add_attribute(of.path, name)
            return
        self.add_instances(facts, of)

    def add_instances(self, facts: ModuleFacts, of: ClassId) -> None:
        """Note a class by whose instances something is reached without another name."""
        self.classes.add(of)
        opened = facts.classes[of.index]
        self.add_global(of.path, opened.name)
        if opened.name != opened.qualname:
            self.add_attribute(of.path, opened.name)

    def add_aliases(self, path: str, facts: ModuleFacts) -> None:
        """Note the names that a module imports under another name: its own importers use that one."""
        if path in self._read:
            return
        self._read.add(path)
        for name, bindings in facts.body.bindings.items():
            imports = (term for binding in bindings if isinstance(term := facts.terms[binding.value], Import))
            self._aliases.update((path, term.name, name) for term in imports if term.name not in (None, name))

    def fresh(self) -> NamePattern:
        """What to look for now: the names that were not there the last time, other names of the same included."""
        while reached := {each for each in self._aliases if each[1] in self.words or each[1] in self.elsewhere}:
            self._aliases -= reached
            for path, _, alias in reached:
                self.add_global(path, alias)
        known = self._asked
        self._asked = tuple(map(frozenset, self.by_form()))
        return NamePattern(*(now - before for now, before in zip(self._asked, known, strict=True)))

    def merge(self, others: SearchTerms) -> None:
        """Add the names that a file has given."""
        for ours, theirs in zip(self.by_form(), others.by_form(), strict=True):
            ours.update(theirs)
        self.classes |= others.classes
        self._aliases |= others._aliases
        for path, names in others._local.items():
            self.local(path).merge(names)

    def drop(self, path: str) -> None:
        """Take a file for edited: its aliases are noted again."""
        self._read.discard(path)

    def has_all_of(self, other: SearchTerms) -> bool:
        """Whether every name of `other` is here, too."""
        if other is self or other is _NOTHING:
            return True
        by_form = zip(self.by_form(), other.by_form(), strict=True)
        if not (all(ours >= theirs for ours, theirs in by_form) and self.classes >= other.classes):
            return False
        return all(path in self._local and self._local[path].has_all_of(each) for path, each in other._local.items())

    def or_nothing(self) -> SearchTerms:
        """The same; one value for all that have no name, since most units give none."""
        return self if any(self.by_form()) or self.classes or self._local else _NOTHING

    def within(self, path: str) -> frozenset[str]:
        """The names by which something is reached within one file, without those of all files."""
        own = self._local.get(path)
        return frozenset() if own is None else own.values()

    def values(self) -> frozenset[str]:
        """The names themselves."""
        return frozenset().union(*self.by_form())

    def all(self) -> NamePattern:
        """Every name."""
        return NamePattern(*self.by_form())

    def by_form(self) -> tuple[set[str], ...]:
        """The names by the form that others write, in the order in which `gate.NamePattern` takes them."""
        return self.words, self.attributes, self.calls, self.entries, self.elsewhere


_NOTHING = SearchTerms()


class Reachability:
    """Tells which terms may come to what some names stand for."""

    def __init__(self, facts: Callable[[ModulePath], ModuleFacts | None], *names: SearchTerms) -> None:
        self._facts = facts
        self._names = names
        self._everywhere: frozenset[str] | None = None
        """The names that lead there from any file, as they were on first access."""
        self._wanted: dict[ModulePath, frozenset[str]] = {}
        self._known: dict[ModulePath, dict[Ref, bool]] = {}
        self._kept: dict[ModulePath, tuple[frozenset[str], dict[Ref, bool]]] = {}
        """The answers about a file, which hold for as long as the same of its names lead there."""
        self.everywhere = False
        """Take every term for one that leads there."""

    def has(self, path: ModulePath, ref: Ref) -> bool:
        """Whether a term leads there."""
        if self.everywhere:
            return True
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._known_with(path)
        answer = known.get(ref)
        return self._follow(path, ref, known) if answer is None else answer

    def forget(self) -> None:
        """Forget the answers about all files in which other names lead there now."""
        self._everywhere = None
        self._wanted.clear()
        self._known.clear()

    def drop(self, path: ModulePath) -> None:
        """Forget the answers about a file that has been edited."""
        self._known.pop(path, None)
        self._kept.pop(path, None)

    def names(self, path: ModulePath, function: FunctionFacts) -> bool:
        """Whether a function leads there by its own name."""
        return self.everywhere or function.name in self._wanted_in(path)

    def function_has(self, path: ModulePath, index: int) -> bool:
        """Whether what a function gives leads there, as far as its decorators and what it returns or yields tell.

        Of a nested one all that it does counts.
        """
        facts = self._facts(path)
        if facts is None:
            return False
        function = facts.functions[index]
        if any(self.has(path, decorator.value) for decorator in function.decorators):
            return True
        given = facts.body_of(index) if function.parent else facts.given_by(index)
        return any(self.has(path, each) for each in given)

    def _known_with(self, path: ModulePath) -> dict[Ref, bool]:
        """The answers about a file that hold with the names that lead there now."""
        facts = self._facts(path)
        leading = self._wanted_in(path) & (frozenset() if facts is None else facts.mentioned)
        kept = self._kept.get(path)
        if kept is None or kept[0] != leading:
            kept = self._kept[path] = leading, {}
        return kept[1]

    def _follow(self, path: ModulePath, ref: Ref, known: dict[Ref, bool]) -> bool:
        facts = self._facts(path)
        if facts is None:
            return False
        wanted = self._kept[path][0]
        pending, seen = [ref], {ref}
        while pending:
            term = facts.terms[pending.pop()]
            below = (*operands(term), *_behind(facts, term))
            if any(map(known.get, below)) or not wanted.isdisjoint(facts.names_of(term)):
                known[ref] = True
                return True
            fresh = [each for each in below if each not in seen and each not in known]
            seen.update(fresh)
            pending.extend(fresh)
        known.update(dict.fromkeys(seen, False))
        return False

    def has_instances(self, of: ClassId) -> bool:
        """Whether the instances of a class lead there without another name."""
        return any(of in names.classes for names in self._names)

    def _wanted_in(self, path: ModulePath) -> frozenset[str]:
        """The names that lead there in a file, whatever their form."""
        if path not in self._wanted:
            self._wanted[path] = self._named_in(path)
        return self._wanted[path]

    def _named_in(self, path: ModulePath) -> frozenset[str]:
        if self._everywhere is None:
            self._everywhere = frozenset().union(*(names.values() for names in self._names))
        own = frozenset().union(*(names.within(path) for names in self._names))
        return self._everywhere if own <= self._everywhere else self._everywhere | own  # most files share one set


def _behind(facts: ModuleFacts, term: Term) -> Iterator[Ref]:
    """What an enclosing function binds to a variable, what a parameter may be, decorators of functions, and bases.

    A nested function is reached without its name: all that it does counts.
    """
    match term:
        case Free(function=index, name=name):
            yield from (binding.value for binding in facts.functions[index].bindings.get(name, ()))
            yield from _given(facts, index, name)
        case Parameter(function=index, name=name):
            yield from _given(facts, index, name)
        case FunctionTerm(index=index):
            yield from (decorator.value for decorator in facts.functions[index].decorators)
            if facts.functions[index].parent:
                yield from facts.body_of(index)
        case ClassTerm(index=index):
            yield from facts.classes[index].bases


def _given(facts: ModuleFacts, index: int, name: str) -> Iterator[Ref]:
    for parameter in facts.functions[index].parameters:
        if parameter.name == name:
            yield from (ref for ref in (parameter.default, parameter.annotation) if ref is not None)
