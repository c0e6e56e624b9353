"""What a project's settings choose: the serializer of its tasks and sessions, where that is written down literally."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import AttributeStore, Call, Constant, Container, Import, ItemStore, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Reads, Serializer, Setting
from qscache_lint.project.abstract import Literal
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Span, Step


class Choice(msgspec.Struct, frozen=True):
    """How much of a QuerySet is read, whether it is refused in the end, and where that was chosen."""

    reads: Reads
    refuses: bool
    step: Step | None = None


def choice(evaluator: Evaluator, path: str, row: Serializer, call: Call | None = None) -> Choice:
    """What a serializer does with a QuerySet in the file `path`: as `call` says itself, as the settings do, or else."""
    for name in row.chosen_by:
        setting = evaluator.knowledge.settings[name]
        given = [*_overriding(setting, path, call)] or [*_given(evaluator, path, setting)]
        made = _made(evaluator, setting, given)
        if made is not None:
            return made
    return Choice(row.reads, row.refuses)


def _made(evaluator: Evaluator, setting: Setting, given: list[tuple[str, Ref, Step]]) -> Choice | None:
    """What the values of a setting choose; unknown where they do not agree, None when nothing is chosen."""
    values = {value for path, ref, _ in given for value in _texts(evaluator, path, ref)}
    if not values:
        return None
    rows = [next((row for row in setting.chosen if value in row.values), None) for value in values]
    first = rows[0]
    if first is not None and all(row == first for row in rows):
        return Choice(first.reads, first.refuses, given[0][2])
    return None if setting.only_these and not any(rows) else Choice("unknown", False, given[0][2])


def _texts(evaluator: Evaluator, path: str, ref: Ref) -> Iterator[str]:
    """What a term may be, as text; "" for all that is none."""
    for atom in evaluator.value(path, ref) or (None,):
        yield atom.value if isinstance(atom, Literal) and isinstance(atom.value, str) else ""


def _overriding(setting: Setting, path: str, call: Call | None) -> Iterator[tuple[str, Ref, Step]]:
    for argument in () if call is None else call.arguments:
        if setting.argument and argument.keyword == setting.argument:
            yield path, argument.value, Step(path, argument.span, f"the {setting.setting} is chosen here")


def _given(evaluator: Evaluator, path: str, setting: Setting) -> Iterator[tuple[str, Ref, Step]]:
    """What the files that `path` may see give to a setting: the file, the value, and where."""
    project = evaluator.project
    words = project.words
    named = (words.files_with_word(name) for name in setting.names)
    ending = (words.files_with_ending(name) for name in setting.endings)
    for other in sorted({file for files in (*named, *ending) for file in files}):
        facts = project.facts(other) if project.modules.sees(path, other) else None
        for ref, step in () if facts is None else _written(other, facts, setting):
            yield other, ref, step


def _written(path: str, facts: ModuleFacts, setting: Setting) -> Iterator[tuple[Ref, Step]]:
    """Every value that a module gives to a setting, by whatever way."""
    for name, value, span in _named(facts, setting.calls):
        if setting.is_called(name):
            yield value, Step(path, span, f"the {setting.setting} is chosen here")


def _named(facts: ModuleFacts, calls: tuple[str, ...]) -> Iterator[tuple[str, Ref, Span]]:
    """What gets a value by name: globals, members of classes, attributes, entries, and keywords of some calls."""
    for bound in (facts.body.bindings, *(opened.members for opened in facts.classes)):
        for name, bindings in bound.items():
            yield from ((name, each.value, each.span) for each in bindings if not _is_import(facts, each.value))
    for function in facts.functions:
        for event in function.events:
            if isinstance(event, AttributeStore):
                yield event.name, event.value, event.span
            elif isinstance(event, ItemStore):
                yield _text(facts, event.key), event.value, event.span
    for term in facts.terms:
        if isinstance(term, Call) and getattr(facts.terms[term.function], "name", None) in calls:
            yield from ((each.keyword or "", each.value, each.span) for each in term.arguments)
        elif isinstance(term, Container):
            keyed = ((each.key, each) for each in term.entries if each.key is not None)
            yield from ((_text(facts, key), each.value, each.span) for key, each in keyed)


def _is_import(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a name only comes from elsewhere, where it is found as well."""
    return isinstance(facts.terms[ref], Import)


def _text(facts: ModuleFacts, ref: Ref) -> str:
    term = facts.terms[ref]
    return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""
