"""Managers of relations: what they give besides the rows of a query depends on the object that is asked.

Rows of a foreign key carry the object, those of a many-to-many field do not. Both begin with what was prefetched for
the object, and ask the database that it comes from. `tests/semantics/test_related_rows.py` proves it.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.terms import Attribute, Ref
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.managers import is_foreign
from qscache_lint.fixing.repeatability.prefetches import prefetches
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import Instance
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def related_concerns(subject: Subject, ref: Ref, term: Attribute, receiver: Manager) -> Iterator[Reason]:
    """What another object of the same primary key may give, where a related manager is asked for a method."""
    if receiver.through is None:
        yield reason("row-keeps-object", *subject.place(ref), method=term.name)
    # That of another field may do anything: look up a content type, or begin with rows that the object has in memory.
    other = next(filter(is_foreign, receiver.makers or ("relation",)), "")
    if other:
        yield reason("manager-not-followed", *subject.place(ref), what=f"the manager of a {other.rpartition('.')[2]}")
    name = _relation(subject, term.base)
    prefetched = next(prefetches(subject.evaluator, name), None)
    if prefetched is not None:
        what = f".{name}.{term.name}()" if name else f".{term.name}()"
        yield reason("prefetched-otherwise", *prefetched, what=what, where=subject.where(ref))
    if _has_databases(subject):
        yield reason("object-database", *subject.place(ref), method=term.name)


def _relation(subject: Subject, ref: Ref) -> str:
    """The name by which an object has a related manager; "" where another name may stand for it."""
    term = subject.facts.terms[ref]
    base = subject.value(term.base) if isinstance(term, Attribute) else ()
    owners = [atom.of for atom in base if isinstance(atom, Instance)]
    if not isinstance(term, Attribute) or not owners or len(owners) < len(base):
        return ""
    own = [each for each in owners if isinstance(each, ClassId)]
    is_relation = all(fields.member(subject.evaluator, each, term.name) is fields.Member.ROWS for each in own)
    return term.name if is_relation else ""


def _has_databases(subject: Subject) -> bool:
    """Whether rows of the project may come from one of several databases."""
    index = subject.evaluator.project.name_index
    return bool(index.files_with_setting("DATABASE_ROUTERS") or index.files_calling_method("using"))
