"""Mutations: places that change what all callers of a memo share, a row or the list of rows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import AttributeStore, ItemStore, Removal
from qscache_lint.facts.module import called_name
from qscache_lint.facts.term_graph import origins, reached
from qscache_lint.facts.terms import Attribute, Call, Element, Item, Ref, Updated
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Atom, Function, Instance, Memoized, Unknown
from qscache_lint.project.changed_arguments import LIST, ROW, ROWS, Change, changes_by
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import written
from qscache_lint.project.evaluation.decorators import origin_of
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.kept_kinds import LISTS, SEQUENCES, Kinds, is_row_of_model, is_rows
from qscache_lint.project.querysets import Origin
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Confidence, Position, Span, Step


class Mutation(msgspec.Struct, frozen=True):
    """One place: what is done there (`.title =`), to a "row" or a "list" that the memo of `origin` hands out.

    `inner` is the place of the change, where a function makes it that is called here.
    """

    origin: Origin
    what: str
    operation: str
    path: ModulePath
    span: Span
    confidence: Confidence
    inner: Step | None = None

    @property
    def trail(self) -> tuple[Step, ...]:
        """Where the QuerySet is built, as far as that is known, where the memo keeps it or its rows, and the change."""
        steps = (self.origin.built, self.origin.site, self.origin.stored, self.inner)
        return tuple(step for step in steps if step is not None)


class _Shared(msgspec.Struct, frozen=True):
    """What a memo of the process hands out, and how sure that is."""

    origin: Origin
    confidence: Confidence = Confidence.HIGH


_Finder: TypeAlias = Callable[[Ref], "_Shared | None"]


def mutations(evaluator: Evaluator, path: ModulePath) -> Iterator[Mutation]:
    """The places of a module that change what callers of a memo share, in the order of its functions."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    sharing = _Sharing(evaluator, path)
    for index, function in evaluator.project.using.functions(path, facts):
        for event in function.events:
            match event:
                case AttributeStore(base=base):
                    yield from _mutation(sharing.shared_row(base), "row", *_operation(event), path)
                case ItemStore(base=base, span=span):
                    yield from _mutation(sharing.shared_list(base), "list", "[…] =", span, path)
                case Removal(value=base, span=span):
                    yield from _mutation(sharing.shared_list(base), "list", "del […]", span, path)
        for ref, call in evaluator.project.using.calls(path, facts, index):
            yield from sharing.by_helpers(ref, call)
            method = facts.terms[call.function]
            if isinstance(method, Attribute) and method.name in evaluator.knowledge.querysets.rows.changing:
                yield from _mutation(sharing.shared_list(method.base), "list", f".{method.name}()", method.at, path)


def _mutation(shared: _Shared | None, what: str, operation: str, span: Span, path: ModulePath) -> Iterator[Mutation]:
    if shared is not None:
        yield Mutation(shared.origin, what, operation, path, span, shared.confidence)


def _operation(event: AttributeStore) -> tuple[str, Span]:
    """An assignment to an attribute as users write it, and where its name stands, if that is as it is written."""
    end = event.span.end
    if event.span.start <= event.value_span.start and event.value_span.end <= end:
        return "setattr()", event.span
    is_mangled = event.name.startswith("_") and "__" in event.name
    if is_mangled or not event.name.isascii():
        return "an assignment", event.span
    return f".{event.name} =", Span(Position(end.row, end.column - len(event.name)), end)


_TOLD = {ROW: "row", ROWS: "row", LIST: "list"}
"""What is changed, in the words of reports."""


