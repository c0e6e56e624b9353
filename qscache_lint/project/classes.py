"""Classes across modules: their bases, the order in which attributes are looked up, and what Django makes of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal, TypeAlias

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Binding,
    Call,
    ClassTerm,
    Constant,
    Container,
    FunctionTerm,
    Name,
    Parameter,
    Ref,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import (
    ClassId,
    ClassValue,
    External,
    ManagerClass,
    Ordering,
    Unknown,
    Value,
)
from qscache_lint.project.project import Project

ClassKind: TypeAlias = Literal["model", "manager", "queryset", "other"]


class ClassIndex:
    """Answers questions about classes of the project; `evaluate` gives the value of a term at module level."""

    def __init__(self, project: Project, evaluate: Callable[[str, int], Value]) -> None:
        self._project = project
        self._evaluate = evaluate
        self._lines: dict[ClassId, tuple[ClassId | str, ...]] = {}
        self._known_bases: dict[ClassId, tuple[ClassId | str, ...]] = {}
        self._heirs_in: dict[str, dict[ClassId, list[ClassId]]] = {}
        self.member = lru_cache(maxsize=None)(self._member)
        self.kind = lru_cache(maxsize=None)(self._kind)
        self.stores = lru_cache(maxsize=None)(self._stores)
        self.subclasses = lru_cache(maxsize=None)(self._subclasses)

    def mro(self, identity: ClassId) -> tuple[ClassId | str, ...]:
        """The class and its ancestors in lookup order: project classes, and dotted names of those outside.

        A base that cannot be resolved appears as "?", and so does what is behind the first `MOST_ANCESTORS`. Follows
        the C3 order where it exists, else depth first. A class that derives from itself does so once.
        """
        known = self._lines.get(identity)
        return self._linearise(identity) if known is None else known

    def _linearise(self, identity: ClassId) -> tuple[ClassId | str, ...]:
        pending, opened = [identity], set[ClassId]()
        while pending:  # classes may derive from one another by the hundred
            current = pending[-1]
            if current in self._lines:
                pending.pop()
                continue
            bases = self._bases(current)
            above = [base for base in bases if isinstance(base, ClassId) and base not in self._lines]
            fresh = [base for base in above if base not in opened and base != current]
            opened.add(current)
            if fresh:
                pending.extend(reversed(fresh))
                continue
            self._lines[current] = self._line(current, bases)
            pending.pop()
        return self._lines[identity]

    def _line(self, identity: ClassId, bases: Sequence[ClassId | str]) -> tuple[ClassId | str, ...]:
        """The order of one class by those of its bases; a base that is still to be put in order is one class."""
        lines = [self._lines.get(base, (base,)) if isinstance(base, ClassId) else (base,) for base in bases]
        line = tuple(dict.fromkeys((identity, *_merge([*lines, bases]))))
        if len(line) <= MOST_ANCESTORS:
            return line
        self._project.give_up(identity.path, self._row(identity), f"a class with more than {MOST_ANCESTORS} ancestors")
        return (*line[:MOST_ANCESTORS], "?")

    def _row(self, identity: ClassId) -> int:
        facts = self._project.facts(identity.path)
        return 1 if facts is None else facts.classes[identity.index].span.start.row

    def _bases(self, identity: ClassId) -> tuple[ClassId | str, ...]:
        known = self._known_bases.get(identity)
        return self._read_bases(identity) if known is None else known

    def _read_bases(self, identity: ClassId) -> tuple[ClassId | str, ...]:
        facts = self._project.facts(identity.path)
        if facts is None:
            return ("?",)
        found: list[ClassId | str] = []
        given = [self._evaluate(identity.path, ref) for ref in facts.classes[identity.index].bases]
        for atoms in given:
            known = [base for atom in atoms for base in _as_bases(atom)]
            found.extend(known or ["?"])
        bases = tuple(dict.fromkeys(found))
        if all(given):  # what is empty is being settled
            self._known_bases[identity] = bases
        return bases

    def _kind(self, identity: ClassId) -> ClassKind:
        classes = self._project.knowledge.querysets.classes
        mro = self.mro(identity)
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
        return "other"

    def may_be_model(self, identity: ClassId) -> bool:
        """Whether a class is a model, or has a base outside the project that may make it one."""
        kind = self.kind(identity)
        return kind == "model" or (kind == "other" and self.is_open(identity))

    def is_open(self, identity: ClassId) -> bool:
        """Whether some ancestor is outside the project and not one of Django's known classes."""
        classes = self._project.knowledge.querysets.classes
        known = {*classes.model, *classes.manager, *classes.queryset, "object"}
        return any(isinstance(ancestor, str) and ancestor not in known for ancestor in self.mro(identity))

    def _subclasses(self, identity: ClassId) -> tuple[ClassId, ...]:
        """The classes derived from a class, as far as the first `_MOST_DESCENDANTS`."""
        found: dict[ClassId, None] = {}
        pending = [identity]
        while pending and len(found) < _MOST_DESCENDANTS:
            base = pending.pop(0)
            fresh = [each for each in self._derived(base) if each not in found and each != identity]
            found.update(dict.fromkeys(fresh))
            pending.extend(fresh)
        return tuple(found)

    def _derived(self, identity: ClassId) -> Iterator[ClassId]:
        """The classes with a class among their own bases."""
        facts = self._project.facts(identity.path)
        name = "" if facts is None else facts.classes[identity.index].name
        for path in self._project.name_index.files_with_base(name):
            yield from self._heirs(path).get(identity, ())

    def _heirs(self, path: str) -> dict[ClassId, list[ClassId]]:
        """The classes of a module by each of their bases."""
        if path in self._heirs_in:
            return self._heirs_in[path]
        facts = self._project.facts(path)
        classes = [ClassId(path, index) for index in range(0 if facts is None else len(facts.classes))]
        found: dict[ClassId, list[ClassId]] = {}
        for identity in classes:
            for base in self._bases(identity):
                if isinstance(base, ClassId):
                    found.setdefault(base, []).append(identity)
        if all(identity in self._known_bases for identity in classes):
            self._heirs_in[path] = found
        return found

    def ancestors(self, identity: ClassId, after: ClassId | None = None) -> tuple[ClassId, ...]:
        """The project classes in lookup order, from the class itself or from behind `after`."""
        line = [ancestor for ancestor in self.mro(identity) if isinstance(ancestor, ClassId)]
        if after is None or after not in line:
            return tuple(line)
        return tuple(line[line.index(after) + 1 :])

    def _member(
        self, identity: ClassId, name: str, after: ClassId | None = None
    ) -> tuple[ClassId, tuple[Binding, ...]] | None:
        """The class in the mro that binds `name` in its body, with the bindings."""
        for ancestor in self.ancestors(identity, after):
            facts = self._project.facts(ancestor.path)
            if facts is None:
                continue
            found = facts.classes[ancestor.index].members.get(name)
            if found:
                return ancestor, found
        return None

    def _stores(self, identity: ClassId, name: str) -> tuple[tuple[str, int, AttributeStore], ...]:
        """What methods of the class itself keep as `self.name`: path, function number and the event."""
        facts = self._project.facts(identity.path)
        if facts is None:
            return ()
        return tuple(
            (identity.path, index, event)
            for index in facts.storing(name, identity.index)
            for event in _kept_on_receiver(facts, index)
            if event.name == name
        )

    def methods(self, identity: ClassId) -> tuple[tuple[str, int], ...]:
        """The functions that the class body defines: name and number."""
        facts = self._project.facts(identity.path)
        if facts is None:
            return ()
        return tuple(
            (name, term.index)
            for name, bindings in facts.classes[identity.index].members.items()
            for binding in bindings
            if isinstance(term := facts.terms[binding.value], FunctionTerm)
        )

    # -- models

    def meta(self, identity: ClassId) -> ClassId | None:
        """The `Meta` class that holds for a model: its own, or else the one that an abstract parent hands down.

        Raises LookupError where there is one that nobody can resolve.
        """
        for ancestor in self.ancestors(identity):
            if ancestor != identity and self.kind(ancestor) == "model" and not self.is_abstract(ancestor):
                continue
            facts = self._project.facts(ancestor.path)
            bindings = () if facts is None else facts.classes[ancestor.index].members.get("Meta", ())
            if bindings:
                found = self._evaluate(ancestor.path, bindings[-1].value)
                if len(found) == 1 and isinstance(found[0], ClassValue):
                    return found[0].of
                raise LookupError("Meta")
        return None

    def option(self, identity: ClassId, name: str) -> Value:
        """What the `Meta` class of a model says of an option; nothing where it does not mention it."""
        try:
            meta = self.meta(identity)
        except LookupError:
            return ()
        found = None if meta is None else self.member(meta, name)
        return () if found is None else self._evaluate(found[0].path, found[1][-1].value)

    def ordering(self, identity: ClassId) -> Ordering:
        """The order of a model by `Meta.ordering`; the child of a table that says nothing has that of the table."""
        try:
            meta = self.meta(identity)
        except LookupError:
            return Ordering.UNKNOWN
        found = None if meta is None else self.member(meta, "ordering")
        if found is not None:
            return self._ordering_given(found[0].path, found[1][-1].value)
        if meta is not None and self.is_open(meta):
            return Ordering.UNKNOWN
        parent = next((each for each in self.ancestors(identity, identity) if self.kind(each) == "model"), None)
        if parent is not None and not self.is_abstract(parent):
            return self.ordering(parent)
        return Ordering.UNKNOWN if self.is_open(identity) else Ordering.NO

    def _ordering_given(self, path: str, ref: Ref) -> Ordering:
        facts = self._project.facts(path)
        value = None if facts is None else facts.terms[ref]
        if isinstance(value, Container):
            return Ordering.YES if value.entries else Ordering.NO
        return Ordering.UNKNOWN

    def is_table(self, identity: ClassId) -> bool:
        """Whether a class is a model with a table of its own."""
        is_virtual = self.is_abstract(identity) or self._says(identity, "proxy")
        return self.kind(identity) == "model" and not is_virtual

    def is_abstract(self, identity: ClassId) -> bool:
        """Whether the model's own `Meta` says `abstract = True`."""
        return self._says(identity, "abstract")

    def _says(self, identity: ClassId, flag: str) -> bool:
        """Whether the model's own `Meta` sets a flag."""
        facts = self._project.facts(identity.path)
        if facts is None:
            return False
        for binding in facts.classes[identity.index].members.get("Meta", ()):
            term = facts.terms[binding.value]
            if isinstance(term, ClassTerm):
                flags = facts.classes[term.index].members.get(flag, ())
                return any(facts.terms[each.value] == Constant(True) for each in flags)
        return False


MOST_ANCESTORS = 200
"""Ancestors that a class is followed through; real ones have a few dozen."""

_MOST_DESCENDANTS = 60


def _kept_on_receiver(facts: ModuleFacts, index: int) -> Iterator[AttributeStore]:
    """The assignments of a method to attributes of its receiver."""
    function = facts.functions[index]
    if not function.parameters:
        return
    receiver = Parameter(index, function.parameters[0].name)
    for event in function.events:
        if isinstance(event, AttributeStore) and _is_about(facts, event.base, receiver):
            yield event


def _is_about(facts: ModuleFacts, ref: Ref, receiver: Parameter) -> bool:
    """Whether a term is the receiver of a method or its class: `self`, `type(self)`, `self.__class__`."""
    match facts.terms[ref]:
        case Call(function=function, arguments=(argument,)) if facts.terms[function] == Name("type"):
            return facts.terms[argument.value] == receiver
        case Attribute(base=base, name="__class__"):
            return facts.terms[base] == receiver
        case term:
            return term == receiver


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
