"""Calls and activations: what a call may give."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.terms import Attribute, Call, Choice, Entered, Guard, Join, Name, Parameter, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Constantly,
    Data,
    External,
    Frame,
    FromQuerySet,
    Function,
    Guessed,
    Instance,
    Literal,
    ManagerClass,
    Memoized,
    Method,
    NamedTupleClass,
    Partial,
    Super,
    Unknown,
    Value,
    join,
    querysets,
)
from qscache_lint.project.evaluation import typed
from qscache_lint.project.evaluation.annotations import declared
from qscache_lint.project.evaluation.binding import bind, completed, values, written
from qscache_lint.project.evaluation.branches import excluded, explain
from qscache_lint.project.evaluation.containers import argument_under, call_container_method
from qscache_lint.project.evaluation.core import (
    Context,
    Passed,
    Site,
    ValueQuestion,
    answers,
    class_arguments,
    evaluates,
)
from qscache_lint.project.evaluation.decorators import call_memoized, wrapped
from qscache_lint.project.evaluation.externals import call_external
from qscache_lint.project.evaluation.generators import yielded
from qscache_lint.project.evaluation.memos import kept_from, kept_in_entry
from qscache_lint.project.evaluation.name_heuristics import is_query
from qscache_lint.project.evaluation.names import parameter
from qscache_lint.project.evaluation.queries import call_query_method
from qscache_lint.project.evaluation.records import named_tuple, record
from qscache_lint.project.evaluation.remembering import remembered
from qscache_lint.project.identities import ClassId, FunctionId, Model
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.value_sets import cached, is_fresh, simplified
from qscache_lint.values import Confidence


@evaluates(Call)
def call_term(context: Context, term: Call, site: Site) -> Value:
    """What a call in the code may give."""
    passed = arguments_of(context, term, site)
    if _is_super(context, term, site):
        return _super(context, site) if not term.arguments else _super_of(context, passed)
    functions = context.value(site.path, term.function, site.frame)
    entry = _entry(context, term, site)
    if entry and _is_all_unknown(functions):
        return entry
    called = join([entry, *(call(context, atom, passed, site) for atom in functions)])
    if _is_all_unknown(called):
        return _guessed(context, term, passed, site) or called
    return typed.carried(context, called, functions)


def _guessed(context: Context, term: Call, passed: tuple[Passed, ...], site: Site) -> Value:
    """What a call of an unknown object's method gives, where only QuerySets and managers have such a method."""
    method = context.facts(site.path).terms[term.function]
    if not isinstance(method, Attribute) or not is_query(context, method.name, passed):
        return ()
    base = context.value(site.path, method.base, site.frame)
    if not base or not _is_all_unknown(base) or typed.receiver(context, method, replace(site, ref=term.function)):
        return ()
    built = context.step(site.path, site.ref, "a QuerySet, judging by the name of this method")
    guessed = QuerySet(built=built, confidence=Confidence.MEDIUM)
    return call_query_method(context, Method(guessed, method.name), passed, site)


def _entry(context: Context, term: Call, site: Site) -> Value:
    """What `container.get(key)` hands out of a dict that a hand-made memo fills, or of what callers give."""
    method = context.facts(site.path).terms[term.function]
    words = context.knowledge.functions.handmade.read_methods
    if not isinstance(method, Attribute) or not term.arguments:
        return ()
    if method.name == "pop":
        return argument_under(context, method.base, term.arguments[0].value, site)
    if method.name not in words:
        return ()
    kept = kept_in_entry(context, site.path, method.base, term.arguments[0].value)
    return kept or argument_under(context, method.base, term.arguments[0].value, site)


def arguments_of(context: Context, term: Call, site: Site) -> tuple[Passed, ...]:
    """The arguments of a call, to be evaluated in its activation."""
    ask = context.value
    arguments = written(context.facts(site.path), term)
    return tuple(Passed(each, partial(ask, site.path, each.value, site.frame)) for each in arguments)


