"""Import time: every place of a module whose query is sent while the module is imported.

That is what stands in the body of the module and of its classes, decorators and defaults of parameters included. A
function that is called from there is read in the activation of the call.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import ClassVar, NamedTuple

import msgspec

from qscache_lint.facts.model import Decorator
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.term_graph import reached, same
from qscache_lint.facts.terms import Argument, Attribute, Call, Choice, Free, Guard, Parameter, Ref, operands
from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.queryset_rows import ManagerQuery
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    External,
    Frame,
    Function,
    Instance,
    Memoized,
    Method,
    Partial,
    Value,
    leaves,
)
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import callees
from qscache_lint.project.evaluation.branches import excluded, truth_of
from qscache_lint.project.evaluation.core import Context, Passed, answers
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.importing import is_imported
from qscache_lint.project.operations import sends_query, spelling
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.scripts import is_main, is_script
from qscache_lint.project.takings import Handed, Taking, Way, statements, takings
from qscache_lint.values import Confidence, Span, Step

_ASKING = (Effect.ROWS, Effect.PART)
_GIVEN = (QuerySet, Manager)


class ImportQuery(msgspec.Struct, frozen=True, array_like=True):
    """One expression that sends a query, as users write what does it (`.count()`, `list()`).

    `inner` is the place of the query, where a function sends it that is called here.
    """

    path: ModulePath
    span: Span
    operation: str
    writes: bool = False
    confidence: Confidence = Confidence.HIGH
    inner: Step | None = None


class QueriesOf(Question[tuple[ImportQuery, ...]], frozen=True):
    """What an activation of a function sends, as far as it does not depend on what is unknown of its arguments."""

    bottom: ClassVar[tuple[ImportQuery, ...]] = ()

    frame: Frame
    names: tuple[str, ...]


@answers(QueriesOf)
def _queries_of(context: Context, asked: QueriesOf) -> tuple[ImportQuery, ...]:
    return tuple(_Body(context, asked.frame.of.path, asked.frame.of.index, asked.frame, asked.names).queries())


def import_queries(evaluator: Evaluator, path: ModulePath, names: tuple[str, ...]) -> Iterator[ImportQuery]:
    """The queries that a module sends while it is imported, each place once.

    `names` are those by which a query is reached: of managers, and of functions that may ask them.
    """
    facts = evaluator.project.facts(path)
    if facts is None or not is_imported(path) or is_script(evaluator, path, facts):
        return
    told: set[Span] = set()
    for query in _Body(evaluator, path, 0, None, names).queries():
        if query.span not in told:
            told.add(query.span)
            yield query


def leading(facts: ModuleFacts, index: int, names: Iterable[str], given: Container[str] = ()) -> frozenset[Ref]:
    """The terms of a body that one of some names leads to, or parameters that are `given`."""
    function, names = facts.functions[index], frozenset(names)
    roots = (
        ref
        for ref in range(function.first, function.last)
        if not names.isdisjoint(facts.names_of(term := facts.terms[ref]))
        or (isinstance(term, Parameter) and term.name in given)
    )
    return frozenset(reached(roots, facts.users))


class _Sent(NamedTuple):
    """A query that the body of a function sends, and what it does to the term that is asked, if that is a QuerySet."""

    query: ImportQuery
    asked: Ref | None = None
    effect: Effect | None = None


class _Body:
    """The body of a function in one activation; function 0 is the module."""

    def __init__(
        self, context: Context, path: ModulePath, index: int, frame: Frame | None, names: tuple[str, ...]
    ) -> None:
        self._context = context
        self._names = names
        self._facts = context.facts(path)
        self._path = path
        self._index = index
        self._frame = frame

    def queries(self) -> Iterator[ImportQuery]:
        """The queries that the body sends, or that functions do which it calls, in the order of the code.

        What reads a QuerySet again whose rows have been read sends none.
        """
        read: set[Ref] = set()
        for sent in sorted(self._sent(), key=lambda sent: sent.query.span):
            if sent.asked in read and sent.effect in _ASKING:
                continue
            if sent.asked is not None and sent.effect is Effect.ROWS:
                read.update(same(self._facts, sent.asked))
            yield sent.query

    def _sent(self) -> Iterator[_Sent]:
        given = {name for name, value in self._arguments if any(isinstance(each, _GIVEN) for each in leaves(value))}
        found = leading(self._facts, self._index, self._names, given)
        for ref in sorted(found):
            if not self._is_reached(self._facts.conditions.get(ref, ()), ref):
                continue
            for taking in takings(self._facts, ref):
                yield from self._taken(taking)
            term = self._facts.terms[ref]
            if isinstance(term, Call):
                yield from map(_Sent, self._run(ref, term))
        yield from map(_Sent, self._decorated(found))
        for taking in statements(self._facts, self._index):
            if taking.value in found and taking.way is Way.OPERATOR and self._is_reached(taking.guards, taking.value):
                yield from self._taken(taking)

    @property
    def _arguments(self) -> tuple[tuple[str, Value], ...]:
        return () if self._frame is None else self._frame.arguments

    def _is_reached(self, guards: tuple[Guard, ...], ref: Ref) -> bool:
        """Whether the tests on the way to a place let the import pass; in a function, its arguments have to say so."""
        if any(guard.result and self._is_elsewhere(guard.test) for guard in guards):
            return False
        if guards and excluded(self._context, Choice(ref, guards), Site(self._path, ref, self._frame)) is not None:
            return False
        return self._frame is None or all(self._is_decided(guard.test) for guard in guards)

    def _is_elsewhere(self, test: Ref) -> bool:
        """Whether a test holds for a script only, or in development."""
        settings = self._context.knowledge.functions.development.settings
        value = self._context.value(self._path, test) if isinstance(self._facts.terms[test], Attribute) else ()
        in_development = any(isinstance(atom, External) and atom.dotted in settings for atom in value)
        return in_development or is_main(self._facts, test)

    def _is_decided(self, test: Ref) -> bool:
        """Whether a test depends on no argument, or on one that decides it."""
        below = reached((test,), lambda each: operands(self._facts.terms[each]))
        if not any(isinstance(self._facts.terms[each], (Parameter, Free)) for each in below):
            return True
        return truth_of(self._context, self._path, test, self._frame) is not None

    def _taken(self, taking: Taking) -> Iterator[_Sent]:
        """The query that a place sends which takes a QuerySet or manager."""
        if not self._may_send(taking):
            return
        for atom in self._context.value(self._path, taking.value, self._frame):
            if isinstance(atom, (QuerySet, Manager)):
                found = next(self._by(taking, atom), None)
                if found is not None:
                    yield found
                    return

    def _may_send(self, taking: Taking) -> bool:
        """Whether a place may send a query, whatever it takes."""
        match taking.way:
            case Way.METHOD:
                knowledge = self._context.knowledge
                is_known = taking.symbol in knowledge.operations and sends_query(taking.symbol, knowledge.operations)
                return is_known or any(taking.symbol == method for _, method in knowledge.manager_queries)
            case Way.ARGUMENT:
                return taking.handed is not None and self._reads_argument(taking.handed)
            case way:
                return way is Way.OPERATOR

    def _by(self, taking: Taking, atom: QuerySet | Manager) -> Iterator[_Sent]:
        match taking.way:
            case Way.METHOD if taking.user is not None:
                yield from self._by_method(taking, taking.user, atom)
            case Way.OPERATOR if isinstance(atom, QuerySet):
                row = self._context.knowledge.operators.get(taking.symbol)
                if row is not None and row.effect in _ASKING and not row.shows and row.gives != "queryset":
                    span = taking.span if taking.user is None else self._facts.spans[taking.user]
                    yield _Sent(self._query(span, spelling(taking), atom), taking.value, row.effect)
            case Way.ARGUMENT if isinstance(atom, QuerySet) and taking.handed is not None and taking.user is not None:
                name = f"{self._name(taking.handed.call.function)}()"
                yield _Sent(self._query(self._facts.spans[taking.user], name, atom), taking.value, Effect.ROWS)

    def _by_method(self, taking: Taking, user: Ref, atom: QuerySet | Manager) -> Iterator[_Sent]:
        operations = self._context.knowledge.operations
        own = self._own_query(atom, taking.symbol)
        if own is not None:
            query = self._query(self._facts.spans[user], f".{taking.symbol}()", atom, writes=own.writes)
            yield _Sent(query, taking.value)
        for found in self._context.attribute(atom, taking.symbol, Site(self._path, user, self._frame)):
            if isinstance(found, Method) and found.name in operations and sends_query(found.name, operations):
                row = operations[found.name]
                writes = row.effect is Effect.WRITES or row.statements > 0
                query = self._query(self._facts.spans[user], f".{taking.symbol}()", atom, writes=writes)
                yield _Sent(query, taking.value, row.effect)

    def _own_query(self, atom: QuerySet | Manager, name: str) -> ManagerQuery | None:
        """The method of a manager of a model that Django has itself."""
        identity = atom.model.identity if isinstance(atom, Manager) and atom.model is not None else None
        is_plain = isinstance(atom, Manager) and not atom.related and not atom.classes
        return self._context.knowledge.manager_queries.get((str(identity), name)) if is_plain else None

    def _reads_argument(self, handed: Handed) -> bool:
        """Whether a call reads the rows of an argument before it returns."""
        place = handed.position, handed.argument.keyword, handed.entry
        called = self._context.value(self._path, handed.call.function, self._frame)
        rows = (self._context.consumers.by_call(atom, *place) for atom in called)
        return any(row is not None and row.at_once and row.effect is Effect.ROWS for row in rows)

    def _name(self, function: Ref) -> str:
        """What is called, as users write it."""
        term = self._facts.terms[function]
        return f".{term.name}" if isinstance(term, Attribute) else next(reversed(self._facts.names_of(term)), "call")

    def _query(self, span: Span, operation: str, atom: QuerySet | Manager, *, writes: bool = False) -> ImportQuery:
        return ImportQuery(self._path, span, operation, writes, atom.confidence)

    # -- calls

    def _run(self, ref: Ref, call: Call) -> Iterator[ImportQuery]:
        """The first query of the functions of the project that a call runs, told of the call."""
        if called_name(self._facts.terms[call.function]) in self._context.knowledge.operations:
            return
        site = Site(self._path, ref, self._frame)
        passed, operation = self._context.passed(call, site), f"{self._name(call.function)}()"
        yield from self._first(call.function, passed, site, self._facts.spans[ref], operation)

    def _first(
        self, called: Ref, passed: tuple[Passed, ...], site: Site, span: Span, operation: str
    ) -> Iterator[ImportQuery]:
        for atom in self._context.value(self._path, called, self._frame):
            for function, given in self._functions(atom, passed, site):
                activation = self._context.activation(function, given)
                for query in self._context.ask(QueriesOf(activation, self._names))[:1]:
                    inner = query.inner or Step(query.path, query.span, f"{query.operation} queries here")
                    yield ImportQuery(self._path, span, operation, query.writes, query.confidence, inner)
                    return

    def _decorated(self, found: Container[Ref]) -> Iterator[ImportQuery]:
        """The queries of decorators, which run with what they decorate, each told of its expression."""
        for atom, decorator in self._decorators():
            if decorator.value in found:
                argument = Argument(decorator.value, None, "", decorator.span)
                term = self._facts.terms[decorator.value]
                name = self._name(term.function if isinstance(term, Call) else decorator.value)
                site = Site(self._path, decorator.value, self._frame)
                passed = (Passed.known(argument, (atom,)),)
                yield from self._first(decorator.value, passed, site, decorator.span, f"@{name.lstrip('.')}")

    def _decorators(self) -> Iterator[tuple[Atom, Decorator]]:
        """The functions and classes that the body defines, each with its decorators."""
        for index, function in enumerate(self._facts.functions):
            if index and function.parent == self._index:
                atom = Function(FunctionId(self._path, index), bare=True)
                yield from ((atom, each) for each in function.decorators)
        for number in self._facts.classes_in(self._index):
            decorators = self._facts.classes[number].decorators
            yield from ((ClassValue(ClassId(self._path, number)), each) for each in decorators)

    def _functions(
        self, atom: Atom, passed: tuple[Passed, ...], site: Site
    ) -> Iterator[tuple[Function, tuple[Passed, ...]]]:
        """The function whose body a call runs at once: not that of a coroutine or generator.

        An object has to be known to be of no subclass.
        """
        while isinstance(atom, Memoized):
            atom = atom.inner
        if not isinstance(atom, (Function, Partial, ClassValue, Instance)) or not _is_exact(atom):
            return
        for function, given in callees(self._context, atom, passed, site):
            facts = self._context.facts(function.of.path).functions[function.of.index]
            if not (facts.is_async or facts.is_generator) and _is_exact(function.receiver):
                yield function, given


def _is_exact(atom: Atom | None) -> bool:
    """Whether something is no object that may be of a subclass."""
    return not isinstance(atom, Instance) or atom.exact
