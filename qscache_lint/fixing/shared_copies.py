"""Copies of shared QuerySets: where one is read itself, `.all()` behind its name makes the read ask anew.

    for story in LIVE:    ->    for story in LIVE.all():

The edit stands where the QuerySet is named: a variable that is bound to it gets the copy, and its rows are read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qscache_lint.facts.terms import Import, Name, Parameter
from qscache_lint.fixing.lone_reads import noticed_by
from qscache_lint.fixing.model import READ_COPY, Change, Place, Refused, Repair
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.managers import unfollowed
from qscache_lint.fixing.single_runs import loop_spans
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.shared import SharedRead
from qscache_lint.reasons import reason
from qscache_lint.source.edits import apply_edits
from qscache_lint.source.text import decode, encoded_like
from qscache_lint.values import Confidence, Edit, Reason, Span

_COPY = "all"
_EFFECT = "each read runs a query and gets current rows, not those of the first read in the process"


def reader_of(evaluator: Evaluator, read: SharedRead) -> FunctionId:
    """The function in which a shared QuerySet is read."""
    return FunctionId(read.path, evaluator.facts(read.path).around(read.value))


def copy_shared(analysis: Analysis, function: FunctionId) -> Iterator[Repair]:
    """The repairs of a function that reads shared QuerySets: of what is safe in it, and of what is not.

    Raises Refused where the file cannot be rewritten.
    """
    evaluator = analysis.evaluator
    by_value: dict[int, list[SharedRead]] = {}
    for read in analysis.shared:
        if read.confidence is Confidence.HIGH and reader_of(evaluator, read) == function:
            by_value.setdefault(read.value, []).append(read)
    if by_value:
        yield from _repairs(evaluator, function, by_value)


def _repairs(
    evaluator: Evaluator, function: FunctionId, by_value: Mapping[int, Sequence[SharedRead]]
) -> Iterator[Repair]:
    copier = _Copier(evaluator, function)
    safe: list[SharedRead] = []
    unsafe: list[SharedRead] = []
    concerns: list[Reason] = []
    for several in by_value.values():
        try:
            found = copier.concerns(several[0])
        except Refused as refusal:
            yield Repair.refused(READ_COPY.name, function, refusal.reason, _places(several))
            continue
        (unsafe if found else safe).extend(several)
        concerns.extend(found)
    for group, because in ((safe, []), (unsafe, concerns)):
        if group:
            yield copier.repair(group, list(dict.fromkeys(because)))


def _places(reads: Iterable[SharedRead]) -> tuple[Place, ...]:
    return tuple((each.path, each.span) for each in reads)


class _Copier:
    """Edits the values that one function reads."""

    def __init__(self, evaluator: Evaluator, function: FunctionId) -> None:
        self._evaluator = evaluator
        self._function = function
        self._path = function.path
        self._facts = evaluator.facts(function.path)
        self._of = self._facts.functions[function.index]
        self._parsed = Parsed.read(evaluator.project.tree.read(function.path))

    def repair(self, reads: Sequence[SharedRead], concerns: Sequence[Reason]) -> Repair:
        """The repair that copies what some places read."""
        spans = dict.fromkeys(self._facts.spans[each.value] for each in reads)
        edits = [Edit(self._path, Span(span.end, span.end), f".{_COPY}()") for span in spans]
        before = self._parsed.source
        after = encoded_like(before, apply_edits(decode(before), edits))
        names = " and ".join(dict.fromkeys(each.name for each in reads))
        message = f"{self._of.qualname} reads a copy of {names}"
        change = Change(self._path, before, after)
        return Repair.planned(READ_COPY, self._function, message, _EFFECT, concerns, (change,), mends=_places(reads))

    def concerns(self, read: SharedRead) -> list[Reason]:
        """Each reason why a copy may be noticed otherwise than by rows of now. Raises Refused where it would fail."""
        term, row = self._facts.terms[read.value], self._facts.spans.row(read.value)
        if isinstance(term, Parameter):
            raise Refused(reason("shared-default", self._path, name=read.name))
        if self._of.is_async:
            raise Refused(reason("read-in-async", self._path, row, function=read.name.removeprefix(".")))
        return [*self._of_loops(read, row), *self._of_class(read), *self._of_others(read)]

    def _of_loops(self, read: SharedRead, row: int) -> Iterator[Reason]:
        """More than one query for what has been one read."""
        if self._of.name == "<lambda>" or any(
            loop.contains(self._facts.spans[read.value]) for loop in loop_spans(self._parsed)
        ):
            yield reason("shared-read-in-loop", self._path, row, name=read.name)

    def _of_class(self, read: SharedRead) -> Iterator[Reason]:
        """A QuerySet class that has its own copies, or says itself what its rows are."""
        for atom in self._evaluator.value(self._path, read.value):
            unknown = unfollowed(self._evaluator, atom) if isinstance(atom, QuerySet) else ""
            for owner in atom.classes if isinstance(atom, QuerySet) and not unknown else ():
                if self._evaluator.classes.member(owner, _COPY) is not None:
                    unknown = f"{self._evaluator.project.class_name(owner)}.{_COPY}()"
            if unknown:
                yield reason("copy-of-other-form", self._path, what=unknown)

    def _of_others(self, read: SharedRead) -> Iterator[Reason]:
        """Other code may notice the copy, or put something that has none in the place of what is read."""
        yield from noticed_by(self._evaluator, read, tuple(self._names(read)), self._function)

    def _names(self, read: SharedRead) -> Iterator[str]:
        """The names of the QuerySet, here and where it is imported from."""
        name = read.name.removeprefix(".").removesuffix("()")
        yield name
        if isinstance(self._facts.terms[read.value], Name):
            bound = (self._facts.terms[each.value] for each in self._facts.body.bindings.get(name, ()))
            yield from (term.name for term in bound if isinstance(term, Import) and term.name not in (None, name))
