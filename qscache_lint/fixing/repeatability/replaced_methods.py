"""Methods of managers and QuerySets that code replaces.

`patch.object(Story.objects, "filter")`, `Story.objects.get_queryset = …`, `patch("django.db.models.QuerySet.filter")`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Constant, Ref
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.bound import bound_at
from qscache_lint.fixing.repeatability.known import ASKING_FOR_NAMES, may_replace
from qscache_lint.project.abstract import Atom, ClassValue, External, Unknown, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.source.name_patterns import in_source

_OF_DJANGO = ("QuerySet", "Manager", "BaseManager")
_WITH_MODEL = 2
"""The least steps of a path that names a model before its manager: `Story.objects`."""

_TAKING = frozenset({"setattr", "delattr", "object", "multiple", "spy", "replace", "stub", "patch"})
"""What replaces a name of an object that it is given, whatever that may be."""


@dataclass(frozen=True, slots=True)
class MethodOfRows:
    """A method, with the model whose manager or QuerySet is asked for it, and the classes of that."""

    name: str
    model: ClassId | str | None
    classes: tuple[ClassId, ...]


def replaced_methods(
    evaluator: Evaluator, seen: str, methods: Sequence[MethodOfRows]
) -> Iterator[tuple[str, int, str]]:
    """Each place that may replace one of some methods: path, row, and the name of the method."""
    for method in methods:
        written = re.escape(method.name)
        text, given = in_source(rf"[\"'][\w.:]*\b{written}[\"']"), in_source(rf"\.{written}\s*=(?!=)")
        for path in files_with(evaluator, seen, method.name):
            source = evaluator.project.tree.read(path)
            is_named = bool(text.search(source)) and may_replace(path, source)
            facts = evaluator.project.facts(path) if is_named or given.search(source) else None
            if facts is not None:
                yield from ((path, row, method.name) for row in _File(evaluator, path, facts, method).rows(is_named))


@dataclass(frozen=True)
class _File:
    evaluator: Evaluator
    path: str
    facts: ModuleFacts
    method: MethodOfRows

    def rows(self, is_named: bool) -> Iterator[int]:
        for event in (each for function in self.facts.functions for each in function.events):
            is_given = isinstance(event, AttributeStore) and event.name == self.method.name
            if isinstance(event, AttributeStore) and is_given and any(map(self._has_it, self._value(event.base))):
                yield event.span.start.row
        constants = self.facts.every(Constant) if is_named else ()
        yield from (self.facts.spans.row(ref) for ref, term in constants if self._replaces(ref, term.value))

    def _replaces(self, ref: Ref, text: object) -> bool:
        """Whether a call is given text that is the name of the method, or a path to it."""
        users = (self.facts.terms[user] for user in self.facts.users(ref))
        calls = [user for user in users if isinstance(user, Call)]
        if not isinstance(text, str) or not calls:
            return False
        *steps, name = text.replace(":", ".").split(".")
        if name != self.method.name:
            return False
        return self._leads_to_it(steps) if steps else any(self._takes(call, ref) for call in calls)

    def _leads_to_it(self, steps: Sequence[str]) -> bool:
        """Whether a path leads to the class of the manager or QuerySet, or to the manager of the model."""
        name = self.evaluator.project.class_name
        if steps[-1] in (*_OF_DJANGO, *map(name, self.method.classes)):
            return True
        if steps[-1] not in self.evaluator.knowledge.querysets.managers.names or len(steps) < _WITH_MODEL:
            return False
        found = bound_at(self.evaluator, self.path, steps[:-1])
        model = self.method.model
        if found:
            return any(not isinstance(atom, (ClassValue, External)) or _identity(atom) == model for atom in found)
        return model is None or steps[-2] == (name(model) if isinstance(model, ClassId) else model.rpartition(".")[2])

    def _takes(self, call: Call, ref: Ref) -> bool:
        """Whether a call is given an object that may have the method before its name."""
        first = call.arguments[0].value
        called = getattr(self.facts.terms[call.function], "name", "")
        if first == ref or called in ASKING_FOR_NAMES:
            return False
        value = self._value(first)
        return any(map(self._has_it, value)) or (called in _TAKING and not (value and all(map(_is_known, value))))

    def _value(self, ref: Ref) -> Value:
        return self.evaluator.value(self.path, ref)

    def _has_it(self, atom: Atom) -> bool:
        """Whether an object may be the manager, the QuerySet, or the class of one."""
        match atom:
            case Manager(model=model) | QuerySet(model=model):
                return model is None or self.method.model in (None, model.identity)
            case ClassValue(of=of):
                return any(of in self.evaluator.classes.ancestors(each) for each in self.method.classes)
            case External(dotted=dotted):
                return dotted.rpartition(".")[2] in _OF_DJANGO
            case _:
                return False


def _identity(atom: ClassValue | External) -> ClassId | str:
    return atom.of if isinstance(atom, ClassValue) else atom.dotted


def _is_known(atom: Atom) -> bool:
    """Whether it is known what an object is: neither nothing, nor what a call outside the project has returned."""
    return not isinstance(atom, Unknown) and not (isinstance(atom, External) and atom.dotted.endswith("()"))
