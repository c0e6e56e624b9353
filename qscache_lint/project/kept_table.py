"""The answers of a table as one value for the disk cache, and back.

A question is a number: that of its place among the answers, which stand in the order in which they were kept. An input
that is no question has a negative number. Values and activations, which many answers share, are written once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Any, ForwardRef, TypeAlias, get_args

import msgspec

from qscache_lint import limits
from qscache_lint.project.abstract import Frame, Value
from qscache_lint.project.demands import StatementsTaking
from qscache_lint.project.evaluation.core import ANSWERERS, ValueOf, ValueQuestion
from qscache_lint.project.evaluation.entries import Entries, EntriesFor
from qscache_lint.project.evaluation.module_memos import MemosByPlace
from qscache_lint.project.evaluation.mro import SubclassesIn
from qscache_lint.project.expansion import expanded
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.kept_answers import KeptAnswer
from qscache_lint.project.name_index import Search
from qscache_lint.project.questions import Question
from qscache_lint.project.template_values import NamesBelow

MADE_ANEW = (Entries, EntriesFor, MemosByPlace, NamesBelow, StatementsTaking, SubclassesIn)
"""Kinds of questions that are not written: indexes of what others answer. What rests on one rests on these others."""

_NO_FRAME = -1

Numbers: TypeAlias = tuple[int, ...]
"""What an answer rests on."""


class _Term(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a term may come to: by far the most frequent question."""

    number: int
    path: int
    ref: int
    frame: int
    value: int
    rests_on: Numbers


class KeptTable(msgspec.Struct, frozen=True, array_like=True):
    """The answers of a table."""

    inputs: tuple[ModulePath | Search, ...]
    paths: tuple[ModulePath, ...]
    frames: tuple[Frame, ...]
    values: tuple[Value, ...]
    terms: list[_Term]
    others: msgspec.Raw
    """A column for each other kind of question: number, question, answer (of a value, its number), what it rests on."""

    def answers(self) -> Iterator[KeptAnswer]:
        """The answers, each after those that it rests on. Raises ValueError for what `of` has not made."""
        rows: dict[int, tuple[Question[Any], Any, Numbers]] = {}
        paths, frames, values = self.paths, (*self.frames, None), self.values
        try:
            for term in self.terms:
                question = ValueOf(paths[term.path], term.ref, frames[term.frame])
                rows[term.number] = question, values[term.value], term.rests_on
            for kind, column in zip(_kinds(), decoded(self.others), strict=True):
                is_value = issubclass(kind, ValueQuestion)
                for number, other, answer, rests_on in column:
                    rows[number] = other, values[answer] if is_value else answer, rests_on
            ordered = [rows[number] for number in range(len(rows))]
            known = [*(question for question, _, _ in ordered), *reversed(self.inputs)]
            return iter([KeptAnswer(each, value, tuple([known[at] for at in below])) for each, value, below in ordered])
        except (LookupError, msgspec.DecodeError) as error:
            raise ValueError("no table") from error

    @classmethod
    def of(cls, answers: Iterable[KeptAnswer]) -> KeptTable:
        """The answers of a table, in their order. Raises OverflowError where they would be enormous when written."""
        return _Writer(answers).table


class _Writer:
    """Numbers what the answers have in common."""

    def __init__(self, answers: Iterable[KeptAnswer]) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._inputs: list[Any] = []
        self._behind: dict[Hashable, Numbers] = {}
        """What stands for questions that are not written."""
        columns: dict[type[Question[Any]], list[tuple[int, Any, Any, Numbers]]] = {kind: [] for kind in _kinds()}
        paths, frames, values = dict[str, int](), dict[Frame, int](), dict[Value, int]()
        terms: list[_Term] = []
        count, numbers = 0, self._numbers
        last, rests_on = None, Numbers()
        for kept in answers:
            question, value = kept.question, kept.value
            if kept.rests_on is not last:  # the questions of a cycle rest on the same
                last, rests_on = kept.rests_on, self._rests_on(kept.rests_on)
            if isinstance(question, MADE_ANEW):
                self._behind[question] = rests_on
                continue
            numbers[question] = count
            if isinstance(question, ValueOf):
                frame = _NO_FRAME if question.frame is None else frames.setdefault(question.frame, len(frames))
                path = paths.setdefault(question.path, len(paths))
                number = values.setdefault(value, len(values))
                terms.append(_Term(count, path, question.ref, frame, number, rests_on))
            else:
                answer = values.setdefault(value, len(values)) if isinstance(question, ValueQuestion) else value
                columns[type(question)].append((count, question, answer, rests_on))
            count += 1
        rows = (row[1:3] for column in columns.values() for row in column)
        if expanded((*frames, *values, *rows), limits.WRITTEN_PARTS) > limits.WRITTEN_PARTS:
            raise OverflowError("the answers share too much to be written")
        others = msgspec.Raw(msgspec.msgpack.encode(list(columns.values())))
        self.table = KeptTable(tuple(self._inputs), tuple(paths), tuple(frames), tuple(values), terms, others)

    def _rests_on(self, below: Iterable[Hashable]) -> Numbers:
        found: dict[int, None] = {}
        for each in below:
            number = self._numbers.get(each)
            if number is not None:
                found[number] = None
            elif each in self._behind:
                found.update(dict.fromkeys(self._behind[each]))
            else:
                self._inputs.append(each)
                self._numbers[each] = -len(self._inputs)
                found[-len(self._inputs)] = None
        return tuple(found)


@lru_cache(maxsize=1)
def _kinds() -> tuple[type[Question[Any]], ...]:
    """The kinds of questions that are written, but for the most frequent one."""
    kinds = (kind for kind in ANSWERERS if kind not in MADE_ANEW and kind is not ValueOf)
    return tuple(sorted(kinds, key=lambda kind: kind.__name__))


def decoded(columns: msgspec.Raw) -> tuple[list[tuple[int, Any, Any, Numbers]], ...]:
    """The columns of the other kinds. Raises msgspec.DecodeError when they are something else."""
    types = tuple(list[tuple[int, kind, _answer_type(kind), Numbers]] for kind in _kinds())  # type: ignore[misc,valid-type]
    decoded: tuple[Any, ...] = msgspec.msgpack.decode(columns, type=tuple[types])  # type: ignore[valid-type]
    return decoded


def _answer_type(kind: type[Question[Any]]) -> Any:
    """What a kind of question is answered with: a value has a number."""
    if issubclass(kind, ValueQuestion):
        return int
    (found,) = get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]
    if isinstance(found, (str, ForwardRef)):
        raise TypeError(f"{kind.__name__}: the type of the answer is written as text")
    return found
