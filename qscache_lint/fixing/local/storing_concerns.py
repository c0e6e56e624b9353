"""What may be noticed when a cache keeps rows in place of a QuerySet: one concern is enough for `unsafe`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst.matchers as m

from qscache_lint.facts.terms import Attribute, Call, Constant, Import, Name
from qscache_lint.fixing.local.certain import Point, is_read_anyway
from qscache_lint.fixing.local.held_value import Reading
from qscache_lint.fixing.local.key_readers import reader_concerns
from qscache_lint.fixing.local.stored_value import StoredValue
from qscache_lint.fixing.repeatability.managers import unfollowed
from qscache_lint.fixing.rows_for_readers import own_protocol
from qscache_lint.project.abstract import External
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def storing_concerns(stored: StoredValue) -> Iterator[Reason]:
    """Each reason why rows may be told from the QuerySet, or may cost more."""
    yield from _of_classes(stored)
    for reading in stored.held.readings:
        yield from _of_reading(stored, reading)
    yield from _of_other_entries(stored)
    yield from _of_backend(stored)
    yield from _of_other_arguments(stored)
    yield from _of_names(stored)
    store = stored.store
    if store.site is None or store.row is None or store.key is None:
        yield reason("store-may-do-more", stored.path, stored.row)
    else:
        yield from reader_concerns(stored.evaluator, store.site, store.key)


def _of_classes(stored: StoredValue) -> Iterator[Reason]:
    """A QuerySet class that says itself what its rows are."""
    for atom in stored.values:
        unknown = unfollowed(stored.evaluator, atom)
        if unknown:
            yield reason("rows-of-other-form", stored.path, stored.row, what=unknown)
        for owner in atom.classes:
            yield from own_protocol(stored.evaluator, owner)


def _of_reading(stored: StoredValue, reading: Reading) -> Iterator[Reason]:
    row = reading.taking.span.start.row
    if reading.requirement.template:
        yield reason("template-gets-rows", template=reading.requirement.template)
    elif not reading.is_here:
        yield reason("callee-gets-list", stored.path, row)
    elif reading.requirement.from_end:
        yield reason("negative-index-accepted", stored.path, row)


def _of_other_entries(stored: StoredValue) -> Iterator[Reason]:
    """Another read in the same function, which may have the same key in other words."""
    for index in stored.facts.inside(stored.store.function):
        for ref, call in stored.facts.of_kind(Call, index):
            called = stored.evaluator.value(stored.path, call.function) if ref not in stored.hits else ()
            if any(isinstance(atom, External) and atom.dotted in stored.evaluator.knowledge.reads for atom in called):
                yield reason("same-entry-read", stored.path, stored.facts.spans[ref].start.row)


def _of_backend(stored: StoredValue) -> Iterator[Reason]:
    """A backend that stores nothing has not run the query, either."""
    ref, row = stored.store.ref, stored.store.row
    point = Point(stored.facts.spans[ref], stored.facts.conditions.get(ref, ()), stored.held.asked)
    is_read = is_read_anyway(stored.facts, stored.parsed.tree, point, stored.held.readings)
    if not is_read and (row is None or row.keeps == "backend"):
        yield reason("dummy-cache")


def _of_other_arguments(stored: StoredValue) -> Iterator[Reason]:
    """What is evaluated between the value and the call, and may change rows."""
    call, first = stored.facts.terms[stored.store.ref], stored.store.argument.span.start
    arguments = call.arguments if isinstance(call, Call) else ()
    nodes = (stored.parsed.expression_at(each.span) for each in arguments if each.span.start > first)
    if any(m.findall(node, m.Call() | m.Await() | m.Yield()) for node in nodes):
        yield reason("read-before-arguments", stored.path, stored.row)


def _of_names(stored: StoredValue) -> Iterator[Reason]:
    """Names that may stand for something else: hidden by a star import, replaced by a test."""
    if stored.facts.stars:
        yield reason("star-may-hide-list", stored.path)
    name = _name_of_cache(stored)
    for path in stored.evaluator.project.name_index.files_with_word(name) if name else ():
        facts = stored.evaluator.project.facts(path)
        texts = [] if facts is None else [(facts.spans[ref], term.value) for ref, term in facts.every(Constant)]
        for span, text in texts:
            if isinstance(text, str) and _may_replace(stored.path, name, text):
                yield reason("may-be-put-in-place", path, span.start.row, name=name)
                return


def _name_of_cache(stored: StoredValue) -> str:
    match None if stored.store.site is None else stored.facts.terms[stored.store.site.cache]:
        case Name(name=name) | Attribute(name=name) | Import(name=str() as name):
            return name
        case _:
            return ""


def _may_replace(path: str, name: str, text: str) -> bool:
    """Whether text is the dotted path of a module's variable, or of what it imports from Django."""
    around, _, last = text.partition(".get")[0].partition(".set")[0].rpartition(".")
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return last == name and bool(around) and (module.endswith(around) or around == "django.core.cache")

