"""Every place of the project that refers to a function: imports, calls, and what makes a repair impossible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qscache_lint.facts.model import Attribute, Call, Constant, Import, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.model import Refused
from qscache_lint.project.abstract import Function, FunctionId, Unknown, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Span


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of the function: the term of the call, in which function it stands, and its span."""

    path: str
    function: int
    ref: Ref
    span: Span


@dataclass(frozen=True, slots=True)
class ImportSite:
    """An import that binds the function; `through` is the file that the import statement names."""

    path: str
    span: Span
    through: str | None


@dataclass(frozen=True, slots=True)
class References:
    """All references to one function."""

    calls: tuple[CallSite, ...]
    imports: tuple[ImportSite, ...]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset({call.path for call in self.calls} | {found.path for found in self.imports})


def find_references(evaluator: Evaluator, identity: FunctionId, name: str) -> References:
    """The references to a module-level function.

    Raises Refused for a file that cannot be read, a name in a string, or a use that is not resolved.
    """
    calls: list[CallSite] = []
    imports: list[ImportSite] = []
    for path in files_mentioning(evaluator, name):
        read = evaluator.project.facts(path)
        if read is None:
            raise Refused(f"{path} mentions {name} and cannot be read")
        facts = read.everything()
        calls.extend(_calls(evaluator, path, facts, identity, name))
        imports.extend(_imports(evaluator, path, facts, identity))
        _refuse_strings(path, facts, name)
    return References(tuple(calls), tuple(imports))


def files_mentioning(evaluator: Evaluator, name: str) -> Iterator[str]:
    """The files of the project that contain `name` as a word."""
    word = re.compile(rb"\b" + name.encode() + rb"\b")
    for path in evaluator.project.tree.files:
        try:
            source = evaluator.project.tree.read(path)
        except OSError:
            continue
        if word.search(source):
            yield path


def _calls(
    evaluator: Evaluator, path: str, facts: ModuleFacts, identity: FunctionId, name: str
) -> Iterator[CallSite]:
    for index, function in facts.functions.items():
        for ref in range(function.first, function.last):
            term = facts.terms[ref]
            if not isinstance(term, Call):
                continue
            value = evaluator.value(path, term.function)
            if refers_to(value, identity):
                if len(value) > 1:
                    raise Refused(f"line {facts.spans[ref].start.row} of {path} may also call something else")
                yield CallSite(path, index, ref, facts.spans[ref])
            elif _may_refer(facts, term.function, name, value):
                raise Refused(f"line {facts.spans[ref].start.row} of {path} calls .{name}() on an unknown object")


def _may_refer(facts: ModuleFacts, function: Ref, name: str, value: Value) -> bool:
    called = facts.terms[function]
    return (
        isinstance(called, Attribute) and called.name == name and any(isinstance(atom, Unknown) for atom in value)
    )


def refers_to(value: Value, identity: FunctionId) -> bool:
    """Whether a value may be the function, bound or not."""
    return any(isinstance(atom, Function) and atom.of == identity for atom in value)


def _imports(evaluator: Evaluator, path: str, facts: ModuleFacts, identity: FunctionId) -> Iterator[ImportSite]:
    for ref, term in facts.terms.items():
        if isinstance(term, Import) and term.name is not None and refers_to(evaluator.value(path, ref), identity):
            if term.name not in _bound_names(facts, ref):
                raise Refused(f"{path} imports {term.name} under another name")
            through = evaluator.project.modules.resolve(path, term.module, term.level)
            yield ImportSite(path, facts.spans[ref], through)


def _bound_names(facts: ModuleFacts, ref: Ref) -> frozenset[str]:
    """The names that a term is bound to, anywhere in the module."""
    functions = (function.bindings for function in facts.functions.values())
    holders = (*functions, *(opened.members for opened in facts.classes))
    return frozenset(
        name for bindings in holders for name, bound in bindings.items() if any(each.value == ref for each in bound)
    )


def _refuse_strings(path: str, facts: ModuleFacts, name: str) -> None:
    """A string such as `"app.queries.name"` is a patch target or a setting: nobody can rename what it means."""
    pattern = re.compile(rf"[\w.]*[.:]{re.escape(name)}")
    for ref, term in facts.terms.items():
        if isinstance(term, Constant) and isinstance(term.value, str) and pattern.fullmatch(term.value.strip()):
            raise Refused(f"line {facts.spans[ref].start.row} of {path} names it in a string")
