"""Models by the names that fields and settings give them."""

from __future__ import annotations

from typing import ClassVar

from qscache_lint.facts.model import ClassFacts
from qscache_lint.project.abstract import Instance, Literal, Value
from qscache_lint.project.evaluation.app_labels import is_configured
from qscache_lint.project.evaluation.core import Context, answers, files_declaring
from qscache_lint.project.evaluation.names import global_name
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.questions import Question


def swapped(context: Context, path: str, dotted: str) -> ClassId | None:
    """The model that stands behind a name whose meaning a setting decides, where all settings seen agree on it."""
    rows = context.knowledge.querysets.swappable
    setting = next((row.setting for row in rows if dotted in row.names), None)
    return None if setting is None else _model_set(context, path, setting)


def swapped_of_request(context: Context, path: str, name: str) -> Value:
    """What a request has as `name`, where that is an instance of a model which the project's settings name."""
    rows = context.knowledge.querysets.swappable
    models = (_model_set(context, path, row.setting) for row in rows if name in row.attributes)
    return tuple(Instance(model) for model in models if model is not None)


def _model_set(context: Context, path: str, setting: str) -> ClassId | None:
    values = {
        atom
        for file in files_declaring(context, "setting", setting)
        if context.project.modules.sees(path, file)
        for atom in global_name(context, file, setting)
    }
    if len(values) != 1:
        return None
    match values.pop():
        case Literal(value=str() as name):
            label, _, last = name.rpartition(".")
            return model_named(context, path, label, last)
        case _:
            return None


def model_named(context: Context, path: ModulePath, label: str, name: str) -> ClassId | None:
    """The model `label.name`, seen from a file; None when it is outside the project, or two could be meant.

    An app's label is the name of its directory, unless it was given another one.
    """
    return context.ask(ModelNamed(path, label, name.lower()))


class ModelNamed(Question[ClassId | None], frozen=True):
    """The model of an app, by its name in lower case, as a file sees it."""

    bottom: ClassVar[ClassId | None] = None

    path: ModulePath
    label: str
    name: str


@answers(ModelNamed)
def _model_named(context: Context, asked: ModelNamed) -> ClassId | None:
    sees, declaring = context.project.modules.sees, files_declaring(context, "class", asked.name)
    seen = [other for other in declaring if sees(asked.path, other)]
    files = [other for other in seen if asked.label in directories(other)]
    found = [
        ClassId(other, index)
        for other in files or (each for each in seen if is_configured(context, each, asked.label))
        for index, opened in enumerate(classes_in(context, other))
        if opened.name.lower() == asked.name and opened.owner is None
    ]
    models = [identity for identity in found if context.classes.may_be_model(identity)]
    return models[0] if len(models) == 1 else None


def classes_in(context: Context, path: str) -> tuple[ClassFacts, ...]:
    """The classes of a file; none of one that cannot be read."""
    facts = context.module(path)
    return () if facts is None else facts.classes


def directories(path: str) -> tuple[str, ...]:
    """The directories above a file, outermost first; never empty."""
    return tuple(path.split("/")[:-1]) or ("",)
