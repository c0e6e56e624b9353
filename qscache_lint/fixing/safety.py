"""What speaks against trusting a repair blindly: one reason is enough for `unsafe`.

The promises behind the words stand in docs/fix-safety.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.mentions import bare_strings
from qscache_lint.fixing.out_of_sight import hidden_mention, is_exported
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.knowledge.model import Store
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

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
