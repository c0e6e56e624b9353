"""Context processors: functions of the project whose values every template gets that is rendered for a request."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from qscache_lint.facts.model import Constant, FunctionFacts
from qscache_lint.project.abstract import Atom, FunctionId, ModulePath, QuerySet
from qscache_lint.project.contexts import Entries, Entry
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.found_templates import TemplatesFound, templates_of
from qscache_lint.project.settings_files import is_test
from qscache_lint.templates.files import Search
from qscache_lint.values import Confidence


def is_processor(evaluator: Evaluator, of: FunctionId, function: FunctionFacts) -> bool:
    """Whether the settings name a function among those that put something into every context."""
    if function.owner is not None or function.parent or len(function.parameters) != 1:
        return False
    named = (f"{module}.{function.name}" for module in evaluator.project.modules.names(of.path))
    return any(_is_named(evaluator, dotted) for dotted in named)


def _is_named(evaluator: Evaluator, dotted: str) -> bool:
    """Whether a text stands in a file with such a setting, as a whole."""
    project, tests = evaluator.project, evaluator.knowledge.settings_modules
    settings = evaluator.knowledge.templates.table.processors.settings
    setting = {path for name in settings for path in project.name_index.files_with_word(name)}
    for path in project.name_index.files_with_text(dotted):
        facts = project.facts(path) if path in setting and not is_test(tests, path) else None
        if facts is not None and any(term.value == dotted for _, term in facts.every(Constant)):
            return True
    return False


def everywhere(evaluator: Evaluator, path: ModulePath, entries: Entries) -> Iterator[tuple[str, Entries]]:
    """The templates in which a name stands that only a processor gives, each with the entry.

    A view may put something else under that name, or render a template without a request: confidence is medium.
    """
    for name, several in entries.items():
        cached = any(isinstance(atom, QuerySet) and atom.origin is not None for each in several for atom in each.value)
        if cached and not _is_given_elsewhere(evaluator, path, name):
            known = {name: tuple(map(_guessed, several))}
            for found, _ in evaluator.ask(TemplatesFound(Search(name, is_word=True))):
                yield from ((each, known) for each in templates_of(evaluator).names_of(found)[-1:])


def _is_given_elsewhere(evaluator: Evaluator, path: ModulePath, name: str) -> bool:
    """Whether another file may put something under a name: as a text, or as a keyword."""
    forms = (f'"{name}"', f"'{name}'", f"{name}=", f"{name} =")
    return any(set(evaluator.project.name_index.files_with_text(form)) - {path} for form in forms)


def _guessed(entry: Entry) -> Entry:
    return replace(entry, value=tuple(map(_with_medium_confidence, entry.value)))


def _with_medium_confidence(atom: Atom) -> Atom:
    return replace(atom, confidence=Confidence.MEDIUM) if isinstance(atom, QuerySet) else atom
