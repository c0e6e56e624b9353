"""Functions whose calls are all seen: nothing but calls mentions them, so a parameter has what these give it.

A function inside another one is out of reach for the rest of the program as long as its name is only called. One of a
module is so where each mention of its name, in all files that can see it, is a call, an import or something else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.facts.model import FunctionFacts, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Free, FunctionTerm, Import, Name, Ref
from qscache_lint.fixing.out_of_sight import hidden_mention, is_exported
from qscache_lint.project.abstract import ClassValue, External, Function, Instance, Module, Unknown, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.takings import Way, statements

Term: TypeAlias = tuple[str, Ref]
"""A term and the file it stands in."""

_BY_NAME = frozenset({"locals", "vars", "globals", "eval", "exec", "_getframe", "currentframe"})
"""What finds a variable without naming it."""

_IMPORTERS = frozenset({"import_module", "import_string", "__import__"})
"""What finds a module, or something in it, by a string."""


def given_by_all(evaluator: Evaluator, identity: FunctionId, parameter: str) -> tuple[Term, ...] | None:
    """The terms that fill a parameter of a function, be it in calls or as its default; None where some are not seen."""
    facts = evaluator.facts(identity.path)
    function = facts.functions[identity.index]
    place, stated = next((place, each) for place, each in enumerate(function.parameters) if each.name == parameter)
    calls = _calls(evaluator, identity) if stated.kind in ("positional", "keyword") else None
    if calls is None or function.decorators or function.owner is not None:
        return None
    found: list[Term] = []
    for path, ref in calls:
        call = evaluator.facts(path).terms[ref]
        assert isinstance(call, Call)
        if any(each.star for each in call.arguments):
            return None
        named = [each.value for each in call.arguments if each.keyword == parameter]
        positional = [each.value for each in call.arguments if each.keyword is None]
        given = named or (positional[place : place + 1] if stated.kind == "positional" else [])
        found.extend((path, value) for value in given)
    if stated.default is not None:
        found.append((identity.path, stated.default))
    return tuple(found)


def calls_of(evaluator: Evaluator, identity: FunctionId) -> tuple[Term, ...] | None:
    """All calls of a plain function; None where some are not seen."""
    function = evaluator.facts(identity.path).functions[identity.index]
    is_plain = not function.decorators and function.owner is None
    return _calls(evaluator, identity) if is_plain else None


def is_borrowed(evaluator: Evaluator, identity: FunctionId) -> bool:
    """Whether a method may run for an object of another class: `titles = Section.titles`, `Section.titles(other)`."""
    facts = evaluator.facts(identity.path)
    function = facts.functions[identity.index]
    if function.owner is None:
        return False
    owner = ClassId(identity.path, function.owner)
    classes = (owner, *evaluator.classes.subclasses(owner))
    named = {evaluator.facts(each.path).classes[each.index].name for each in classes}
    index = evaluator.project.name_index
    near = {path for name in named for path in index.files_with_word(name)}
    paths = [path for path in index.files_with_word(function.name) if path in near]
    return any(_borrows(evaluator, path, function.name, classes) for path in paths)


def _borrows(evaluator: Evaluator, path: str, name: str, classes: Collection[ClassId]) -> bool:
    facts = evaluator.project.facts(path)
    if facts is None:
        return True
    for ref, term in facts.every(Attribute):
        if term.name != name or not _is_one_of(evaluator.value(path, term.base), ClassValue, classes):
            continue
        for user in facts.users(ref) or (ref,):
            call = facts.terms[user]
            given = call.arguments[0] if isinstance(call, Call) and call.function == ref and call.arguments else None
            if given is None or given.star or not _is_one_of(evaluator.value(path, given.value), Instance, classes):
                return True
    return False


def _is_one_of(value: Value, kind: type[ClassValue | Instance], classes: Collection[ClassId]) -> bool:
    """Whether a value is of one of some classes: all of it for an object, a part of it for a class."""
    found = [isinstance(atom, kind) and atom.of in classes for atom in value]
    return any(found) if kind is ClassValue else bool(found) and all(found)


def _calls(evaluator: Evaluator, identity: FunctionId) -> tuple[Term, ...] | None:
    """All calls of a function; None where there may be others."""
    facts = evaluator.facts(identity.path)
    function = facts.functions[identity.index]
    if function.parent:
        return _calls_inside(identity, facts, function)
    return _calls_of_module(evaluator, identity, function) if identity.index else None


def _calls_inside(identity: FunctionId, facts: ModuleFacts, function: FunctionFacts) -> tuple[Term, ...] | None:
    """The calls of a function that stands in another one."""
    around = function.parent or 0
    bound = facts.functions[around].bindings.get(function.name, ())
    if len(bound) != 1 or facts.terms[bound[0].value] != FunctionTerm(identity.index):
        return None
    inner = facts.inside(around)
    if _is_set_elsewhere(facts, inner, function.name) or any(_asks_by_name(facts, each) for each in inner):
        return None
    named = {bound[0].value}
    for each in inner:
        named |= {ref for ref, term in facts.of_kind(Free, each) if term == Free(around, function.name)}
    return _only_called(identity.path, facts, named, inner)


def _is_set_elsewhere(facts: ModuleFacts, functions: Collection[int], name: str) -> bool:
    events = (event for each in functions for event in facts.functions[each].events)
    return any(isinstance(event, NameStore) and event.name == name for event in events)


def _asks_by_name(facts: ModuleFacts, index: int) -> bool:
    plain = (term.name for _, term in facts.of_kind(Name, index))
    return not _BY_NAME.isdisjoint((*plain, *(term.name for _, term in facts.of_kind(Attribute, index))))


def _only_called(
    path: str, facts: ModuleFacts, named: Collection[Ref], functions: Collection[int]
) -> tuple[Term, ...] | None:
    """The calls that some terms are the functions of; None where anything else is done with one of them."""
    calls: dict[Ref, None] = {}
    for ref in sorted(named):
        for user in facts.users(ref):
            term = facts.terms[user]
            if not isinstance(term, Call) or any(each.value == ref for each in term.arguments):
                return None
            calls[user] = None
    if any(each in named for each in _taken(facts, functions)):
        return None
    return tuple((path, ref) for ref in calls)


def _taken(facts: ModuleFacts, functions: Collection[int]) -> Iterator[Ref]:
    """What the statements of some functions take, their decorators and the names that they bind among them."""
    for index in functions:
        plain = (each for each in statements(facts, index) if each.way not in (Way.CAPTURED, Way.GLOBAL))
        yield from (each.value for each in plain)
        for name, bound in facts.functions[index].bindings.items():
            yield from (each.value for each in bound if not _binds_itself(facts, each.value, name))
    yield from (each.value for function in facts.functions for each in function.decorators)
    yield from (each.value for opened in facts.classes for each in opened.decorators)
    yield from (each for opened in facts.classes for each in opened.bases)


def _binds_itself(facts: ModuleFacts, ref: Ref, name: str) -> bool:
    """Whether a definition or an import gives something the name that it has."""
    match facts.terms[ref]:
        case FunctionTerm(index=index):
            return facts.functions[index].name == name
        case Import(name=imported):
            return imported == name
        case _:
            return False


# -- functions of a module


def _calls_of_module(evaluator: Evaluator, identity: FunctionId, function: FunctionFacts) -> tuple[Term, ...] | None:
    """The calls of a function of a module, in all files that have its name."""
    name = function.name
    bound = evaluator.facts(identity.path).body.bindings.get(name, ())
    if len(bound) != 1 or is_exported(evaluator, identity.path, name) or hidden_mention(evaluator, name):
        return None
    paths = evaluator.project.name_index.files_with_word(name)
    if len(paths) > limits.FILES_WITH_CALLERS or _is_asked(evaluator, identity.path):
        return None
    found: list[Term] = []
    for path in paths:
        calls = _calls_in(evaluator, identity, name, path)
        if calls is None:
            return None
        found.extend(calls)
    return tuple(found)


def _is_asked(evaluator: Evaluator, path: str) -> bool:
    """Whether the project may ask a module for a name that is put together: it is more than a base of attributes."""
    names = evaluator.project.modules.names(path)
    words = {name.rpartition(".")[2] for name in names} | _IMPORTERS
    files = {each for word in words for each in evaluator.project.name_index.files_with_word(word)}
    return any(_asks_for_module(evaluator, each, path, names) for each in sorted(files))


def _asks_for_module(evaluator: Evaluator, path: str, module: str, names: Collection[str]) -> bool:
    facts = evaluator.project.facts(path)
    if facts is None:
        return True
    for ref, term in enumerate(facts.terms):
        if isinstance(term, Constant) and isinstance(term.value, str) and term.value in names:
            return True
        if isinstance(term, Call) and _is_dynamic(evaluator, facts, path, term):
            return True
        if not isinstance(term, (Name, Import, Attribute, Free)) or not _is_module(evaluator, path, ref, module):
            continue
        users = [facts.terms[user] for user in facts.users(ref)]
        if not all(isinstance(user, Attribute) and user.name != "__dict__" for user in users):
            return True
    return False


def _is_module(evaluator: Evaluator, path: str, ref: Ref, module: str) -> bool:
    return any(isinstance(atom, Module) and atom.path == module for atom in evaluator.value(path, ref))


def _is_dynamic(evaluator: Evaluator, facts: ModuleFacts, path: str, call: Call) -> bool:
    """Whether a call imports something by a name that is put together, or asks what was imported so for one."""
    called = facts.terms[call.function]
    if getattr(called, "name", "") not in _IMPORTERS or not call.arguments:
        return False
    return not isinstance(facts.terms[call.arguments[0].value], Constant)


def _calls_in(evaluator: Evaluator, identity: FunctionId, name: str, path: str) -> tuple[Term, ...] | None:
    """The calls in one file; None where it may do anything else with the function."""
    facts = evaluator.project.facts(path)
    if facts is None or any(_is_named_in_text(term, name) for term in facts.terms):
        return None
    named: set[Ref] = set()
    for ref, term in enumerate(facts.terms):
        if not _has_name(facts, term, name):
            continue
        value = evaluator.value(path, ref)
        if value == (Function(identity),):
            named.add(ref)
        elif _may_be(evaluator, path, term, value, identity):
            return None
    if named and any(_asks_by_name(facts, each) for each in range(len(facts.functions))):
        return None
    return _only_called(path, facts, named, range(len(facts.functions)))


def _is_named_in_text(term: object, name: str) -> bool:
    """Whether a string has a name as a word: `getattr(pages, "titles")`."""
    text = term.value if isinstance(term, Constant) else None
    return isinstance(text, str) and re.search(rf"\b{re.escape(name)}\b", text) is not None


def _has_name(facts: ModuleFacts, term: object, name: str) -> bool:
    match term:
        case Name(name=own) | Attribute(name=own) | Import(name=own) | Free(name=own):
            return own == name
        case FunctionTerm(index=index):
            return facts.functions[index].name == name
        case _:
            return False


def _may_be(evaluator: Evaluator, path: str, term: object, value: Value, identity: FunctionId) -> bool:
    """Whether something of the name may be a function: of an attribute, where its object may be a module."""
    if any(isinstance(atom, Function) and atom.of == identity for atom in value):
        return True
    if not isinstance(term, Attribute):
        return not value or any(isinstance(atom, Unknown) for atom in value)
    base = evaluator.value(path, term.base)
    return not base or any(isinstance(atom, (Unknown, Module, External)) for atom in base)
