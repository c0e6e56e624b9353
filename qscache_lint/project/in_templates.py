"""What templates do with what stands in their context: their variables, filters and tags are evaluated as code is.

A name, tag or filter that is not known may do anything with what it gets, and so may a template that is not there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.contexts import ContextEntry, Entries
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.found_templates import TemplatesFound, templates_of
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.taken import Taken, Unfollowed
from qscache_lint.project.template_expressions import Page, Scope, Several, TemplateExpressions
from qscache_lint.project.template_tags import tag_key
from qscache_lint.project.template_values import Held, TemplateValues, inside
from qscache_lint.templates.files import Search
from qscache_lint.templates.model import (
    Assigned,
    BoundName,
    Expression,
    For,
    If,
    Include,
    Nodes,
    Output,
    Partial,
    Section,
    Tag,
    With,
    names_in,
    outputs_in,
    sections_in,
)
from qscache_lint.values import Step

_Blocks: TypeAlias = Mapping[str, tuple[tuple[Page, Section], ...]]


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
        self._expressions = TemplateExpressions(evaluator, self._values)
        self._open: list[str] = []
        self._count = 0

    # -- templates

    def rendered(self, name: str, entries: Entries) -> list[Taken]:
        """What the template of a name does with a context."""
        scope = self._values.relevant(name, {each: tuple(map(Held, found)) for each, found in entries.items()})
        return self.template(name, scope, {}) if scope else []

    def template(self, name: str, scope: Scope, blocks: _Blocks) -> list[Taken]:
        """What the template of a name does, and the others that the name may mean."""
        files = self._evaluator.ask(TemplatesFound(Search(name)))
        self._count += len(files)
        if not files:
            return self._without_parent(name, scope, blocks, Unfollowed.MISSING)
        is_much = len(files) > limits.TEMPLATES_OF_NAME or self._count > limits.RENDERED_TEMPLATES
        if is_much or len(self._open) > limits.INCLUDED_TEMPLATES:
            return self._without_parent(name, scope, blocks, Unfollowed.MANY)
        return _compared([self._file(name, path, scope, blocks) for path, _ in files])

    def _file(self, name: str, path: str, scope: Scope, blocks: _Blocks) -> list[Taken]:
        template = templates_of(self._evaluator).template(path)
        if path in self._open:
            return []
        if not template.known:
            return self._without_parent(name, scope, blocks, Unfollowed.UNREADABLE)
        self._open.append(path)
        try:
            page = Page(name, path, template, blocks)
            if template.parent is None:
                return list(self._nodes(page, template.nodes, scope))
            set_above = list(self._set_above(page, scope))
            own = {each.name: (*blocks.get(each.name, ()), (page, each)) for each in sections_in(template.nodes)}
            return [*set_above, *self._other(page, template.parent, scope, {**blocks, **own})]
        finally:
            self._open.pop()

    def _set_above(self, page: Page, scope: Scope) -> Iterator[Taken]:
        """What a template that extends another sets for its blocks, under names that are not followed to them."""
        for node in page.template.nodes:
            if isinstance(node, Assigned):
                several = yield from self._expressions.value(page, node.bound.value, scope)
                yield from self._expressions.take(page, node.bound.value, several, None, "{% set %}")

    def _other(self, page: Page, name: Expression, scope: Scope, blocks: _Blocks) -> list[Taken]:
        """What a template does that another names."""
        if not scope:
            return []
        if name.constant is None:
            return self._without_parent(page.name, scope, blocks, Unfollowed.CHOSEN)
        return self.template(name.constant, scope, blocks)

    def _without_parent(self, name: str, scope: Scope, blocks: _Blocks, why: Unfollowed) -> list[Taken]:
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

    def _nodes(self, page: Page, nodes: Nodes, scope: Scope) -> Iterator[Taken]:
        shown = self._expressions.rows(page).tags.get("{{ }}")
        for node in nodes:
            match node:
                case Output(value=value):
                    yield from self._expressions.used(page, value, scope, shown, "{{ }}")
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

    def _branched(self, page: Page, node: If, scope: Scope) -> Iterator[Taken]:
        rows = self._expressions.rows(page)
        for branch in node.branches:
            for test in branch.tests:
                row = rows.operators.get(test.operator, rows.tags["if"])
                yield from self._expressions.used(page, test.value, scope, row, "{% if %}")
            yield from self._nodes(page, branch.body, scope)

    def _section(self, page: Page, section: Section, scope: Scope) -> Iterator[Taken]:
        """A block: what stands in its place, and what that shows of the one below by `block.super`."""
        for other, found in (*page.blocks.get(section.name, ()), (page, section)):
            yield from self._nodes(other, found.body, scope)
            if not any(value.steps[:2] == ("block", "super") for value in outputs_in(found.body)):
                return

    def _partial(self, page: Page, name: str, scope: Scope) -> Iterator[Taken]:
        """The body of a partial, with the names of the place that renders it; one that renders itself ends there."""
        key = f"{page.path}#{name}"
        self._count += 1
        if key not in self._open and self._count <= limits.RENDERED_TEMPLATES:
            self._open.append(key)
            yield from self._nodes(page, page.template.partials.get(name, ()), scope)
            self._open.remove(key)

    def _looped(self, page: Page, loop: For, scope: Scope) -> Iterator[Taken]:
        row = self._expressions.rows(page).tags["for"]
        several = yield from self._expressions.value(page, loop.value, scope)
        yield from self._expressions.take(page, loop.value, several, row, "{% for %}")
        elements = tuple(held.element for held in several)
        names = {name: elements if len(loop.names) == 1 else () for name in loop.names}
        yield from self._nodes(page, loop.body, {**scope, **names})
        yield from self._nodes(page, loop.otherwise, scope)

    def _bound(self, page: Page, node: With, scope: Scope) -> Iterator[Taken]:
        """Names for values; of a tag that hands on something else than the value, what it does with it."""
        names = yield from self._names(page, node.bound, scope, node.tag)
        yield from self._nodes(page, node.body, {**scope, **names})

    def _names(
        self, page: Page, bound: Sequence[BoundName], scope: Scope, tag: str
    ) -> Generator[Taken, None, dict[str, Several]]:
        row = self._expressions.rows(page).tags.get(tag)
        names: dict[str, Several] = {}
        for each in bound:
            names[each.name] = yield from self._expressions.value(page, each.value, scope)
            if row is None or row.gives != "itself":
                yield from self._expressions.take(page, each.value, names[each.name], row, f"{{% {tag} %}}")
        return names

    def _included(self, page: Page, node: Include, scope: Scope) -> Iterator[Taken]:
        names = yield from self._names(page, node.bound, scope, "include")
        inner = names if node.only else {**scope, **names}
        name = node.template.constant
        yield from self._other(page, node.template, inner if name is None else self._values.relevant(name, inner), {})

    def _tag(self, page: Page, node: Tag, scope: Scope) -> Iterator[Taken]:
        row, operation = self._expressions.rows(page).tags.get(node.name), f"{{% {node.name} %}}"
        for value in node.first:
            yield from self._expressions.used(page, value, scope, row, operation)
        others = row if row is not None and row.place == "any" else None
        for value in node.others:
            yield from self._expressions.used(page, value, scope, others, operation)
        bound = row if row is not None and row.place in ("any", "bound") else None
        for each in node.bound:
            yield from self._expressions.used(page, each.value, scope, bound, operation)

def _without(scope: Scope, names: Iterable[str]) -> Scope:
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
