"""Renderings: which template gets which context, by the calls, decorators and classes of the knowledge tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import Argument, Attribute, Call, Container, Ref
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.knowledge.model import Slot
from qscache_lint.knowledge.template_rows import Renderer, TemplateView
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    External,
    Frame,
    Function,
    FunctionId,
    Instance,
    Literal,
    ModulePath,
    QuerySet,
    Value,
    join,
)
from qscache_lint.project.context_changes import ContextChanges
from qscache_lint.project.context_processors import everywhere, is_processor
from qscache_lint.project.contexts import Contexts, Entries, Entry, value_of
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import callees, place_of, text
from qscache_lint.project.found_templates import TemplatesFound
from qscache_lint.templates.files import Search


class Rendering(msgspec.Struct, frozen=True):
    """One template, by the names that it may have, and what it gets."""

    templates: tuple[str, ...]
    entries: Entries


def renderings(evaluator: Evaluator, path: ModulePath) -> Iterator[Rendering]:
    """The renderings for which the chosen units of a module stand: their calls, tags, and methods of views."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    finder = _Finder(evaluator, path, facts)
    for index, _ in evaluator.project.using.functions(path, facts):
        yield from finder.by_calls(index)
        yield from finder.by_decorators(index)
        yield from finder.by_settings(index)
    for owner in finder.owners():
        yield from finder.by_class(owner)


class _Call(msgspec.Struct, frozen=True):
    """A call in an activation, whose parameters hold the dicts that are `given`."""

    path: ModulePath
    ref: Ref
    call: Call
    frame: Frame | None
    given: Mapping[str, Entries]