def call(context: Context, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
    """What calling `atom` may give; `passed` is None when the arguments are unknown."""
    if isinstance(atom, Memoized):
        return call_memoized(context, atom, passed, site)
    if isinstance(atom, Partial):
        return call(context, atom.inner, None if passed is None else completed(atom, passed), site)
    memoized = wrapped(context, atom, passed or (), site)
    if memoized:
        return memoized
    if isinstance(atom, Function):
        return _call_function(context, atom, passed, site)
    return _call_other(context, atom, passed or (), site)


def _call_other(context: Context, atom: Atom, passed: tuple[Passed, ...], site: Site) -> Value:
    match atom:
        case Method(receiver=Collection() as container, name=name):
            return call_container_method(context, container, name, passed)
        case Method():
            return call_query_method(context, atom, passed, site)
        case ClassValue(of=identity):
            return _construct(context, identity, passed, site)
        case Constantly(result=result):
            return result
        case Guessed(inner=inner):
            guessed = querysets(call(context, inner, passed, site))
            return tuple(replace(each, confidence=Confidence.MEDIUM) for each in guessed)
        case ManagerClass(classes=classes):
            return (Manager(None, classes),)
        case NamedTupleClass(fields=fields):
            return named_tuple(fields, passed) or (Unknown("a named tuple with unknown fields"),)
        case FromQuerySet(classes=classes):
            return (ManagerClass((*classes, *class_arguments(passed))),)
        case External(dotted=dotted):
            return call_external(context, dotted, passed, site)
        case Instance(of=ClassId()):
            return join(
                call(context, found, passed, site)
                for found in context.attribute(atom, "__call__", site)
                if isinstance(found, Function)
            ) or (Unknown("the result of calling an instance"),)
        case Data():
            return (Data(),)
        case _:
            return (Unknown("the result of calling something unknown"),)


@evaluates(Entered)
def entered(context: Context, term: Entered, site: Site) -> Value:
    """What `with base as name` binds: what `__enter__` gives, which outside the project is mostly the object."""
    found: list[Value] = []
    for atom in context.value(site.path, term.base, site.frame):
        if isinstance(atom, External):
            found.append((atom,))
            continue
        if isinstance(atom, Collection) and atom.kind == "generator":  # of a generator that is a context manager
            found.append(atom.rest)
            continue
        entering = context.attribute(atom, "__enter__", site) if isinstance(atom, Instance) else ()
        found.extend(call(context, method, (), site) for method in entering if isinstance(method, Function))
    return join(found) or (Unknown("what a context manager returns"),)


def _is_super(context: Context, term: Call, site: Site) -> bool:
    return context.facts(site.path).terms[term.function] == Name("super")


def _super_of(context: Context, passed: tuple[Passed, ...]) -> Value:
    """`super(Class, self)`: what stands behind the class in the order of the object's own class."""
    if len(passed) != 2:
        return (Unknown("what super() refers to"),)
    classes = [atom.of for atom in passed[0].value if isinstance(atom, ClassValue)]
    found = tuple(
        Super(_start(context, receiver, after), after, receiver) for after in classes for receiver in passed[1].value
    )
    return found or (Unknown("what super() refers to"),)


def _start(context: Context, receiver: Atom, after: ClassId) -> ClassId:
    """The class in whose order `super()` looks on."""
    if isinstance(receiver, (Instance, ClassValue)) and isinstance(receiver.of, ClassId):
        return receiver.of
    if isinstance(receiver, (Manager, QuerySet)):
        lines = (each for each in receiver.classes if after in context.classes.ancestors(each))
        return next(lines, after)
    return after


def _super(context: Context, site: Site) -> Value:
    facts = context.facts(site.path)
    owner_index = facts.around(site.ref)
    if not owner_index or facts.functions[owner_index].owner is None:
        return (Unknown("what super() refers to"),)
    function = facts.functions[owner_index]
    after = ClassId(site.path, function.owner or 0)
    receiver = Parameter(owner_index, function.parameters[0].name if function.parameters else "")
    receivers = parameter(context, receiver, site)
    return tuple(Super(_start(context, receiver, after), after, receiver) for receiver in receivers)


def _construct(context: Context, identity: ClassId, passed: tuple[Passed, ...], site: Site) -> Value:
    match context.classes.kind(identity):
        case "manager":
            return (Manager(None, (identity,)),)
        case "queryset":
            models = [
                Model(atom.of)
                for each in passed
                for atom in each.value
                if isinstance(atom, ClassValue) and context.classes.kind(atom.of) == "model"
            ]
            return (QuerySet(models[0] if models else None, classes=(identity,)),)
        case _:
            made = Instance(identity, exact=True, given=_given(context, identity, passed, site))
            return (made, *record(context, identity, passed))


def _given(
    context: Context, identity: ClassId, passed: tuple[Passed, ...], site: Site
) -> tuple[tuple[str, Value], ...]:
    """The cached QuerySets that a constructor gets, by the parameter that takes each."""
    if not any(cached(each.value) for each in passed):
        return ()
    constructors = context.attribute(Instance(identity), "__init__", site)
    return tuple(
        (name, cached(value))
        for atom in constructors
        if isinstance(atom, Function)
        for name, value in activation(context, atom, passed).arguments
        if cached(value)
    )


def _call_function(context: Context, function: Function, passed: tuple[Passed, ...] | None, site: Site) -> Value:
    facts = context.facts(function.of.path).functions[function.of.index]
    if not function.bare and facts.decorators:
        return _call_decorated(context, function, passed, site)
    frame = Frame.enter(function.of, (), function.frame) if passed is None else activation(context, function, passed)
    if site.frame is not None and site.frame.is_open:
        frame = frame.opened
    value = result(context, function.of, frame)
    kept = () if passed is None else remembered(context, function, frame, site)
    if kept:
        value = join([kept, tuple(each for each in value if not is_fresh(each))])
    if passed is None or not any(isinstance(atom, QuerySet) and atom.origin is not None for atom in value):
        return value
    returned = context.step(site.path, site.ref, f"returned by {facts.name}()")
    return tuple(atom.hop(returned) if isinstance(atom, QuerySet) else atom for atom in value)


def _call_decorated(context: Context, function: Function, passed: tuple[Passed, ...] | None, site: Site) -> Value:
    """What a call gives of what the decorators make of a function; they may make itself of it, over and over."""
    if function in site.inside:
        return (Unknown("a decorator that decorates itself"),)
    inside = replace(site, inside=(*site.inside, function))
    return join(call(context, atom, passed, inside) for atom in context.decorated(replace(function, bare=True)))


def activation(context: Context, function: Function, passed: tuple[Passed, ...]) -> Frame:
    """Bind the arguments of a call to the parameters, as Python would."""
    facts = context.facts(function.of.path).functions[function.of.index]
    bound = bind(facts, passed, function.receiver)
    held = values(facts, bound, lambda default: context.value(function.of.path, default, function.frame))
    return _counted(context, Frame.enter(function.of, held, function.frame))


def _counted(context: Context, frame: Frame) -> Frame:
    """The activation as it is known, simplified where a function has too many, at last with unknown arguments.

    Those that get a cached QuerySet are counted by themselves: they are few, and findings rest on them.
    """
    is_given_cached = any(cached(value) for _, value in frame.arguments)
    known = context.activations.setdefault((frame.of, is_given_cached), {})
    found = known.get(frame)
    if found is not None:
        return found
    if len(known) >= limits.ACTIVATIONS:
        frame = simplified(frame)
    if len(known) >= limits.ACTIVATIONS + limits.SIMPLIFIED_ACTIVATIONS and frame not in known:
        return Frame(frame.of)
    return known.setdefault(frame, frame)


def result(context: Context, identity: FunctionId, frame: Frame) -> Value:
    """What a function returns in an activation, its decorators left out."""
    return context.ask(ReturnedBy(identity, frame))


class ReturnedBy(ValueQuestion, frozen=True):
    """What a function returns in an activation, its decorators left out."""

    function: FunctionId
    frame: Frame


@answers(ReturnedBy)
def _returned(context: Context, asked: ReturnedBy) -> Value:
    identity, frame = asked.function, asked.frame
    function = context.facts(identity.path).functions[identity.index]
    site = Site(identity.path, 0, frame)
    if function.is_generator:
        return yielded(context, site, identity.index)
    kept: list[Value] = []
    left: list[tuple[Guard, Ref]] = []
    for returned in function.returns:
        choice = Choice(returned.value, returned.guards)
        decided = excluded(context, choice, site)
        if decided is None:
            held = kept_from(context, identity.path, identity.index, returned.value, returned.span.start)
            value = typed.given(context, identity.path, returned.value, frame, returned.span)
            is_join = isinstance(context.facts(identity.path).terms[returned.value], Join)
            kept.append(join([held, value]) if is_join else held or value)
        else:
            left.append((decided, returned.value))
    value = explain(context, join(kept), left, site) or (Literal(None),)
    if function.annotation is None or not all(isinstance(atom, Unknown) for atom in value):
        return value
    return declared(context, identity.path, function.annotation) or value


def _is_all_unknown(value: Value) -> bool:
    return all(isinstance(atom, Unknown) for atom in value)
