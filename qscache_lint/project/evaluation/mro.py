"""Bases of classes, the order in which their attributes are looked up, subclasses, and what Django makes of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import ClassVar, Literal, TypeAlias

import msgspec

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, ClassTerm, Import, Item, Term
from qscache_lint.project.abstract import ClassValue, External, ManagerClass, Unknown
from qscache_lint.project.evaluation.core import Context, answers, files_declaring
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.modules import is_importable
from qscache_lint.project.questions import Question

ClassKind: TypeAlias = Literal["model", "manager", "queryset", "other"]


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A class and its ancestors in lookup order: project classes, and dotted names of those outside.

    `classes` are those of the project, which is what nearly all ask for, millions of times.
    """

    order: tuple[ClassId | str, ...] = ()
    classes: tuple[ClassId, ...] = ()


class Mro(Question[Line], frozen=True):
    """A class and its ancestors in lookup order."""

    bottom: ClassVar[Line] = Line()

    of: ClassId


class BasesOf(Question[tuple[ClassId | str, ...]], frozen=True):
    """What a class is derived from: classes of the project, and dotted names of those outside."""

    bottom: ClassVar[tuple[ClassId | str, ...]] = ()

    of: ClassId


class KeptNames(Question[frozenset[str]], frozen=True):
    """The names under which methods of a class and its ancestors keep something on their receiver."""

    bottom: ClassVar[frozenset[str]] = frozenset()

    of: ClassId


class Subclasses(Question[tuple[ClassId, ...]], frozen=True):
    """The classes derived from a class, as far as the first `limits.SUBCLASSES`."""

    bottom: ClassVar[tuple[ClassId, ...]] = ()

    of: ClassId


class Redefined(Question[Mapping[str, tuple[ClassId, ...]]], frozen=True):
    """The classes derived from a class by the names of members that stand in them, or in other bases of theirs."""

    bottom: ClassVar[Mapping[str, tuple[ClassId, ...]]] = {}

    of: ClassId


class SubclassesIn(Question[Mapping[ClassId, Sequence[ClassId]]], frozen=True):
    """The classes of a module by each of their bases."""

    bottom: ClassVar[Mapping[ClassId, Sequence[ClassId]]] = {}

    path: ModulePath


@answers(Mro)
def _linearised(context: Context, asked: Mro) -> Line:
    """The order of a class, by the bases of all that stand behind it.

    That is the same wherever a ring of classes is entered: one that is still to be put in order stands for itself.
    """
    lines: dict[ClassId, tuple[ClassId | str, ...]] = {}
    pending, opened = [asked.of], set[ClassId]()
    while pending:  # classes may derive from one another by the hundred
        current = pending[-1]
        if current in lines:
            pending.pop()
            continue
        bases = context.ask(BasesOf(current))
        above = [base for base in bases if isinstance(base, ClassId) and base not in lines]
        fresh = [base for base in above if base not in opened and base != current]
        opened.add(current)
        if fresh:
            pending.extend(reversed(fresh))
            continue
        lines[current] = _line(context, current, bases, lines)
        pending.pop()
    order = lines[asked.of]
    return Line(order, tuple([each for each in order if isinstance(each, ClassId)]))


def _line(
    context: Context,
    identity: ClassId,
    bases: Sequence[ClassId | str],
    known: Mapping[ClassId, Sequence[ClassId | str]],
) -> tuple[ClassId | str, ...]:
    """The order of one class by those of its bases; a base that is still to be put in order is one class."""
    lines = [known.get(base, (base,)) if isinstance(base, ClassId) else (base,) for base in bases]
    line = tuple(dict.fromkeys((identity, *_merge([*lines, bases]))))
    if len(line) <= limits.ANCESTORS:
        return line
    row = context.facts(identity.path).classes[identity.index].span.start.row
    context.project.give_up(identity.path, row, f"a class with more than {limits.ANCESTORS} ancestors")
    return (*line[: limits.ANCESTORS], "?")


@answers(BasesOf)
def _bases(context: Context, asked: BasesOf) -> tuple[ClassId | str, ...]:
    facts = context.module(asked.of.path)
    if facts is None:
        return ("?",)
    found: dict[ClassId | str, None] = {}
    for written in facts.classes[asked.of.index].bases:
        term = facts.terms[written]
        ref = term.base if isinstance(term, Item) else written  # `Manager["Story"]` is a Manager
        known = [base for atom in context.value(asked.of.path, ref) for base in _as_bases(atom)]
        found.update(dict.fromkeys(known or ["?"]))
    return tuple(found)


@answers(Subclasses)
def _subclasses(context: Context, asked: Subclasses) -> tuple[ClassId, ...]:
    found: dict[ClassId, None] = {}
    pending = [asked.of]
    while pending and len(found) < limits.SUBCLASSES:
        base = pending.pop(0)
        fresh = [each for each in _derived(context, base) if each not in found and each != asked.of]
        found.update(dict.fromkeys(fresh))
        pending.extend(fresh)
    return tuple(found)


@answers(KeptNames)
def _kept_names(context: Context, asked: KeptNames) -> frozenset[str]:
    line = ((context.module(each.path), each.index) for each in context.ask(Mro(asked.of)).classes)
    return frozenset(chain.from_iterable(facts.kept_on_receiver(index) for facts, index in line if facts is not None))


