"""Abstract values in words: one function for each kind, all of them in `DESCRIPTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qscache_lint import limits
from qscache_lint.project.abstract import (
    ITERATOR,
    Atom,
    ClassValue,
    Collection,
    Constantly,
    Data,
    External,
    Formatted,
    FromQuerySet,
    Function,
    Guessed,
    Instance,
    Literal,
    ManagerClass,
    Memoized,
    Method,
    Module,
    NamedTupleClass,
    Partial,
    Super,
    Unknown,
    Value,
)
from qscache_lint.project.identities import ClassId, FunctionId, Model
from qscache_lint.project.project import Project
from qscache_lint.project.querysets import Manager, ManyToMany, ModelOptions, Ordering, Origin, QuerySet
from qscache_lint.values import Confidence, Span, Step


def describe(project: Project, atom: Atom) -> str:
    """One thing that a value may be, in words."""
    return Words(project).of(atom)


def trail(project: Project, atom: Atom) -> tuple[Step, ...]:
    """The places that a description speaks of, in the order of the way that the value takes."""
    match atom:
        case QuerySet(built=built, origin=None):
            return _present(built)
        case QuerySet(origin=Origin() as origin, hops=hops):
            return (*_present(origin.built, origin.site, origin.stored), *hops)
        case Memoized(inner=inner, site=site):
            return (*trail(project, inner), site)
        case Partial(inner=inner) | Guessed(inner=inner):
            return trail(project, inner)
        case Method(receiver=receiver) | Super(receiver=receiver):
            return trail(project, receiver)
        case Function(of=of):
            return _defined(project, of)
        case ClassValue(of=of) | Instance(of=ClassId() as of) | Manager(model=Model(identity=ClassId() as of)):
            return _defined(project, of)
        case Collection(inside=inside):
            return tuple(dict.fromkeys(step for queryset in inside[:1] for step in trail(project, queryset)))
        case _:
            return ()


def confidence(value: Value) -> Confidence | None:
    """How sure a value is: as sure as the least sure thing that it may be; None when part of it is unknown."""
    if not value or any(isinstance(atom, Unknown) for atom in value):
        return None
    is_medium = any(
        isinstance(atom, Guessed) or (isinstance(atom, QuerySet) and atom.confidence is Confidence.MEDIUM)
        for atom in value
    )
    return Confidence.MEDIUM if is_medium else Confidence.HIGH


def _present(*steps: Step | None) -> tuple[Step, ...]:
    return tuple(step for step in steps if step is not None)


def _defined(project: Project, identity: FunctionId | ClassId) -> tuple[Step, ...]:
    facts = project.facts(identity.path)
    if facts is None:
        return ()
    defined = facts.functions if isinstance(identity, FunctionId) else facts.classes
    span: Span = defined[identity.index].span
    return (Step(identity.path, span, f"{defined[identity.index].qualname} is defined here"),)


class Words:
    """Describes values of one project, and those within them up to a depth."""

    def __init__(self, project: Project, depth: int = 0) -> None:
        self._project = project
        self._depth = depth

    def of(self, atom: Atom) -> str:
        """One thing that a value may be."""
        return DESCRIPTIONS[type(atom)](self, atom)

    def inside(self, atom: Atom) -> str:
        """Something that stands within another value."""
        return "…" if self._depth >= limits.DESCRIBED_DEPTH else Words(self._project, self._depth + 1).of(atom)

    def any_of(self, value: Value) -> str:
        """Whatever a value may be that stands within another one."""
        told = [self.inside(atom) for atom in value[:limits.DESCRIBED_MEMBERS]]
        more = ["…"] if len(value) > limits.DESCRIBED_MEMBERS else []
        return " or ".join([*dict.fromkeys(told), *more]) or "nothing"

    def name(self, identity: FunctionId | ClassId | str) -> str:
        """The dotted name of a function or class."""
        if isinstance(identity, str):
            return identity
        facts = self._project.facts(identity.path)
        names = self._project.names(identity)
        if names or facts is None:
            return names[0] if names else identity.path
        defined = facts.functions if isinstance(identity, FunctionId) else facts.classes
        return defined[identity.index].qualname

    def model(self, model: Model | None) -> str:
        return "an unknown model" if model is None else self.name(model.identity)

    def names(self, classes: Iterable[ClassId]) -> str:
        return ", ".join(map(self.name, classes))


def _queryset(words: Words, atom: QuerySet) -> str:
    parts = [f"a QuerySet of {words.model(atom.model)}"]
    if atom.classes:
        parts.append(f"with the methods of {words.names(atom.classes)}")
    parts.append(_bound(atom))
    parts += ["with plain data as rows, as from values()"] if not atom.plain else []
    parts += ["combined by union() or similar"] if atom.combined else []
    parts += [_ORDERS[atom.ordering]] if atom.ordering in _ORDERS else []
    if atom.origin is None:
        parts.append("not cached")
    else:
        site = atom.origin.site
        place = f"{site.path}:{site.span.start.row}"
        parts.append(f"cached by {atom.origin.how} ({atom.origin.store.value}) at {place} as {atom.origin.name}")
    return ", ".join(parts)


def _bound(atom: QuerySet) -> str:
    if atom.bound.limited:
        return "limited by a slice"
    unbounded = "sliced without a stop" if atom.bound.sliced else "unbounded"
    return f"{unbounded} (because {atom.bound.reason})" if atom.bound.reason else unbounded


_ORDERS: Mapping[Ordering, str] = {
    Ordering.YES: "ordered",
    Ordering.NO: "unordered",
    Ordering.CLEARED: "unordered by order_by()",
}


def _manager(words: Words, atom: Manager) -> str:
    kind = "a related manager" if atom.related else "a manager"
    methods = f", with the methods of {words.names(atom.classes)}" if atom.classes else ""
    through = "" if atom.through is None else f", through {words.model(atom.through)}"
    return f"{kind} of {words.model(atom.model)}{methods}{through}"


def _many_to_many(words: Words, atom: ManyToMany) -> str:
    return f"a many-to-many field that is read through its class, through {words.model(atom.through)}"


def _model_options(words: Words, atom: ModelOptions) -> str:
    return f"the options (_meta) of {words.model(atom.model)}"


def _instance(words: Words, atom: Instance) -> str:
    subclass = "" if atom.exact or isinstance(atom.of, str) else ", or of a subclass"
    given = ", ".join(f"{name} is {words.any_of(value)}" for name, value in atom.given)
    return f"an instance of {words.name(atom.of)}{subclass}{f', created with {given}' if given else ''}"


def _class_value(words: Words, atom: ClassValue) -> str:
    return f"the class {words.name(atom.of)}"


def _manager_class(words: Words, atom: ManagerClass) -> str:
    return f"a manager class with the methods of {words.names(atom.classes)}, made by from_queryset()"


def _named_tuple_class(words: Words, atom: NamedTupleClass) -> str:
    return f"a class of named tuples with {', '.join(atom.fields)}"


def _from_queryset(words: Words, atom: FromQuerySet) -> str:
    return f"the method from_queryset() of {words.names(atom.classes)}"


def _function(words: Words, atom: Function) -> str:
    bare = " without its decorators" if atom.bare else ""
    if atom.receiver is None:
        return f"the function {words.name(atom.of)}(){bare}"
    return f"the method {words.name(atom.of)}(){bare}, of {words.inside(atom.receiver)}"


def _memoized(words: Words, atom: Memoized) -> str:
    kind = "a property" if atom.property else "a callable"
    rows = "; it caches a list of the rows" if atom.materialised else ""
    inner = words.inside(atom.inner)
    return f"{kind} whose results are cached by {atom.how} ({atom.store.value}){rows}, around {inner}"


def _partial(words: Words, atom: Partial) -> str:
    count = len(atom.arguments)
    return f"functools.partial() with {count} argument{'s' if count != 1 else ''}, around {words.inside(atom.inner)}"


def _constantly(words: Words, atom: Constantly) -> str:
    return f"a callable that returns {words.any_of(atom.result)}"


def _guessed(words: Words, atom: Guessed) -> str:
    return f"{words.inside(atom.inner)}, guessed from its name"


def _super(words: Words, atom: Super) -> str:
    return f"super() after {words.name(atom.after)}, for {words.inside(atom.receiver)}"


def _method(words: Words, atom: Method) -> str:
    return f"the method {atom.name}() of {words.inside(atom.receiver)}"


def _module(words: Words, atom: Module) -> str:
    return f"the module {atom.dotted}" if atom.path else f"the package {atom.dotted}"


def _external(words: Words, atom: External) -> str:
    return f"{atom.dotted}, from outside the project"


def _literal(words: Words, atom: Literal) -> str:
    return f"the constant {atom.value!r}{f', given as {atom.source}' if atom.source else ''}"


def _collection(words: Words, atom: Collection) -> str:
    told = [_member(words, atom.kind, key, value) for key, value in atom.members[:limits.DESCRIBED_MEMBERS]]
    told += ["…"] if len(atom.members) > limits.DESCRIBED_MEMBERS else []
    told += [f"any number of {words.any_of(atom.rest)}"] if atom.rest else []
    if atom.kind == ITERATOR:
        return f"an iterator over {words.any_of(atom.rest)}" if atom.rest else "an iterator over a QuerySet"
    return f"a {atom.kind} of {'; '.join(told)}" if told else f"an empty {atom.kind}"


def _member(words: Words, kind: str, key: bool | int | str | None, value: Value) -> str:
    return f"{key!r}: {words.any_of(value)}" if kind in ("dict", "namespace") else words.any_of(value)


def _data(words: Words, atom: Data) -> str:
    return f"plain data, not a QuerySet ({atom.what})"


def _unknown(words: Words, atom: Unknown) -> str:
    return f"unknown: {atom.reason}"


DESCRIPTIONS: Mapping[type[Any], Callable[[Words, Any], str]] = {
    QuerySet: _queryset,
    Manager: _manager,
    ManyToMany: _many_to_many,
    ModelOptions: _model_options,
    Instance: _instance,
    ClassValue: _class_value,
    ManagerClass: _manager_class,
    NamedTupleClass: _named_tuple_class,
    FromQuerySet: _from_queryset,
    Function: _function,
    Memoized: _memoized,
    Partial: _partial,
    Constantly: _constantly,
    Guessed: _guessed,
    Super: _super,
    Method: _method,
    Module: _module,
    External: _external,
    Literal: _literal,
    Collection: _collection,
    Data: _data,
    Formatted: _data,
    Unknown: _unknown,
}
"""Every kind of thing that a value may be, with the function that describes it."""