class _Sharing:
    """Tells what terms of one module are shared by the callers of a memo, whichever branch has led to them."""

    def __init__(self, evaluator: Evaluator, path: ModulePath) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = evaluator.facts(path)

    def shared_row(self, ref: Ref) -> _Shared | None:
        """The memo that a row comes from, by iterating or as an item of a list: one of a lazy QuerySet is new."""
        value = self._evaluator.value(self._path, ref) if self._reaches(ref) else ()
        is_row = any(is_row_of_model(self._evaluator, atom) for atom in value)
        is_other = any(not isinstance(atom, (Instance, Unknown)) for atom in value)
        return self._by_all(ref, self._row_of) if is_row and not is_other else None

    def shared_list(self, ref: Ref) -> _Shared | None:
        """The memo that a list of rows comes from."""
        return self._by_all(ref, lambda each: self._handed_out(each, LISTS)) if self._reaches(ref) else None

    def by_helpers(self, ref: Ref, call: Call) -> Iterator[Mutation]:
        """What functions of the project change of an argument that is shared."""
        site = Site(self._path, ref, None)
        for argument in written(self._facts, call):
            if not self._reaches(argument.value):
                continue
            changes = changes_by(self._evaluator, site, call, argument.value)
            found = ((change, self._changed(change, argument.value)) for change in changes)
            change, shared = next(((each, by) for each, by in found if by is not None), (None, None))
            if change is not None and shared is not None:
                what, operation = _TOLD[change.what], f"{called_name(self._facts.terms[call.function])}()"
                yield Mutation(
                    shared.origin, what, operation, self._path, argument.span, shared.confidence, change.at
                )

    def _changed(self, change: Change, ref: Ref) -> _Shared | None:
        """The memo that has what a change of an argument is made to."""
        match change.what:
            case "rows":
                return self._by_all(ref, self._rows)
            case "list":
                return self.shared_list(ref)
            case _:
                return self.shared_row(ref)

    def _reaches(self, ref: Ref) -> bool:
        return any(self._evaluator.project.to_cached.has(self._path, each) for each in self._objects(ref))

    def _objects(self, ref: Ref) -> Iterator[Ref]:
        """The terms that a term may be the very object of, by whichever branch, items that were set left aside."""

        def before(current: Ref) -> tuple[Ref, ...]:
            term = self._facts.terms[current]
            if isinstance(term, Updated):
                return (term.base,)
            return tuple(each for each in origins(self._facts, current) if each != current)

        return (each for each in reached((ref,), before) if not before(each))

    def _by_all(self, ref: Ref, find: _Finder) -> _Shared | None:
        """What the terms share that a term may be; None where one of them shares nothing."""
        found = [find(each) for each in self._objects(ref)]
        return found[0] if found and all(each is not None for each in found) else None

    def _row_of(self, ref: Ref) -> _Shared | None:
        match self._facts.terms[ref]:
            case Element(base=base):
                return self._by_all(base, self._rows)
            case Item(base=base):
                return self._by_all(base, self._sequence)
            case _:
                return None

    def _rows(self, ref: Ref) -> _Shared | None:
        """What keeps the rows that iterating gives: the QuerySet of a memo loads them once, for all."""
        value = tuple(atom for atom in self._evaluator.value(self._path, ref) if not isinstance(atom, Unknown))
        kept = cached(value)
        if not kept or len(kept) < len(value) or any(each.kept.store is not Store.MEMO for each in kept):
            return self._sequence(ref)
        return _Shared(kept[0].kept, kept[0].confidence)

    def _sequence(self, ref: Ref) -> _Shared | None:
        return self._handed_out(ref, SEQUENCES)

    def _handed_out(self, ref: Ref, kinds: Kinds) -> _Shared | None:
        """The memo whose call gives a container of rows, of some kinds."""
        call, value = self._facts.terms[ref], self._evaluator.value(self._path, ref)
        if not isinstance(call, Call) or not is_rows(self._evaluator, value, kinds):
            return None
        memos = [each for atom in self._evaluator.value(self._path, call.function) for each in self._memos(atom)]
        is_memo = bool(memos) and all(each.store is Store.MEMO for each in memos)
        return _Shared(origin_of(memos[0])) if is_memo else None

    def _memos(self, atom: Atom) -> Iterator[Memoized]:
        if isinstance(atom, Function) and not atom.bare:
            atoms = self._evaluator.decorated(replace(atom, bare=True))
            yield from (each for each in atoms if isinstance(each, Memoized))
        elif isinstance(atom, Memoized):
            yield atom
