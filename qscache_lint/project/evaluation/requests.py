"""Requests: what middleware, mixins and decorators of the project put on the request, for all that get it.

Nothing says of which class a request is; it is told from the names by which it goes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.readable import is_called
from qscache_lint.facts.terms import Call, Name, Ref
from qscache_lint.project.abstract import Unknown, Value, join
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.evaluation.callsites import open_activation
from qscache_lint.project.evaluation.core import Context, Site, ValueQuestion, answers, files_declaring
from qscache_lint.project.evaluation.memos import kept_by_hand
from qscache_lint.project.evaluation.model_names import swapped_of_request
from qscache_lint.project.identities import FunctionId, ModulePath


def is_request(context: Context, path: ModulePath, ref: Ref) -> bool:
    """Whether a term is called like a request: `request`, `self.request`, `context["request"]`."""
    return is_called(context.facts(path), ref, context.knowledge.functions.handmade.requests)


def of_request(context: Context, site: Site, name: str) -> Value:
    """What a request has as `name`: what the project puts there, or a model that its settings name."""
    return join([swapped_of_request(context, site.path, name), context.ask(OfRequest(site.path, name))])


class OfRequest(ValueQuestion, frozen=True):
    """What any file that a file sees puts on the request as `name`."""

    path: ModulePath
    name: str


@answers(OfRequest)
def _put(context: Context, asked: OfRequest) -> Value:
    modules = context.project.modules
    return join(
        context.ask(PutIn(path, asked.name))
        for path in files_declaring(context, "given to request", asked.name)
        if modules.sees(asked.path, path) or modules.sees(path, asked.path)
    )


class PutIn(ValueQuestion, frozen=True):
    """What a file puts on the request as `name`, for all files that see it."""

    path: ModulePath
    name: str


@answers(PutIn)
def _put_by_file(context: Context, asked: PutIn) -> Value:
    return join(_put_in(context, asked.path, asked.name))


def _put_in(context: Context, path: ModulePath, name: str) -> Iterator[Value]:
    """What the statements of a file, and its calls of `setattr`, put on a request as `name`."""
    facts = context.module(path)
    if facts is None:
        return
    for index in facts.setting(name):
        for event in facts.functions[index].events:
            if isinstance(event, AttributeStore) and event.name == name and is_request(context, path, event.base):
                yield kept_by_hand(context, path, index, event) or _given(context, facts, path, index, event.value)
        for _, call in facts.of_kind(Call, index):
            match facts.terms[call.function], call.arguments:
                case Name(name="setattr"), (target, key, given) if text(facts.terms[key.value]) == name:
                    if is_request(context, path, target.value):
                        yield _given(context, facts, path, index, given.value)


def _given(context: Context, facts: ModuleFacts, path: ModulePath, index: int, ref: Ref) -> Value:
    frame = open_activation(facts, FunctionId(path, index))
    return tuple(atom for atom in context.value(path, ref, frame) if not isinstance(atom, Unknown))
