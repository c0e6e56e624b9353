"""One run over a project: which files to read, and every definition and use found in them.

Files are read in rounds. The first round takes the files that may define a cached value; each following round takes the
files that mention a name under which a cached QuerySet has been found, until no new name turns up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qscache_lint.knowledge import Knowledge
from qscache_lint.project.abstract import Function, FunctionId
from qscache_lint.project.definitions import Definition, definitions, flat
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.project import Project
from qscache_lint.project.uses import Use, uses
from qscache_lint.source.gate import may_define, may_use
from qscache_lint.source.parse import Unreadable
from qscache_lint.source.tree import SourceTree


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a run found, in the order of files and places."""

    evaluator: Evaluator
    definitions: tuple[Definition, ...]
    uses: tuple[Use, ...]
    unreadable: tuple[tuple[str, Unreadable], ...]


def analyse(tree: SourceTree, knowledge: Knowledge, always: Iterable[str] = ()) -> Analysis:
    """Analyse a project. `always` names files that are parsed whatever the gate says."""
    project = Project(tree, knowledge)
    evaluator = Evaluator(project)
    _read(project, always)
    project.candidates = _candidates(tree, knowledge)
    _read(project, project.candidates)
    known: set[str] = set()
    examined: set[str] = set()
    while True:
        fresh = [path for path in project.visited if path not in examined]
        examined.update(fresh)
        names = {name for path in fresh for name in _names_of_cached(evaluator, path)} - known
        if not names:
            break
        known |= names
        _read(project, _mentioning(tree, names, examined))
    visited = project.visited
    return Analysis(
        evaluator,
        tuple(found for path in visited for found in definitions(evaluator, path)),
        tuple(found for path in visited for found in uses(evaluator, path)),
        tuple(project.unreadable.items()),
    )


def _read(project: Project, paths: Iterable[str]) -> None:
    for path in paths:
        project.facts(path)


def _candidates(tree: SourceTree, knowledge: Knowledge) -> tuple[str, ...]:
    words = tuple(word.encode() for word in knowledge.cache_words)
    return tuple(path for path in tree.files if (source := _bytes(tree, path)) is not None and may_define(source, words))


def _mentioning(tree: SourceTree, names: Iterable[str], examined: set[str]) -> tuple[str, ...]:
    words = tuple(name.encode() for name in sorted(names))
    return tuple(
        path
        for path in tree.files
        if path not in examined and (source := _bytes(tree, path)) is not None and may_use(source, words)
    )


def _bytes(tree: SourceTree, path: str) -> bytes | None:
    """A file that cannot be read may matter: it is handed on, so that its finding says so."""
    try:
        return tree.read(path)
    except OSError:
        return None


_KEY_TEXT = re.compile(r"[A-Za-z_][\w.:/-]{2,}")


def _names_of_cached(evaluator: Evaluator, path: str) -> Iterable[str]:
    """The names under which other files may reach a cached QuerySet of this module."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    for definition in definitions(evaluator, path):
        function = facts.functions[definition.function]
        yield from (word for word in re.findall(r"\w+", definition.origin.name))
        if definition.function and function.name != "<lambda>":
            yield function.name
    for index, function in enumerate(facts.functions):
        if not index or function.name == "<lambda>":
            continue
        value = evaluator.call(Function(FunctionId(path, index)), None, Site(path, 0, None))
        if any(True for _ in flat(value)):
            yield function.name
    for name, bindings in facts.body.bindings.items():
        if any(found for binding in bindings for found in flat(evaluator.value(path, binding.value))):
            yield name
