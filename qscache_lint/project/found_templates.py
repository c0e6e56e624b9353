"""Which templates there are: in directories that are called so, and in those that the settings name literally."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Attribute, Binary, Call, Constant, Container, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.evaluation.binding import text
from qscache_lint.project.evaluation.core import Context, answers
from qscache_lint.project.questions import Reading
from qscache_lint.project.settings_files import is_test
from qscache_lint.templates.files import Search, Seen, TemplateFiles


class TemplateDirectories(Reading[tuple[str, ...]], frozen=True):
    """The ends of the paths of directories that settings name for templates, as far as they are constants."""


class TemplatesFound(Reading[Seen], frozen=True):
    """The templates that a search finds, as they are."""

    search: Search


@answers(TemplatesFound)
def _found(context: Context, asked: TemplatesFound) -> Seen:
    return templates_of(context).look(asked.search)


def templates_of(context: Context) -> TemplateFiles:
    """The templates of a project."""
    return context.project.templates(context.ask(TemplateDirectories()))


@answers(TemplateDirectories)
def _directories(context: Context, _: TemplateDirectories) -> tuple[str, ...]:
    row, tests = context.knowledge.templates.table.directories, context.knowledge.settings_modules
    index = context.project.name_index
    paths = {path for name in (*row.entries, *row.settings) for path in index.files_with_word(name)}
    found: set[str] = set()
    for path in sorted(paths):
        facts = None if is_test(tests, path) else context.project.facts(path)
        if facts is not None:
            named = (*_under(facts, row.entries), *_bound(facts, row.settings))
            found.update(end for ref in named for end in _ends(facts, ref))
    return tuple(sorted(found))


def _under(facts: ModuleFacts, names: tuple[str, ...]) -> Iterator[Ref]:
    """What stands in a dict under one of some names."""
    for _, container in facts.every(Container):
        for entry in container.entries:
            if entry.key is not None and text(facts.terms[entry.key]) in names:
                yield entry.value


def _bound(facts: ModuleFacts, names: tuple[str, ...]) -> Iterator[Ref]:
    """What a module binds to one of some names."""
    return (each.value for name in names for each in facts.body.bindings.get(name, ()))


def _ends(facts: ModuleFacts, ref: Ref) -> Iterator[str]:
    """The ends of the paths in a list."""
    term = facts.terms[ref]
    for entry in term.entries if isinstance(term, Container) else ():
        end = "/".join(_steps(facts, entry.value)).replace("//", "/").strip("/")
        if end and ".." not in end:
            yield end


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
