"""Constants: what a name holds that is bound once, and that no code of the project binds anew or changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Container, Import, Mutated, Name, Ref, Updated, operands
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.known import may_replace
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.state import CHANGING
from qscache_lint.project.abstract import ClassValue, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId


def is_settled(evaluator: Evaluator, path: str, name: str) -> bool:
    """Whether a global or attribute `name` that a file reads is a constant, wherever it is bound.

    A string with the name may be the target of a patch, or of `setattr`.
    """
    files = list(files_with(evaluator, path, name))
    if len(files) > limits.FILES_WITH_NAME:
        return False
    return not any(_touches(evaluator, each, name) for each in files)


def _touches(evaluator: Evaluator, path: str, name: str) -> bool:
    facts = evaluator.project.facts(path)
    if facts is None:
        return True
    if sum(not isinstance(facts.terms[each.value], Import) for each in facts.body.bindings.get(name, ())) > 1:
        return True
    named = re.compile(rf"(\S*\.)?{re.escape(name)}(\.\w+)*")
    may_be_replaced = may_replace(path, evaluator.project.tree.read(path))
    texts = (term.value for _, term in facts.every(Constant) if isinstance(term.value, str))
    if may_be_replaced and any(map(named.fullmatch, texts)):
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


def constant_at(subject: Subject, ref: Ref) -> tuple[str, Ref] | None:
    """The term that a global name is bound to, with its file; None for a name that is bound several times."""
    term = subject.facts.terms[ref]
    modules = subject.evaluator.project.modules
    path: str | None = subject.path
    name = getattr(term, "name", None)
    if isinstance(term, Attribute):
        base = subject.value(term.base)
        if len(base) == 1 and isinstance(base[0], ClassValue):
            return _in_class(subject.evaluator, base[0].of, term.name)
        path = base[0].path if len(base) == 1 and isinstance(base[0], Module) else None
    elif isinstance(term, Import):
        path = modules.resolve(subject.path, term.module, term.level)
    for _ in range(limits.HELPERS_DEEP):
        facts = None if path is None or path.endswith("/") else subject.evaluator.module(path)
        bound = () if facts is None or name is None else facts.body.bindings.get(name, ())
        if facts is None or path is None or len(bound) != 1:
            return None
        found = facts.terms[bound[0].value]
        if not isinstance(found, Import):
            return path, bound[0].value
        path, name = modules.resolve(path, found.module, found.level), found.name
    return None


def _in_class(evaluator: Evaluator, owner: ClassId, name: str) -> tuple[str, Ref] | None:
    """The term that a class binds a name to, where it does so once."""
    found = evaluator.classes.member(owner, name)
    return None if found is None or len(found[1]) != 1 else (found[0].path, found[1][0].value)


def other_names(moved: Moved, ref: Ref) -> Iterator[tuple[str, Ref]]:
    """The names under which a module has what one of its statements is made of: a dict, whose keys are a view of it."""
    facts = moved.subject.facts
    made = {each for each in moved.refs if isinstance(facts.terms[each], (Call, Container, Mutated, Updated))}
    for name, bindings in facts.body.bindings.items():
        yield from ((name, each.value) for each in bindings if each.value in made - {ref})


def found_at(evaluator: Evaluator, path: str, ref: Ref) -> Moved:
    """What a statement of a module computes."""
    subject = Subject(evaluator, FunctionId(path, 0))
    pending, found = [ref], {ref}
    while pending:
        fresh = [each for each in operands(subject.facts.terms[pending.pop()]) if each not in found]
        found.update(fresh)
        pending.extend(fresh)
    return Moved(subject, frozenset(found), ())
