"""Annotations: what they say about a value that nobody has seen being made."""

from __future__ import annotations

from qscache_lint.facts.model import Binary, Call, Constant, Container, Import, Item, Name, Opaque, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    External,
    Instance,
    Manager,
    Model,
    QuerySet,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.core import Core


class Annotations:
    """Reads annotations as types. What they do not settle is `Unknown`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._table = core.knowledge.querysets.annotations
        self._open: set[tuple[str, Ref]] = set()

    def declared(self, path: str, ref: Ref) -> Value:
        """A value of the annotated type."""
        facts = self._core.facts(path)
        match facts.terms[ref]:
            case Constant(value=None):
                return ()
            case Binary(operator="|", left=left, right=right):
                return join([self.declared(path, left), self.declared(path, right)])
            case Item(base=base, key=key):
                return self._generic(path, base, key)
            case Call(function=made, arguments=(_, original)) if self._is_one_of(path, made, self._table.aliases):
                return self.declared(path, original.value)
        alias = self._alias(path, ref)
        if alias is not None:
            return self._of_alias(alias)
        return join(self._of_class(atom) for atom in self._named(path, ref))

    def _of_alias(self, alias: tuple[str, Ref]) -> Value:
        """What a name stands for; `Json = list["Json"] | str` contains itself."""
        if alias in self._open:
            return (Unknown("a type that contains itself"),)
        self._open.add(alias)
        try:
            return self.declared(*alias)
        finally:
            self._open.discard(alias)

    def _is_one_of(self, path: str, ref: Ref, names: tuple[str, ...]) -> bool:
        return any(isinstance(atom, External) and atom.dotted in names for atom in self._core.value(path, ref))

    def _alias(self, path: str, ref: Ref) -> tuple[str, Ref] | None:
        """Where a name stands for a type that is put together: `Either = Union[Story, None]`."""
        facts = self._core.facts(path)
        name = ""
        match facts.terms[ref]:
            case Constant(value=str() as name) | Name(name=name):
                bindings = facts.body.bindings.get(name, ())
            case Import(module=module, level=level, name=str() as name):
                target = self._core.project.modules.resolve(path, module, level)
                facts_there = None if target is None or target.endswith("/") else self._core.project.facts(target)
                if facts_there is None or target is None:
                    return None
                path, facts = target, facts_there
                bindings = facts.body.bindings.get(name, ())
            case _:
                return None
        found = [binding.value for binding in bindings if isinstance(facts.terms[binding.value], (Item, Binary, Call))]
        return (path, found[0]) if len(found) == 1 and len(bindings) == 1 else None

    def _named(self, path: str, ref: Ref) -> Value:
        """What an annotation names; one in quotes is a global name of the module."""
        facts = self._core.facts(path)
        term = facts.terms[ref]
        if not isinstance(term, Constant):
            return self._core.value(path, ref)
        bindings = facts.body.bindings.get(str(term.value), ())
        return join(self._core.value(path, binding.value) for binding in bindings)

    def _generic(self, path: str, base: Ref, key: Ref) -> Value:
        """`Optional[X]`, `type[X]`, `QuerySet[X]` and their kin."""
        parts = self._parts(path, key)
        found: list[Value] = []
        for atom in self._named(path, base):
            if not isinstance(atom, External):
                found.append(self._of_class(atom))
            elif atom.dotted in self._table.union:
                found.extend(self.declared(path, part) for part in parts)
            elif atom.dotted in self._table.wrappers:
                found.append(self.declared(path, parts[0]))
            elif atom.dotted in self._table.class_of:
                found.append(self._named(path, parts[0]))
            elif atom.dotted in self._table.mappings and len(parts) == 2:
                found.append((Collection("dict", rest=self.declared(path, parts[1])),))
            elif atom.dotted in self._table.tuples and len(parts) > 1 and not self._is_endless(path, parts):
                members = tuple((position, self.declared(path, part)) for position, part in enumerate(parts))
                found.append((Collection("tuple", members),))
            elif atom.dotted in self._table.containers:
                found.append((Collection("list", rest=self.declared(path, parts[0])),))
            elif atom.dotted in self._core.knowledge.querysets.classes.queryset:
                found.append((QuerySet(self._model(path, parts[0])),))
            else:
                found.append(self._of_class(atom))
        return join(found)

    def _is_endless(self, path: str, parts: tuple[Ref, ...]) -> bool:
        """Whether the second of two types is `...`."""
        term = self._core.facts(path).terms[parts[1]]
        return isinstance(term, Opaque) and term.reason == "Ellipsis"

    def _parts(self, path: str, key: Ref) -> tuple[Ref, ...]:
        term = self._core.facts(path).terms[key]
        if isinstance(term, Container) and term.entries:
            return tuple(entry.value for entry in term.entries)
        return (key,)

    def _model(self, path: str, ref: Ref) -> Model | None:
        return next((Model(atom.of) for atom in self._named(path, ref) if isinstance(atom, ClassValue)), None)

    def _of_class(self, atom: Atom) -> Value:
        match atom:
            case ClassValue(of=identity):
                return (self.instance(identity),)
            case External(dotted=dotted) if dotted in self._core.knowledge.querysets.classes.queryset:
                return (QuerySet(),)
            case External(dotted=dotted) if dotted not in self._table.anything and not dotted.endswith(")"):
                return (Instance(dotted),)
            case _:
                return (Unknown("an annotation"),)

    def instance(self, identity: ClassId) -> Atom:
        """An instance of a class of the project, as what Django makes of it."""
        match self._core.classes.kind(identity):
            case "manager":
                return Manager(None, (identity,))
            case "queryset":
                return QuerySet(classes=(identity,))
            case _:
                return Instance(identity)
