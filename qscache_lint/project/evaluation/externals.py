"""Calls of what is outside the project."""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, Call
from qscache_lint.facts.names import computed_name
from qscache_lint.knowledge import Consumer
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    Data,
    External,
    Function,
    Instance,
    Literal,
    Manager,
    ManagerClass,
    Memoized,
    Method,
    Partial,
    QuerySet,
    Unknown,
    Value,
    instance_of,
    join,
)
from qscache_lint.project.evaluation.annotations import Annotations
from qscache_lint.project.evaluation.binding import slot
from qscache_lint.project.evaluation.containers import Containers
from qscache_lint.project.evaluation.core import Core, Passed, Site, class_arguments, first_constant
from qscache_lint.project.evaluation.relations import Relations
from qscache_lint.project.evaluation.stores import Stores


class Externals:
    """Calls of what is outside the project."""

    def __init__(
        self, core: Core, annotations: Annotations, containers: Containers, relations: Relations, stores: Stores
    ) -> None:
        self._core = core
        self._annotations = annotations
        self._containers = containers
        self._relations = relations
        self._stores = stores

    def call_external(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        """What calling something outside the project may give."""
        store = self._core.knowledge.stores.get(dotted)
        term = self._core.facts(site.path).terms[site.ref]
        method = None if not isinstance(term, Call) else self._core.facts(site.path).terms[term.function]
        if store is not None and store.hands_out and isinstance(term, Call):
            return self._stores.kept_by(store, dotted, passed, site) or (Unknown(dotted),)
        if dotted in self._core.knowledge.reads:
            cache = method.base if isinstance(method, Attribute) else None
            return self._stores.read_back(dotted, cache, passed, site)
        model = self._model_found(dotted, passed, site)
        if model is not None:
            return (ClassValue(model),)
        return self._call_of_python(dotted, passed, site) or self._call_of_django(dotted, passed)

    def _call_of_python(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        """What calling a function of Python's own gives that hands its arguments on; nothing for any other."""
        tables = self._core.knowledge.querysets
        if not passed or passed[0].argument.star:
            return self._made(dotted, passed)
        if dotted in tables.annotations.casts:
            return self._annotations.declared(site.path, passed[0].argument.value)
        if dotted in tables.constructors.partial:
            return _partial(passed)
        if dotted == "type" and len(passed) == 1:
            return tuple(_class_of(atom) for atom in passed[0].value)
        if dotted == "getattr" and len(passed) >= 2:
            return self._getattr(passed, site)
        return self._handed_on(dotted, passed) or self._made(dotted, passed)

    def _made(self, dotted: str, passed: tuple[Passed, ...]) -> Value:
        """A dict or an object that a call makes of its keyword arguments; nothing for any other call."""
        table = self._core.knowledge.querysets.constructors
        kind = "dict" if dotted in table.dict else "namespace" if dotted in table.namespace else ""
        return self._containers.made(kind, passed) if kind else ()

    def _call_of_django(self, dotted: str, passed: tuple[Passed, ...]) -> Value:
        """What calling something of Django's or of another package's gives."""
        consumer = self._core.knowledge.consumers.get(dotted)
        if consumer is not None and not consumer.attributes:  # what has attributes is an object to give a QuerySet to
            return self._consumed(consumer, passed)
        base, _, last = dotted.rpartition(".")
        if last == "from_queryset" and base in self._core.knowledge.querysets.classes.manager:
            return (ManagerClass(class_arguments(passed)),)
        if dotted in self._core.knowledge.querysets.classes.manager:
            return (Manager(None),)
        if dotted in self._core.knowledge.querysets.classes.queryset:
            return (QuerySet(),)
        return (External(self._called(dotted, passed)),)

    def _handed_on(self, dotted: str, passed: tuple[Passed, ...]) -> Value:
        """The function that a decorator which changes nothing is called with: `sync_to_async(rows)`; else nothing."""
        if not passed or dotted not in self._core.knowledge.transparent:
            return ()
        flavour = self._core.knowledge.flavours.get(dotted)
        if not any(isinstance(atom, (Function, Memoized, Method)) for atom in passed[0].value):
            return ()
        if flavour == "static":
            # A partial without arguments is a callable that no instance binds.
            return tuple(Partial(atom) for atom in passed[0].value)
        return passed[0].value if flavour is None else ()

    def _rows_of(self, value: Value) -> Value:
        """What iterating over a value gives; over a model or manager, as the shortcuts do, its instances."""
        models = join(_model_of(atom) for atom in value)
        return models or self._containers.elements(value)

    def _called(self, dotted: str, passed: tuple[Passed, ...]) -> str:
        """The name of what a call gives; an argument that decides what that is stands in it: `lru_cache(maxsize=0)`."""
        for switch in self._core.knowledge.switches.get(dotted, ()):
            given = slot(passed, switch)
            variant = None if given is None else self._variant(f"{dotted}({switch.keyword}=", given.value)
            if variant is not None:
                return variant
        return f"{dotted}()"

    def _variant(self, opened: str, value: Value) -> str | None:
        """The row that speaks of a deciding argument; None where none does, or it leaves the default."""
        known = self._core.knowledge.variants
        variants = [f"{opened}{_text(atom)})" for atom in value]
        named = [variant for variant in variants if variant in known]
        other = f"{opened}?)"
        if other not in known:
            return named[0] if named else None
        if named and len(set(variants)) == 1:
            return named[0]
        return None if value == (Literal(None),) else other

    def _model_found(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> ClassId | None:
        """The model of the project that `apps.get_model(...)` or `get_user_model()` finds; None for any other one."""
        if dotted not in self._core.knowledge.querysets.classes.model_lookups:
            return self._relations.swapped(site.path, f"{dotted}()")
        texts = [_texts(each.value) for each in passed]
        if not texts or any(len(text) != 1 for text in texts):
            return None
        label, _, name = ".".join(text[0] for text in texts).rpartition(".")
        return self._relations.model_named(site.path, label, name)

    def _getattr(self, passed: tuple[Passed, ...], site: Site) -> Value:
        constant = first_constant(passed[1:])
        name = constant if isinstance(constant, str) else computed_name(passed[1].argument.value)
        found = [self._core.attribute(atom, name, site) for atom in passed[0].value]
        return join([*found, *(each.value for each in passed[2:])])

    def _consumed(self, consumer: Consumer, passed: tuple[Passed, ...]) -> Value:
        gives = consumer.gives
        taken = [each.value for index, each in enumerate(passed) if consumer.takes(index, each.argument.keyword)]
        match gives:
            case "rows":
                return (Collection("list", rest=join(map(self._rows_of, taken))),)
            case "numbered":
                element = join(map(self._rows_of, taken))
                return (Collection("list", rest=(Collection("tuple", ((0, (Data("number"),)), (1, element))),)),)
            case "zipped":
                members = tuple(enumerate(self._rows_of(each.value) for each in passed))
                return (Collection("list", rest=(Collection("tuple", members),)),)
            case "chained":
                return (Collection("list", rest=join(map(self._rows_of, taken))),)
        if gives == "queryset" and passed:
            return tuple(replace(atom, origin=None) if isinstance(atom, QuerySet) else atom for atom in passed[0].value)
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
                    found.append(Unknown("an instance"))
        return tuple(found)


def _partial(passed: tuple[Passed, ...]) -> Value:
    """What `partial(function, ...)` gives; nobody knows the arguments behind a star."""
    if any(each.argument.star for each in passed):
        return (Unknown("a partial with a star"),)
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


def _class_of(atom: Atom) -> Atom:
    if isinstance(atom, Instance) and isinstance(atom.of, ClassId):
        return ClassValue(atom.of)
    return Unknown("type()")


def _text(atom: Atom) -> str | None:
    """A constant, or a name from outside the project, as the knowledge tables write it."""
    match atom:
        case Literal(value=value):
            return str(value)
        case External(dotted=dotted):
            return dotted
        case _:
            return None
