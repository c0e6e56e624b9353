"""Helpers that remember: `remember(key, build)` calls `build` where nothing is kept, and keeps what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import msgspec

from qscache_lint.facts.terms import Call, Free, Parameter, Ref
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Atom, Frame, Function, Memoized, Method, Partial, Value, join
from qscache_lint.project.evaluation.core import Context, Site, answers, reaches_caches
from qscache_lint.project.evaluation.decorators import MayMemoize
from qscache_lint.project.evaluation.world import callees_of, world_of
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.inlining import Body, Node
from qscache_lint.project.querysets import Origin
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import keep, materialised
from qscache_lint.project.wrappers import Wrapper
from qscache_lint.values import Step


class Remembering(msgspec.Struct, frozen=True):
    """How a call keeps what a function gives that it is handed: as rows or not, stored where, and called where."""

    store: Store
    materialised: bool
    stored: Step
    calls: tuple[Ref, ...]


class RememberedBy(Question[Remembering | None], frozen=True):
    """How a helper keeps, when term `ref` calls it, what the function gives that fills its `parameter`."""

    path: ModulePath
    ref: Ref
    frame: Frame | None
    helper: FunctionId
    parameter: str


class MayRemember(Question[bool], frozen=True):
    """Whether a helper keeps, wherever that may be, what the function gives that fills its `parameter`."""

    bottom: ClassVar[bool] = False

    helper: FunctionId
    parameter: str


def may_remember(context: Context, helper: FunctionId, parameter: str) -> bool:
    """Whether a helper may keep what the function gives that fills its `parameter`."""
    return context.ask(MayMemoize(helper.path, helper)) and context.ask(MayRemember(helper, parameter))


@answers(MayRemember)
def _may_remember(context: Context, asked: MayRemember) -> bool:
    facts, index = context.facts(asked.helper.path), asked.helper.index
    if not _is_called(context, asked.helper, asked.parameter):
        return False
    names = [parameter.name for parameter in facts.functions[index].parameters]
    body = Body(asked.helper, facts, Frame.enter(asked.helper, (), None), {})
    return Wrapper(body, partial(_is_parameter, body, asked.parameter), world_of(context), names).kept() is not None


def _is_called(context: Context, helper: FunctionId, parameter: str) -> bool:
    """Whether a function calls its parameter, or hands it to another one that leads to a cache."""
    facts, index = context.facts(helper.path), helper.index
    own = (Parameter(index, parameter), Free(index, parameter))
    calls = [call for each in facts.inside(index) for _, call in facts.of_kind(Call, each)]
    if any(facts.terms[call.function] in own for call in calls):
        return True
    handing = (call for call in calls if any(facts.terms[each.value] in own for each in call.arguments))
    return any(reaches_caches(context, helper.path, call.function) for call in handing)


def remembered(context: Context, helper: Function, frame: Frame, site: Site) -> Value:
    """What a call of a helper gives out of a container that keeps what a function gives; nothing for any other call."""
    return join(value for _, value, _ in remembered_by(context, helper, frame, site))


def remembered_by(
    context: Context, helper: Function, frame: Frame, site: Site
) -> Iterator[tuple[str, Value, Origin | None]]:
    """The parameters of a helper that are functions whose results it keeps, each with what is kept, and where.

    That is None for rows, which are kept whatever the function gives.
    """
    if not isinstance(context.facts(site.path).terms[site.ref], Call):
        return
    for name, value in frame.arguments:
        if not any(map(_is_callable, value)) or not may_remember(context, helper.of, name):
            continue
        found = context.ask(RememberedBy(site.path, site.ref, site.frame, helper.of, name))
        if found is not None:
            yield name, *_kept(context, helper, value, found, frame, site)


@answers(RememberedBy)
def _remembered_by(context: Context, asked: RememberedBy) -> Remembering | None:
    facts, world = context.facts(asked.path), world_of(context)
    around = FunctionId(asked.path, facts.around(asked.ref))
    call = Node(Body(around, facts, asked.frame, {}), asked.ref)
    for callee in callees_of(context, call):
        if callee.of != asked.helper:
            continue
        given = {name: call.beside(ref) for name, ref in callee.given.items() if name != asked.parameter}
        body = Body(callee.of, callee.facts, callee.frame, given, depth=1)
        names = [parameter.name for parameter in facts.functions[around.index].parameters]
        wrapper = Wrapper(body, partial(_is_parameter, body, asked.parameter), world, names)
        kept = wrapper.kept()
        if kept is not None:
            stored = context.step(kept.at.body.of.path, kept.at.ref, "stored here")
            return Remembering(kept.store, kept.materialised, stored, tuple(each.ref for each in wrapper.calls()))
    return None


def _is_parameter(body: Body, name: str, node: Node) -> bool:
    """Whether a term is the function that a helper is given."""
    return node.body is body and node.term in (Parameter(body.of.index, name), Free(body.of.index, name))


def _kept(
    context: Context, helper: Function, builders: Value, by: Remembering, frame: Frame, site: Site
) -> tuple[Value, Origin | None]:
    """What a helper keeps: what the calls of the function give there, whose arguments are those of the helper."""
    path = helper.of.path
    given = join(context.value(path, ref, frame) for ref in by.calls)
    value = given or join(context.call(atom, None, site) for atom in builders if _is_callable(atom))
    if by.materialised:
        return materialised(value), None
    name = f"{context.facts(path).functions[helper.of.index].name}()"
    at = context.step(site.path, site.ref, f"passed here to {name}, which caches it")
    origin = Origin(by.store, name, name, at, stored=by.stored)
    return keep(value, origin), origin


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, (Function, Method, Memoized, Partial))
