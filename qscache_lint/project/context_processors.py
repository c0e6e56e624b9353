"""Context processors: functions of the project whose values every template gets that is rendered for a request."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.project.contexts import Entries, cached_value_of
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.evaluation.core import Context, answers
from qscache_lint.project.found_templates import TemplatesFound, bound, listed, settings_with, templates_of, under
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.questions import Reading
from qscache_lint.templates.files import Search
from qscache_lint.templates.model import Language


class ProcessorNames(Reading[tuple[str, ...]], frozen=True):
    """The full names of functions that settings name among those that put something into every context."""


@answers(ProcessorNames)
def _processor_names(context: Context, _: ProcessorNames) -> tuple[str, ...]:
    names = context.knowledge.templates.table.processors.settings
    found: set[str] = set()
    for facts in settings_with(context, names):
        for ref in (*under(facts, names), *bound(facts, names)):
            found.update(text(facts.terms[each]) for each in listed(facts, ref))
    return tuple(sorted(found - {""}))


def is_processor(evaluator: Evaluator, of: FunctionId, function: FunctionFacts) -> bool:
    """Whether the settings name a function among those that put something into every context."""
    if function.owner is not None or function.parent or len(function.parameters) != 1:
        return False
    known = evaluator.ask(ProcessorNames())
    return any(f"{module}.{function.name}" in known for module in evaluator.project.modules.names(of.path))


def everywhere(evaluator: Evaluator, path: ModulePath, entries: Entries) -> Iterator[tuple[str, Entries]]:
    """The templates in which a name stands that only a processor gives, each with the entry.

    A view may put something else under that name, or render a template without a request: confidence is medium.
    Jinja's get what their environment has.
    """
    for name, several in entries.items():
        cached = any(cached_value_of(evaluator, each) for each in several)
        if cached and not _is_given_elsewhere(evaluator, path, name):
            known = {name: tuple(replace(each, is_guessed=True) for each in several)}
            files = templates_of(evaluator)
            for found, _ in evaluator.ask(TemplatesFound(Search(name, is_word=True))):
                if files.language(found) is Language.DJANGO:
                    yield from ((each, known) for each in files.names_of(found)[-1:])


def _is_given_elsewhere(evaluator: Evaluator, path: ModulePath, name: str) -> bool:
    """Whether another file may put something under a name: as a text, or as a keyword."""
    forms = (f'"{name}"', f"'{name}'", f"{name}=", f"{name} =")
    return any(set(evaluator.project.name_index.files_with_text(form)) - {path} for form in forms)
