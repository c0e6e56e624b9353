"""Which files take every name from a module by `from … import *`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname

from qscache_lint.facts.terms import Import
from qscache_lint.fixing.mentioning_files import files_with, module_name
from qscache_lint.project.evaluate import Evaluator

_STAR = re.compile(rb"\bimport\s*\*")


def takers_of_all(evaluator: Evaluator, path: str) -> Iterator[str]:
    """The files that take every name from a module."""
    modules = evaluator.project.modules
    for each in _candidates(evaluator, path):
        facts = evaluator.project.facts(each)
        terms = () if facts is None else tuple(facts.terms[star.value] for star in facts.stars)
        if any(isinstance(term, Import) and modules.resolve(each, term.module, term.level) == path for term in terms):
            yield each


def _candidates(evaluator: Evaluator, path: str) -> Iterator[str]:
    """The files that name a module, and for a package those below it, which may do without: `from . import *`."""
    tree = evaluator.project.tree
    below = f"{dirname(path)}/" if basename(path) == "__init__.py" else None
    inside = [each for each in tree.files if below is not None and each.startswith(below)]
    for each in dict.fromkeys((*files_with(evaluator, path, module_name(path)), *inside)):
        if _STAR.search(tree.read(each)):
            yield each
