"""Calls and activations: what a call may give."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, Call, Choice, Entered, Guard, Join, Name, Parameter, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    Constantly,
    Data,
    External,
    Frame,
    FromQuerySet,
    Function,
    FunctionId,
    Guessed,
    Instance,
    Literal,
    Manager,
    ManagerClass,
    Memoized,
    Method,
    Model,
    Partial,
    QuerySet,
    Super,
    Unknown,
    Value,
    cached,
    join,
    querysets,
)
from qscache_lint.project.evaluation.annotations import Annotations
from qscache_lint.project.evaluation.binding import bind, completed, values, written
from qscache_lint.project.evaluation.branches import Branches
from qscache_lint.project.evaluation.containers import Containers
from qscache_lint.project.evaluation.core import Core, Passed, Site, class_arguments
from qscache_lint.project.evaluation.decorators import Decorators
from qscache_lint.project.evaluation.externals import Externals
from qscache_lint.project.evaluation.memos import Memos
from qscache_lint.project.evaluation.name_heuristics import NameHeuristics
from qscache_lint.project.evaluation.names import Names
from qscache_lint.project.evaluation.queries import Queries
from qscache_lint.values import Confidence

MOST_ACTIVATIONS = 500
"""Different activations of one function; what others return is told without their arguments."""


class Calls:
    """Calls and activations: what a call may give."""

    def __init__(
        self,
        core: Core,
        annotations: Annotations,
        branches: Branches,
        containers: Containers,
        decorators: Decorators,
        externals: Externals,
        memos: Memos,
        names: Names,
        queries: Queries,
        heuristics: NameHeuristics,
    ) -> None:
        self._core = core
        self._annotations = annotations
        self._decorated_calls: set[Function] = set()
        self._results: dict[tuple[FunctionId, Frame], Value] = {}
        self._activations: dict[FunctionId, set[Frame]] = {}
        self._branches = branches
        self._containers = containers
        self._decorators = decorators
        self._externals = externals
        self._memos = memos
        self._names = names
        self._queries = queries
        self._heuristics = heuristics

    def call_term(self, term: Call, site: Site) -> Value:
        """What a call in the code may give."""
        passed = self.passed(term, site)
        if self._is_super(term, site):
            return self._super(site) if not term.arguments else self._super_of(passed)
        functions = self._core.value(site.path, term.function, site.frame)
        called = join([self._entry(term, site.path), *(self.call(atom, passed, site) for atom in functions)])
        return called if not _is_all_unknown(called) else self._guessed(term, passed, site) or called

    def _guessed(self, term: Call, passed: tuple[Passed, ...], site: Site) -> Value:
        """What a call of an unknown object's method gives, where only QuerySets and managers have such a method."""
        method = self._core.facts(site.path).terms[term.function]
        if not isinstance(method, Attribute) or not self._heuristics.is_query(method.name, passed):
            return ()
        base = self._core.value(site.path, method.base, site.frame)
        if not base or not _is_all_unknown(base):
            return ()
        built = self._core.step(site.path, site.ref, "a QuerySet, by the name of this method")
        guessed = QuerySet(built=built, confidence=Confidence.MEDIUM)
        return self._queries.call_method(Method(guessed, method.name), passed, site)

    def _entry(self, term: Call, path: str) -> Value:
        """What `container.get(key)` hands out of a dict that a hand-made memo fills."""
        method = self._core.facts(path).terms[term.function]
        words = self._core.knowledge.functions.handmade.read_methods
        if not isinstance(method, Attribute) or method.name not in words or not term.arguments:
            return ()
        return self._memos.kept_in_entry(path, method.base, term.arguments[0].value)

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The evaluated arguments of a call."""
        ask = self._core.value
        arguments = written(self._core.facts(site.path), term)
        return tuple(Passed(each, partial(ask, site.path, each.value, site.frame)) for each in arguments)

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give; `passed` is None when nobody knows the arguments."""
        if isinstance(atom, Memoized):
            return self._decorators.call_memoized(atom, passed, site)
        if isinstance(atom, Partial):
            return self.call(atom.inner, None if passed is None else completed(atom, passed), site)
        memoized = self._decorators.wrapped(atom, passed or (), site)
        if memoized:
            return memoized
        if isinstance(atom, Function):
            return self._call_function(atom, passed, site)
        return self._call_other(atom, passed or (), site)

    def _call_other(self, atom: Atom, passed: tuple[Passed, ...], site: Site) -> Value:
        match atom:
            case Method(receiver=Collection() as container, name=name):
                return self._containers.call_method(container, name, passed)
            case Method():
                return self._queries.call_method(atom, passed, site)
            case ClassValue(of=identity):
                return self._construct(identity, passed, site)
            case Constantly(result=result):
                return result
            case Guessed(inner=inner):
                guessed = querysets(self.call(inner, passed, site))
                return tuple(replace(each, confidence=Confidence.MEDIUM) for each in guessed)
            case ManagerClass(classes=classes):
                return (Manager(None, classes),)
            case FromQuerySet(classes=classes):
                return (ManagerClass((*classes, *class_arguments(passed))),)
            case External(dotted=dotted):
                return self._externals.call_external(dotted, passed, site)
            case Instance(of=ClassId()):
                return join(
                    self.call(found, passed, site)
                    for found in self._core.attribute(atom, "__call__", site)
                    if isinstance(found, Function)
                ) or (Unknown("a call of an instance"),)
            case Data():
                return (Data(),)
            case _:
                return (Unknown("a call of something unknown"),)

    def entered(self, term: Entered, site: Site) -> Value:
        """What `with base as name` binds: what `__enter__` gives, which outside the project is mostly the object."""
        found: list[Value] = []
        for atom in self._core.value(site.path, term.base, site.frame):
            if isinstance(atom, External):
                found.append((atom,))
                continue
            entering = self._core.attribute(atom, "__enter__", site) if isinstance(atom, Instance) else ()
            found.extend(self.call(method, (), site) for method in entering if isinstance(method, Function))
        return join(found) or (Unknown("a context manager"),)

    def _is_super(self, term: Call, site: Site) -> bool:
        return self._core.facts(site.path).terms[term.function] == Name("super")

    def _super_of(self, passed: tuple[Passed, ...]) -> Value:
        """`super(Class, self)`: what stands behind the class in the order of the object's own class."""
        if len(passed) != 2:
            return (Unknown("super()"),)
        classes = [atom.of for atom in passed[0].value if isinstance(atom, ClassValue)]
        found = tuple(
            Super(self._start(receiver, after), after, receiver) for after in classes for receiver in passed[1].value
        )
        return found or (Unknown("super()"),)

    def _start(self, receiver: Atom, after: ClassId) -> ClassId:
        """The class in whose order `super()` looks on."""
        if isinstance(receiver, (Instance, ClassValue)) and isinstance(receiver.of, ClassId):
            return receiver.of
        if isinstance(receiver, (Manager, QuerySet)):
            lines = (each for each in receiver.classes if after in self._core.classes.ancestors(each))
            return next(lines, after)
        return after

    def _super(self, site: Site) -> Value:
        frame = site.frame
        facts = self._core.facts(site.path)
        owner_index = facts.around(site.ref)
        if not owner_index or facts.functions[owner_index].owner is None:
            return (Unknown("super()"),)
        function = facts.functions[owner_index]
        after = ClassId(site.path, function.owner or 0)
        receivers = self._names.parameter(
            Parameter(owner_index, function.parameters[0].name if function.parameters else ""),
            Site(site.path, site.ref, frame),
        )
        return tuple(Super(self._start(receiver, after), after, receiver) for receiver in receivers)

    def _construct(self, identity: ClassId, passed: tuple[Passed, ...], site: Site) -> Value:
        match self._core.classes.kind(identity):
            case "manager":
                return (Manager(None, (identity,)),)
            case "queryset":
                models = [
                    Model(atom.of)
                    for each in passed
                    for atom in each.value
                    if isinstance(atom, ClassValue) and self._core.classes.kind(atom.of) == "model"
                ]
                return (QuerySet(models[0] if models else None, classes=(identity,)),)
            case _:
                return (Instance(identity, exact=True, given=self._given(identity, passed, site)),)

    def _given(self, identity: ClassId, passed: tuple[Passed, ...], site: Site) -> tuple[tuple[str, Value], ...]:
        """The cached QuerySets that a constructor gets, by the parameter that takes each."""
        if not any(cached(each.value) for each in passed):
            return ()
        constructors = self._core.attribute(Instance(identity), "__init__", site)
        return tuple(
            (name, cached(value))
            for atom in constructors
            if isinstance(atom, Function)
            for name, value in self.activation(atom, passed).arguments
            if cached(value)
        )

    def _call_function(self, function: Function, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        facts = self._core.facts(function.of.path).functions[function.of.index]
        if not function.bare and facts.decorators:
            return self._call_decorated(function, passed, site)
        frame = Frame.enter(function.of, (), function.frame) if passed is None else self.activation(function, passed)
        value = self.result(function.of, frame)
        if passed is None or not any(isinstance(atom, QuerySet) and atom.origin is not None for atom in value):
            return value
        returned = self._core.step(site.path, site.ref, f"returned by {facts.name}()")
        return tuple(atom.hop(returned) if isinstance(atom, QuerySet) else atom for atom in value)

    def _call_decorated(self, function: Function, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What a call gives of what the decorators make of a function; they may make itself of it, over and over."""
        if function in self._decorated_calls:
            return (Unknown("a decorator that decorates itself"),)
        self._decorated_calls.add(function)
        try:
            made = self._decorators.decorated(replace(function, bare=True), site)
            return join(self.call(atom, passed, site) for atom in made)
        finally:
            self._decorated_calls.discard(function)

    def activation(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """Bind the arguments of a call to the parameters, as Python would."""
        facts = self._core.facts(function.of.path).functions[function.of.index]
        bound = bind(facts, passed, function.receiver)
        held = values(facts, bound, lambda default: self._core.value(function.of.path, default, function.frame))
        return self._counted(Frame.enter(function.of, held, function.frame))

    def _counted(self, frame: Frame) -> Frame:
        """The activation, or one with unknown arguments where a function has too many of them."""
        known = self._activations.setdefault(frame.of, set())
        if frame not in known and len(known) >= MOST_ACTIVATIONS:
            return Frame(frame.of)
        known.add(frame)
        return frame

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""
        return self._core.settle((identity, frame), self._results, lambda: self._returned(identity, frame))

    def _returned(self, identity: FunctionId, frame: Frame) -> Value:
        function = self._core.facts(identity.path).functions[identity.index]
        if function.is_generator:
            return (Data("generator"),)
        site = Site(identity.path, 0, frame)
        kept: list[Value] = []
        left: list[tuple[Guard, Ref]] = []
        for returned in function.returns:
            choice = Choice(returned.value, returned.guards)
            decided = self._branches.excluded(choice, site)
            if decided is None:
                held = self._memos.kept_from(identity.path, identity.index, returned.value, returned.span.start)
                value = self._core.value(identity.path, returned.value, frame)
                is_join = isinstance(self._core.facts(identity.path).terms[returned.value], Join)
                kept.append(join([held, value]) if is_join else held or value)
            else:
                left.append((decided, returned.value))
        value = self._branches.explain(join(kept), left, site) or (Literal(None),)
        if function.annotation is None or not all(isinstance(atom, Unknown) for atom in value):
            return value
        return self._annotations.declared(identity.path, function.annotation) or value


def _is_all_unknown(value: Value) -> bool:
    return all(isinstance(atom, Unknown) for atom in value)
