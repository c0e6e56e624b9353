"""What speaks against trusting a repair blindly: one reason is enough for `unsafe`.

The promises behind the words stand in docs/fix-safety.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Call,
    Compare,
    Event,
    Import,
    Item,
    ItemStore,
    Iteration,
    Name,
    NameStore,
    Parameter,
    Ref,
    Test,
)
from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.mentions import bare_strings, written_call
from qscache_lint.fixing.out_of_sight import hidden_mention, is_exported
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.state import is_changed
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import (
    ClassValue,
    External,
    Function,
    FunctionId,
    Instance,
    Manager,
    Method,
    Module,
    QuerySet,
    Value,
    querysets,
)
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.operations import builds_query
from qscache_lint.reasons import reason
from qscache_lint.values import Reason, Span

_BUILDING = "django.db.models."
"""The modules of the expressions that a query is made of: calling these has no effect outside the query."""


def outside(evaluator: Evaluator, cached_function: CachedFunction, what: str) -> Iterator[Reason]:
    """Callers that the project does not show, and `what` they would get."""
    if is_exported(evaluator, cached_function.path, cached_function.name):
        yield reason("distribution", function=cached_function.label, what=what)
    hidden = hidden_mention(evaluator, cached_function.name)
    if hidden:
        yield reason("not-examined", hidden)
    unlisted = evaluator.project.tree.related_files.unlisted
    if unlisted:
        yield reason("not-listable", unlisted[0])
    strings = bare_strings(evaluator, cached_function) if cached_function.is_member else ()
    if strings:
        yield reason("string-may-name", *strings[0])
    base = _foreign_base(evaluator, cached_function)
    if base:
        yield reason("foreign-base", base=base)


def _foreign_base(evaluator: Evaluator, cached_function: CachedFunction) -> str:
    """A class outside the project and Django's models that the owner derives from, as a message names it."""
    if cached_function.owner is None:
        return ""
    names = (name for name in evaluator.classes.mro(cached_function.owner) if isinstance(name, str))
    foreign = next((name for name in names if not name.startswith(_BUILDING) and name != "object"), "")
    if foreign != "?":
        return foreign
    return f"a base of {evaluator.project.class_name(cached_function.owner)} that could not be resolved"


