"""Renderings: which template gets which context, by the calls, decorators and classes of the knowledge tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import ClassFacts, ItemStore
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import Argument, Attribute, Call, Ref, Updated
from qscache_lint.knowledge.model import Slot
from qscache_lint.knowledge.template_rows import Renderer, TemplateView
from qscache_lint.project.abstract import Atom, ClassValue, External, Frame, Function, Instance, Value
from qscache_lint.project.context_changes import ContextChanges
from qscache_lint.project.context_processors import everywhere, is_processor
from qscache_lint.project.contexts import ContextEntry, Contexts, Entries
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import callees, place_of, text
from qscache_lint.project.evaluation.core import leads_to_cached
from qscache_lint.project.found_templates import TemplatesFound
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.takings import value_span
from qscache_lint.project.template_tags import tag_key, using_tag
from qscache_lint.project.view_contexts import ViewContexts, alternatives
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
        yield from finder.by_tags(index)
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
        self._views = ViewContexts(evaluator, self._contexts)

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
            for named in self._named(made, naming, row):
                entries = self._contexts.entries(made.path, arguments[place].value, made.frame, made.given)
                entries = self._filled(made, entries) if row.is_late else entries
                yield from self._rendered(named, entries)

    def _filled(self, made: _Call, entries: Entries) -> Entries:
        """A context with what is put into it when the response is there."""
        facts = self._evaluator.facts(made.path)
        found = dict(entries)
        for ref in self._changes.filled_later(made.path, made.ref):
            term = facts.terms[ref]
            if isinstance(term, Updated):
                name = text(facts.terms[term.key])
                before = found.get(name, ()) if _is_behind_test(facts, term) else ()
                entry = ContextEntry(made.path, term.value, value_span(facts, ref, term), made.frame)
                found[name] = (*before, entry)
        return found

    def _named(self, made: _Call, naming: Call, row: Renderer) -> Iterator[Value]:
        """What the template of a call may be called; where that does not say it, the views do whose method it is in."""
        if not row.attribute or place_of(naming.arguments, row.template) is not None:
            yield self._argument(made, naming, row.template)
            return
        facts = self._evaluator.facts(made.path)
        owner = facts.functions[facts.around(made.ref)].owner
        around = None if owner is None else ClassId(made.path, owner)
        for view in () if around is None else (around, *self._evaluator.classes.subclasses(around)):
            yield self._views.member(view, row.attribute)

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

    def by_tags(self, index: int) -> Iterator[Rendering]:
        """The templates in which a tag gives a name to what a function returns: `{% recent as stories %}`."""
        of = FunctionId(self._path, index)
        for decorator in self._facts.functions[index].decorators:
            call = self._facts.terms[decorator.value]
            named = call.function if isinstance(call, Call) else decorator.value
            for atom in self._evaluator.value(self._path, named):
                row = self._table.tag_functions.get(atom.dotted) if isinstance(atom, External) else None
                given = _keyword(call, row.named) if row is not None and isinstance(call, Call) else None
                name = self._facts.functions[index].name if given is None else text(self._facts.terms[given])
                if row is not None and name:
                    entries = {tag_key(name): tuple(self._given_by_tag(of))}
                    yield from (Rendering((each,), entries) for each in using_tag(self._evaluator, self._path, name))

    def _given_by_tag(self, of: FunctionId) -> Iterator[ContextEntry]:
        """What a function returns, out of the memo that may be around it."""
        memos = self._evaluator.memoizers(Function(of, bare=True))
        kept = self._evaluator.call(memos[-1], None, Site(self._path, 0, None)) if memos else ()
        for entry in self._views.returned(Frame(of)):
            yield replace(entry, given=kept)

    def _rendered(self, names: Value, entries: Entries) -> Iterator[Rendering]:
        if entries:
            yield from (Rendering(each, entries) for each in alternatives(names))

    # -- views

    def _by_view(self, ref: Ref, call: Call, method: Attribute) -> Iterator[Rendering]:
        """What a view renders with the context that a call gives it, or that is made with other attributes."""
        for atom in self._evaluator.value(self._path, method.base):
            match atom:
                case Instance(of=ClassId() as of, exact=exact):
                    if self._changes.is_response_changed(self._path, ref):
                        continue
                    for view in (of, *(() if exact else self._evaluator.classes.subclasses(of))):
                        row = self._views.row(view)
                        if row is not None and row.renders == method.name and call.arguments:
                            entries = self._contexts.entries(self._path, call.arguments[0].value)
                            yield from self._of_templates(view, row, entries)
                case ClassValue(of=of):
                    yield from self._made(call, method, self._views.row(of), of)
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
            yield from (Rendering(each, entries) for each in self._views.templates(view, row))

    def owners(self) -> Iterator[ClassId]:
        """The classes with a member, in a chosen unit, by which a view gives something to a template.

        Also those with a cached member, since templates get the view itself, and those with a model, of which they get
        an object.
        """
        for number, opened in enumerate(self._facts.classes):
            owner = ClassId(self._path, number)
            if self._gives(opened) or self._shows_object(owner, opened):
                yield owner

    def _gives(self, opened: ClassFacts) -> bool:
        using = self._evaluator.project.using
        bound = (each for name in self._table.giving for each in opened.members.get(name, ()))
        is_giving = any(using.has(self._path, each.span.start.row) for each in bound)
        return is_giving or any(leads_to_cached(self._evaluator, name) for name in opened.members)

    def _shows_object(self, owner: ClassId, opened: ClassFacts) -> bool:
        if self._table.models.isdisjoint(opened.members):
            return False
        row = self._views.row(owner)
        return row is not None and bool(row.object_as)

    def by_class(self, owner: ClassId) -> Iterator[Rendering]:
        """What the views render that a class is, or that derive from it."""
        for view in (owner, *self._evaluator.classes.subclasses(owner)):
            row = self._views.row(view)
            if row is not None:
                yield from self._of_templates(view, row, self._views.entries(view, row))


def _is_behind_test(facts: ModuleFacts, put: Updated) -> bool:
    """Whether a test leads to a statement that puts something into a dict."""
    events = facts.functions[facts.around(put.base)].events
    stores = (each for each in events if isinstance(each, ItemStore))
    return any(each.guards for each in stores if (each.key, each.value) == (put.key, put.value))


def _keyword(call: Call, name: str) -> Ref | None:
    """What a call gives to a keyword."""
    return next((each.value for each in call.arguments if each.keyword == name), None)
