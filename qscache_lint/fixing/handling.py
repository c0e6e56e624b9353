"""What code does with a QuerySet object itself: a whitelist of what leaves it as it is.

Operations of Django's make another QuerySet, reading fills it with its own rows, and neither changes what a refinement
gets. Its query can be changed (`rows.query.add_q()`), and so can its attributes, by all that has the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qscache_lint import limits
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Attribute, Container, Parameter, Ref
from qscache_lint.fixing.cached_function import BINDING
from qscache_lint.fixing.reading import Caller
from qscache_lint.fixing.requirements import Need
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import Atom, External, Function, Method, Value
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.takings import Taking, Way

CHANGEABLE = "query"
"""The attribute of a QuerySet that can be changed in place."""

ASKED = frozenset({Way.METHOD, Way.BOUND, Way.SET})
"""The ways to take an attribute of an object."""

_ELSEWHERE = frozenset({Way.RETURNED, Way.ATTRIBUTE, Way.GLOBAL, Way.STORED, Way.CAPTURED})
"""The ways by which other code gets the object."""


@dataclass(frozen=True)
class Handling:
    """Judges places that take one of `querysets`, in all that they call.

    `may_leave`: what hands the object to other code is judged there, and not here. `kept_as` gets the attributes by
    which what was made with the object gives it back: those of a page, a form set.
    """

    evaluator: Evaluator
    templates: Templates
    querysets: Sequence[QuerySet]
    may_leave: bool
    kept_as: set[str] = field(default_factory=set, compare=False)

    def first_change(self, path: str, refs: Sequence[Ref], depth: int = limits.BUILDER_DEPTH) -> Taking | None:
        """The first place that may change what some terms of a function are; None where all are known to leave it."""
        facts = self.evaluator.facts(path)
        every = (
            taking
            for ref in reached(refs, lambda each: becomes(facts, each))
            for taking in self.evaluator.demands.takings_of(path, ref)
        )
        changing = (each for each in every if not self.leaves(path, each, depth))
        return next(changing, None) or self.query_asked(path, refs)

    def query_asked(self, path: str, refs: Iterable[Ref]) -> Taking | None:
        """The first place in a function that asks something made of some terms for its query.

        Copies and refinements share conditions with what they are made of, and what has been given to a call may come
        back from it.
        """
        facts, demands = self.evaluator.facts(path), self.evaluator.demands
        made = reached(refs, facts.users)
        asking = (each for ref in made for each in demands.takings_of(path, ref) if each.symbol == CHANGEABLE)
        return next((each for each in asking if each.way in ASKED), None)

    def leaves(self, path: str, taking: Taking, depth: int = limits.BUILDER_DEPTH) -> bool:
        """Whether a place leaves the object that it takes as it is."""
        match taking.way:
            case Way.OPERATOR:
                return True
            case Way.METHOD | Way.BOUND:
                return self._is_asked(path, taking, depth)
            case Way.ARGUMENT:
                return self._is_handed(path, taking, depth)
            case Way.HELD:
                is_returned = taking.user is not None and self._is_returned(path, taking.user)
                return (self.may_leave and is_returned) or self._is_read_by_template(path, taking)
            case way:
                return way in _ELSEWHERE and self.may_leave

    # -- its own methods and attributes

    def _is_asked(self, path: str, taking: Taking, depth: int) -> bool:
        own = [atom for atom in self._value_of(path, taking) if isinstance(atom, Function)]
        if own:
            return bool(depth) and all(self._leaves_parameter(each, self._receiver_of(each), depth) for each in own)
        knowledge = self.evaluator.knowledge
        row = knowledge.operations.get(taking.symbol)
        if row is None or taking.way is Way.BOUND:  # a method that is not called has the object in `__self__`
            return taking.symbol in knowledge.properties and taking.symbol != CHANGEABLE
        return row.effect is not Effect.WRITES and not row.saves

    def _value_of(self, path: str, taking: Taking) -> Value:
        """What a method or attribute is that a place asks for."""
        facts = self.evaluator.facts(path)
        attributes = [ref for ref in facts.users(taking.value) if isinstance(facts.terms[ref], Attribute)]
        named = [ref for ref in attributes if getattr(facts.terms[ref], "name", "") == taking.symbol]
        return tuple(atom for ref in named for atom in self.evaluator.value(path, ref))

    def _receiver_of(self, function: Function) -> str:
        parameters = self.evaluator.facts(function.of.path).functions[function.of.index].parameters
        return parameters[0].name if parameters else ""

    # -- calls that get it

    def _is_handed(self, path: str, taking: Taking, depth: int) -> bool:
        if taking.handed is None or taking.user is None:
            return False
        called = self.evaluator.value(path, taking.handed.call.function)
        return bool(called) and all(self._is_taken(path, taking, atom, depth) for atom in called)

    def _is_taken(self, path: str, taking: Taking, called: Atom, depth: int) -> bool:
        """Whether what is called leaves its argument as it is."""
        match called:
            case Method(receiver=QuerySet() | Manager()):
                return True
            case External():
                demands = [each for one in self.querysets for each in self.evaluator.demands.of(path, taking, one)]
                is_known = bool(demands) and all(each.effect is not None for each in demands)
                return is_known and self._is_let_go(taking, called)
            case Function() if depth and taking.handed is not None:
                inner = self.evaluator.facts(called.of.path).functions[called.of.index]
                site = Site(path, taking.handed.call.function, None)
                passed = self.evaluator.passed(taking.handed.call, site)
                name = bind(inner, passed, called.receiver).taking(taking.handed.argument)
                return name is not None and self._leaves_parameter(called, name, depth)
            case _:
                return False

    def _is_let_go(self, taking: Taking, called: External) -> bool:
        """Whether it is known by what attributes the result of a call outside the project leads back to an argument."""
        handed = taking.handed
        if handed is None:
            return False
        row = self.evaluator.consumers.by_call(called, handed.position, handed.argument.keyword, handed.entry)
        if row is None:  # a look-up of a condition
            return True
        self.kept_as.update(row.keeps or ())
        return row.keeps is not None or row.lets_go

    def _leaves_parameter(self, function: Function, name: str, depth: int) -> bool:
        """Whether a function of the project leaves what a parameter holds, and hands it to no other code."""
        path, index = function.of.path, function.of.index
        facts = self.evaluator.facts(path)
        stated = next((each for each in facts.functions[index].parameters if each.name == name), None)
        is_plain = all(each.text in BINDING for each in facts.functions[index].decorators)
        if stated is None or stated.kind in ("*", "**") or not is_plain:
            return False
        parameters = [ref for ref, term in facts.of_kind(Parameter, index) if term.name == name]
        inside = Handling(self.evaluator, self.templates, self.querysets, may_leave=False, kept_as=self.kept_as)
        return inside.first_change(path, parameters, depth - 1) is None

    def _is_returned(self, path: str, container: Ref) -> bool:
        """Whether all that becomes of a container is that the function returns it, in another one perhaps."""
        facts = self.evaluator.facts(path)
        takings = list(self.evaluator.demands.takings_of(path, container))
        held = [each.user for each in takings if each.way is Way.HELD and each.user is not None]
        is_only = all(each.way in (Way.RETURNED, Way.HELD) for each in takings) and bool(takings)
        is_container = isinstance(facts.terms[container], Container)
        return is_container and is_only and all(self._is_returned(path, each) for each in held)

    def _is_read_by_template(self, path: str, taking: Taking) -> bool:
        """Whether a dict is the context of a template, which only reads rows."""
        facts = self.evaluator.facts(path)
        user = None if taking.user is None else facts.terms[taking.user]
        if not isinstance(user, Container):
            return False
        caller = Caller(self.evaluator, self.templates, path, facts.around(taking.value), self.querysets)
        return all(each.need is not Need.UNCLEAR for each in caller.at(taking))

