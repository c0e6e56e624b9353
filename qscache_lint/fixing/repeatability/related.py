"""Managers of relations: what they give besides the rows of a query depends on the object that is asked.

Rows of a foreign key carry the object, those of a many-to-many field do not. Both begin with what was prefetched for
the object, and ask the database that it comes from. `tests/semantics/test_related_rows.py` proves it.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Attribute, Call, Ref
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import External, Manager
from qscache_lint.project.evaluation.binding import text
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def related_concerns(subject: Subject, ref: Ref, function: Ref, receiver: Manager, method: str) -> Iterator[Reason]:
    """What another object of the same primary key may give, where a method of a related manager is called."""
    if receiver.through is None:
        yield reason("row-keeps-object", *subject.place(ref), method=method)
    term = subject.facts.terms[function]
    relation = subject.facts.terms[term.base] if isinstance(term, Attribute) else None
    name = relation.name if isinstance(relation, Attribute) else ""
    prefetched = _prefetched(subject, name)
    if prefetched is not None:
        yield reason("prefetched-otherwise", *prefetched, what=f".{name}.{method}()", where=subject.where(ref))
    if _has_databases(subject):
        yield reason("object-database", *subject.place(ref), method=method)


def _prefetched(subject: Subject, name: str) -> tuple[str, int] | None:
    """Where a relation, or one that is not known, is prefetched by a query of its own, under its own name."""
    index = subject.evaluator.project.name_index
    for path in index.files_with_word("_prefetched_objects_cache"):
        return path, 0
    for path in index.files_with_word("Prefetch"):
        facts = subject.evaluator.project.facts(path)
        if facts is None:
            return path, 0
        for ref, call in facts.every(Call):
            if not _is_in_place(call) or not _is_prefetch(subject, path, call.function):
                continue
            lookup = text(facts.terms[call.arguments[0].value])
            if not lookup or not name or lookup.rpartition("__")[2] == name:
                return path, facts.spans[ref].start.row
    return None


def _is_prefetch(subject: Subject, path: str, function: Ref) -> bool:
    value = subject.evaluator.value(path, function)
    return any(isinstance(atom, External) and atom.dotted.endswith(".Prefetch") for atom in value)


def _is_in_place(call: Call) -> bool:
    """Whether what is prefetched by a query stands under the name of the relation itself."""
    has_query = len(call.arguments) > 1 or any(each.star for each in call.arguments)
    return has_query and len(call.arguments) < 3 and not any(each.keyword == "to_attr" for each in call.arguments)


def _has_databases(subject: Subject) -> bool:
    """Whether rows of the project may come from one of several databases."""
    index = subject.evaluator.project.name_index
    return bool(index.files_with_setting("DATABASE_ROUTERS") or index.files_calling_method("using"))
