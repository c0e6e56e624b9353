"""Calls of what is outside the project."""

from __future__ import annotations

from itertools import islice, product

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.names import computed_name
from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Slot
from qscache_lint.project.abstract import (
    ITERATOR,
    Atom,
    ClassValue,
    Collection,
    Data,
    External,
    Function,
    Instance,
    Literal,
    ManagerClass,
    Memoized,
    Method,
    Partial,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.annotations import declared
from qscache_lint.project.evaluation.binding import called_by, slot
from qscache_lint.project.evaluation.containers import elements, made
from qscache_lint.project.evaluation.core import CALLED, Context, Passed, Site, class_arguments, first_constant, gone_on
from qscache_lint.project.evaluation.entries import read_back
from qscache_lint.project.evaluation.inspecting import inspected
from qscache_lint.project.evaluation.memos import kept_in_attribute
from qscache_lint.project.evaluation.model_names import model_named, swapped
from qscache_lint.project.evaluation.records import named_tuple_class
from qscache_lint.project.evaluation.requests import is_request, of_request
from qscache_lint.project.evaluation.stores import kept_by
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.value_sets import draws_rows, instance_of


def call_external(context: Context, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    """What calling something outside the project may give."""
    store = context.knowledge.stores.get(dotted)
    term = context.facts(site.path).terms[site.ref]
    method = None if not isinstance(term, Call) else context.facts(site.path).terms[term.function]
    if store is not None and store.hands_out and isinstance(term, Call):
        return kept_by(context, store, dotted, passed, site) or (Unknown(dotted),)
    if dotted in context.knowledge.reads:
        cache = method.base if isinstance(method, Attribute) else None
        return read_back(context, dotted, cache, passed, site)
    caller = context.knowledge.callers.get(dotted)
    if caller is not None and caller.gives == "result":
        return join(context.call(atom, given, site) for atom, given in called_by(caller, passed))
    return _models_found(context, dotted, passed, site) or _call_otherwise(context, dotted, passed, site)


def _call_otherwise(context: Context, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    return _call_of_python(context, dotted, passed, site) or _call_of_django(context, dotted, passed)


def _call_of_python(context: Context, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    """What calling a function of Python's own gives that hands its arguments on; nothing for any other."""
    tables = context.knowledge.querysets
    if not passed or passed[0].argument.star:
        return _made(context, dotted, passed)
    if dotted in tables.annotations.casts:
        given = slot(passed, Slot(index=1, keyword="val"))
        value = () if given is None else given.value
        is_known = any(not isinstance(atom, Unknown) for atom in value)
        return value if is_known else declared(context, site.path, passed[0].argument.value)
    if dotted in tables.constructors.named_tuple_call:
        return named_tuple_class(passed)
    if dotted in tables.constructors.partial:
        return _partial(passed)
    if dotted == "type":
        return tuple(_class_of(atom) for atom in passed[0].value) if len(passed) == 1 else _class_made(passed)
    if dotted == "getattr" and len(passed) >= 2:
        return _getattr(context, passed, site)
    if dotted == "next" and any(map(_is_generator, passed[0].value)):
        return join([elements(context, passed[0].value), *(each.value for each in passed[1:])])
    found = inspected(context, dotted, passed) or _handed_on(context, dotted, passed)
    return found or _made(context, dotted, passed)


def _is_generator(atom: Atom) -> bool:
    return isinstance(atom, Collection) and atom.kind in ("generator", ITERATOR)


def _made(context: Context, dotted: str, passed: tuple[Passed, ...]) -> Value:
    """A dict or an object that a call makes of its keyword arguments; nothing for any other call."""
    table = context.knowledge.querysets.constructors
    kind = "dict" if dotted in table.dict else "namespace" if dotted in table.namespace else ""
    return made(context, kind, passed) if kind else ()


def _call_of_django(context: Context, dotted: str, passed: tuple[Passed, ...]) -> Value:
    """What calling something of Django's or of another package's gives."""
    consumer = context.knowledge.consumers.get(dotted)
    if consumer is not None and not consumer.attributes:  # what has attributes is an object to give a QuerySet to
        return _consumed(context, consumer, passed)
    base, _, last = dotted.rpartition(".")
    if last == "from_queryset" and base in context.knowledge.querysets.classes.manager:
        return (ManagerClass(class_arguments(passed)),)
    if dotted in context.knowledge.querysets.classes.manager:
        return (Manager(None),)
    if dotted in context.knowledge.manager_functions:
        given = slot(passed, context.knowledge.manager_functions[dotted].manager)
        return (Manager(None, () if given is None else class_arguments((given,))),)
    if dotted in context.knowledge.querysets.classes.queryset:
        return (QuerySet(),)
    return (External(_called(context, dotted, passed)),)


def _handed_on(context: Context, dotted: str, passed: tuple[Passed, ...]) -> Value:
    """The function that a decorator which changes nothing is called with: `sync_to_async(rows)`; else nothing."""
    if not passed or dotted not in context.knowledge.transparent:
        return ()
    flavour = context.knowledge.flavours.get(dotted)
    if not any(isinstance(atom, (Function, Memoized, Method)) for atom in passed[0].value):
        return ()
    if flavour == "static":
        # A partial without arguments is a callable that no instance binds.
        return tuple(Partial(atom) for atom in passed[0].value)
    return passed[0].value if flavour is None else ()


def _rows_of(context: Context, value: Value) -> Value:
    """What iterating over a value gives; over a model or manager, as the shortcuts do, its instances."""
    models = join(_model_of(atom) for atom in value)
    return models or elements(context, value)


def _called(context: Context, dotted: str, passed: tuple[Passed, ...]) -> str:
    """The name of what a call gives; an argument that decides what that is stands in it: `lru_cache(maxsize=0)`."""
    for switch in context.knowledge.switches.get(dotted, ()):
        given = slot(passed, switch)
        variant = None if given is None else _variant(context, f"{dotted}({switch.keyword}=", given.value)
        if variant is not None:
            return variant
    return gone_on(dotted, CALLED)


def _variant(context: Context, opened: str, value: Value) -> str | None:
    """The row that speaks of a deciding argument; None where none does, or it leaves the default."""
    known = context.knowledge.variants
    variants = [f"{opened}{_text(atom)})" for atom in value]
    named = [variant for variant in variants if variant in known]
    other = f"{opened}?)"
    if other not in known:
        return named[0] if named else None
    if named and len(set(variants)) == 1:
        return named[0]
    return None if value == (Literal(None),) else other


def _models_found(context: Context, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    """The models of the project that `apps.get_model(...)` or `get_user_model()` finds; nothing for any other one."""
    if dotted not in context.knowledge.querysets.classes.model_lookups:
        model = swapped(context, site.path, f"{dotted}()")
        return () if model is None else (ClassValue(model),)
    texts = [_texts(each.value) for each in passed]
    names = [".".join(parts).rpartition(".") for parts in islice(product(*texts), limits.MODELS_BY_NAME)]
    models = (model_named(context, site.path, label, name) for label, _, name in names)
    return tuple(ClassValue(model) for model in models if model is not None)


def _getattr(context: Context, passed: tuple[Passed, ...], site: Site) -> Value:
    constant = first_constant(passed[1:])
    name = constant if isinstance(constant, str) else computed_name(passed[1].argument.value)
    owner = passed[0].argument.value
    kept = kept_in_attribute(context, site.path, owner, name) if owner >= 0 else ()
    found = [of_request(context, site, name) if owner >= 0 and is_request(context, site.path, owner) else ()]
    if not found[0]:
        found = [context.attribute(atom, name, site) for atom in passed[0].value]
    return join([kept, *found, *(each.value for each in passed[2:])])


def _consumed(context: Context, consumer: Consumer, passed: tuple[Passed, ...]) -> Value:
    gives = consumer.gives
    taken = [each.value for index, each in enumerate(passed) if consumer.takes(index, each.argument.keyword)]
    kind = ITERATOR if consumer.once and any(map(draws_rows, taken)) else "list"
    match gives:
        case "rows" | "chained":
            return (Collection(kind, rest=join(_rows_of(context, each) for each in taken)),)
        case "numbered":
            element = join(_rows_of(context, each) for each in taken)
            return (Collection(kind, rest=(Collection("tuple", ((0, (Data("number"),)), (1, element))),)),)
        case "zipped":
            members = tuple(enumerate(_rows_of(context, each.value) for each in passed))
            return (Collection(kind, rest=(Collection("tuple", members),)),)
        case "data" if kind == ITERATOR:
            return (Collection(ITERATOR),)
    if gives == "queryset" and taken:
        return tuple(replace(atom, origin=None) if isinstance(atom, QuerySet) else atom for atom in taken[0])
    if gives != "instance" or not passed:
        return (Data(gives),)
    found: list[Atom] = []
    for atom in passed[0].value:
        match atom:
            case ClassValue(of=identity):
                found.append(Instance(identity))
            case QuerySet(model=model) | Manager(model=model):
                found.append(instance_of(model))
            case External(dotted=dotted):
                found.append(Instance(dotted))
            case _:
                found.append(Unknown("an instance of an unknown class"))
    return tuple(found)


def _partial(passed: tuple[Passed, ...]) -> Value:
    """What `partial(function, ...)` gives; the arguments behind a star are unknown."""
    if any(each.argument.star for each in passed):
        return (Unknown("functools.partial() with * or **"),)
    held = tuple((each.argument.keyword, each.value) for each in passed[1:])
    return tuple(Partial(atom, held) for atom in passed[0].value)


def _model_of(atom: Atom) -> Value:
    """An instance of the model that a class, a manager or a QuerySet stands for."""
    match atom:
        case ClassValue(of=identity):
            return (Instance(identity),)
        case Manager(model=model):
            return (instance_of(model),)
        case _:
            return ()


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(atom.value for atom in value if isinstance(atom, Literal) and isinstance(atom.value, str))


def _class_made(passed: tuple[Passed, ...]) -> Value:
    """The class that `type(name, bases, members)` makes: like its only base where it has no members of its own."""
    match [each.value for each in passed]:
        case [_, (Collection(members=((0, base),), rest=()),), (Collection(members=members, rest=()),)]:
            is_plain = all(isinstance(name, str) and name.startswith("__") for name, _ in members)
            return base if is_plain else (Unknown("what type() returns"),)
        case _:
            return (Unknown("what type() returns"),)


def _class_of(atom: Atom) -> Atom:
    if isinstance(atom, Instance) and isinstance(atom.of, ClassId):
        return ClassValue(atom.of)
    return Unknown("what type() returns")


def _text(atom: Atom) -> str | None:
    """A constant, or a name from outside the project, as the knowledge tables write it."""
    match atom:
        case Literal(value=value):
            return str(value)
        case External(dotted=dotted):
            return dotted
        case _:
            return None
