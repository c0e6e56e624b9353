"""Relations to a model that the code does not name: their other ends are found by the name that Django gives them."""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.project.abstract import Value
from qscache_lint.project.evaluation.core import Context, files_declaring
from qscache_lint.project.evaluation.managers import related_manager
from qscache_lint.project.evaluation.relations import fields, leaves_open
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.values import Confidence

_SUFFIX = "_set"


def unsaid_relation(context: Context, identity: ClassId, name: str) -> Value:
    """The manager that a model has as `tent_set`, where one `Tent` has a field that may point at any model."""
    stem = name.removesuffix(_SUFFIX)
    if stem == name or context.classes.kind(identity) != "model":
        return ()
    called = [
        ClassId(path, index)
        for path in files_declaring(context, "class", stem)
        if context.project.modules.sees(identity.path, path)
        for index, opened in enumerate(context.facts(path).classes)
        if opened.name.lower() == stem
    ]
    models = [each for each in called if context.classes.is_table(each) and _points_anywhere(context, each)]
    managers = [replace(related_manager(context, Model(each)), confidence=Confidence.MEDIUM) for each in models]
    return tuple(managers) if len(managers) == 1 else ()


def _points_anywhere(context: Context, model: ClassId) -> bool:
    """Whether the code leaves open at which model a relation of a model points."""
    owned = ((owner, ref) for owner in context.classes.ancestors(model) for ref in fields(context, owner))
    return any(leaves_open(context, owner, ref) for owner, ref in owned)
