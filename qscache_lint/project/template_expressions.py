"""What the expressions of a template do: its steps, calls and filters, and tags with the value of one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.template_rows import LanguageRows, TemplateUse
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.operations import tests_rows
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.taken import Taken
from qscache_lint.project.template_values import Held, TemplateValues, handed_on, inside
from qscache_lint.templates.model import (
    Access,
    Expression,
    Filter,
    Language,
    Section,
    Template,
)
from qscache_lint.values import Step

Several: TypeAlias = tuple[Held, ...]
"""What an expression may come to."""

Scope: TypeAlias = Mapping[str, Several]
"""What each name of a template may be."""


class Page(msgspec.Struct, frozen=True):
    """A template that is gone through, and the blocks that others have put in place of its own, the outermost first."""

    name: str
    path: str
    template: Template
    blocks: Mapping[str, tuple[tuple[Page, Section], ...]]

    @property
    def is_jinja(self) -> bool:
        """Whether Jinja renders it."""
        return self.template.language is Language.JINJA

    def step(self, start: int, end: int, message: str) -> Step:
        """A place in it."""
        return Step(self.path, self.template.span(start, end), message)


class TemplateExpressions:
    """Evaluates the expressions of templates, and tells what is done with cached QuerySets on the way."""

    def __init__(self, evaluator: Evaluator, values: TemplateValues) -> None:
        self._evaluator = evaluator
        self._values = values

    def rows(self, page: Page) -> LanguageRows:
        """The rows of the table for the language of a template."""
        return self._evaluator.knowledge.templates.of(page.template.language.value)

    def used(
        self, page: Page, value: Expression, scope: Scope, row: TemplateUse | None, operation: str
    ) -> Iterator[Taken]:
        """What an expression does, and what a tag does with its value."""
        several = yield from self.value(page, value, scope)
        yield from self.take(page, value, several, row, operation)

    def take(
        self, page: Page, value: Expression, several: Several, row: TemplateUse | None, operation: str
    ) -> Iterator[Taken]:
        """What a tag does with the value of an expression."""
        at = page.step(value.at, value.at + len(value.text), operation)
        for held in several:
            yield from self._told(page, held, row, at)

    def _told(self, page: Page, held: Held, row: TemplateUse | None, at: Step) -> Iterator[Taken]:
        """What a row of the table does with the cached QuerySets of a value; with those in a container, anything."""
        value = self._values.cached(held)
        for queryset in inside(value):
            known = row if queryset in value else None
            takes_rows = known is not None and known.takes_rows
            yield Taken(held.entry, queryset, _effect(known, queryset), at.message, at, page.name, takes_rows)

    def value(self, page: Page, value: Expression, scope: Scope) -> Generator[Taken, None, Several]:
        """What an expression comes to; tells what its steps and filters do."""
        if not value.known:
            for name in value.steps:
                yield from self.take(page, value, scope.get(name, ()), None, value.text)
            return ()
        for argument in value.arguments:
            handed = yield from self.value(page, argument, scope)
            yield from self.take(page, argument, handed, None, value.text)
        several: Several = scope.get(value.steps[0], ()) if value.steps else ()
        if value.steps and value.access(0) not in (Access.DOT, Access.READ):
            yield from self.take(page, value, several, None, value.text)
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
        self, page: Page, given: Filter, several: Several, scope: Scope
    ) -> Generator[Taken, None, Several]:
        """What a filter does with a value, and with what it is given besides."""
        row = self.rows(page).filters.get(given.name)
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

    def _stepped(self, page: Page, held: Held, name: str, at: Step, access: Access) -> Iterator[Taken]:
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
