"""What functions of the project put into a cache that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.term_graph import origins, same
from qscache_lint.facts.terms import Parameter
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import External, Value
from qscache_lint.project.evaluation.binding import bind, callees
from qscache_lint.project.evaluation.core import Context, Site, answers, reaches_caches
from qscache_lint.project.evaluation.memos import lasting
from qscache_lint.project.evaluation.stores import Stored
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import Origin
from qscache_lint.project.questions import Question
from qscache_lint.project.takings import Handed, takings
from qscache_lint.project.value_sets import keep


class StoresParameter(Question[Stored | None], frozen=True):
    """The store call that a function hands a parameter to; None when there is none."""

    function: FunctionId
    parameter: str


def stores(context: Context, identity: FunctionId, parameter: str) -> Stored | None:
    """The store call that a function hands its `parameter` to; None when there is none."""
    return context.ask(StoresParameter(identity, parameter))


def kept_by_hand(context: Context, identity: FunctionId, parameter: str) -> Origin | None:
    """Where a function keeps what one of its parameters is given, for the life of the process; else None."""
    facts, own = context.facts(identity.path), Parameter(identity.index, parameter)
    for event, origin in lasting(context, identity):
        if origin.store is Store.MEMO and all(facts.terms[each] == own for each in origins(facts, event.value)):
            return origin
    return None


def handed_over(context: Context, value: Value, helper: FunctionId, by: Origin, site: Site) -> Value:
    """What a call keeps that hands `value` to a helper with a memo of its own."""
    name = f"{context.facts(helper.path).functions[helper.index].name}()"
    at = context.step(site.path, site.ref, f"passed here to {name}, which caches it")
    return keep(value, Origin(by.store, name, name, at, stored=by.site))


@answers(StoresParameter)
def _first_stored(context: Context, asked: StoresParameter) -> Stored | None:
    return next(_storing(context, asked.function, asked.parameter), None)


def _storing(context: Context, identity: FunctionId, parameter: str) -> Iterator[Stored]:
    facts = context.facts(identity.path)
    term = Parameter(identity.index, parameter)
    named = (ref for ref, each in facts.of_kind(Parameter, identity.index) if each == term)
    alike = {each for ref in named for each in same(facts, ref)}
    for user in sorted({user for ref in alike for user in facts.users(ref)}):
        for taking in takings(facts, user):
            if taking.value in alike and taking.handed is not None and not taking.handed.entry:
                yield from _stored_by(context, Site(identity.path, user, None), taking.handed)


def _stored_by(context: Context, site: Site, handed: Handed) -> Iterator[Stored]:
    """The store call that a call is, or leads to, for one of its arguments."""
    if not reaches_caches(context, site.path, handed.call.function):
        return
    for atom in context.value(site.path, handed.call.function):
        if isinstance(atom, External):
            row = context.knowledge.stores.get(atom.dotted)
            if row is not None and not row.mapping and row.value.takes(handed.position, handed.argument.keyword):
                yield Stored(row, atom.dotted, context.step(site.path, site.ref, "stored here"))
        for function, passed in callees(context, atom, context.passed(handed.call, site), site):
            facts = context.facts(function.of.path).functions[function.of.index]
            name = bind(facts, passed, function.receiver).taking(handed.argument)
            found = None if name is None else stores(context, function.of, name)
            if found is not None:
                yield found
