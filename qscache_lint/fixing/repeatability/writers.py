"""Other code that uses the same key: it may put something else under it, get it, or notice that nothing is there.

A use counts unless its key is known to be another one (see `patterns`): helpers are followed to their callers, and a
key of which nothing is known may be ours. Dropping an entry is harmless: the next call makes it anew, of the same
query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.repeatability.callers import OPEN, Activation, Callers
from qscache_lint.fixing.repeatability.key import KeyReader
from qscache_lint.fixing.repeatability.key_text import KeyText
from qscache_lint.fixing.repeatability.patterns import (
    are_alike,
    differ_but_for_settings,
    have_words_of_their_own,
    is_word,
    longest_text,
    may_be_equal,
)
from qscache_lint.fixing.repeatability.pieces import Piece, merged
from qscache_lint.fixing.repeatability.uses import Use, uses
from qscache_lint.project.abstract import Atom, Collection, Formatted, Instance, Literal
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import Candidates
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_CACHES = re.compile(rb"cache", re.IGNORECASE)
_UNUSABLE = frozenset({"bool", "bytes", "float", "int", "str", "datetime.date", "datetime.datetime", "decimal.Decimal"})


def writer_concerns(
    evaluator: Evaluator, pieces: tuple[Piece, ...], own: Container[FunctionId], *, all_seen: bool = False
) -> Iterator[Reason]:
    """Where a key of these pieces is used by other code.

    `own` are those that have it; `all_seen`: each of their calls has been looked at, with the key that it leads to.
    """
    key = merged(pieces)
    constant = longest_text(key)
    if not is_word(constant):
        yield reason("key-without-text")
        return
    yield from _Others(evaluator, key, own).concerns()
    yield from KeyText(evaluator, key, constant, own, all_seen=all_seen).concerns()


def reader_concerns(evaluator: Evaluator, pieces: tuple[Piece, ...], own: Container[FunctionId]) -> Iterator[Reason]:
    """Where other code may get what is stored under a key of these pieces; `own` are those that have it.

    Raises Refused where other code has a key of the same form.
    """
    key = merged(pieces)
    if is_word(longest_text(key)):
        yield from _Others(evaluator, key, own).readers()
    else:
        yield reason("key-without-text")


class _Others:
    """Looks for other uses of one key."""

    def __init__(self, evaluator: Evaluator, key: tuple[Piece, ...], own: Container[FunctionId]) -> None:
        self._evaluator = evaluator
        self._key = key
        self._own = own

    def concerns(self) -> Iterator[Reason]:
        """The first other code that stores, and the first that looks what is there."""
        said: set[bool] = set()
        for use in self._uses():
            if use.stores not in said and use.function not in self._own and self._may_be_ours(use):
                said.add(use.stores)
                yield reason("key-written" if use.stores else "key-asked", use.path, self._row(use))

    def readers(self) -> Iterator[Reason]:
        """The first other code that may get what is stored. Raises Refused for code that does."""
        found = [
            use for use in self._uses() if use.reads and use.function not in self._own and self._may_be_ours(use)
        ]
        for use in found:
            if self._has_our_form(use):
                raise Refused(reason("same-key-read", use.path, self._row(use)))
        yield from (reason("same-entry-read", use.path, self._row(use)) for use in found[:1])

    def _row(self, use: Use) -> int:
        return self._evaluator.facts(use.path).spans[use.ref].start.row

    def _uses(self) -> Iterator[Use]:
        tree, candidates = self._evaluator.project.tree, self._evaluator.ask(Candidates())
        for path in tree.files:
            if path in candidates or _CACHES.search(tree.read(path)):
                yield from uses(self._evaluator, path)

    def _may_be_ours(self, use: Use) -> bool:
        if not self._meets(use, OPEN):
            return False
        return any(self._meets(use, each) for each in Callers(self._evaluator).activations(use.function))

    def _has_our_form(self, use: Use) -> bool:
        """Whether the key of other code has the same constants in the same places."""
        for given in Callers(self._evaluator).activations(use.function):
            for spot in use.spots(self._evaluator, given) or ():
                if are_alike(self._key, merged(list(KeyReader(given=given).pieces(spot)))):
                    return True
        return False

    def _meets(self, use: Use, given: Activation) -> bool:
        spots = use.spots(self._evaluator, given)
        if spots is None:
            return True
        keys = (merged(list(KeyReader(given=given).pieces(spot))) for spot in spots)
        return any(may_be_equal(self._key, each) and not self._is_assumed_other(use, each) for each in keys)

    def _is_assumed_other(self, use: Use, key: tuple[Piece, ...]) -> bool:
        """Whether a key that may be ours by its form is for something else, by its words and what is stored."""
        if differ_but_for_settings(self._key, key):
            return True
        if have_words_of_their_own(self._key, key):
            return use.is_likely or self._is_of_other_kind(use, _is_no_query)
        has_words = any(is_word(text) for piece in key for text in (piece.text or "", *piece.texts))
        return not has_words and (use.is_likely or self._is_of_other_kind(use, _is_unusable))

    def _is_of_other_kind(self, use: Use, is_other: Callable[[Atom], bool]) -> bool:
        """Whether all that is known to be stored is nothing that we store."""
        value = () if use.value is None else self._evaluator.value(use.path, use.value)
        return bool(value) and all(map(is_other, value))


def _is_no_query(atom: Atom) -> bool:
    """Whether code that refines what is stored could do nothing with this."""
    return isinstance(atom, Collection) or _is_unusable(atom)


def _is_unusable(atom: Atom) -> bool:
    """Whether neither readers nor refiners of a QuerySet can do anything with this."""
    match atom:
        case Literal() | Formatted():
            return True
        case Collection(kind=kind):
            return kind == "dict"
        case Instance(of=str() as dotted):
            return dotted in _UNUSABLE
        case _:
            return False
