"""What a builder is made of, and finds by a name whenever it runs: models, managers, functions, methods of QuerySets.

What is cached was made of them once. Where code puts something else in their place for a while, as a mock does, a
refining call that runs the builder meets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from qscache_lint.facts.model import AttributeStore, ItemStore
from qscache_lint.facts.terms import Attribute, Import, Name, Ref, Term
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.accesses import Way, reaching
from qscache_lint.fixing.repeatability.fields import Member, member
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.replaced_methods import MethodOfRows, replaced_methods
from qscache_lint.fixing.repeatability.replacements import replacements
from qscache_lint.fixing.repeatability.routes import Target, found_on
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import ClassValue, External, Function, Instance, Memoized, Method, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
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
        places = chain(_replaced(subject.evaluator, target), _assigned(subject.evaluator, target))
        yield from (reason("part-replaced", *place, name=target.name) for place in places)
    methods = dict.fromkeys(chain.from_iterable(_methods(subject, ref) for ref in refs))
    for path, row, name in replaced_methods(subject.evaluator, subject.path, tuple(methods)):
        yield reason("part-replaced", path, row, name=name)
    for name in _INSIDES:
        yield from _of_insides(subject, name)


def _targets(subject: Subject, ref: Ref) -> Iterator[Target]:
    value, term = subject.value(ref), subject.facts.terms[ref]
    is_part = bool(value) and all(isinstance(atom, _PARTS) for atom in value)
    if not is_part and not _is_property(subject, term):
        return
    match term:
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


def _is_property(subject: Subject, term: Term) -> bool:
    """Whether an attribute of an object runs a function."""
    base = subject.value(term.base) if isinstance(term, Attribute) else ()
    owners = [atom.of for atom in base if isinstance(atom, Instance) and isinstance(atom.of, ClassId)]
    return isinstance(term, Attribute) and any(
        member(subject.evaluator, of, term.name) is Member.FUNCTION for of in owners
    )


def _replaced(evaluator: Evaluator, target: Target) -> Iterator[tuple[str, int]]:
    """The places that may give a name, as it is written or as text, something else in a module or class."""
    yield from ((each.path, each.row) for each in replacements(evaluator, target))
    for access in reaching(evaluator, target.path, target.owner, target.name):
        is_of_module_or_class = any(isinstance(atom, (ClassValue, External, Module)) for atom in access.space)
        if access.way is Way.WRITE and is_of_module_or_class:
            yield access.path, access.at.row


def _assigned(evaluator: Evaluator, target: Target) -> Iterator[tuple[str, int]]:
    """The places that give a class, or one of its objects, something else under the name of a member."""
    owner = target.owner
    paths = () if owner is None else evaluator.project.name_index.files_giving_attribute(target.name)
    for path in paths:
        facts = evaluator.project.facts(path)
        for event in () if facts is None else (each for function in facts.functions for each in function.events):
            is_given = isinstance(event, AttributeStore) and event.name == target.name
            if owner is not None and isinstance(event, AttributeStore) and is_given:
                found = (each.owner for atom in evaluator.value(path, event.base) for each in found_on(atom, ""))
                if any(of is not None and _are_related(evaluator, of, owner) for of in found):
                    yield path, event.span.start.row


def _are_related(evaluator: Evaluator, one: ClassId, other: ClassId) -> bool:
    return one in evaluator.classes.mro(other) or other in evaluator.classes.mro(one)


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
