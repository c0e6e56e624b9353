"""Names that a repair writes and that mean something else where it writes them: a view called `list`, for example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.model import Refused
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Reason


def refuse_shadowed(evaluator: Evaluator, cached_function: CachedFunction, builder: str = "") -> None:
    """Raises Refused when `list`, `tuple` or `property`, or the `builder` that the cached half calls, is hidden."""
    for name in sorted(_hidden(evaluator, cached_function)):
        raise Refused(reason("not-the-builtin", cached_function.path, name=name))
    refuse_shadowed_builder(evaluator, cached_function, builder)


def refuse_shadowed_builder(evaluator: Evaluator, cached_function: CachedFunction, builder: str) -> None:
    """Raises Refused when a parameter or a variable of the cached half hides the `builder` that it calls."""
    called = _first_name(evaluator, cached_function, builder)
    if called in {parameter.name for parameter in cached_function.facts.parameters}:
        function = cached_function.facts.qualname
        raise Refused(reason("shadowed", cached_function.path, function=function, what="parameter", name=called))


def _first_name(evaluator: Evaluator, cached_function: CachedFunction, builder: str) -> str:
    """The name with which the call of the builder begins, where it is one of the module."""
    if cached_function.flavour is Flavour.STATICMETHOD and cached_function.facts.owner is not None:
        return evaluator.facts(cached_function.path).classes[cached_function.facts.owner].qualname.partition(".")[0]
    return builder if cached_function.flavour is Flavour.FUNCTION else ""


def _hidden(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[str]:
    """The builtins that a repair writes where they mean something else.

    A body sees the names of its function and its module, and none of its class; a decorator and an annotation are read
    in the body of the class.
    """
    module = evaluator.facts(cached_function.path).body.bindings
    inside = {
        *cached_function.facts.bindings,
        *(parameter.name for parameter in cached_function.facts.parameters),
        *module,
    }
    if cached_function.rows in inside:
        yield cached_function.rows
    beside = {*_members(evaluator, cached_function), *module}
    if cached_function.rows in beside and cached_function.facts.annotation is not None:
        yield cached_function.rows
    if "property" in beside and cached_function.flavour is Flavour.PROPERTY:
        yield "property"


def _members(evaluator: Evaluator, cached_function: CachedFunction) -> Iterable[str]:
    """The names that the body of its class binds."""
    owner = cached_function.facts.owner
    return () if owner is None else evaluator.facts(cached_function.path).classes[owner].members


def name_taken(evaluator: Evaluator, path: str, name: str) -> Reason:
    """Why a new function cannot have a name: where a file, which has it as a word, uses it first."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    rows = enumerate(split_rows(decode(evaluator.project.tree.read(path))), 1)
    return reason("name-taken", path, next((row for row, text in rows if word.search(text)), 0), name=name)
