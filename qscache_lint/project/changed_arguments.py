"""What functions of the project change of what they are given: the argument, its rows, or the list of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from qscache_lint.facts.model import AttributeStore, Event, ItemStore, Removal
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import origins
from qscache_lint.facts.terms import Attribute, Call, Element, Item, Parameter, Ref
from qscache_lint.project.evaluation.binding import bind, callees, written
from qscache_lint.project.evaluation.core import Context, Site, answers
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.questions import Question
from qscache_lint.values import Step

ROW, ROWS, LIST = "row", "rows", "list"


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One change of an argument: of itself as a row (`ROW`) or a `LIST`, or of its `ROWS`; and where that is."""

    what: str
    at: Step


class ChangesOf(Question[tuple[Change, ...]], frozen=True):
    """How a function changes what one of its parameters is given, whatever its other arguments are."""

    bottom: ClassVar[tuple[Change, ...]] = ()

    function: FunctionId
    parameter: str


@answers(ChangesOf)
def _changes(context: Context, asked: ChangesOf) -> tuple[Change, ...]:
    facts = context.facts(asked.function.path)
    function = facts.functions[asked.function.index]
    if function.is_async or function.is_generator:
        return ()
    return (*_by_events(context, asked, facts), *_by_calls(context, asked, facts))


def _by_events(context: Context, asked: ChangesOf, facts: ModuleFacts) -> Iterator[Change]:
    for event in facts.functions[asked.function.index].events:
        found = _changed(asked, facts, event)
        if found is not None and isinstance(event, AttributeStore | ItemStore | Removal) and not event.guards:
            yield Change(found, Step(asked.function.path, event.span, "changed here"))


def _changed(asked: ChangesOf, facts: ModuleFacts, event: Event) -> str | None:
    match event:
        case AttributeStore(base=base) if _is_parameter(asked, facts, base):
            return ROW
        case AttributeStore(base=base) if _is_row_of_parameter(asked, facts, base):
            return ROWS
        case ItemStore(base=base) | Removal(value=base) if _is_parameter(asked, facts, base):
            return LIST
        case _:
            return None


def _by_calls(context: Context, asked: ChangesOf, facts: ModuleFacts) -> Iterator[Change]:
    """The changes by methods of lists, and by other functions that get the argument."""
    path = asked.function.path
    for ref, call in facts.of_kind(Call, asked.function.index):
        if facts.conditions.get(ref):
            continue
        method = facts.terms[call.function]
        is_changing = isinstance(method, Attribute) and method.name in context.knowledge.querysets.rows.changing
        if isinstance(method, Attribute) and is_changing and _is_parameter(asked, facts, method.base):
            yield Change(LIST, Step(path, method.at, "changed here"))
        for argument in written(facts, call):
            is_row = _is_row_of_parameter(asked, facts, argument.value)
            if is_row or _is_parameter(asked, facts, argument.value):
                found = changes_by(context, Site(path, ref, None), call, argument.value)
                yield from (
                    _of_row(change) if is_row else change for change in found if not is_row or change.what == ROW
                )


def _of_row(change: Change) -> Change:
    """What a change of a row is to code that has all of them."""
    return Change(ROWS, change.at)


def changes_by(context: Context, site: Site, call: Call, given: Ref) -> Iterator[Change]:
    """The changes that the functions make of an argument which a call may run; none where one of them makes none."""
    passed = context.passed(call, site)
    argument = next((each.argument for each in passed if each.argument.value == given), None)
    found: list[tuple[Change, ...]] = []
    for atom in context.value(site.path, call.function) if argument is not None else ():
        for function, arguments in callees(context, atom, passed, site):
            facts = context.facts(function.of.path).functions[function.of.index]
            name = None if argument is None else bind(facts, arguments, function.receiver).taking(argument)
            found.append(() if name is None else context.ask(ChangesOf(function.of, name)))
    if found and all(found):
        yield from found[0]


def _is_parameter(asked: ChangesOf, facts: ModuleFacts, ref: Ref) -> bool:
    own = Parameter(asked.function.index, asked.parameter)
    found = origins(facts, ref)
    return bool(found) and all(facts.terms[each] == own for each in found)


def _is_row_of_parameter(asked: ChangesOf, facts: ModuleFacts, ref: Ref) -> bool:
    terms = [facts.terms[each] for each in origins(facts, ref)]
    bases = [each.base for each in terms if isinstance(each, Element | Item)]
    return bool(terms) and len(bases) == len(terms) and all(_is_parameter(asked, facts, each) for each in bases)
