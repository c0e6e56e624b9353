"""What an oracle says of expressions that the project's own code leaves open (see `oracles`).

Each is an input of the table: a run asks the oracle all of them at once, and evaluates what rests on them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from qscache_lint.facts.terms import Attribute, Awaited, Binary, Call, Item, Ref, Term
from qscache_lint.oracles import Asked, TypeName
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    External,
    Frame,
    Function,
    Guessed,
    Instance,
    Literal,
    Memoized,
    Method,
    Partial,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.annotations import instance
from qscache_lint.project.evaluation.core import Context, Site, answers, files_declaring, leads_to_cached
from qscache_lint.project.identities import ClassId, FunctionId, Model
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.questions import Reading
from qscache_lint.values import Span, Step


class TypeOf(Reading[tuple[TypeName, ...]], frozen=True):
    """What the oracle says of an expression; nothing before it is asked."""

    asked: Asked


@answers(TypeOf)
def _type(context: Context, asked: TypeOf) -> tuple[TypeName, ...]:
    context.module(asked.asked.path)
    return context.project.types.of(asked.asked)


def given(context: Context, path: str, ref: Ref, frame: Frame | None = None, at: Span | None = None) -> Value:
    """What is given to a cache or a caller: a value of the project's own code, else what the oracle says.

    It is asked about the expression that stands `at` a span, else about that which makes the value.
    """
    value = context.value(path, ref, frame)
    if not context.project.types or not _is_open(value):
        return value
    facts = context.facts(path)
    if _is_plain(context, facts.terms[ref], value):
        return value
    span = at or (facts.spans[ref] if isinstance(facts.terms[ref], _MAKING) else None)
    if span is None:
        return value
    return _told(context, Asked(path, span, "value"), Step(path, span, "")) or value


def receiver(context: Context, term: Attribute, site: Site) -> Value:
    """What the oracle says of `base` in `base.name`, where that decides about cached QuerySets; else nothing.

    A class says nothing of the name when classes derived from it may have it.
    """
    if not context.project.types or not _decides(context, term.name):
        return ()
    span = context.facts(site.path).spans[site.ref]
    told = _told(context, Asked(site.path, span, "receiver"), Step(site.path, span, ""))
    outside = {atom.of for atom in told if isinstance(atom, Instance) and isinstance(atom.of, str)}
    return () if outside and _have_derived(context, outside, term.name) else told


_MAKING = (Attribute, Awaited, Binary, Call, Item)
"""Terms whose span is that of an expression with their value."""


def resolved(context: Context, base: Value, term: Attribute, site: Site) -> Value:
    """The `base` in `base.name`; of the result of a call outside, what the oracle says if that is a class of ours."""
    if not context.project.types or not base or not all(map(_is_result, base)):
        return base
    told = receiver(context, term, site)
    is_ours = all(not isinstance(getattr(atom, "of", None), str) and not isinstance(atom, External) for atom in told)
    return told if told and is_ours else base


def _is_open(value: Value) -> bool:
    """Whether the project's own code does not say what a value is: it may be the result of a call outside."""
    return bool(value) and all(isinstance(atom, Unknown) or _is_result(atom) for atom in value)


def _is_plain(context: Context, term: Term, value: Value) -> bool:
    """Whether something is neither a QuerySet nor an object of the project, so that no answer makes a difference."""
    if isinstance(term, Binary):
        return term.operator not in context.knowledge.combining
    beginnings = context.knowledge.functions.plain.beginnings
    return all(isinstance(atom, External) and atom.dotted.startswith(beginnings) for atom in value)


def _is_result(atom: Atom) -> bool:
    return isinstance(atom, External) and atom.dotted.endswith((")", "]"))


def _decides(context: Context, name: str) -> bool:
    """Whether cached QuerySets are reached by an attribute of a name, or it tells that something is a QuerySet."""
    managers = context.knowledge.querysets.managers
    guessed = (*managers.own_methods, *managers.own_with_keywords, *managers.names)
    return name in guessed or leads_to_cached(context, name)


def _have_derived(context: Context, outside: Iterable[str], name: str) -> bool:
    """Whether a class of the project that has a name is derived from one of some classes outside."""
    bases = set(map(_last, outside))
    having = (
        ClassId(path, index)
        for path in files_declaring(context, "given", name)
        if (facts := context.module(path)) is not None
        for index, opened in enumerate(facts.classes)
        if name in opened.members
    )
    lines = (context.classes.mro(each) for each in having)
    return any(isinstance(each, str) and _last(each) in bases for line in lines for each in line)


