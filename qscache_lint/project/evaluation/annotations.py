"""Annotations: what they say about a value whose making is not seen."""

from __future__ import annotations

from qscache_lint.facts.terms import Binary, Call, Constant, Container, Import, Item, Name, Opaque, Ref
from qscache_lint.project.abstract import Atom, ClassValue, Collection, External, Instance, Unknown, Value, join
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.project.querysets import Manager, QuerySet


def declared(context: Context, path: str, ref: Ref, within: frozenset[tuple[str, Ref]] = frozenset()) -> Value:
    """A value of the annotated type; `within` are the aliases around the annotation."""
    facts = context.facts(path)
    match facts.terms[ref]:
        case Constant(value=None):
            return ()
        case Binary(operator="|", left=left, right=right):
            return join(declared(context, path, each, within) for each in (left, right))
        case Item(base=base, key=key):
            return _generic(context, path, base, key, within)
        case Call(function=made, arguments=(_, original)) if _is_alias(context, path, made):
            return declared(context, path, original.value, within)
    alias = _alias(context, path, ref)
    if alias in within:  # `Json = list["Json"] | str`
        return (Unknown("a type that refers to itself"),)
    if alias is not None:
        return declared(context, *alias, within | {alias})
    return join(_of_class(context, atom) for atom in _named(context, path, ref))


def _is_alias(context: Context, path: str, ref: Ref) -> bool:
    """Whether calling something gives another name to a type: `NewType("Rows", list[Story])`."""
    names = context.knowledge.querysets.annotations.aliases
    return any(isinstance(atom, External) and atom.dotted in names for atom in context.value(path, ref))


def _alias(context: Context, path: str, ref: Ref) -> tuple[str, Ref] | None:
    """Where a name stands for a type that is put together: `Either = Union[Story, None]`."""
    facts = context.facts(path)
    name = ""
    match facts.terms[ref]:
        case Constant(value=str() as name) | Name(name=name):
            bindings = facts.body.bindings.get(name, ())
        case Import(module=module, level=level, name=str() as name):
            target = context.project.modules.resolve(path, module, level)
            facts_there = None if target is None or target.endswith("/") else context.module(target)
            if facts_there is None or target is None:
                return None
            path, facts = target, facts_there
            bindings = facts.body.bindings.get(name, ())
        case _:
            return None
    found = [binding.value for binding in bindings if isinstance(facts.terms[binding.value], (Item, Binary, Call))]
    return (path, found[0]) if len(found) == 1 and len(bindings) == 1 else None


def _named(context: Context, path: str, ref: Ref) -> Value:
    """What an annotation names; one in quotes is a global name of the module."""
    facts = context.facts(path)
    term = facts.terms[ref]
    if not isinstance(term, Constant):
        return context.value(path, ref)
    bindings = facts.body.bindings.get(str(term.value), ())
    return join(context.value(path, binding.value) for binding in bindings)


def _generic(context: Context, path: str, base: Ref, key: Ref, within: frozenset[tuple[str, Ref]]) -> Value:
    """`Optional[X]`, `type[X]`, `QuerySet[X]` and their kin."""
    table = context.knowledge.querysets.annotations
    parts = _parts(context, path, key)
    found: list[Value] = []
    for atom in _named(context, path, base):
        if not isinstance(atom, External):
            found.append(_of_class(context, atom))
        elif atom.dotted in table.union:
            found.extend(declared(context, path, part, within) for part in parts)
        elif atom.dotted in table.wrappers:
            found.append(declared(context, path, parts[0], within))
        elif atom.dotted in table.class_of:
            found.append(_bound(context, path, parts[0]) or _named(context, path, parts[0]))
        elif atom.dotted in table.mappings and len(parts) == 2:
            found.append((Collection("dict", rest=declared(context, path, parts[1], within)),))
        elif atom.dotted in table.tuples and len(parts) > 1 and not _is_endless(context, path, parts):
            members = tuple((position, declared(context, path, part, within)) for position, part in enumerate(parts))
            found.append((Collection("tuple", members),))
        elif atom.dotted in table.containers:
            found.append((Collection("list", rest=declared(context, path, parts[0], within)),))
        elif atom.dotted in context.knowledge.querysets.classes.queryset:
            found.append((QuerySet(_model(context, path, parts[0])),))
        else:
            found.append(_of_class(context, atom))
    return join(found)


def _bound(context: Context, path: str, ref: Ref) -> Value:
    """What the class is that a type variable stands for, by its bound; nothing for what is no type variable."""
    path, ref = _alias(context, path, ref) or (path, ref)
    term = context.facts(path).terms[ref]
    variables = context.knowledge.querysets.annotations.variables
    made = context.value(path, term.function) if isinstance(term, Call) else ()
    if not isinstance(term, Call) or not any(isinstance(atom, External) and atom.dotted in variables for atom in made):
        return ()
    given = (argument.value for argument in term.arguments if argument.keyword == "bound")
    return join(_named(context, path, each) for each in given) or (Unknown("a type variable"),)


def _is_endless(context: Context, path: str, parts: tuple[Ref, ...]) -> bool:
    """Whether the second of two types is `...`."""
    term = context.facts(path).terms[parts[1]]
    return isinstance(term, Opaque) and term.reason == "Ellipsis"


def _parts(context: Context, path: str, key: Ref) -> tuple[Ref, ...]:
    term = context.facts(path).terms[key]
    if isinstance(term, Container) and term.entries:
        return tuple(entry.value for entry in term.entries)
    return (key,)


def _model(context: Context, path: str, ref: Ref) -> Model | None:
    return next((Model(atom.of) for atom in _named(context, path, ref) if isinstance(atom, ClassValue)), None)


def _of_class(context: Context, atom: Atom) -> Value:
    match atom:
        case ClassValue(of=identity):
            return (instance(context, identity),)
        case External(dotted=dotted) if dotted in context.knowledge.querysets.classes.queryset:
            return (QuerySet(),)
        case External(dotted=dotted) if (
            dotted not in context.knowledge.querysets.annotations.anything and not dotted.endswith(")")
        ):
            return (Instance(dotted),)
        case _:
            return (Unknown("an annotation that is not followed"),)


def instance(context: Context, identity: ClassId) -> Atom:
    """An instance of a class of the project, as what Django makes of it."""
    match context.classes.kind(identity):
        case "manager":
            return Manager(None, (identity,))
        case "queryset":
            return QuerySet(classes=(identity,))
        case _:
            return Instance(identity)
