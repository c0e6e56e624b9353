"""Which files of a project can be its settings: by their names, or because something names them as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Argument, Call, Constant, Import, Ref
from qscache_lint.knowledge.cache_rows import SettingsModules
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.project import Project

_NO_NAMES = ("__init__", "__main__")


def is_test(row: SettingsModules, path: ModulePath) -> bool:
    """Whether a file is a test, or stands among tests: what is set there holds for them alone."""
    return _is_called(row.tests, path)


def settings_among(project: Project, row: SettingsModules, paths: Iterable[ModulePath]) -> frozenset[ModulePath]:
    """Those of some files that can be settings of the project."""
    candidates = frozenset(path for path in paths if not is_test(row, path))
    called = frozenset(path for path in candidates if _is_called(row.names, path))
    others = candidates - called
    if not others:
        return called
    near = {file for path in others for file in project.name_index.files_with_word(_names(path)[-1])}
    roots = {*_pointed_at(project, row), *(file for file in near if _is_called(row.names, file))}
    return called | (others & _taken_over(project, (file for file in roots if not is_test(row, file))))


def _names(path: ModulePath) -> tuple[str, ...]:
    """The names of the packages that a module is in, and its own."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] in _NO_NAMES and len(parts) > 1 else parts


def _is_called(patterns: tuple[str, ...], path: ModulePath) -> bool:
    return any(fnmatchcase(name, pattern) for name in _names(path) for pattern in patterns)


def _taken_over(project: Project, roots: Iterable[ModulePath]) -> set[ModulePath]:
    """Some modules, and those of which they take every name: `from .base import *`."""
    found, pending = set(), list(roots)
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found.add(path)
        facts = project.facts(path)
        for module in () if facts is None else _stars(facts):
            pending.extend(_files(project, path, module.module, module.level))
    return found


def _stars(facts: ModuleFacts) -> Iterator[Import]:
    terms = (facts.terms[star.value] for star in facts.stars)
    return (term for term in terms if isinstance(term, Import))


def _pointed_at(project: Project, row: SettingsModules) -> Iterator[ModulePath]:
    """The modules that a variable (`DJANGO_SETTINGS_MODULE`) or a call (`config_from_object`) names as settings."""
    for path in sorted(
        {file for name in (*row.variables, *row.calls) for file in project.name_index.files_with_word(name)}
    ):
        facts = None if is_test(row, path) else project.facts(path)
        for dotted in () if facts is None else _dotted(facts, row):
            yield from _files(project, path, dotted.partition(":")[0], 0)


def _files(project: Project, importer: ModulePath, dotted: str, level: int) -> Iterator[ModulePath]:
    found = project.modules.resolve(importer, dotted, level)
    if found is not None and not found.endswith("/"):
        yield found


def _dotted(facts: ModuleFacts, row: SettingsModules) -> Iterator[str]:
    for function in facts.functions:
        for event in function.events:
            if isinstance(event, ItemStore) and _text(facts, event.key) in row.variables:
                yield _text(facts, event.value)
    for _, call in facts.every(Call):
        given = _texts(facts, call.arguments)
        yield from given[:1] if getattr(facts.terms[call.function], "name", None) in row.calls else ()
        yield from given[1:2] if given[:1] and given[0] in row.variables else ()


def _texts(facts: ModuleFacts, arguments: tuple[Argument, ...]) -> list[str]:
    return [_text(facts, argument.value) for argument in arguments]


def _text(facts: ModuleFacts, ref: Ref) -> str:
    term = facts.terms[ref]
    return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""
