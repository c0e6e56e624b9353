"""Constants: what a name holds that is bound once, and that no code of the project binds anew or changes."""

from __future__ import annotations

import re

from qscache_lint import limits
from qscache_lint.facts.model import Attribute, AttributeStore, Constant, Import, ItemStore, Mutated, Name, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.references import files_with
from qscache_lint.fixing.state import CHANGING
from qscache_lint.project.evaluate import Evaluator


def is_settled(evaluator: Evaluator, path: str, name: str) -> bool:
    """Whether a global or attribute `name` that a file reads is a constant, wherever it is bound.

    A string with the name may be the target of a patch, or of `setattr`.
    """
    files = list(files_with(evaluator, path, name))
    if len(files) > limits.FILES_WITH_NAME:
        return False
    facts = [evaluator.project.facts(each) for each in files]
    return all(each is not None and not _touches(each, name) for each in facts)


def _touches(facts: ModuleFacts, name: str) -> bool:
    if sum(not isinstance(facts.terms[each.value], Import) for each in facts.body.bindings.get(name, ())) > 1:
        return True
    named = re.compile(rf"(\S*\.)?{re.escape(name)}(\.\w+)*")
    if any(isinstance(term.value, str) and named.fullmatch(term.value) for _, term in facts.every(Constant)):
        return True
    if any(_is_named(facts, term.base, name) for _, term in facts.every(Mutated)):
        return True
    if any(term.name in CHANGING and _is_named(facts, term.base, name) for _, term in facts.every(Attribute)):
        return True
    functions = enumerate(facts.functions)
    return any(_is_change(facts, index, event, name) for index, each in functions for event in each.events)


def _is_change(facts: ModuleFacts, index: int, event: object, name: str) -> bool:
    match event:
        case NameStore(name=stored):
            return stored == name
        case AttributeStore(name=stored):
            return stored == name and facts.functions[index].name != "__init__"
        case ItemStore(base=base):
            return _is_named(facts, base, name)
        case _:
            return False


def _is_named(facts: ModuleFacts, ref: int, name: str) -> bool:
    term = facts.terms[ref]
    return isinstance(term, (Name, Attribute, Import)) and term.name == name
