"""Code of the project that reads what a field got for a value, and would get the function or its iterator instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import libcst as cst

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import Attribute, Call, Constant, Ref
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.mentions import BY_NAME
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.knowledge.function_rows import CalledLater
from qscache_lint.project.abstract import ClassValue, Instance
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.reasons import reason
from qscache_lint.values import Span


def refuse_reads(evaluator: Evaluator, seen: str, names: Collection[str], row: CalledLater) -> None:
    """Raises Refused where a file with one of `names`, those of a field and its classes, may read the value of it."""
    naming = {path for name in names for path in files_with(evaluator, seen, name)}
    for attribute in row.read_as:
        files = sorted(naming.intersection(files_with(evaluator, seen, attribute)))
        if len(files) > limits.FILES_WITH_NAME:
            raise Refused(reason("too-many-files", files=len(files), name=attribute))
        for path in files:
            facts = evaluator.project.facts(path)
            if facts is None:
                raise Refused(reason("file-unreadable", path, name=attribute))
            for ref in _reads(evaluator, path, facts, attribute, row):
                at = facts.spans.row(ref)
                raise Refused(reason("lazy-value-read", path, at, name=attribute, given=row.given))


def _reads(evaluator: Evaluator, path: str, facts: ModuleFacts, attribute: str, row: CalledLater) -> Iterator[Ref]:
    """What may read an attribute of the field."""
    reads = [(ref, each) for ref, each in facts.every(Attribute) if each.name == attribute]
    iterated = _iterated(evaluator, path) if reads and row.iterates else frozenset()
    for ref, each in reads:
        if facts.spans[ref] not in iterated and not _is_of_project(evaluator, path, each.base, row):
            yield ref
    for ref, call in facts.every(Call):
        if called_name(facts.terms[call.function]) in BY_NAME and any(
            _names(facts, argument.value, attribute) for argument in call.arguments
        ):
            yield ref


def _iterated(evaluator: Evaluator, path: str) -> frozenset[Span]:
    """What a file iterates right where it names it, which an iterator allows as well."""
    parsed = Parsed.read(evaluator.project.tree.read(path))
    loops: list[cst.For | cst.CompFor] = [*parsed.tree.every(cst.For), *parsed.tree.every(cst.CompFor)]
    return frozenset(parsed.positions.span(each.iter) for each in loops)


def _is_of_project(evaluator: Evaluator, path: str, base: Ref, row: CalledLater) -> bool:
    """Whether an object is known to be a class of the project, or of one, and thus no field of Django's.

    A widget of the project gets the choices of its field.
    """
    value = evaluator.value(path, base)
    kinds = (ClassValue,) if row.iterates else (ClassValue, Instance)
    return bool(value) and all(isinstance(each, kinds) and isinstance(each.of, ClassId) for each in value)


def _names(facts: ModuleFacts, ref: Ref, attribute: str) -> bool:
    term = facts.terms[ref]
    return isinstance(term, Constant) and isinstance(term.value, str) and term.value.split(".")[-1] == attribute
