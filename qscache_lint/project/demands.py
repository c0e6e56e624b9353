"""Demands: what the code does with a QuerySet, the only place that says so.

A *taking* (see `takings`) is a place of the code; a demand is what that place does with one QuerySet. What a function
of the project does with an argument is what its own code does with it: that is walked in the activation which the call
makes, and in which the argument is marked. So a use in a helper is seen as it would be where the helper is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from msgspec.structs import replace

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import Attribute, Call, Element, Entered, Member, Ref, Term
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import Atom, ClassValue, Collection, External, Frame, Function, Guessed, Method
from qscache_lint.project.activation_effects import EffectsOf
from qscache_lint.project.evaluation.binding import callees, written
from qscache_lint.project.evaluation.core import Context, Passed, Site, answers
from qscache_lint.project.evaluation.queries import getters, hands_on
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.marks import marked, with_mark
from qscache_lint.project.operations import Demand, Embedding, by_consumer, by_method, by_operator, is_of_others
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.takings import Handed, Taking, Way, statements, terms_taking


class StatementsTaking(Question[Mapping[Ref, tuple[Taking, ...]]], frozen=True):
    """What the statements of a function take, by the term that they take."""

    bottom: ClassVar[Mapping[Ref, tuple[Taking, ...]]] = {}

    path: ModulePath
    function: int


@answers(StatementsTaking)
def _statements(context: Context, asked: StatementsTaking) -> Mapping[Ref, tuple[Taking, ...]]:
    found: dict[Ref, tuple[Taking, ...]] = {}
    for taking in statements(context.facts(asked.path), asked.function):
        found[taking.value] = (*found.get(taking.value, ()), taking)
    return found


_COUNTING = (Way.METHOD, Way.BOUND, Way.ARGUMENT, Way.ATTRIBUTE, Way.RETURNED)

class Demands:
    """Tells what the code of a project does with a QuerySet."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # -- the stream

    def takings_of(self, path: str, ref: Ref) -> Iterator[Taking]:
        """The places that take a term."""
        facts = self._context.facts(path)
        yield from self._context.ask(StatementsTaking(path, facts.around(ref))).get(ref, ())
        yield from terms_taking(facts, ref)

    def of(
        self, path: str, taking: Taking, queryset: QuerySet, frame: Frame | None = None, through: Atom | None = None
    ) -> Iterator[Demand]:
        """What one place does with a QuerySet, once for each thing that it may be.

        A method may be called `through` what stands for the QuerySet: its manager, or `super()`.
        """
        match taking.way:
            case Way.METHOD:
                yield from self.called(path, taking, through or queryset, queryset, frame)
            case Way.OPERATOR:
                yield by_operator(taking, self._context.knowledge.operators.get(taking.symbol), queryset)
            case Way.ARGUMENT if taking.handed is not None:
                yield from self._handed(path, taking, taking.handed, queryset, frame)
            case Way.ATTRIBUTE | Way.RETURNED:
                yield from self._given(path, taking, queryset)
            case Way.BOUND:
                yield from self._got(taking, queryset)
            case Way.SET:
                yield Demand.of(taking, Effect.NONE, f".{taking.symbol} =")
            case _:
                yield Demand.of(taking, None)

    def may_count(self, taking: Taking) -> bool:
        """Whether a place may query again, take a part or read all rows, as far as its form tells."""
        if taking.way is not Way.OPERATOR:
            return taking.way in _COUNTING
        row = self._context.knowledge.operators.get(taking.symbol)
        return row is not None and not row.shows and row.effect is not Effect.NONE

    def is_given(self, path: str, taking: Taking) -> bool:
        """Whether a framework takes what a statement sets an attribute to, binds in a class body, or returns."""
        return self._framework(path, taking) is not None

    def kept_as(self, path: str, taking: Taking) -> tuple[str, ...]:
        """The attributes under which a framework keeps what it takes without a call."""
        row = self._framework(path, taking)
        return () if row is None else row.keeps or ()

    def _framework(self, path: str, taking: Taking) -> Consumer | None:
        """The row of what takes an attribute of an object or class, or what a method returns."""
        if taking.base is not None:
            return self._context.consumers.by_attribute(path, taking.base, taking.symbol)
        if taking.owner is not None:
            return self._context.consumers.by_class(ClassId(path, taking.owner), taking.symbol)
        owner = self._around(path, taking.value).owner if taking.way is Way.RETURNED else None
        return None if owner is None else self._context.consumers.by_return(ClassId(path, owner), taking.symbol)

    def _around(self, path: str, ref: Ref) -> FunctionFacts:
        facts = self._context.facts(path)
        return facts.functions[facts.around(ref)]

    def _given(self, path: str, taking: Taking, queryset: QuerySet) -> Iterator[Demand]:
        """What a framework does that takes a value without a call; it leaves the function in any case."""
        row = self._framework(path, taking)
        if row is not None:
            receiver = "" if taking.base is None else "."
            operation = f"{taking.symbol}()" if taking.way is Way.RETURNED else f"{receiver}{taking.symbol} ="
            yield by_consumer(taking, row, queryset, operation)
        yield Demand.of(taking, None)

    # -- methods

    def called(
        self, path: str, taking: Taking, through: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        """What a method does with the QuerySet that it is called on, be it `through` a manager or super()."""
        user = taking.user or 0
        term = self._context.facts(path).terms[user]
        call = term if isinstance(term, Call) else Call(user, ())
        if self._is_shared(path, taking, frame):
            return
        operation = f".{taking.symbol}()"
        for atom in self._context.attribute(through, taking.symbol, Site(path, call.function, frame)):
            match atom:
                case Method(receiver=Manager() as manager, name=name) if hands_on(self._context, manager, name):
                    yield Demand.of(taking, Effect.NONE, operation)
                case Method(name=name) if name in self._context.knowledge.methods:
                    row = self._context.knowledge.methods[name]
                    is_meant = not is_of_others(self._context.facts(path), row, call)
                    yield by_method(taking, row, queryset, call) if is_meant else Demand.of(taking, None, operation)
                case Function(receiver=QuerySet()) as function:
                    yield from self._run(Site(path, user, frame), taking, call, function, queryset)
                case Guessed(inner=Function(receiver=QuerySet()) as function):
                    found = self._run(Site(path, user, frame), taking, call, function, queryset)
                    yield from (replace(each, is_guessed=True) for each in found)
                case _:
                    yield Demand.of(taking, None, operation)

    def _run(
        self, site: Site, taking: Taking, call: Call, function: Function, queryset: QuerySet
    ) -> Iterator[Demand]:
        """What a method of a QuerySet class of the project does with the QuerySet."""
        bound = replace(function, receiver=marked(queryset))
        for effect in self.effects(self._context.activation(bound, self._context.passed(call, site))) or (Effect.NONE,):
            demand = Demand.of(taking, effect, f".{taking.symbol}()")
            yield replace(demand, is_lazy=True, callee=function)

    def _got(self, taking: Taking, queryset: QuerySet) -> Iterator[Demand]:
        """What reading an attribute does with a QuerySet: a property of its class runs."""
        operation = f".{taking.symbol}"
        functions = tuple(getters(self._context, queryset, taking.symbol))
        for each in functions:
            frame = self._context.activation(replace(each, receiver=marked(queryset)), ())
            for effect in self.effects(frame) or (Effect.NONE,):
                yield replace(Demand.of(taking, effect, operation), is_lazy=True, callee=each)
        if not functions:
            row = self._context.knowledge.properties.get(taking.symbol)
            yield Demand.of(taking, None if row is None else row.effect, operation)

    def _is_shared(self, path: str, taking: Taking, frame: Frame | None) -> bool:
        """Whether the receiver may be rows in a list as well, and lists have a method of this name."""
        if taking.symbol not in self._context.knowledge.querysets.rows.methods:
            return False
        return any(isinstance(atom, Collection) for atom in self._context.value(path, taking.value, frame))

    # -- arguments

    def _handed(
        self, path: str, taking: Taking, handed: Handed, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        keyword = handed.argument.keyword
        lookups = self._context.knowledge.consumer_table.lookups.refining
        if keyword is not None and keyword.endswith(lookups) and not handed.entry:
            yield Demand.of(taking, Effect.REFINES, f"{keyword}=", Embedding.SUBQUERY)
            return
        for atom in self._context.value(path, handed.call.function, frame):
            yield from self._by_callee(path, taking, handed, atom, queryset, frame)

    def _by_callee(
        self, path: str, taking: Taking, handed: Handed, atom: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Demand]:
        row = self._context.consumers.by_call(atom, handed.position, handed.argument.keyword, handed.entry)
        operation = f"{self._callee(path, handed.call, frame)}()"
        if row is not None:
            yield by_consumer(taking, row, queryset, operation)
        elif isinstance(atom, Method) and not isinstance(atom.receiver, Collection):
            method = self._context.knowledge.operations.get(atom.name)
            refines = method is not None and method.refines_arguments and handed.argument.keyword is None
            effect = Effect.REFINES if refines and not handed.entry else Effect.NONE
            yield Demand.of(taking, effect, f".{atom.name}()", Embedding.COMBINED if refines else None)
        else:
            callee = atom if isinstance(atom, Function) else None
            effects = tuple(self.inside(path, taking, handed, atom, queryset, frame)) or (Effect.NONE,)
            yield from (replace(Demand.of(taking, effect, operation), callee=callee) for effect in effects)

    def inside(
        self, path: str, taking: Taking, handed: Handed, atom: Atom, queryset: QuerySet, frame: Frame | None
    ) -> Iterator[Effect | None]:
        """What the functions of the project that a call runs do with an argument; None where anything may happen."""
        site = Site(path, handed.call.function, frame)
        passed = self._passed(site, handed, queryset)
        called = [(atom, passed)]
        if isinstance(atom, External) and atom.dotted in self._context.knowledge.querysets.constructors.partial:
            called = [(inner, passed[1:]) for inner in passed[0].value] if passed else []
            yield None
        found = [each for inner, given in called for each in callees(self._context, inner, given, site)]
        for function, given in found:
            if self._is_started(path, taking.user, function):
                yield from self.effects(self._context.activation(function, given))
            else:
                yield None
        if not found:
            yield None

    def _is_started(self, path: str, call: Ref | None, function: Function) -> bool:
        """Whether a call runs the body of a function: of a generator, where something draws from what it gives."""
        if call is None or not self._context.facts(function.of.path).functions[function.of.index].is_generator:
            return True
        facts = self._context.facts(path)
        return any(_draws(facts.terms[user], each) for each in same(facts, call) for user in facts.users(each))

    def _passed(self, site: Site, handed: Handed, queryset: QuerySet) -> tuple[Passed, ...]:
        """The arguments of a call; in the one that is handed over, the QuerySet is marked."""
        ask = partial(self._context.value, site.path)
        arguments = written(self._context.facts(site.path), handed.call)
        return tuple(
            Passed(each, partial(ask, each.value, site.frame))
            if each != handed.argument
            else Passed.known(each, with_mark(ask(each.value, site.frame), queryset, is_inside=bool(handed.entry)))
            for each in arguments
        )

    def _callee(self, path: str, call: Call, frame: Frame | None) -> str:
        """The name of what is called, as users write it."""
        term = self._context.facts(path).terms[call.function]
        if isinstance(term, Attribute):
            return f".{term.name}"
        for atom in self._context.value(path, call.function, frame):
            match atom:
                case External(dotted=dotted):
                    return dotted.rpartition(".")[2]
                case ClassValue(of=identity):
                    return self._context.project.class_name(identity)
                case Function(of=identity):
                    return self._context.facts(identity.path).functions[identity.index].name
        return "function"

    # -- functions of the project

    def effects(self, frame: Frame) -> tuple[Effect | None, ...]:
        """What an activation does with the marked QuerySets that it is given; None where they go elsewhere."""
        return self._context.ask(EffectsOf(frame))


def _draws(user: Term, generator: Ref) -> bool:
    """Whether a term draws from a generator, or gives it to something that may."""
    if isinstance(user, Call):
        return user.function != generator
    return isinstance(user, (Element, Entered, Member))