# -- from names to values


def _told(context: Context, asked: Asked, place: Step) -> Value:
    types = context.ask(TypeOf(asked))
    found = [tuple(_atoms(context, each, asked.path)) for each in types]
    if not all(found):
        return ()
    said = f"{_named(types)}, says {context.project.types.oracle_name}"
    return marked(join(found), replace(place, message=said))


def _named(types: Iterable[TypeName]) -> str:
    """The classes in words."""
    return " or ".join(dict.fromkeys(map(_name, types)))


def _name(of: TypeName) -> str:
    name = _last(of.names[0]) if of.names else "None"
    return f"{name} of {_last(of.model)}" if of.model else name


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _atoms(context: Context, told: TypeName, path: str) -> Iterator[Atom]:
    if told.kind == "none":
        yield Literal(None)
    elif told.kind == "function":
        found = _found(context, told.names[0], path)
        yield from (Function(found),) if isinstance(found, FunctionId) else ()
    elif told.kind == "class":
        identity = _found(context, told.names[0], path)
        yield ClassValue(identity) if isinstance(identity, ClassId) else External(told.names[0])
    else:
        yield from _instance(context, told, path)


def _instance(context: Context, told: TypeName, path: str) -> Value:
    """An object of a class; nothing for one outside of which the oracle does not know all bases."""
    model = _model(context, told.model, path)
    own = (_found(context, name, path) for name in told.names)
    identity = next((each for each in own if isinstance(each, ClassId)), None)
    classes = context.knowledge.querysets.classes
    if not set(told.names).isdisjoint(classes.queryset):
        return (QuerySet(model, classes=() if identity is None else (identity,)),)
    if not set(told.names).isdisjoint(classes.manager):
        return (Manager(model, () if identity is None else (identity,)),)
    if identity is None:
        return () if told.open else (Instance(told.names[0]),)
    return (instance(context, identity),)


def _model(context: Context, name: str, path: str) -> Model | None:
    found = _found(context, name, path) if name else None
    if isinstance(found, ClassId):
        return Model(found)
    return Model(name) if name and name not in context.knowledge.querysets.classes.model else None


def _found(context: Context, name: str, path: str) -> ClassId | FunctionId | None:
    """The class or function of the project with a full name, as it is seen from a file."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module, qualname = ".".join(parts[:count]), ".".join(parts[count:])
        target = context.project.modules.resolve(path, module, 0)
        facts = None if target is None or target.endswith("/") else context.module(target)
        if target is None or facts is None:
            continue
        classes = (ClassId(target, at) for at, each in enumerate(facts.classes) if each.qualname == qualname)
        functions = (FunctionId(target, at) for at, each in enumerate(facts.functions) if each.qualname == qualname)
        return next(classes, None) or next(functions, None)
    return None


# -- the trail


def carried(context: Context, value: Value, base: Value) -> Value:
    """What comes of something that may be known from the oracle, and says so."""
    if not context.project.types:
        return value
    told = next((step for atom in base if (step := _told_of(atom)) is not None), None)
    return value if told is None else marked(value, told)


def marked(value: Value, told: Step) -> Value:
    """A value that says what the oracle has said on the way to it."""
    return tuple(_marked(atom, told) for atom in value)


def _marked(atom: Atom, told: Step) -> Atom:
    match atom:
        case QuerySet(origin=None, built=None):
            return replace(atom, built=told)
        case QuerySet(origin=None, built=Step() as built) if told.message not in built.message:
            return replace(atom, built=replace(built, message=f"{built.message} ({told.message})"))
        case QuerySet():
            return atom.hop(told)
        case Instance(told=None) | Manager(told=None):
            return replace(atom, told=told)
        case _:
            return atom


def _told_of(atom: Atom) -> Step | None:
    match atom:
        case Instance(told=told) | Manager(told=told):
            return told
        case Function(receiver=receiver):
            return None if receiver is None else _told_of(receiver)
        case Method(receiver=receiver) | Memoized(inner=receiver) | Partial(inner=receiver) | Guessed(inner=receiver):
            return _told_of(receiver)
        case _:
            return None
