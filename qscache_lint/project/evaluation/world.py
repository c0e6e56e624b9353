"""What the recognition of memoizers asks the evaluation and the tables."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluation.binding import bind, callees
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.inlining import Callee, Node, World


def world_of(context: Context) -> World:
    """What the recognition of memoizers asks the evaluation and the tables."""

    def names(node: Node) -> tuple[str, ...]:
        value = context.value(node.body.of.path, node.ref, node.body.frame)
        return tuple(atom.dotted for atom in value if isinstance(atom, External))

    def store_of(dotted: str) -> Store | None:
        row = context.knowledge.stores.get(dotted)
        return None if row is None else row.store

    return World(
        names,
        lambda call: tuple(callees_of(context, call)),
        store_of,
        context.knowledge.holds,
        context.knowledge.functions.handmade,
    )


def callees_of(context: Context, node: Node) -> Iterator[Callee]:
    """The functions of the project that a call runs, each with the terms that its parameters are given."""
    path, frame, call = node.body.of.path, node.body.frame, node.term
    if not isinstance(call, Call):
        return
    site = Site(path, node.ref, frame)
    passed = context.passed(call, site)
    for atom in context.value(path, call.function, frame):
        for function, given in callees(context, atom, passed, site):
            facts = context.facts(function.of.path)
            called = facts.functions[function.of.index]
            bound = bind(called, given, function.receiver).given
            terms = {name: each.argument.value for name, each in bound.items() if each.argument.value >= 0}
            method = node.beside(call.function).term
            if called.parameters and function.receiver is not None and isinstance(method, Attribute):
                terms |= {called.parameters[0].name: method.base} if method.name == called.name else {}
            yield Callee(function.of, facts, context.activation(function, given), terms)
