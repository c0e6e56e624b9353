"""Which templates there are: in directories that are called so, and in those that the settings name literally."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Binary, Call, Constant, Container, Entry, Ref
from qscache_lint.knowledge.template_rows import Directories
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.evaluation.core import Context, answers
from qscache_lint.project.questions import Reading
from qscache_lint.project.settings_files import is_test
from qscache_lint.templates.files import Search, Seen, TemplateFiles

_OF_PAGES = ".html"
"""The ending of pages."""


class TemplateDirectories(Reading[tuple[str, ...]], frozen=True):
    """The ends of the paths of directories that settings name for templates, as far as they are constants."""


class JinjaDirectories(Reading[tuple[str, ...]], frozen=True):
    """The same of directories whose templates are Jinja's."""


class TemplatesFound(Reading[Seen], frozen=True):
    """The templates that a search finds, as they are."""

    search: Search


@answers(TemplatesFound)
def _found(context: Context, asked: TemplatesFound) -> Seen:
    return templates_of(context).look(asked.search)


def templates_of(context: Context) -> TemplateFiles:
    """The templates of a project."""
    return context.project.templates(context.ask(TemplateDirectories()), context.ask(JinjaDirectories()))


@answers(TemplateDirectories)
def _directories(context: Context, _: TemplateDirectories) -> tuple[str, ...]:
    row = context.knowledge.templates.table.directories
    found: set[str] = set()
    for facts in settings_with(context, (*row.entries, *row.settings)):
        for ref in (*under(facts, row.entries), *bound(facts, row.settings)):
            found.update(_end(facts, each) for each in listed(facts, ref))
    return tuple(sorted(found - {""}))


@answers(JinjaDirectories)
def _jinja_directories(context: Context, asked: JinjaDirectories) -> tuple[str, ...]:
    """The first engine that has a directory renders what is in it."""
    row = context.knowledge.templates.table.directories
    found: dict[str, bool] = {}
    for facts in settings_with(context, row.entries):
        for _, engine in facts.every(Container):
            named = {text(facts.terms[each.key]): each.value for each in engine.entries if each.key is not None}
            backend = named.get(row.backend)
            is_jinja = None if backend is None else _is_jinja(facts, row, text(facts.terms[backend]), engine)
            if is_jinja is not None:
                given = (each for name in row.entries if name in named for each in listed(facts, named[name]))
                found.update((end, is_jinja) for each in given if (end := _end(facts, each)) not in found)
    return tuple(sorted(each for each, is_jinja in found.items() if each and is_jinja))


def _is_jinja(facts: ModuleFacts, row: Directories, backend: str, engine: Container) -> bool | None:
    """Whether an engine renders pages with Jinja; None where it leaves them to the next one."""
    if backend not in row.jinja_by_ending:
        return backend in row.jinja
    options = (facts.terms[each.value] for each in engine.entries)
    entries = (each for option in options if isinstance(option, Container) for each in option.entries)
    ending = next((each.value for each in entries if _is_named(facts, each, row.ending)), None)
    if ending is None:
        return None
    endings = (text(facts.terms[each]) for each in (ending, *listed(facts, ending)))
    return True if _OF_PAGES in endings else None


def _is_named(facts: ModuleFacts, entry: Entry, name: str) -> bool:
    return entry.key is not None and text(facts.terms[entry.key]) == name


def settings_with(context: Context, names: tuple[str, ...]) -> Iterator[ModuleFacts]:
    """The files in which one of some names stands, but for those of tests."""
    for path in sorted({path for name in names for path in context.project.name_index.files_with_word(name)}):
        facts = None if is_test(context.knowledge.settings_modules, path) else context.project.facts(path)
        if facts is not None:
            yield facts


def under(facts: ModuleFacts, names: tuple[str, ...]) -> Iterator[Ref]:
    """What stands in a dict under one of some names."""
    for _, container in facts.every(Container):
        for entry in container.entries:
            if entry.key is not None and text(facts.terms[entry.key]) in names:
                yield entry.value


def bound(facts: ModuleFacts, names: tuple[str, ...]) -> Iterator[Ref]:
    """What a module binds to one of some names."""
    return (each.value for name in names for each in facts.body.bindings.get(name, ()))


def listed(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The members of a list or tuple, of one that is added to another, too."""
    match facts.terms[ref]:
        case Container(kind="list" | "tuple", entries=entries):
            yield from (entry.value for entry in entries if not entry.star)
        case Binary(operator="+", left=left, right=right):
            yield from (*listed(facts, left), *listed(facts, right))


def _end(facts: ModuleFacts, ref: Ref) -> str:
    """The end of a path, as far as it is constant."""
    end = "/".join(_steps(facts, ref)).replace("//", "/").strip("/")
    return "" if ".." in end else end


def _steps(facts: ModuleFacts, ref: Ref) -> tuple[str, ...]:
    """The constants at the end of a path: `os.path.join(BASE, "a", "b")`, `BASE / "a" / "b"`, `root("a/b")`."""
    match facts.terms[ref]:
        case Constant(value=str() as value):
            return (value,)
        case Binary(operator="/" | "+", left=left, right=right):
            behind = _steps(facts, right)
            return (*_steps(facts, left), *behind) if behind else ()
        case Call(function=function, arguments=arguments):
            method = facts.terms[function]
            before = _steps(facts, method.base) if isinstance(method, Attribute) and not arguments else ()
            given = [_steps(facts, each.value) for each in arguments if not each.star]
            last = next((at for at, each in reversed(tuple(enumerate(given))) if not each), -1)
            return (*before, *(step for each in given[last + 1 :] for step in each))
        case _:
            return ()
