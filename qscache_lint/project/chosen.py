"""What a project's settings choose: the serializer of its tasks and sessions, where that is written down literally."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import AttributeStore, ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Container, Import, Ref
from qscache_lint.knowledge.cache_rows import Serializer, Setting
from qscache_lint.knowledge.model import Reads
from qscache_lint.project.abstract import Literal
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.settings_files import is_test, settings_among
from qscache_lint.values import Span, Step


class SerializerChoice(msgspec.Struct, frozen=True):
    """How much of a QuerySet is read, whether it is refused in the end, and where that was chosen."""

    reads: Reads
    refuses: bool
    step: Step | None = None

    def is_like(self, other: SerializerChoice) -> bool:
        """Whether the same becomes of the QuerySet."""
        return (self.reads, self.refuses) == (other.reads, other.refuses)


class _Given(msgspec.Struct, frozen=True):
    """A value that a setting gets in a file. `certain`: whatever the tests there come to."""

    path: ModulePath
    value: Ref
    step: Step
    certain: bool = True


class _Named(msgspec.Struct, frozen=True):
    """A value that something gets by name. `of_app`: it is a setting, whatever module that stands in."""

    name: str
    value: Ref
    span: Span
    certain: bool
    of_app: bool = False


def choice(evaluator: Evaluator, path: ModulePath, row: Serializer, call: Call | None = None) -> SerializerChoice:
    """What a serializer does with a QuerySet in the file `path`: as `call` says itself, as the settings do, or else."""
    made = SerializerChoice(row.reads, row.refuses)
    for name in reversed(row.chosen_by):
        setting = evaluator.knowledge.settings[name]
        given = _overriding if setting.argument else _set
        made = _made(evaluator, setting, [*given(evaluator, path, setting, call)], made)
    return made


def _made(evaluator: Evaluator, setting: Setting, given: list[_Given], otherwise: SerializerChoice) -> SerializerChoice:
    """What the values of a setting choose, and what is chosen where it is not set; unknown where they do not agree."""
    if not given:
        return otherwise
    step = given[0].step
    texts = [text for each in given for text in _texts(evaluator, each.path, each.value)]
    possible = [_of_value(setting, text, step, otherwise) for text in texts]
    if not any(each.certain for each in given):
        possible.append(otherwise)
    first = possible[0]
    return first if all(each.is_like(first) for each in possible) else SerializerChoice("unknown", False, step)


def _of_value(setting: Setting, text: str, step: Step, otherwise: SerializerChoice) -> SerializerChoice:
    for row in setting.chosen:
        if text in row.values:
            return SerializerChoice(row.reads, row.refuses, step)
    return otherwise if setting.only_these else SerializerChoice("unknown", False, step)


def _texts(evaluator: Evaluator, path: ModulePath, ref: Ref) -> Iterator[str]:
    """What a term may be, as text; "" for all that is none."""
    for atom in evaluator.value(path, ref) or (None,):
        yield atom.value if isinstance(atom, Literal) and isinstance(atom.value, str) else ""


def _overriding(_: Evaluator, path: ModulePath, setting: Setting, call: Call | None) -> Iterator[_Given]:
    """What a call says itself."""
    for argument in () if call is None else call.arguments:
        if argument.keyword == setting.argument:
            yield _Given(path, argument.value, _step(path, argument.span, setting))


def _set(evaluator: Evaluator, path: ModulePath, setting: Setting, _: Call | None) -> Iterator[_Given]:
    """What the files that `path` may see give to a setting; a bare name counts in modules that can be settings."""
    project, modules = evaluator.project, evaluator.knowledge.settings_modules
    named = (project.name_index.files_with_word(name) for name in setting.names)
    ending = (project.name_index.files_with_ending(name) for name in setting.endings)
    files = {file for files in (*named, *ending) for file in files if project.modules.sees(path, file)}
    settings = settings_among(project, modules, files)
    for other in sorted(files):
        facts = None if is_test(modules, other) else project.facts(other)
        for each in () if facts is None else _named(facts, setting):
            if setting.is_called(each.name) and (each.of_app or other in settings):
                yield _Given(other, each.value, _step(other, each.span, setting), each.certain)


def _step(path: ModulePath, span: Span, setting: Setting) -> Step:
    return Step(path, span, f"the {setting.setting} is chosen here")


def _named(facts: ModuleFacts, setting: Setting) -> Iterator[_Named]:
    """What a module gives a value by name: globals, members of classes, attributes, entries, keywords of some calls."""
    for name, bindings in facts.body.bindings.items():
        own = (each for each in bindings if not _is_import(facts, each.value))
        yield from (_Named(name, each.value, each.span, each.certain) for each in own)
    for opened in facts.classes:
        for name, bindings in opened.members.items():
            yield from (_Named(name, each.value, each.span, not each.guards) for each in bindings)
    for function in facts.functions:
        for event in function.events:
            if isinstance(event, (AttributeStore, ItemStore)):
                name = event.name if isinstance(event, AttributeStore) else _text(facts, event.key)
                of_app = _is_held(facts, event.base, setting)
                yield _Named(name, event.value, event.span, not event.guards, of_app)
    yield from _written(facts, setting)


def _written(facts: ModuleFacts, setting: Setting) -> Iterator[_Named]:
    """The keywords and entries of calls that configure an app, and the entries of other dicts."""
    handed: set[Ref] = set()
    for ref, call in facts.every(Call):
        if not _configures(facts, call, setting):
            continue
        certain = not facts.conditions.get(ref)
        for argument in call.arguments:
            yield _Named(argument.keyword or "", argument.value, argument.span, certain, of_app=True)
            handed.add(argument.value)
            yield from _entries(facts, argument.value, certain, of_app=True)
    for ref, _ in facts.every(Container):
        if ref not in handed:
            yield from _entries(facts, ref, certain=True, of_app=False)


def _entries(facts: ModuleFacts, ref: Ref, certain: bool, of_app: bool) -> Iterator[_Named]:
    term = facts.terms[ref]
    for entry in term.entries if isinstance(term, Container) else ():
        if entry.key is not None:
            yield _Named(_text(facts, entry.key), entry.value, entry.span, certain, of_app)


def _configures(facts: ModuleFacts, call: Call, setting: Setting) -> bool:
    """Whether a call makes an app (`Celery(…)`) or changes its configuration (`app.conf.update(…)`)."""
    function = facts.terms[call.function]
    is_method = isinstance(function, Attribute) and _is_held(facts, function.base, setting)
    return is_method or getattr(function, "name", None) in setting.calls


def _is_held(facts: ModuleFacts, ref: Ref, setting: Setting) -> bool:
    """Whether something is the configuration of an app: `app.conf`."""
    term = facts.terms[ref]
    return isinstance(term, Attribute) and term.name in setting.holders


def _is_import(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a name only comes from elsewhere, where it is found as well."""
    return isinstance(facts.terms[ref], Import)


def _text(facts: ModuleFacts, ref: Ref) -> str:
    term = facts.terms[ref]
    return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""
