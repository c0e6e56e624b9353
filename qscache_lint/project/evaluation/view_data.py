"""What a framework makes of the rows of a view: its attribute, and the context that code of the view goes on with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qscache_lint.knowledge.template_rows import TemplateView
from qscache_lint.project.abstract import (
    ClassValue,
    Collection,
    Function,
    Instance,
    Literal,
    Memoized,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.core import Context, Site, definers
from qscache_lint.project.evaluation.subjects import subject_attribute
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import QuerySet

_REST = (Unknown("what a view has in its context"),)


def framework_context(context: Context, view: ClassId, method: str, site: Site) -> Value:
    """The dict that the framework's own method makes of a view's rows or object; nothing for any other method."""
    row = _row(context, view)
    if row is None or method != row.context:
        return ()
    members: list[tuple[str, Value]] = []
    if row.rows:
        views = (each for each in _family(context, view, row) if _shows_all(context, each, row))
        rows = _rows(context, views, row, site)
        members += [(name, rows) for name in (*row.rows_as, *_named(context, view, row, _models(rows), site)) if rows]
    for name in row.object_as:
        shown = subject_attribute(context, view, name, site)
        models = {atom.of for atom in shown if isinstance(atom, Instance) and isinstance(atom.of, ClassId)}
        members += [(each, shown) for each in (name, *_named(context, view, row, models, site)) if shown]
    return (Collection("dict", tuple(members), _REST),) if members else ()


def framework_rows(context: Context, view: ClassId, name: str, site: Site) -> Value:
    """The rows of a view as the attribute that the framework sets; nothing for any other attribute."""
    if name not in context.knowledge.templates.rows_as:
        return ()
    row = _row(context, view)
    if row is None or name not in row.rows_as:
        return ()
    return _rows(context, _family(context, view, row), row, site)


def names_of_rows(context: Context, owner: ClassId, method: str) -> Iterator[tuple[str, str]]:
    """The files in which a view or one derived from it has code, each with a name by which the rows are reached."""
    for view in (owner, *context.classes.subclasses(owner)):
        row = _row(context, view)
        if row is not None and method == row.rows:
            yield from ((view.path, name) for name in (row.context, *row.rows_as))


def _row(context: Context, view: ClassId) -> TemplateView | None:
    names = (each for each in context.classes.mro(view) if isinstance(each, str))
    table = context.knowledge.templates.views
    return next((table[each] for each in names if each in table), None)


def _family(context: Context, view: ClassId, row: TemplateView) -> list[ClassId]:
    """A view, and those derived from it which say themselves what their rows are."""
    derived = set(context.classes.subclasses(view))
    return [view, *(each for each in definers(context, row.rows) if each in derived)]


def _shows_all(context: Context, view: ClassId, row: TemplateView) -> bool:
    """Whether a view shows no page of its rows; nor does one derived from it, if there are any."""

    def shows_page(each: ClassId) -> bool:
        return any(context.classes.member(each, name) is not None for name in row.unless)

    derived = context.classes.subclasses(view)
    return not shows_page(view) and (not derived or not all(map(shows_page, derived)))


def _rows(context: Context, views: Iterable[ClassId], row: TemplateView, site: Site) -> Value:
    """What the method of some views gives that the framework asks for the rows; nothing where that is no QuerySet."""
    bound = join(context.attribute(Instance(view, exact=True), row.rows, site) for view in views)
    given = join(context.call(atom, (), site) for atom in bound if isinstance(atom, (Function, Memoized)))
    return given if any(isinstance(atom, QuerySet) for atom in given) else ()


def _named(context: Context, view: ClassId, row: TemplateView, models: set[ClassId], site: Site) -> tuple[str, ...]:
    """The further names: those that the view says, else the framework's own for the models that it shows."""
    if context.classes.member(view, row.named) is not None:
        said = context.attribute(ClassValue(view), row.named, site)
        return tuple(atom.value for atom in said if isinstance(atom, Literal) and isinstance(atom.value, str))
    if context.classes.member(view, row.names_rows or row.names_object) is not None:
        return ()
    suffix = row.suffix if row.rows else ""
    return tuple(f"{_class_name(context, each)}{suffix}".lower() for each in sorted(models))


def _models(rows: Value) -> set[ClassId]:
    found = (atom.model.identity for atom in rows if isinstance(atom, QuerySet) and atom.model is not None)
    return {each for each in found if isinstance(each, ClassId)}


def _class_name(context: Context, identity: ClassId) -> str:
    return context.facts(identity.path).classes[identity.index].name