def evaluated_anew(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[Reason]:
    """What the function asks for while it builds the query: frozen by the cache so far, asked for at each call then."""
    found = _first_other_step(evaluator, cached_function.identity, cached_function.site, limits.BUILDER_DEPTH)
    if found is not None:
        path, row, what = found
        yield reason("evaluated-anew", path, row, what=what)


def _first_other_step(
    evaluator: Evaluator, identity: FunctionId, store: Span | None, depth: int
) -> tuple[str, int, str] | None:
    """The first step in a function, or one nested in it, that does more than build a query: its file, row and name."""
    facts = evaluator.facts(identity.path)
    for index, function in enumerate(facts.functions):
        if index != identity.index and function.parent != identity.index:
            continue
        for ref in range(function.first, function.last):
            what = "" if facts.spans[ref] == store else _other_step(evaluator, identity.path, ref, depth)
            if what:
                return identity.path, facts.spans[ref].start.row, what
        for event in function.events:
            what = _other_event(evaluator, identity.path, event)
            if what:
                return identity.path, event.span.start.row, what
    return None


def _other_event(evaluator: Evaluator, path: str, event: Event) -> str:
    """What a statement does beside building a query: read rows, or change what outlives the function."""
    facts = evaluator.facts(path)
    match event:
        case Iteration(value=value) | Test(value=value):
            return "the query" if _is_lazy(evaluator.value(path, value)) else ""
        case NameStore(name=name) | AttributeStore(name=name):
            return f"the assignment to {name}"
        case ItemStore(base=base) if isinstance(term := facts.terms[base], (Name, Attribute, Import, Parameter)):
            return f"the assignment to an item of {term.name}"
        case _:
            return ""


def _other_step(evaluator: Evaluator, path: str, ref: Ref, depth: int) -> str:
    """What a term does beside building a query; "" when it does nothing else."""
    facts = evaluator.facts(path)
    match facts.terms[ref]:
        case Call(function=function, arguments=arguments):
            value = evaluator.value(path, function)
            builds = bool(value) and all(_builds(evaluator, atom, depth) for atom in value)
            given = (evaluator.value(path, argument.value) for argument in arguments)
            reads = any(isinstance(atom, External) and atom.dotted in _READERS for atom in value)
            return "" if builds and not (reads and any(map(_is_lazy, given))) else f"{written_call(facts, function)}()"
        case Item(base=asked) | Compare(operator="in" | "not in", right=asked):
            return "the query" if _is_lazy(evaluator.value(path, asked)) else ""
        case Attribute(base=base, name=name):
            found = evaluator.value(path, ref)
            owners = evaluator.value(path, base)
            row_of_row = _has_row(evaluator, owners) and _has_row(evaluator, found)
            may_change = _is_state(found) and _keeps_state(evaluator, owners) and is_changed(evaluator, path, name)
            return f".{name}" if row_of_row or may_change else ""
        case Name(name=name):
            return name if _is_state(evaluator.value(path, ref)) and is_changed(evaluator, path, name) else ""
        case _:
            return ""


def _is_lazy(value: Value) -> bool:
    """Whether a value may be a QuerySet whose rows are not kept: reading it is a query."""
    return any(queryset.origin is None for queryset in querysets(value))


def _is_state(value: Value) -> bool:
    """Whether a value may be data, which changes; no function, class, module or query."""
    return not value or not all(isinstance(atom, _STATELESS) for atom in value)


def _keeps_state(evaluator: Evaluator, value: Value) -> bool:
    """Whether the project may change attributes of a value: a module, a class or an object, but no row."""
    is_ours = any(isinstance(atom, (ClassValue, Module, Instance)) for atom in value)
    return is_ours and not _has_row(evaluator, value)


def _has_row(evaluator: Evaluator, value: Value) -> bool:
    """Whether a value may be a row of a table: an instance of a model."""
    may_be_model = evaluator.classes.may_be_model
    classes = (atom.of for atom in value if isinstance(atom, Instance))
    return any(".models." in each if isinstance(each, str) else may_be_model(each) for each in classes)


def _builds(evaluator: Evaluator, atom: object, depth: int) -> bool:
    """Whether calling a value is a step of a query: a method of a QuerySet or manager, an expression, a cache."""
    match atom:
        case Method(receiver=receiver, name=name):
            row = evaluator.knowledge.operations.get(name)
            return isinstance(receiver, (QuerySet, Manager)) and (row is None or builds_query(row))
        case External(dotted=dotted):
            known = dotted in evaluator.knowledge.reads or dotted in evaluator.knowledge.stores
            return known or dotted in _PURE or dotted.startswith(_BUILDING)
        case Function(of=identity):
            return depth > 0 and _first_other_step(evaluator, identity, None, depth - 1) is None
        case _:
            return False


_STATELESS = (ClassValue, Function, Manager, Method, Module, QuerySet)
_READERS = frozenset({"str", "bool", "len", "list", "tuple", "set", "sorted", "min", "max"})
"""Calls without an effect, unless they are given a QuerySet."""

_PURE = _READERS | {"int", "abs", "isinstance", "object", "getattr", "functools.partial"}


def read_in_templates(readers: tuple[Use, ...]) -> Iterator[Reason]:
    """Templates can do more with a QuerySet than with rows, and may be edited without the code."""
    for use in readers:
        if use.template:
            yield reason("template-gets-rows", template=use.template)
            return


def read_early(context: RepairContext) -> Iterator[Reason]:
    """Rows of a memo are then read when the function is called, not at the first iteration, nor anew for a part."""
    if context.cached_function.store is Store.PICKLED:
        return
    for use in context.readers:
        where = (use.reference.path, use.row)
        if use.takes_part_only:
            yield reason("rows-kept-longer", *where)
            return
        if not use.is_at_once or any(each.by_callee for each in use.readings):
            gets = "reads" if context.cached_function.flavour is Flavour.PROPERTY else "calls"
            label = context.cached_function.label
            yield reason("read-earlier", *where, verb=gets, function=label)
            return
