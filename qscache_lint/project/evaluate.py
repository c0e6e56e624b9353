"""Evaluation: what a term comes to, followed on demand through names, classes, models and functions.

The evaluator is an abstract interpreter. It asks only for what it needs, keeps what it has found in one table of
questions, and bounds its own work: a recursion is settled by taking what is known so far, and anything too deep or too
long is `Unknown`. How each kind of term is evaluated, and each kind of question answered, stands in `evaluation/`, one
module for each subject; all of it is functions over a context, which is the evaluator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any

from qscache_lint.errors import Fault, isolated
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Constant, Import, Name, Ref
from qscache_lint.project.abstract import Atom, Frame, Function, Memoized, Unknown, Value
from qscache_lint.project.classes import ClassIndex
from qscache_lint.project.demands import Demands
from qscache_lint.project.evaluation import (
    attributes,
    calls,
    decorators,
    entries,
    memos,
    names,
    narrowing,
    parameters,
    serializers,
    stores,
    terms,
)
from qscache_lint.project.evaluation.consumers import Consumers
from qscache_lint.project.evaluation.core import (
    ANSWERERS,
    TOO_DEEP,
    Candidates,
    LeadingNames,
    LeadsToCached,
    NamesReading,
    Passed,
    ReachesCaches,
    Site,
    UnitReading,
    ValueOf,
)
from qscache_lint.project.evaluation.name_heuristics import OwnersOf
from qscache_lint.project.evaluation.typed import TypeOf
from qscache_lint.project.found_templates import TemplateDirectories, TemplatesFound
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.memoizers import Memo
from qscache_lint.project.name_index import Search
from qscache_lint.project.new_names import NewNames, Sought
from qscache_lint.project.project import Project
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.project.questions import CUT, Answer, Question, Reading, Report
from qscache_lint.project.table import Table
from qscache_lint.templates.files import Search as TemplateSearch
from qscache_lint.templates.files import Seen
from qscache_lint.values import Confidence, Position, Step

__all__ = ["Evaluator", "Passed", "Site"]

PARTS = (attributes, calls, decorators, entries, memos, names, narrowing, parameters, serializers, stores, terms)
"""The modules that say, when they are imported, what they evaluate and answer."""


class Evaluator:
    """Evaluates terms of one project. Not for use by several threads at once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.module = project.facts
        self.knowledge = project.knowledge
        self.table = Table(self._answer, self._give_up, self._end, self._say)
        self.classes = ClassIndex(self)
        self.consumers = Consumers(self)
        self.demands = Demands(self)
        self.activations: dict[tuple[FunctionId, bool], dict[Frame, Frame]] = {}
        self._candidates = project.candidates
        self._sought = Sought.now(project)
        project.note = self.table.note

    # -- questions

    def ask(self, question: Question[Answer]) -> Answer:
        """The answer to a question, which is kept in the table with what it rests on."""
        return self.table.ask(question)

    def _answer(self, question: Question[Any]) -> Any:
        return ANSWERERS[type(question)](self, question)

    def _say(self, report: Report[Any]) -> Any:
        """An outermost report; where the evaluation fails, the file has none, and the project has a fault."""
        said = isolated(partial(self._answer, report), "evaluating", report.path)
        if not isinstance(said, Fault):
            return said
        self.table.forget_assumed()
        self.project.faults.append(said)
        return report.failed

    def _give_up(self, question: Question[Any], answer: Any) -> None:
        """Note where a question stands that has no answer because something below is too deep."""
        is_known = isinstance(answer, tuple) and any(map(_is_sure, answer))
        place = None if is_known else self._place_of(question)
        if place is not None:
            self.project.give_up(*place, TOO_DEEP)

    def _place_of(self, question: Question[Any]) -> tuple[ModulePath, int] | None:
        """The file and row that a question is about, for the most frequent kinds."""
        match question:
            case ValueOf(path=path, ref=ref):
                return path, self.facts(path).spans[ref].start.row
            case calls.ReturnedBy(function=of) | decorators.Decorated(bare=Function(of=of)):
                return of.path, self.facts(of.path).functions[of.index].span.start.row
            case names.GlobalName(path=path) | entries.EntriesFor(path=path):
                return path, 1
            case _:
                return None

    def _end(self, question: Question[Any]) -> None:
        """Note where the evaluation ends because the component is too large."""
        path, row = self._place_of(question) or (self.project.tree.files[0], 1)
        self.project.give_up(path, row, f"the code is too much to be followed beyond {self.table.steps:,} steps")

    def refresh(self, grown: Collection[ModulePath]) -> bool:
        """Drop the answers that rest on what has changed since the last time.

        That is the candidates, the units chosen in the files that have `grown`, and the names that lead to caches.
        """
        moved = set(self._candidates).symmetric_difference(self.project.candidates)
        names = NewNames.between(self._sought, Sought.now(self.project), self.project.source)
        self._candidates, self._sought = self.project.candidates, names.now
        methods = self.project.name_index.asked.get("method", {})

        kinds: list[type[Reading[Any]]] = [LeadsToCached, LeadingNames]
        kinds += [ReachesCaches] if names else []
        kinds += [NamesReading] if names.has_classes else []
        kinds += [Candidates, OwnersOf] if moved else []
        kinds += [UnitReading] if grown else []

        def may_differ(reading: Reading[Any]) -> bool:
            match reading:
                case ReachesCaches(path=path):
                    return names.stand_in(path)
                case OwnersOf(name=name):
                    return not moved.isdisjoint(methods.get(name, ()))
                case UnitReading(path=path):
                    return path in grown
                case _:
                    return True

        return self.table.refresh(tuple(kinds), may_differ)

    def edited(self, paths: Collection[ModulePath], searches: Iterable[Search]) -> None:
        """Suspend what rests on files that are others now, templates among them, or on searches that are."""
        self.activations.clear()
        changed = (*paths, *searches)
        self.table.answers.suspend((*changed, CUT) if changed else ())
        self.look_again()

    def look_again(self) -> bool:
        """Drop the answers that rest on templates which are others now. Returns whether there are any."""
        return self.table.refresh((TemplatesFound,))

    def learn_types(self) -> bool:
        """Ask the oracle the types that answers have asked for, and drop those that rest on one which it knows.

        Returns whether there are some.
        """
        if not self.project.types:
            return False
        asked = [each.asked for each in self.table.answers if isinstance(each, TypeOf)]
        return self.project.types.learn(asked, self.project.tree) and self._take_types()

    def _take_types(self) -> bool:
        return self.table.refresh((TypeOf,))

    def ask_types_again(self) -> None:
        """Ask the oracle again all types that answers rest on: an edit to any file may make others of them."""
        if self.project.types:
            self.project.types.forget()
            self.learn_types()
            self._take_types()

    @property
    def template_directories(self) -> tuple[str, ...]:
        """Directories in which templates were looked for, beside those that are called so; none where none were."""
        return self.ask(TemplateDirectories()) if TemplateDirectories() in self.table.answers else ()

    @property
    def templates_seen(self) -> tuple[tuple[TemplateSearch, Seen], ...]:
        """The templates that answers rest on, by what they were looked for, as they were."""
        asked = (question for question in self.table.answers if isinstance(question, TemplatesFound))
        return tuple(sorted((question.search, self.ask(question)) for question in tuple(asked)))

    def value(self, path: ModulePath, ref: Ref, frame: Frame | None = None) -> Value:
        """What term `ref` of the module in `path` may come to, in the activation `frame`."""
        facts = None if frame is None else self.project.known(path)  # the question that is asked notes the file
        if facts is not None and type(facts.terms[ref]) in _SAME_EVERYWHERE:
            frame = None
        return self.table.ask(ValueOf(path, ref, frame))

    def facts(self, path: ModulePath) -> ModuleFacts:
        """The facts of a module that has been read. Raises LookupError for one that cannot be."""
        facts = self.project.facts(path)
        if facts is None:
            raise LookupError(path)
        return facts

    def full_names(self, identity: FunctionId | ClassId) -> tuple[str, ...]:
        """The full names of a function or class of the project, by which rows of the tables may call it."""
        self.table.note(identity.path)
        return self.project.names(identity)

    def step(self, path: ModulePath, ref: Ref, message: str) -> Step:
        """A place on the trail: where term `ref` stands."""
        return Step(path, self.facts(path).spans[ref], message)

    # -- values

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""
        return attributes.attribute(self, atom, name, site)

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give; `passed` is None when the arguments are unknown."""
        return calls.call(self, atom, passed, site)

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The arguments of a call."""
        return calls.arguments_of(self, term, site)

    def activation(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """The activation of a function that a call with these arguments makes."""
        return calls.activation(self, function, passed)

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""
        return calls.result(self, identity, frame)

    # -- functions and caches

    def decorated(self, bare: Function) -> Value:
        """What the decorators of a function make of it, innermost first."""
        return decorators.decorated(self, bare)

    def memoizers(self, bare: Function) -> tuple[Memoized, ...]:
        """The memoizers among the decorators of a function, innermost first, whatever stands around them."""
        return decorators.memoizers(self, bare)

    def memo_of(self, decorator: Atom) -> Memo | None:
        """How a decorator keeps what the function returns; None when it does not, or that is unknown."""
        return decorators.memo_of(self, decorator)

    def makes_property(self, decorator: Atom) -> bool:
        """Whether a memoizing decorator makes a property of the method."""
        return decorators.makes_property(self, decorator)

    def flavour(self, identity: FunctionId) -> str:
        """How a function of a class is bound: "static", "class", "property" or "plain"."""
        return names.flavour_of(self, identity)

    def kept_by_hand(self, path: str, function: int) -> Iterator[tuple[Origin, Value]]:
        """What each hand-made memo that a function fills hands out again, and where that is kept."""
        return memos.made_in(self, path, function)

    def kept_from(self, path: str, function: int, ref: Ref, before: Position) -> Value:
        """What a value has become by `before` in the function that makes it: memoized, when a memo stored it."""
        return memos.kept_from(self, path, function, ref, before)

    def handed_over(self, value: Value, identity: FunctionId, parameter: str, site: Site) -> Value:
        """What the call at `site` puts into a cache by giving `value` to a function as `parameter`."""
        found = parameters.stores(self, identity, parameter)
        if found is not None:
            return stores.handed_over(self, value, found, site)
        by_hand = parameters.kept_by_hand(self, identity, parameter)
        return () if by_hand is None else parameters.handed_over(self, value, identity, by_hand, site)


_SAME_EVERYWHERE = frozenset({Constant, Import, Name})
"""Terms that come to the same in all activations: one answer is kept for all of them."""


def _is_sure(atom: Atom) -> bool:
    """Whether something is known of a value that no name has told."""
    if isinstance(atom, QuerySet):
        return atom.confidence is Confidence.HIGH
    return not isinstance(atom, Unknown)
