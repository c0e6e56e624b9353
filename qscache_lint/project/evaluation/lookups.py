"""Lookups: which conditions of a query one row at most can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint import limits
from qscache_lint.facts.terms import Argument, Binary, Call, Constant, Ref
from qscache_lint.project.abstract import External, Instance
from qscache_lint.project.evaluation.core import Context, Passed, Site
from qscache_lint.project.evaluation.relations import reverse_relation, target
from qscache_lint.project.identities import ClassId, Model


def find_one(context: Context, model: Model | None, passed: Sequence[Passed], site: Site) -> bool:
    """Whether one row at most meets the conditions, which all have to hold."""
    arguments = [each.argument for each in passed]
    return any(_is_unique(context, model, lookup.split("__")) for lookup in _required(context, site.path, arguments))


def _required(context: Context, path: str, arguments: Sequence[Argument]) -> Iterator[str]:
    """The lookups of keywords, and of condition objects that no `|` or `~` makes optional."""
    pending = [*arguments]
    for _ in range(limits.LOOKUP_CONDITIONS):
        if not pending:
            return
        argument = pending.pop()
        if argument.keyword is not None:
            yield argument.keyword
        elif not argument.star:
            pending.extend(_inside(context, path, argument.value))


def _inside(context: Context, path: str, ref: Ref) -> tuple[Argument, ...]:
    """The arguments of a condition object: `Q(pk=1)`, `Q(pk=1) & Q(sold=True)`."""
    facts = context.facts(path)
    match facts.terms[ref]:
        case Call(function=function, arguments=arguments):
            made = context.value(path, function)
            conditions = context.knowledge.querysets.unique.conditions
            is_condition = all(isinstance(atom, External) and atom.dotted in conditions for atom in made)
            return arguments if is_condition else ()
        case Binary(operator="&", left=left, right=right, at=at):
            return Argument(left, None, "", at), Argument(right, None, "", at)
        case _:
            return ()


def _is_unique(context: Context, model: Model | None, names: Sequence[str]) -> bool:
    """Whether a chain of fields, with the lookup at its end, says which row it is."""
    *steps, last = names
    if steps and last in context.knowledge.querysets.unique.lookups:
        *steps, last = steps
    for step in steps:
        model = _over_one_to_one(context, model, step)
        if model is None:
            return False
    return _is_unique_field(context, model, last) or _over_one_to_one(context, model, last) is not None


def _is_unique_field(context: Context, model: Model | None, name: str) -> bool:
    field = _field(context, model, name)
    if field is None:
        return name in context.knowledge.querysets.unique.names
    owner, ref = field
    facts = context.facts(owner.path)
    term = facts.terms[ref]
    arguments = context.knowledge.querysets.unique.arguments
    return isinstance(term, Call) and any(
        argument.keyword in arguments and facts.terms[argument.value] == Constant(True) for argument in term.arguments
    )


def _over_one_to_one(context: Context, model: Model | None, name: str) -> Model | None:
    """The model at the other end of a one-to-one relation (`receipt`, `receipt_id`), from either end."""
    field = _field(context, model, name) or _field(context, model, name.removesuffix("_id"))
    if field is not None:
        found = target(context, *field)
        return found.model if found is not None and found.is_one_to_one else None
    if model is None or not isinstance(model.identity, ClassId):
        return None
    reached = reverse_relation(context, model.identity, name)
    return next((Model(atom.of) for atom in reached if isinstance(atom, Instance)), None)


def _field(context: Context, model: Model | None, name: str) -> tuple[ClassId, Ref] | None:
    """What a model of the project declares under a name, and the class that does."""
    if model is None or not isinstance(model.identity, ClassId):
        return None
    found = context.classes.member(model.identity, name)
    return None if found is None else (found[0], found[1][-1].value)
