"""The answers of the table that hold, with what each rests on, and those that a change has suspended.

`suspend` takes away what rests on inputs that are different now, at whatever remove. A suspended answer holds again
when all that it rests on has the answer that it had: where the questions next to a change come to the same as before,
nothing above them is answered anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import msgspec

from qscache_lint.project.questions import Question, Reading, Report


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer that holds, and what it rests on. `question` is the one that the table holds."""

    question: Question[Any]
    value: Any
    rests_on: tuple[Hashable, ...]


class KeptAnswers:
    """Answers by their questions, each after those that it rests on."""

    def __init__(self) -> None:
        self.holding: dict[Question[Any], KeptAnswer] = {}
        self.suspended: dict[Question[Any], KeptAnswer] = {}
        """The answers that rest on a change, until they are asked for."""
        self._changed: set[Hashable] = set()
        """The inputs that have changed, and the questions with another answer, since nothing was suspended."""
        self._readings: dict[type[Reading[Any]], dict[Reading[Any], None]] = {}
        """The inputs that have been read, by kind."""
        self._above: dict[Hashable, dict[Question[Any], None]] | None = None
        """The kept questions by each thing that they rest on, where that index is kept."""

    def __len__(self) -> int:
        return len(self.holding)

    def __contains__(self, question: object) -> bool:
        return question in self.holding

    def __iter__(self) -> Iterator[Question[Any]]:
        return iter(self.holding)

    def put(self, kept: KeptAnswer) -> None:
        """Keep an answer, after those that it rests on."""
        before = self.suspended.pop(kept.question, None)
        if before is not None and before.value != kept.value:
            self._changed.add(kept.question)
        self.holding[kept.question] = kept
        if isinstance(kept.question, Reading):
            self._readings.setdefault(type(kept.question), {})[kept.question] = None
        if self._above is not None:
            _put_above(self._above, kept)

    def readings(self, kinds: tuple[type[Reading[Any]], ...]) -> list[Reading[Any]]:
        """The inputs of some kinds whose answers are kept."""
        found: list[Reading[Any]] = []
        for kind in [each for each in self._readings if issubclass(each, kinds)]:
            self._readings[kind] = {each: None for each in self._readings[kind] if each in self.holding}
            found += self._readings[kind]
        return found

    # -- what has changed

    def forget(self, readings: Iterable[Question[Any]]) -> None:
        """Drop inputs that have been read, and suspend the answers that rest on them."""
        self.suspend([reading for reading in readings if self.holding.pop(reading, None) is not None])

    def suspend(self, changed: Iterable[Hashable]) -> None:
        """Suspend the answers that rest on some inputs, at whatever remove."""
        stale = set(changed)
        self._changed |= stale
        if self._above is not None:
            self._suspend_indexed(stale, self._above)
        elif stale:
            self._suspend_in_order(stale)

    def _suspend_in_order(self, stale: set[Hashable]) -> None:
        """An answer is kept after those that it rests on, so that one look at all of them is enough."""
        for kept in tuple(self.holding.values()):
            if not stale.isdisjoint(kept.rests_on):
                stale.add(kept.question)
                self.suspended[kept.question] = self.holding.pop(kept.question)

    def _suspend_indexed(self, stale: set[Hashable], above: dict[Hashable, dict[Question[Any], None]]) -> None:
        pending = list(stale)
        while pending:
            for each in above.pop(pending.pop(), ()):
                if each in self.holding:
                    self.suspended[each] = self.holding.pop(each)
                    pending.append(each)

    def drop_suspended(self) -> None:
        """Forget the answers that were suspended and that nothing has asked for since."""
        self.suspended.clear()
        self._changed.clear()

    def is_stale(self, suspended: KeptAnswer) -> bool:
        """Whether something that a suspended answer rests on is known to be different."""
        return not self._changed.isdisjoint(suspended.rests_on)

    def suspended_below(self, suspended: KeptAnswer) -> Question[Any] | None:
        """A suspended question on which an answer rests."""
        return next((self.suspended[each].question for each in suspended.rests_on if each in self.suspended), None)

    def has_all_below(self, suspended: KeptAnswer) -> bool:
        """Whether the answers to all questions that an answer rests on are kept."""
        return all(each in self.holding for each in suspended.rests_on if isinstance(each, Question))

    # -- what rests on what

    def index(self) -> None:
        """Keep an index of what rests on what from now on: many small changes are coming."""
        if self._above is None:
            self._above = {}
            for kept in self.holding.values():
                _put_above(self._above, kept)

    def reports_on(self, inputs: Iterable[Hashable]) -> Iterator[tuple[Hashable, Report[Any]]]:
        """The reports that rest on some inputs, at whatever remove, each with every one of these."""
        behind = {each: frozenset((each,)) for each in inputs}
        for kept in self.holding.values() if behind else ():
            found = [behind[below] for below in kept.rests_on if below in behind]
            if not found:
                continue
            behind[kept.question] = frozenset().union(*found)
            if isinstance(kept.question, Report):
                yield from ((each, kept.question) for each in behind[kept.question])


def _put_above(above: dict[Hashable, dict[Question[Any], None]], kept: KeptAnswer) -> None:
    for below in kept.rests_on:
        above.setdefault(below, {})[kept.question] = None