class _Finder:
    def __init__(self, evaluator: Evaluator, path: ModulePath, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = facts
        self._table = evaluator.knowledge.templates
        self._changes = ContextChanges(evaluator)
        self._contexts = Contexts(evaluator, {row.context for row in self._table.views.values()})

    # -- calls and decorators

    def by_calls(self, index: int) -> Iterator[Rendering]:
        """What the calls in a function render, be it through a function of the project."""
        for ref, call in self._evaluator.project.using.calls(self._path, self._facts, index):
            method = self._facts.terms[call.function]
            if called_name(method) in self._table.called_renderers:
                yield from self._called(_Call(self._path, ref, call, None, {}))
                if isinstance(method, Attribute):
                    yield from self._by_view(ref, call, method)
            elif any(map(self._is_template, call.arguments)):
                yield from self._through(ref, call)

    def _is_template(self, argument: Argument) -> bool:
        """Whether an argument is the name of a template."""
        name = text(self._facts.terms[argument.value])
        return "." in name and bool(self._evaluator.ask(TemplatesFound(Search(name))))

    def _through(self, ref: Ref, call: Call) -> Iterator[Rendering]:
        """What a function of the project renders with the template and the context that it is given."""
        site = Site(self._path, ref, None)
        passed = self._evaluator.passed(call, site)
        for atom in self._evaluator.value(self._path, call.function):
            for function, arguments in callees(self._evaluator, atom, passed, site):
                frame = self._evaluator.activation(function, arguments)
                given = self._contexts.handed(self._path, call, function.of)
                facts = self._evaluator.facts(function.of.path)
                for place, inner in facts.of_kind(Call, function.of.index):
                    if called_name(facts.terms[inner.function]) in self._table.called_renderers:
                        yield from self._called(_Call(function.of.path, place, inner, frame, given))

    def _rows(self, value: Value) -> Iterator[Renderer]:
        for atom in value:
            for name in self._names(atom):
                if name in self._table.renderers:
                    yield self._table.renderers[name]
                    break

    def _names(self, atom: Atom) -> Iterator[str]:
        match atom:
            case External(dotted=dotted):
                yield dotted
            case ClassValue(of=of):
                yield from (each for each in self._evaluator.classes.mro(of) if isinstance(each, str))

    def _called(self, made: _Call) -> Iterator[Rendering]:
        """What a call of a row of the table renders."""
        arguments = made.call.arguments
        for row in self._rows(self._evaluator.value(made.path, made.call.function, made.frame)):
            place = place_of(arguments, row.context)
            naming = self._maker(made) if row.on_receiver else made.call
            if row.decorates or place is None or naming is None:
                continue
            if row.is_late and self._changes.is_response_changed(made.path, made.ref):
                continue
            entries = self._contexts.entries(made.path, arguments[place].value, made.frame, made.given)
            yield from self._rendered(self._argument(made, naming, row.template), entries)

    def _maker(self, made: _Call) -> Call | None:
        """The call that has made the object whose method is called."""
        terms = self._evaluator.facts(made.path).terms
        method = terms[made.call.function]
        maker = terms[method.base] if isinstance(method, Attribute) else None
        return maker if isinstance(maker, Call) else None

    def _argument(self, made: _Call, call: Call, slot: Slot) -> Value:
        place = place_of(call.arguments, slot)
        return () if place is None else self._evaluator.value(made.path, call.arguments[place].value, made.frame)

    def by_decorators(self, index: int) -> Iterator[Rendering]:
        """What is rendered with what a function returns, because a decorator says so."""
        for decorator in self._facts.functions[index].decorators:
            call = self._facts.terms[decorator.value]
            if not isinstance(call, Call):
                continue
            for row in self._rows(self._evaluator.value(self._path, call.function)):
                if row.decorates:
                    entries = self._contexts.returned(Frame(FunctionId(self._path, index)))
                    named = self._argument(_Call(self._path, decorator.value, call, None, {}), call, row.template)
                    yield from self._rendered(named, entries)

    def by_settings(self, index: int) -> Iterator[Rendering]:
        """What any template may get that is rendered for a request."""
        of = FunctionId(self._path, index)
        if index and is_processor(self._evaluator, of, self._facts.functions[index]):
            entries = self._contexts.returned(Frame(of))
            for template, known in everywhere(self._evaluator, self._path, entries):
                yield Rendering((template,), known)

    def _rendered(self, names: Value, entries: Entries) -> Iterator[Rendering]:
        if entries:
            yield from (Rendering(each, entries) for each in _alternatives(names))

    # -- views

    def _by_view(self, ref: Ref, call: Call, method: Attribute) -> Iterator[Rendering]:
        """What a view renders with the context that a call gives it, or that is made with other attributes."""
        for atom in self._evaluator.value(self._path, method.base):
            match atom:
                case Instance(of=ClassId() as of, exact=exact):
                    if self._changes.is_response_changed(self._path, ref):
                        continue
                    for view in (of, *(() if exact else self._evaluator.classes.subclasses(of))):
                        row = self._view(view)
                        if row is not None and row.renders == method.name and call.arguments:
                            entries = self._contexts.entries(self._path, call.arguments[0].value)
                            yield from self._of_templates(view, row, entries)
                case ClassValue(of=of):
                    yield from self._made(call, method, self._view(of), of)
                case External(dotted=dotted):
                    yield from self._made(call, method, self._table.views.get(dotted), None)

    def _made(
        self, call: Call, method: Attribute, row: TemplateView | None, view: ClassId | None
    ) -> Iterator[Rendering]:
        """What a view renders that is made with more for its context: `as_view(extra_context={…})`."""
        if row is None or row.made_by != method.name:
            return
        entries = self._contexts.entries(self._path, ref) if (ref := _keyword(call, row.extra)) is not None else {}
        named = _keyword(call, row.template)
        if named is not None:
            yield from self._rendered(self._evaluator.value(self._path, named), entries)
        elif view is not None:
            yield from self._of_templates(view, row, entries)

    def _of_templates(self, view: ClassId, row: TemplateView, entries: Entries) -> Iterator[Rendering]:
        if entries and not self._changes.is_view_changed(view, row):
            yield from (Rendering(each, entries) for each in self._templates(view, row))

    def owners(self) -> Iterator[ClassId]:
        """The classes with a member, in a chosen unit, by which a view gives something to a template."""
        using = self._evaluator.project.using
        for number, opened in enumerate(self._facts.classes):
            bound = (each for name in self._table.giving for each in opened.members.get(name, ()))
            if any(using.has(self._path, each.span.start.row) for each in bound):
                yield ClassId(self._path, number)

    def by_class(self, owner: ClassId) -> Iterator[Rendering]:
        """What the views render that a class is, or that derive from it."""
        for view in (owner, *self._evaluator.classes.subclasses(owner)):
            row = self._view(view)
            if row is not None:
                yield from self._of_templates(view, row, self._of_view(view, row))

    def _view(self, view: ClassId) -> TemplateView | None:
        outside = (each for each in self._evaluator.classes.mro(view) if isinstance(each, str))
        return next((self._table.views[each] for each in outside if each in self._table.views), None)

    def _of_view(self, view: ClassId, row: TemplateView) -> Entries:
        """What the context of a view holds: what the framework puts there, and what the methods of the project do."""
        found: dict[str, tuple[Entry, ...]] = {}
        found.update(self._rows_of(view, row))
        for frame in self._activations(view, row.context):
            found.update(self._contexts.returned(frame))
        return self._with_extra(view, row.extra, found)

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
        entries = tuple(entry for frame in self._activations(view, row.rows) for entry in self._returned(frame))
        if not entries:
            return {}
        return dict.fromkeys((*row.rows_as, *self._names_of_rows(view, row, entries)), entries)

    def _names_of_rows(self, view: ClassId, row: TemplateView, entries: Iterable[Entry]) -> Iterator[str]:
        """The name that a view gives its rows, else the one that the framework makes of their model."""
        member = self._evaluator.classes.member
        if member(view, row.named) is not None:
            yield from self._texts(self._member(view, row.named))
        elif member(view, row.names_rows) is None:
            shown = join(value_of(self._evaluator, each) for each in entries)
            yield from (f"{self._model_name(each)}{row.suffix}" for each in _models(shown))

    def _model_name(self, identity: ClassId) -> str:
        return self._evaluator.project.class_name(identity).rpartition(".")[2].lower()

    def _returned(self, frame: Frame) -> Iterator[Entry]:
        """What an activation returns, as it is handed over by each `return`."""
        path = frame.of.path
        for each in self._evaluator.facts(path).functions[frame.of.index].returns:
            yield Entry(path, each.value, each.span, frame)

    def _member(self, view: ClassId, name: str) -> Value:
        return self._evaluator.attribute(ClassValue(view), name, Site(view.path, 0, None))

    # -- templates of views

    def _templates(self, view: ClassId, row: TemplateView) -> Iterator[tuple[str, ...]]:
        """The templates that a view may render, each by its alternatives."""
        if self._evaluator.classes.member(view, row.templates) is not None:
            for frame in self._activations(view, row.templates):
                yield from _alternatives(self._evaluator.result(frame.of, frame))
            return
        named = tuple(_alternatives(self._member(view, row.template)))
        yield from named or dict.fromkeys(self._by_model(view, row))

    def _by_model(self, view: ClassId, row: TemplateView) -> Iterator[tuple[str, ...]]:
        """The template that is called after the model of a view, or that of the rows which it shows."""
        rows = (entry for several in self._rows_of(view, row).values() for entry in several)
        shown = (value_of(self._evaluator, entry) for entry in rows)
        for identity in _models(join([*shown, self._member(view, row.model)])) if row.suffix else ():
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


def _keyword(call: Call, name: str) -> Ref | None:
    """What a call gives to a keyword."""
    return next((each.value for each in call.arguments if each.keyword == name), None)


def _alternatives(names: Value) -> Iterator[tuple[str, ...]]:
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
