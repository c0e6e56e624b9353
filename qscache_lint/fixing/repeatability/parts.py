"""What a builder is made of, and finds by a name whenever it runs: models, managers, functions, methods of QuerySets.

What is cached was made of them once. Where code puts something else in their place for a while, as a mock does, a
refining call that runs the builder meets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from qscache_lint.facts.model import AttributeStore, ItemStore
from qscache_lint.facts.terms import Attribute, Import, Name, Ref
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.replaced_methods import MethodOfRows, replaced_methods
from qscache_lint.fixing.repeatability.replacements import replacements
from qscache_lint.fixing.repeatability.routes import Target, found_on
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import ClassValue, External, Function, Memoized, Method, Module
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_PARTS = (ClassValue, External, Function, Manager, Memoized, Method, Module)
"""What is no data: whether that changes is asked where it is read."""

_INSIDES = ("__defaults__", "__kwdefaults__", "__code__")
"""What code may give a function to make it another one."""

_BEGINS = "get_queryset"
"""What a manager is asked for whichever of its methods is called."""


def part_concerns(moved: Moved) -> Iterator[Reason]:
    """Each place that may put something else in the place of what some terms look up."""
    subject, refs = moved.subject, sorted(moved.refs)
    for target in dict.fromkeys(chain.from_iterable(_targets(subject, ref) for ref in refs)):
        for each in replacements(subject.evaluator, target):
            yield reason("part-replaced", each.path, each.row, name=target.name)
    methods = dict.fromkeys(chain.from_iterable(_methods(subject, ref) for ref in refs))
    for path, row, name in replaced_methods(subject.evaluator, subject.path, tuple(methods)):
        yield reason("part-replaced", path, row, name=name)
    for name in _INSIDES:
        yield from _of_insides(subject, name)


def _targets(subject: Subject, ref: Ref) -> Iterator[Target]:
    value = subject.value(ref)
    if not value or not all(isinstance(atom, _PARTS) for atom in value):
        return
    match subject.facts.terms[ref]:
        case Name(name=name):
            is_builtin = all(isinstance(atom, External) and "." not in atom.dotted for atom in value)
            yield from () if is_builtin else (Target(name, subject.path),)
        case Import(module=module, level=level, name=str() as name):
            path = subject.evaluator.project.modules.resolve(subject.path, module, level)
            bound = [each for each, bindings in subject.facts.body.bindings.items() for b in bindings if b.value == ref]
            yield from (Target(each, subject.path) for each in bound)
            if path is not None and not path.endswith("/") and not bound:
                yield Target(name, path)
        case Attribute(base=base, name=name):
            yield from (found for atom in subject.value(base) for found in found_on(atom, name))


def _of_insides(subject: Subject, name: str) -> Iterator[Reason]:
    for path in files_with(subject.evaluator, subject.path, name):
        facts = subject.evaluator.project.facts(path)
        for event in () if facts is None else (each for function in facts.functions for each in function.events):
            base = facts.terms[event.base] if facts is not None and isinstance(event, ItemStore) else None
            is_item = isinstance(base, Attribute) and base.name == name
            if is_item or (isinstance(event, AttributeStore) and event.name == name):
                yield reason("part-replaced", path, event.span.start.row, name=name)


def _methods(subject: Subject, ref: Ref) -> Iterator[MethodOfRows]:
    """The methods of managers and QuerySets that a term asks for."""
    term = subject.facts.terms[ref]
    asked = subject.value(term.base) if isinstance(term, Attribute) else ()
    for atom in asked:
        if isinstance(term, Attribute) and isinstance(atom, (Manager, QuerySet)):
            model = None if atom.model is None else atom.model.identity
            yield MethodOfRows(term.name, model, atom.classes)
            if isinstance(atom, Manager):
                yield MethodOfRows(_BEGINS, model, atom.classes)