@answers(Redefined)
def _redefined(context: Context, asked: Redefined) -> Mapping[str, tuple[ClassId, ...]]:
    found: dict[str, dict[ClassId, None]] = {}
    line = frozenset(context.ask(Mro(asked.of)).classes)
    for derived in context.ask(Subclasses(asked.of)):
        for other in context.ask(Mro(derived)).classes:
            if other not in line:
                for name in _member_names(context, other):
                    found.setdefault(name, {})[derived] = None
    return {name: tuple(classes) for name, classes in found.items()}


def _member_names(context: Context, identity: ClassId) -> Iterator[str]:
    """The names that the body of a class binds, and those of the attributes that its methods assign."""
    facts = context.module(identity.path)
    if facts is not None:
        yield from facts.classes[identity.index].members
        yield from facts.stored_by(identity.index)


def _derived(context: Context, identity: ClassId) -> Iterator[ClassId]:
    """The classes with a class among their own bases."""
    facts = context.module(identity.path)
    name = "" if facts is None else facts.classes[identity.index].name
    others = files_declaring(context, "base", name) if is_importable(identity.path) else (identity.path,)
    for path in others:
        yield from context.ask(SubclassesIn(path)).get(identity, ())


@answers(SubclassesIn)
def _heirs(context: Context, asked: SubclassesIn) -> Mapping[ClassId, Sequence[ClassId]]:
    facts = context.module(asked.path)
    found: dict[ClassId, list[ClassId]] = {}
    for index in range(0 if facts is None else len(facts.classes)):
        identity = ClassId(asked.path, index)
        for base in context.ask(BasesOf(identity)):
            if isinstance(base, ClassId):
                found.setdefault(base, []).append(identity)
    return found


class KindOf(Question[ClassKind], frozen=True):
    """What Django makes of a class."""

    bottom: ClassVar[ClassKind] = "other"

    of: ClassId


@answers(KindOf)
def _kind(context: Context, asked: KindOf) -> ClassKind:
    classes = context.knowledge.querysets.classes
    mro = context.ask(Mro(asked.of)).order
    # `Manager.from_queryset(…)` has QuerySet classes among its ancestors and is a manager all the same.
    kinds: tuple[tuple[ClassKind, tuple[str, ...]], ...] = (
        ("model", classes.model),
        ("manager", classes.manager),
        ("queryset", classes.queryset),
    )
    for kind, names in kinds:
        if any(ancestor in names for ancestor in mro):
            return kind
    if any(isinstance(name, str) and name.startswith(classes.model_modules) for name in mro):
        return "model"
    is_open = any(isinstance(name, str) and name != "object" for name in mro)
    own = (each for each in mro if isinstance(each, ClassId))
    return "model" if is_open and any(_is_made_model(context, each) for each in own) else "other"


def _is_made_model(context: Context, identity: ClassId) -> bool:
    """Whether a class says that it is a model, where its base outside the project does not tell."""
    return _has_fields(context, identity) or _has_model_options(context, identity)


def _has_model_options(context: Context, identity: ClassId) -> bool:
    """Whether the `Meta` of a class has an option that only models have."""
    facts = context.module(identity.path)
    bindings = () if facts is None else facts.classes[identity.index].members.get("Meta", ())
    inner = (term.index for each in bindings if facts and isinstance(term := facts.terms[each.value], ClassTerm))
    options = context.knowledge.querysets.classes.model_options
    return any(not facts.classes[each].members.keys().isdisjoint(options) for each in inner if facts)


def _has_fields(context: Context, identity: ClassId) -> bool:
    """Whether a class body makes fields of models."""
    facts = context.module(identity.path)
    if facts is None:
        return False
    bound = chain.from_iterable(facts.classes[identity.index].members.values())
    terms = (facts.terms[each.value] for each in bound)
    return any(_is_field(context, facts, facts.terms[term.function]) for term in terms if isinstance(term, Call))


def _is_field(context: Context, facts: ModuleFacts, term: Term) -> bool:
    """Whether a term is a class of fields: `models.CharField`, or that name imported from there."""
    tables = context.knowledge.querysets
    match term:
        case Import(module=module, name=str() as name):
            pass
        case Attribute(base=base, name=name) if isinstance(imported := facts.terms[base], Import):
            module = f"{imported.module}.{imported.name}" if imported.name else imported.module
        case _:
            return False
    if module in tables.classes.field_modules:
        return name.endswith(tables.classes.field_endings)
    return f"{module}.{name}" in (*tables.relations.to_one, *tables.relations.to_many, *tables.relations.one_way)


def _as_bases(atom: object) -> tuple[ClassId | str, ...]:
    match atom:
        case ClassValue(of=identity):
            return (identity,)
        case External(dotted=dotted):
            return (dotted,)
        case ManagerClass(classes=classes):
            return (*classes, "django.db.models.Manager")
        case Unknown():
            return ("?",)
        case _:
            return ()


def _merge(lines: Sequence[Sequence[ClassId | str]]) -> list[ClassId | str]:
    """The C3 merge of linearised bases; where none exists, the first of each line in turn."""
    merged: dict[ClassId | str, None] = {}
    pending = [deque(line) for line in lines if line]
    behind = Counter(item for line in pending for item in islice(line, 1, None))
    while pending:
        head = next((line[0] for line in pending if not behind[line[0]]), pending[0][0])
        merged[head] = None
        for line in pending:
            while line and line[0] in merged:
                line.popleft()
                if line:
                    behind[line[0]] -= 1
        pending = [line for line in pending if line]
    return list(merged)
