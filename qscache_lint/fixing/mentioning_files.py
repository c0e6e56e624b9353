"""The files of a project in which a name stands: where else it has to be looked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.model import Refused
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.source.name_patterns import is_written_alike
from qscache_lint.source.text import decode, split_rows

_IMPORT = re.compile(r"\s*(?:from\s+\S+\s+)?import\b")


def modules_mentioning(
    evaluator: Evaluator, cached_function: CachedFunction, within: Collection[str] | None = None
) -> Iterator[tuple[str, ModuleFacts]]:
    """The modules that mention a cached function, with their facts: every body that names it has been read.

    Raises Refused for a file that cannot be read, or has the name in other characters, and for a name that is used too
    often to be followed.
    """
    mentioning = files_mentioning(evaluator, cached_function)
    files = [path for path in mentioning if within is None or path in within]
    if len(files) > limits.FILES_WITH_NAME:
        raise Refused(reason("too-many-files", files=len(files), name=cached_function.name))
    for path in files:
        facts = evaluator.project.facts(path)
        if facts is None:
            raise Refused(reason("file-unreadable", path, name=cached_function.name))
        if not is_written_alike(cached_function.name, evaluator.project.tree.read(path)):
            raise Refused(reason("written-otherwise", path, name=cached_function.name))
        yield path, facts


def files_mentioning(evaluator: Evaluator, cached_function: CachedFunction, name: str = "") -> Iterator[str]:
    """The files that can see a cached function and contain its name, or `name`, as a word."""
    return files_with(evaluator, cached_function.path, name or cached_function.name)


def files_with(evaluator: Evaluator, seen: str, name: str) -> Iterator[str]:
    """The files that can see the file `seen` and contain a name as a word.

    Files of another Django project of the same repository cannot.
    """
    project = evaluator.project
    return (path for path in project.name_index.files_with_word(name) if project.modules.sees(path, seen))


def words_of(evaluator: Evaluator, seen: str, name: str) -> Iterator[tuple[str, int, re.Match[str]]]:
    """The places with a word outside of imports, in comments and text as well: path, row, and the match in its line."""
    for path in files_with(evaluator, seen, name):
        for row, line in enumerate(split_rows(decode(evaluator.project.tree.read(path))), 1):
            if not _IMPORT.match(line):
                yield from ((path, row, word) for word in re.finditer(rf"\b{re.escape(name)}\b", line))


def module_name(path: str) -> str:
    """The last name of a module."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
