"""What templates do with what stands in their context: their variables, filters and tags are evaluated as code is.

A name, tag or filter that is not known may do anything with what it gets, and so may a template that is not there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.template_rows import LanguageRows, TemplateUse
from qscache_lint.project.contexts import ContextEntry, Entries
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.found_templates import TemplatesFound, templates_of
from qscache_lint.project.operations import tests_rows
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.taken import Taken, Unfollowed
from qscache_lint.project.template_tags import tag_key
from qscache_lint.project.template_values import Held, TemplateValues, handed_on, inside
from qscache_lint.templates.files import Search
from qscache_lint.templates.model import (
    Access,
    Assigned,
    BoundName,
    Expression,
    Filter,
    For,
    If,
    Include,
    Language,
    Nodes,
    Output,
    Partial,
    Section,
    Tag,
    Template,
    With,
    names_in,
    outputs_in,
    sections_in,
)
from qscache_lint.values import Step

_Several: TypeAlias = tuple[Held, ...]
_Scope: TypeAlias = Mapping[str, _Several]


class _Page(msgspec.Struct, frozen=True):
    """A template that is gone through, and the blocks that others have put in place of its own, the outermost first."""

    name: str
    path: str
    template: Template
    blocks: Mapping[str, tuple[tuple[_Page, Section], ...]]

    @property
    def is_jinja(self) -> bool:
        """Whether Jinja renders it."""
        return self.template.language is Language.JINJA

    def step(self, start: int, end: int, message: str) -> Step:
        """A place in it."""
        return Step(self.path, self.template.span(start, end), message)


_Blocks: TypeAlias = Mapping[str, tuple[tuple[_Page, Section], ...]]


def taken_in_templates(evaluator: Evaluator, names: Sequence[str], entries: Entries) -> tuple[Taken, ...]:
    """What a template, with all that it includes and extends, does with the cached QuerySets of its context.

    Of several `names`, the first that is there is the template.
    """
    known = [name for name in names if evaluator.ask(TemplatesFound(Search(name)))]
    return tuple(_Walk(evaluator).rendered([*known, *names][0], entries))


class _Walk:
    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._values = TemplateValues(evaluator)
        self._open: list[str] = []
        self._count = 0

    def _rows(self, page: _Page) -> LanguageRows:
        return self._evaluator.knowledge.templates.of(page.template.language.value)

    # -- templates

    def rendered(self, name: str, entries: Entries) -> list[Taken]:
        """What the template of a name does with a context."""
        scope = self._values.relevant(name, {each: tuple(map(Held, found)) for each, found in entries.items()})
        return self.template(name, scope, {}) if scope else []

    def template(self, name: str, scope: _Scope, blocks: _Blocks) -> list[Taken]:
        """What the template of a name does, and the others that the name may mean."""
        files = self._evaluator.ask(TemplatesFound(Search(name)))
        self._count += len(files)
        if not files:
            return self._without_parent(name, scope, blocks, Unfollowed.MISSING)
        is_much = len(files) > limits.TEMPLATES_OF_NAME or self._count > limits.RENDERED_TEMPLATES
        if is_much or len(self._open) > limits.INCLUDED_TEMPLATES:
            return self._without_parent(name, scope, blocks, Unfollowed.MANY)
        return _compared([self._file(name, path, scope, blocks) for path, _ in files])

    def _file(self, name: str, path: str, scope: _Scope, blocks: _Blocks) -> list[Taken]:
        template = templates_of(self._evaluator).template(path)
        if path in self._open:
            return []
        if not template.known:
            return self._without_parent(name, scope, blocks, Unfollowed.UNREADABLE)
        self._open.append(path)
        try:
            page = _Page(name, path, template, blocks)
            if template.parent is None:
                return list(self._nodes(page, template.nodes, scope))
            set_above = list(self._set_above(page, scope))
            own = {each.name: (*blocks.get(each.name, ()), (page, each)) for each in sections_in(template.nodes)}
            return [*set_above, *self._other(page, template.parent, scope, {**blocks, **own})]
        finally:
            self._open.pop()

    def _set_above(self, page: _Page, scope: _Scope) -> Iterator[Taken]:
        """What a template that extends another sets for its blocks, under names that are not followed to them."""
        for node in page.template.nodes:
            if isinstance(node, Assigned):
                several = yield from self._value(page, node.bound.value, scope)
                yield from self._take(page, node.bound.value, several, None, "{% set %}")

    def _other(self, page: _Page, name: Expression, scope: _Scope, blocks: _Blocks) -> list[Taken]:
        """What a template does that another names."""
        if not scope:
            return []
        if name.constant is None:
            return self._without_parent(page.name, scope, blocks, Unfollowed.CHOSEN)
        return self.template(name.constant, scope, blocks)

    def _without_parent(self, name: str, scope: _Scope, blocks: _Blocks, why: Unfollowed) -> list[Taken]:
        """What a template may do of which nothing is known, and what the blocks do that others put into it."""
        told = [
            Taken(held.entry, queryset, None, "", Step(held.entry.path, held.entry.span, ""), name, unfollowed=why)
            for several in scope.values()
            for held in several
            for queryset in inside(self._values.cached(held))
        ]
        shown = (pages[0] for pages in blocks.values())
        return [*told, *(each for page, found in shown for each in self._nodes(page, found.body, scope))]

    # -- nodes

    def _nodes(self, page: _Page, nodes: Nodes, scope: _Scope) -> Iterator[Taken]:
        for node in nodes:
            match node:
                case Output(value=value):
                    yield from self._by_tag(page, value, scope, "{{ }}")
                case Assigned(bound=bound):
                    scope = {**scope, **(yield from self._names(page, (bound,), scope, "set"))}
                case If():
                    yield from self._branched(page, node, scope)
                    scope = _without(scope, names_in((node,)) if page.is_jinja else ())
                case For():
                    yield from self._looped(page, node, scope)
                case With():
                    yield from self._bound(page, node, scope)
                case Section():
                    yield from self._section(page, node, scope)
                case Include():
                    yield from self._included(page, node, scope)
                case Partial(name=name):
                    yield from self._partial(page, name, scope)
                case Tag():
                    yield from self._tag(page, node, scope)
                    given = scope.get(tag_key(node.name), ())
                    scope = {**_without(scope, node.names), **dict.fromkeys(node.names if given else (), given)}

    def _branched(self, page: _Page, node: If, scope: _Scope) -> Iterator[Taken]:
        for branch in node.branches:
            for test in branch.tests:
                yield from self._tested(page, test.value, scope, test.operator)
            yield from self._nodes(page, branch.body, scope)

    def _section(self, page: _Page, section: Section, scope: _Scope) -> Iterator[Taken]:
        """A block: what stands in its place, and what that shows of the one below by `block.super`."""
        for other, found in (*page.blocks.get(section.name, ()), (page, section)):
            yield from self._nodes(other, found.body, scope)
            if not any(value.steps[:2] == ("block", "super") for value in outputs_in(found.body)):
                return

    def _partial(self, page: _Page, name: str, scope: _Scope) -> Iterator[Taken]:
        """The body of a partial, with the names of the place that renders it; one that renders itself ends there."""
        key = f"{page.path}#{name}"
        self._count += 1
        if key not in self._open and self._count <= limits.RENDERED_TEMPLATES:
            self._open.append(key)
            yield from self._nodes(page, page.template.partials.get(name, ()), scope)
            self._open.remove(key)

    def _looped(self, page: _Page, loop: For, scope: _Scope) -> Iterator[Taken]:
        several = yield from self._value(page, loop.value, scope)
        yield from self._take(page, loop.value, several, self._rows(page).tags["for"], "{% for %}")
        rows = tuple(held.element for held in several)
        names = {name: rows if len(loop.names) == 1 else () for name in loop.names}
        yield from self._nodes(page, loop.body, {**scope, **names})
        yield from self._nodes(page, loop.otherwise, scope)

    def _bound(self, page: _Page, node: With, scope: _Scope) -> Iterator[Taken]:
        """Names for values; of a tag that hands on something else than the value, what it does with it."""
        names = yield from self._names(page, node.bound, scope, node.tag)
        yield from self._nodes(page, node.body, {**scope, **names})

    def _names(
        self, page: _Page, bound: Sequence[BoundName], scope: _Scope, tag: str
    ) -> Generator[Taken, None, dict[str, _Several]]:
        row = self._rows(page).tags.get(tag)
        names: dict[str, _Several] = {}
        for each in bound:
            names[each.name] = yield from self._value(page, each.value, scope)
            if row is None or row.gives != "itself":
                yield from self._take(page, each.value, names[each.name], row, f"{{% {tag} %}}")
        return names

    def _included(self, page: _Page, node: Include, scope: _Scope) -> Iterator[Taken]:
        names = yield from self._names(page, node.bound, scope, "include")
        inner = names if node.only else {**scope, **names}
        name = node.template.constant
        yield from self._other(page, node.template, inner if name is None else self._values.relevant(name, inner), {})

    def _tag(self, page: _Page, node: Tag, scope: _Scope) -> Iterator[Taken]:
        row = self._rows(page).tags.get(node.name)
        for value in node.first:
            yield from self._by_row(page, value, scope, row, node.name)
        others = row if row is not None and row.place == "any" else None
        for value in node.others:
            yield from self._by_row(page, value, scope, others, node.name)
        bound = row if row is not None and row.place in ("any", "bound") else None
        for each in node.bound:
            yield from self._by_row(page, each.value, scope, bound, node.name)

    # -- expressions

    def _by_tag(self, page: _Page, value: Expression, scope: _Scope, tag: str) -> Iterator[Taken]:
        several = yield from self._value(page, value, scope)
        yield from self._take(page, value, several, self._rows(page).tags.get(tag), tag)

    def _by_row(
        self, page: _Page, value: Expression, scope: _Scope, row: TemplateUse | None, tag: str
    ) -> Iterator[Taken]:
        several = yield from self._value(page, value, scope)
        yield from self._take(page, value, several, row, f"{{% {tag} %}}")

    def _tested(self, page: _Page, value: Expression, scope: _Scope, operator: str) -> Iterator[Taken]:
        table = self._rows(page)
        row = table.operators.get(operator, table.tags["if"])
        several = yield from self._value(page, value, scope)
        yield from self._take(page, value, several, row, "{% if %}")

    def _take(
        self, page: _Page, value: Expression, several: _Several, row: TemplateUse | None, operation: str
    ) -> Iterator[Taken]:
        """What a tag does with the value of an expression."""
        at = page.step(value.at, value.at + len(value.text), operation)
        for held in several:
            yield from self._told(page, held, row, at)

    def _told(self, page: _Page, held: Held, row: TemplateUse | None, at: Step) -> Iterator[Taken]:
        """What a row of the table does with the cached QuerySets of a value; with those in a container, anything."""
        value = self._values.cached(held)
        for queryset in inside(value):
            known = row if queryset in value else None
            takes_rows = known is not None and known.takes_rows
            yield Taken(held.entry, queryset, _effect(known, queryset), at.message, at, page.name, takes_rows)

    def _value(self, page: _Page, value: Expression, scope: _Scope) -> Generator[Taken, None, _Several]:
        """What an expression comes to; tells what its steps and filters do."""
        if not value.known:
            for name in value.steps:
                yield from self._take(page, value, scope.get(name, ()), None, value.text)
            return ()
        for argument in value.arguments:
            handed = yield from self._value(page, argument, scope)
            yield from self._take(page, argument, handed, None, value.text)
        several: _Several = scope.get(value.steps[0], ()) if value.steps else ()
        if value.steps and value.access(0) not in (Access.DOT, Access.READ):
            yield from self._take(page, value, several, None, value.text)
            return ()
        for number, name in enumerate(value.steps[1:], 1):
            access = value.access(number)
            at = page.step(*value.place_of(number), f".{name}{'()' if access.calls else ''}")
            for held in several:
                yield from self._stepped(page, held, name, at, access)
            several = tuple(held.behind(name, access) for held in several)
        for each in value.filters:
            several = yield from self._filtered(page, each, several, scope)
        return several

    def _filtered(
        self, page: _Page, given: Filter, several: _Several, scope: _Scope
    ) -> Generator[Taken, None, _Several]:
        """What a filter does with a value, and with what it is given besides."""
        row = self._rows(page).filters.get(given.name)
        operation = f"|{given.name}" if given.name.isidentifier() else given.name
        at = page.step(given.at, given.at + len(given.name), operation)
        for held in scope.get(given.argument[0], ()) if given.argument else ():
            yield from self._told(page, held, None, at)
        if row is not None and row.forwards and "-" in given.constant:
            return several
        is_plain = row is None or not row.forwards or bool(given.constant)
        for held in several:
            for taken in self._told(page, held, row, at):
                yield taken if is_plain else replace(taken, takes_rows=False)
        return tuple(each for held in several for each in handed_on(held, row))

    def _stepped(self, page: _Page, held: Held, name: str, at: Step, access: Access) -> Iterator[Taken]:
        """What a step does with a cached QuerySet."""
        for atom in self._values.cached(held):
            if isinstance(atom, QuerySet) and atom.origin is not None:
                for effect in self._values.effects(atom, name, held.entry, access):
                    yield Taken(held.entry, atom, effect, at.message, at, page.name, name.isdigit())


def _effect(row: TemplateUse | None, queryset: QuerySet) -> Effect | None:
    """What a row of the table says of a QuerySet; None where there is no row."""
    if row is None:
        return None
    return Effect.NONE if row.tests and tests_rows(queryset) else row.effect


def _without(scope: _Scope, names: Iterable[str]) -> _Scope:
    hidden = frozenset(names)
    return {name: held for name, held in scope.items() if name not in hidden}


def _compared(several: Sequence[list[Taken]]) -> list[Taken]:
    """What one template does; of several, all that each does, and whether all do it."""
    if len(several) == 1:
        return several[0]
    alike = [{_kind(each) for each in found if each.certain} for found in several]
    return [
        replace(each, certain=all(_kind(each) in others for others in alike)) for found in several for each in found
    ]


def _kind(taken: Taken) -> tuple[ContextEntry, QuerySet, Effect | None, str]:
    return taken.entry, taken.queryset, taken.effect, taken.operation
