"""What views give their templates, and which these are: by their attributes and methods, and by their models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from msgspec.structs import replace

from qscache_lint.facts.terms import Container
from qscache_lint.knowledge.template_rows import TemplateView
from qscache_lint.project.abstract import Atom, ClassValue, Collection, Frame, Function, Instance, Literal, Value, join
from qscache_lint.project.contexts import ContextEntry, Contexts, Entries, value_of
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.querysets import QuerySet


class ViewContexts:
    """Reads the contexts of the views of one project."""

    def __init__(self, evaluator: Evaluator, contexts: Contexts) -> None:
        self._evaluator = evaluator
        self._contexts = contexts
        self._table = evaluator.knowledge.templates

    def row(self, view: ClassId) -> TemplateView | None:
        """What is known of a view by the classes that it derives from."""
        outside = (each for each in self._evaluator.classes.mro(view) if isinstance(each, str))
        return next((self._table.views[each] for each in outside if each in self._table.views), None)

    def entries(self, view: ClassId, row: TemplateView) -> Entries:
        """What the context of a view holds: what the framework puts there, and what the methods of the project do."""
        found: dict[str, tuple[ContextEntry, ...]] = {}
        found.update(self._view_itself(view, row))
        found.update(self._object(view, row))
        found.update(self._rows_of(view, row))
        for frame in self._activations(view, row.context):
            found.update(self._contexts.returned(frame))
        return self._with_extra(view, row.extra, found)

    def _view_itself(self, view: ClassId, row: TemplateView) -> Entries:
        """The view, which stands in its context; the place is that at which it names the template."""
        bound = self._evaluator.classes.member(view, row.template)
        if bound is None:
            return {}
        owner, bindings = bound
        place = bindings[-1]
        shown = (Instance(view, exact=True),)
        return {row.itself: (ContextEntry(owner.path, place.value, place.value_span, given=shown),)}

    def _object(self, view: ClassId, row: TemplateView) -> Entries:
        """The object that a view shows; the place is that at which the view names its model."""
        member = self._evaluator.classes.member
        named = (member(view, name) for name in (row.queryset, row.model) if name and row.object_as)
        bound = next((each for each in named if each is not None), None)
        if bound is None or member(view, row.gets) is not None:
            return {}
        owner, bindings = bound
        place = bindings[-1]
        models = tuple(_models(self._evaluator.value(owner.path, place.value)))
        entry = ContextEntry(owner.path, place.value, place.value_span, given=tuple(map(Instance, models)))
        if member(view, row.named) is not None:
            names = self._texts(self.member(view, row.named))
        else:
            names = () if member(view, row.names_object) is not None else tuple(map(self._model_name, models))
        return dict.fromkeys((*row.object_as, *names), (entry,)) if models else {}

    def _with_extra(self, view: ClassId, name: str, found: Entries) -> Entries:
        """The same with more that an attribute holds; which of two stands under one name rests on when it is put."""
        bound = self._evaluator.classes.member(view, name)
        if bound is None:
            return found
        owner, bindings = bound
        facts, ref = self._evaluator.facts(owner.path), bindings[-1].value
        display = facts.terms[ref]
        entries = display.entries if isinstance(display, Container) else ()
        if not entries or any(each.key is None or not text(facts.terms[each.key]) for each in entries):
            return {}
        extra = self._contexts.entries(owner.path, ref)
        return {each: several for each, several in {**found, **extra}.items() if not (each in found and each in extra)}

    def _activations(self, view: ClassId, method: str) -> Iterator[Frame]:
        """The activations of a method that the framework calls without arguments."""
        site = Site(view.path, 0, None)
        for atom in self._evaluator.attribute(Instance(view, exact=True), method, site):
            if isinstance(atom, Function):
                yield self._evaluator.activation(replace(atom, bare=True), ())

    def _rows_of(self, view: ClassId, row: TemplateView) -> Entries:
        """The QuerySet of a view that shows several rows, under the names that it has in the context."""
        if not row.rows or any(self._evaluator.classes.member(view, each) is not None for each in row.unless):
            return {}
        entries = tuple(entry for frame in self._activations(view, row.rows) for entry in self.returned(frame))
        if not entries:
            return {}
        return dict.fromkeys((*row.rows_as, *self._names_of_rows(view, row, entries)), entries)

    def _names_of_rows(self, view: ClassId, row: TemplateView, entries: Iterable[ContextEntry]) -> Iterator[str]:
        """The name that a view gives its rows, else the one that the framework makes of their model."""
        member = self._evaluator.classes.member
        if member(view, row.named) is not None:
            yield from self._texts(self.member(view, row.named))
        elif member(view, row.names_rows) is None:
            shown = join(value_of(self._evaluator, each) for each in entries)
            yield from (f"{self._model_name(each)}{row.suffix}" for each in _models(shown))

    def _model_name(self, identity: ClassId) -> str:
        return self._evaluator.project.class_name(identity).rpartition(".")[2].lower()

    def returned(self, frame: Frame) -> Iterator[ContextEntry]:
        """What an activation returns, as it is handed over by each `return`."""
        path = frame.of.path
        for each in self._evaluator.facts(path).functions[frame.of.index].returns:
            yield ContextEntry(path, each.value, each.span, frame)

    def member(self, view: ClassId, name: str) -> Value:
        """The value of an attribute."""
        return self._evaluator.attribute(ClassValue(view), name, Site(view.path, 0, None))

    # -- templates

    def templates(self, view: ClassId, row: TemplateView) -> Iterator[tuple[str, ...]]:
        """The templates that a view may render, each by its alternatives."""
        if self._evaluator.classes.member(view, row.templates) is not None:
            for frame in self._activations(view, row.templates):
                yield from alternatives(self._evaluator.result(frame.of, frame))
            return
        named = tuple(alternatives(self.member(view, row.template)))
        yield from named or dict.fromkeys(self._by_model(view, row))

    def _by_model(self, view: ClassId, row: TemplateView) -> Iterator[tuple[str, ...]]:
        """The template that is called after the model of a view, or that of the rows which it shows."""
        rows = (entry for several in self._rows_of(view, row).values() for entry in several)
        shown = (value_of(self._evaluator, entry) for entry in rows)
        named = (self.member(view, name) for name in (row.queryset, row.model) if name)
        for identity in _models(join([*shown, *named])) if row.suffix else ():
            yield (f"{_app(identity.path)}/{self._model_name(identity)}{row.suffix}.html",)

    def _texts(self, value: Value) -> tuple[str, ...]:
        return tuple(_text(atom) for atom in value if _text(atom))


def _models(value: Value) -> Iterator[ClassId]:
    """The models that a value is, or whose rows it has."""
    for atom in value:
        model = atom.model.identity if isinstance(atom, QuerySet) and atom.model is not None else None
        identity = atom.of if isinstance(atom, ClassValue) else model
        if isinstance(identity, ClassId):
            yield identity


def alternatives(names: Value) -> Iterator[tuple[str, ...]]:
    """The templates that a value names: each text one, a list the first of several that is there."""
    for atom in names:
        if _text(atom):
            yield (_text(atom),)
        elif isinstance(atom, Collection) and not atom.rest:
            texts = [_text(member[0]) if len(member) == 1 else "" for _, member in atom.members]
            if texts and all(texts):
                yield tuple(texts)


def _text(atom: Atom) -> str:
    return atom.value if isinstance(atom, Literal) and isinstance(atom.value, str) else ""


def _app(path: ModulePath) -> str:
    """The label of the app to which a module of models belongs: the directory of `models.py`, or around `models/`."""
    parts = PurePosixPath(path).parent.parts
    names = parts[: parts.index("models")] if "models" in parts else parts
    return names[-1] if names else ""
