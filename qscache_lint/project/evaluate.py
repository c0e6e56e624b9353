"""Evaluation: what a term comes to, followed on demand through names, classes, models and functions.

The evaluator is an abstract interpreter. It asks only for what it needs, remembers what it has found, and bounds its
own work: a recursion is settled by taking what is known so far, and anything too deep or too long is `Unknown`. How
each kind of term is evaluated stands in `evaluation/`, one module for each subject.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

from qscache_lint.facts.model import (
    Attribute,
    Awaited,
    Binary,
    Call,
    ClassTerm,
    Compare,
    Constant,
    Container,
    Element,
    Entered,
    Free,
    FunctionTerm,
    Import,
    Item,
    Join,
    Member,
    Mutated,
    Name,
    Narrowed,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Text,
    Updated,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Data,
    Frame,
    Function,
    FunctionId,
    Literal,
    Memoized,
    Unknown,
    Value,
    widened,
)
from qscache_lint.project.classes import ClassIndex
from qscache_lint.project.demands import Demands
from qscache_lint.project.evaluation.annotations import Annotations
from qscache_lint.project.evaluation.attributes import Attributes
from qscache_lint.project.evaluation.branches import Branches
from qscache_lint.project.evaluation.calls import Calls
from qscache_lint.project.evaluation.callsites import CallSites
from qscache_lint.project.evaluation.consumers import Consumers
from qscache_lint.project.evaluation.containers import Containers
from qscache_lint.project.evaluation.core import Passed, Site
from qscache_lint.project.evaluation.decorators import Decorators
from qscache_lint.project.evaluation.externals import Externals
from qscache_lint.project.evaluation.heights import Heights
from qscache_lint.project.evaluation.lookups import Lookups
from qscache_lint.project.evaluation.memos import Memos
from qscache_lint.project.evaluation.name_heuristics import NameHeuristics
from qscache_lint.project.evaluation.names import Names
from qscache_lint.project.evaluation.narrowing import Narrowing
from qscache_lint.project.evaluation.parameters import Parameters
from qscache_lint.project.evaluation.queries import Queries
from qscache_lint.project.evaluation.relations import Relations
from qscache_lint.project.evaluation.stores import Stores
from qscache_lint.project.evaluation.subjects import Subjects
from qscache_lint.project.fixpoint import TOO_DEEP, Fixpoint
from qscache_lint.project.memoizers import Memo
from qscache_lint.project.project import Project
from qscache_lint.values import Position, Step

__all__ = ["Evaluator", "Passed", "Site"]

Key = TypeVar("Key", bound=Hashable)


class Evaluator:
    """Evaluates terms of one project. Not for use by several threads at once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.knowledge = project.knowledge
        self.classes = ClassIndex(project, self.value)
        self._known: dict[tuple[str, Ref, Frame | None], Value] = {}
        self._fixpoint = Fixpoint(self._give_up)
        self._heights = Heights(project.facts)
        self._climbed: dict[tuple[str, Frame | None], set[Ref]] = {}

        self._memos = Memos(self)
        annotations = Annotations(self)
        subjects = Subjects(self)
        telling = NameHeuristics(self)
        branches = Branches(self)
        self._names = Names(self, annotations, branches, self._memos, subjects)
        relations = Relations(self, self._names)
        queries = Queries(self, branches, Lookups(self, relations))
        self.stores = Stores(self)
        containers = Containers(self, self._memos, self.stores)
        self._decorators = Decorators(self, self._names)
        self._attributes = Attributes(
            self, annotations, CallSites(self), self._memos, self._names, relations, subjects, telling
        )
        externals = Externals(self, annotations, containers, relations, self.stores)
        self._calls = Calls(
            self,
            annotations,
            branches,
            containers,
            self._decorators,
            externals,
            self._memos,
            self._names,
            queries,
            telling,
        )
        self.consumers = Consumers(self)
        self.demands = Demands(self, branches, self.consumers)
        self._parameters = Parameters(self)
        self._handlers: Mapping[type[Any], Callable[[Any, Site], Value]] = {
            Constant: lambda term, site: (Literal(term.value),),
            Name: lambda term, site: self._names.global_name(site.path, term.name),
            Import: lambda term, site: self._names.imported(term, site.path),
            Parameter: self._names.parameter,
            Free: self._names.free,
            FunctionTerm: self._names.function_term,
            ClassTerm: lambda term, site: (ClassValue(ClassId(site.path, term.index)),),
            Attribute: self._attributes.attribute_term,
            Call: self._calls.call_term,
            Item: containers.item,
            Slice: queries.slice,
            Binary: queries.binary,
            Compare: branches.compare,
            Not: branches.negation,
            Element: containers.element,
            Member: containers.member,
            Awaited: lambda term, site: self.value(site.path, term.base, site.frame),
            Entered: self._calls.entered,
            Narrowed: Narrowing(self, annotations).narrowed,
            Mutated: containers.mutated,
            Join: branches.join,
            Container: containers.container,
            Updated: containers.updated,
            Text: lambda term, site: (Data("text"),),
            Opaque: lambda term, site: (Unknown(term.reason),),
        }

    # -- the question everybody asks

    def value(self, path: str, ref: Ref, frame: Frame | None = None) -> Value:
        """What term `ref` of the module in `path` may come to, in the activation `frame`."""
        key = (path, ref, frame)
        known = self._known.get(key)
        if known is not None:
            return known
        facts = self.project.facts(path)
        if facts is None:
            return (Unknown("the module cannot be read"),)
        term = facts.terms[ref]
        handler = self._handlers.get(type(term))
        if handler is None:
            return (Unknown(type(term).__name__),)
        if self._heights.is_high(path, ref):
            self._climb(path, ref, frame)
        return self.settle(key, self._known, lambda: widened(handler(term, Site(path, ref, frame))))

    def _climb(self, path: str, ref: Ref, frame: Frame | None) -> None:
        """Evaluate what a high term stands on, from below."""
        climbed = self._climbed.setdefault((path, frame), set())
        floors = [] if ref in climbed else self._heights.floors(path, ref, climbed)
        climbed.update(floors, (ref,))
        for floor in floors:
            self.value(path, floor, frame)

    def settle(self, key: Key, memory: dict[Key, Value], compute: Callable[[], Value]) -> Value:
        """Compute and remember; questions that rest on each other are iterated until they are stable."""
        return self._fixpoint.settle(key, memory, compute)

    def _give_up(self, key: Hashable) -> None:
        """Note where a question stands that has no answer because something below is too deep."""
        match key:
            case (str() as path, int() as ref, _):
                self.project.give_up(path, self.facts(path).spans[ref].start.row, TOO_DEEP)
            case (FunctionId() as of, _) | Function(of=of):
                self.project.give_up(of.path, self.facts(of.path).functions[of.index].span.start.row, TOO_DEEP)
            case (str() as path, *_):
                self.project.give_up(path, 1, TOO_DEEP)

    def facts(self, path: str) -> ModuleFacts:
        """The facts of a module that has been read. Raises LookupError for one that cannot be."""
        facts = self.project.facts(path)
        if facts is None:
            raise LookupError(path)
        return facts

    def step(self, path: str, ref: Ref, message: str) -> Step:
        """A place on the trail: where term `ref` stands."""
        return Step(path, self.facts(path).spans[ref], message)

    # -- questions about values

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""
        return self._attributes.attribute(atom, name, site)

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give; `passed` is None when nobody knows the arguments."""
        return self._calls.call(atom, passed, site)

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The evaluated arguments of a call."""
        return self._calls.passed(term, site)

    def activation(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """The activation of a function that a call with these arguments makes."""
        return self._calls.activation(function, passed)

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""
        return self._calls.result(identity, frame)

    # -- questions about functions and caches

    def decorated(self, bare: Function, site: Site) -> Value:
        """What the decorators of a function make of it, innermost first."""
        return self._decorators.decorated(bare, site)

    def memoizers(self, bare: Function, site: Site) -> tuple[Memoized, ...]:
        """The memoizers among the decorators of a function, innermost first, whatever stands around them."""
        return self._decorators.memoizers(bare, site)

    def memo_of(self, decorator: Atom) -> Memo | None:
        """How a decorator keeps what the function returns; None when it does not, or nobody knows."""
        return self._decorators.memo_of(decorator)

    def makes_property(self, decorator: Atom) -> bool:
        """Whether a memoizing decorator makes a property of the method."""
        return self._decorators.makes_property(decorator)

    def flavour(self, identity: FunctionId) -> str:
        """How a function of a class is bound: "static", "class", "property" or "plain"."""
        return self._names.flavour(identity)

    def kept_by_hand(self, path: str, function: int) -> Iterator[Value]:
        """What each hand-made memo that a function fills hands out again."""
        return self._memos.made_in(path, function)

    def kept_from(self, path: str, function: int, ref: Ref, before: Position) -> Value:
        """What a value has become by `before` in the function that makes it: memoized, when a memo stored it."""
        return self._memos.kept_from(path, function, ref, before)

    def handed_over(self, value: Value, identity: FunctionId, parameter: str, site: Site) -> Value:
        """What the call at `site` puts into a cache by giving `value` to a function as `parameter`."""
        found = self._parameters.stores(identity, parameter)
        if found is None:
            return ()
        return self.stores.handed_over(value, found.row, found.dotted, site, found.step)
