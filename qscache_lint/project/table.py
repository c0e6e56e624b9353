"""The table of questions: each is answered once, and questions that rest on each other until they are stable.

An answer is kept together with what it rests on: the questions that were asked for it, and the inputs that were read.
When a question turns out to rest on one that is still open, the outermost of these is the *head* of a cycle: it is
answered again with its last answer as the assumption, until the answer does not change any more. What was found on the
way is kept only once the head has settled, so that no answer depends on what was asked first; all questions of a cycle
rest on the same.

`kept_answers` has what is kept and what an edit suspends of it. Whether a suspended answer holds is found out here,
when it is asked for: what it rests on may have to be answered first.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Hashable, MutableSequence
from itertools import islice
from typing import Any

from qscache_lint import limits
from qscache_lint.project.kept_answers import KeptAnswer, KeptAnswers
from qscache_lint.project.open_questions import OpenQuestion, Provisional, TooDeep
from qscache_lint.project.questions import CUT, Answer, Question, Reading, Report

_NOTHING_BELOW = limits.QUESTION_DEPTH + 1


class Table:
    """Answers questions by the functions of their kinds, and keeps the answers."""

    def __init__(
        self,
        answer: Callable[[Question[Any]], Any],
        give_up: Callable[[Question[Any], Any], None] = lambda question, answer: None,
        end: Callable[[Question[Any]], None] = lambda question: None,
        say: Callable[[Report[Any]], Any] | None = None,
    ) -> None:
        """`answer` computes what is not kept, `say` outermost reports.

        `give_up` is told outermost questions that were cut, and the answer. Once all steps of a component are spent,
        every further question is cut; `end` is told the first of these.
        """
        self._answer = answer
        self._give_up = give_up
        self._say = say or answer
        self.answers = KeptAnswers()
        self._kept = self.answers.holding
        self._open: dict[Question[Any], OpenQuestion] = {}
        self._provisional: dict[Question[Any], Provisional] = {}
        self._asked: MutableSequence[Hashable] = deque(maxlen=0)
        """What the innermost open question has asked and read; outside of all questions it is forgotten at once."""
        self._assumed: dict[Question[Any], Any] = {}
        """What the questions of a cycle have answered in its last round, which the next one begins with."""
        self._lowest = _NOTHING_BELOW
        self._is_unstable = False
        """Whether something since the round began rests on an assumption that did not come true."""
        self.steps = 0
        """The steps that were spent, those on answers that were dropped since included."""
        self.is_spent = False
        """Whether there were too few."""
        self._end = end
        self._work = 0
        self._is_cut = False
        self._given_up_on: set[Question[Any]] = set()
        """The questions at which a cycle closes that is too deep."""

    def ask(self, question: Question[Answer]) -> Answer:
        """The answer to a question, kept when it rests on nothing unsettled."""
        kept = self._kept.get(question)
        if kept is not None:
            self._asked.append(kept.question)
            return kept.value  # type: ignore[no-any-return]
        if isinstance(question, Reading):
            return self._read(question)  # type: ignore[no-any-return]
        noted = self._provisional.get(question)
        if noted is not None:
            self._lowest = min(self._lowest, noted.opened.lowest)
            return noted.value  # type: ignore[no-any-return]
        opened = self._open.get(question)
        if opened is not None:
            opened.is_used = True
            self._lowest = min(self._lowest, opened.depth)
            return opened.assumed  # type: ignore[return-value]
        if question in self.answers.suspended and self._holds(question):
            self._asked.append(question)
            return self._kept[question].value  # type: ignore[no-any-return]
        return self._compute_new(question)  # type: ignore[no-any-return]

    def _compute_new(self, question: Question[Any]) -> Any:
        """The answer to a question of which nothing is known."""
        if not self._open:
            return self._cut(question) if self._is_spent(question) else self._outermost(question)
        if self._work > limits.QUESTION_STEPS or question in self._given_up_on:
            self._is_cut = True
            return self._cut(question)
        if len(self._open) >= limits.QUESTION_DEPTH:
            raise TooDeep(question)
        return self._compute(question)

    def report(self, asked: Report[Answer]) -> Answer:
        """A report, kept with all that its questions rest on."""
        kept = self._kept.get(asked)
        if kept is not None:
            self._asked.append(asked)
            return kept.value  # type: ignore[no-any-return]
        if asked in self.answers.suspended and self._holds(asked):
            self._asked.append(asked)
            return self._kept[asked].value  # type: ignore[no-any-return]
        return self._report_new(asked)  # type: ignore[no-any-return]

    def _report_new(self, asked: Report[Any]) -> Any:
        around, self._asked = self._asked, list[Hashable]()
        try:
            value = self._answer(asked) if self._open else self._say(asked)
            self._keep(asked, value, tuple(dict.fromkeys(self._asked)), len(self._provisional))
        finally:
            self._asked = around
        self._asked.append(asked)
        return value

    def forget_assumed(self) -> None:
        """Forget what rests on questions that an error has left without an answer."""
        self._provisional.clear()

    def note(self, read: Hashable) -> None:
        """Note an input that is read for the innermost open question."""
        self._asked.append(read)

    def _is_spent(self, question: Question[Any]) -> bool:
        """Whether there are no steps left for an outermost question."""
        if self.steps >= limits.COMPONENT_STEPS and not self.is_spent:
            self.is_spent = True
            self._end(question)
        return self.is_spent

    def _cut(self, question: Question[Answer]) -> Answer:
        self._asked.append(CUT)
        return question.cut  # type: ignore[no-any-return]

    # -- answering

    def _read(self, reading: Reading[Any]) -> Any:
        """The answer of an input, which costs no work worth counting and rests on no question."""
        read: list[Hashable] = []
        around, self._asked = self._asked, read
        try:
            value = self._answer(reading)
        finally:
            self._asked = around
        self.answers.put(KeptAnswer(reading, value, tuple(dict.fromkeys(read))))
        around.append(reading)
        return value

    def _outermost(self, question: Question[Any]) -> Any:
        """The answer to a question that is part of no other; given up where Python itself finds it too deep."""
        self._work = 0
        self._is_cut = False
        read: list[Hashable] = []
        around, self._asked = self._asked, read
        recursion = sys.getrecursionlimit()
        sys.setrecursionlimit(max(recursion, limits.QUESTION_CALLS))
        try:
            value = self._from_below(question)
        except RecursionError:
            self._provisional.clear()
            self._is_cut = True
            value = question.cut
            self._keep(question, value, tuple(dict.fromkeys(read)), 0)
        finally:
            sys.setrecursionlimit(recursion)
            self._asked = around
            self._assumed.clear()
            self._given_up_on.clear()
        self._asked.extend(read)
        if self._is_cut:
            self._give_up(question, value)
        return value

    def _from_below(self, question: Question[Any]) -> Any:
        """The answer to a question, after those to what it asks too deep: chains may be of any length.

        A cycle that is too deep is given up where it closes.
        """
        pending = {question: None}
        while True:
            current = next(reversed(pending))
            try:
                value = self._compute(current)
            except TooDeep as deeper:
                self._provisional.clear()
                self._assumed.clear()
                if deeper.question in pending:
                    self._given_up_on.add(deeper.question)
                pending.setdefault(deeper.question)
                continue
            del pending[current]
            if not pending:
                return value

    def _compute(self, question: Question[Any]) -> Any:
        around = self._asked, self._lowest, self._is_unstable
        before = len(self._provisional)
        opened = self._open[question] = OpenQuestion(len(self._open), self._assumed.get(question, question.bottom))
        asked: list[Hashable] = []
        self._asked = asked
        try:
            value, lowest = self._iterate(question, opened, before)
            is_unstable = self._is_unstable
        except RecursionError:
            around[0].extend(asked)
            raise
        finally:
            del self._open[question]
            self._asked, self._lowest, self._is_unstable = around
        if lowest < opened.depth:
            opened.below = next(islice(self._open.values(), lowest, None))
            self._provisional[question] = Provisional(value, opened)
            self._lowest = min(self._lowest, lowest)
            self._is_unstable |= is_unstable
            self._asked.extend(asked)
            return value
        self._keep(question, value, tuple(dict.fromkeys(asked)), before)
        self._asked.append(question)
        return value

    def _iterate(self, question: Question[Any], opened: OpenQuestion, before: int) -> tuple[Any, int]:
        """The answer once its cycle is stable (or the rounds are used up), and the lowest open question below it.

        One that rests on a question further out is answered once: the rounds are those of the head.
        """
        value: Any = question.bottom
        lowest = _NOTHING_BELOW
        for _ in range(limits.CYCLE_ROUNDS):
            self._work += 1
            self.steps += 1
            self._lowest = _NOTHING_BELOW
            self._is_unstable = opened.is_used = False
            self._assume_since(before)
            value = self._answer(question)
            lowest = self._lowest
            self._is_unstable |= opened.is_used and value != opened.assumed
            if lowest < opened.depth or not self._is_unstable:
                break
            opened.assumed = value
        return value, lowest

    def _assume_since(self, before: int) -> None:
        """Begin another round of a cycle with what its last one has found."""
        while len(self._provisional) > before:
            question, found = self._provisional.popitem()
            self._assumed[question] = found.value

    def _keep(self, head: Question[Any], value: Any, rests_on: tuple[Hashable, ...], before: int) -> None:
        """Keep a settled answer, and those of the cycle that it is the head of."""
        while len(self._provisional) > before:
            question, found = self._provisional.popitem()
            self.answers.put(KeptAnswer(question, found.value, rests_on))
        self.answers.put(KeptAnswer(head, value, rests_on))

    # -- what has changed

    def refresh(
        self,
        kinds: tuple[type[Reading[Any]], ...] = (Reading,),
        may_differ: Callable[[Reading[Any]], bool] = lambda _: True,
    ) -> bool:
        """Read the inputs of some kinds again that may differ, and suspend the answers that rest on one which does.

        Returns whether there is one.
        """
        may_be = [each for each in self.answers.readings(kinds) if may_differ(each)]
        different = [each for each in may_be if self._answer(each) != self._kept[each].value]
        self.answers.forget(different)
        return bool(different)

    def _holds(self, asked: Question[Any]) -> bool:
        """Whether a suspended answer holds, which is kept again then; what it rests on is answered for that."""
        around, self._asked = self._asked, deque[Hashable](maxlen=0)
        pending = [asked]
        try:
            while pending:
                question = pending[-1]
                suspended = self.answers.suspended.get(question)
                if suspended is None:  # answered meanwhile
                    pending.pop()
                    continue
                is_stale = self.answers.is_stale(suspended)
                below = None if is_stale else self.answers.suspended_below(suspended)
                if below is not None:
                    pending.append(below)
                elif not is_stale and self.answers.has_all_below(suspended):
                    self.answers.put(suspended)
                elif question is asked or not self._is_answered_anew(question):
                    return False
        finally:
            self._asked = around
        return asked in self._kept

    def _is_answered_anew(self, question: Question[Any]) -> bool:
        """Answer a suspended question. Returns whether the answer is settled."""
        if isinstance(question, Reading):
            self._read(question)
        elif isinstance(question, Report):
            self._report_new(question)
        elif question not in self._open and question not in self._provisional:
            self._compute_new(question)
        return question in self._kept
