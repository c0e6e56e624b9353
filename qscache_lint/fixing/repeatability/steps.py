"""What every check of a term has: where it looks, and how it says what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qscache_lint.facts.terms import Call, Ref
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.fixing.repeatability.terms import Terms
from qscache_lint.project.abstract import Frame, Function, Unknown
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


@dataclass(frozen=True)
class Steps:
    """What runs again of one function; `around` are the functions that it is called in, at most `depth` more follow.

    `chains` are those that the key reads, too, at each call. `models` are those that the functions around it query.
    """

    moved: Moved
    chains: frozenset[Chain]
    around: frozenset[FunctionId]
    depth: int
    models: frozenset[ClassId | str] = frozenset()

    @property
    def subject(self) -> Subject:
        return self.moved.subject

    @property
    def terms(self) -> Terms:
        return Terms(self.moved.subject)

    def _again(self, ref: Ref, what: str) -> Reason:
        return reason("runs-again", *self.subject.place(ref), what=what)

    def _query(self, ref: Ref, what: str) -> Reason:
        return reason("sends-query", *self.subject.place(ref), what=what)

    def _unknown(self, ref: Ref, what: str) -> Reason:
        return reason("may-differ" if self._is_resolved(ref) else "not-followed", *self.subject.place(ref), what=what)

    def _is_resolved(self, ref: Ref) -> bool:
        """Whether it is known what a term is, or what it calls."""
        term = self.subject.facts.terms[ref]
        value = self.subject.value(term.function if isinstance(term, Call) else ref)
        return bool(value) and not any(isinstance(atom, Unknown) for atom in value)

    def _followed(self, ref: Ref, atom: Function, frame: Frame | None, name: str) -> Iterator[Reason]:
        """What a function of the project does that is called."""
        raise NotImplementedError

    def _is_followed_constant(self, path: str, ref: Ref) -> bool:
        """Whether a statement of a module computes the same in every process."""
        raise NotImplementedError
