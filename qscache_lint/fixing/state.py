"""State: what functions of the project change, so that reading it a second time may give something else."""

from __future__ import annotations

import re

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import MUTATORS, Attribute, Import, Name
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.source.name_patterns import in_source

CHANGING = MUTATORS | {"clear", "discard", "pop", "popitem", "remove", "reverse", "sort"}
"""Methods of Python's containers that change them."""

_CHANGE = r"\bglobal\b[^\n]*\b{name}\b|\b{name}\s*([\[.,]|[^\w\s]{{0,2}}=(?!=))"
"""How a change of a name looks at the first glance: `name = 1`, `name += 1`, `name[0] = 1`, `name.add(1)`."""


def is_changed(evaluator: Evaluator, path: str, name: str) -> bool:
    """Whether a function changes the global or attribute `name` of a file, other than where an object is made.

    True, too, where that takes too long to say.
    """
    changing = in_source(_CHANGE.format(name=re.escape(name)))
    read = evaluator.project.tree.read
    files = [each for each in files_with(evaluator, path, name) if changing.search(read(each))]
    return len(files) > limits.FILES_WITH_NAME or any(_changes(evaluator.project.facts(each), name) for each in files)


def _changes(facts: ModuleFacts | None, name: str) -> bool:
    if facts is None:
        return True
    return any(_function_changes(facts, index, name) for index in range(1, len(facts.functions)))


def _function_changes(facts: ModuleFacts, index: int, name: str) -> bool:
    function = facts.functions[index]
    for event in function.events:
        match event:
            case NameStore(name=stored) if stored == name:
                return True
            case AttributeStore(name=stored) if stored == name and function.name != "__init__":
                return True
            case ItemStore(base=base) if _is_named(facts, base, name):
                return True
    attributes = facts.of_kind(Attribute, index)
    return any(term.name in CHANGING and _is_named(facts, term.base, name) for _, term in attributes)


def _is_named(facts: ModuleFacts, ref: int, name: str) -> bool:
    term = facts.terms[ref]
    return isinstance(term, (Name, Attribute, Import)) and term.name == name
