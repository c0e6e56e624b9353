"""Other code that may get what is stored under a key: whatever has its text, but to forget the entry.

This is a whitelist: text of the key that goes anywhere else than into a call that deletes is taken for a reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import Attribute, Binary, Call, Constant, Container, Import, Join, Name, Ref, Text
from qscache_lint.fixing.repeatability.key import KeyReader
from qscache_lint.fixing.repeatability.pieces import Piece, Spot, merged
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.repeatability.writers import writer_concerns
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import Candidates, reaches_caches
from qscache_lint.project.evaluation.stores import StoreSite
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_FORGETTING = frozenset({"delete", "adelete", "delete_many", "adelete_many", "touch", "atouch"})
"""Methods of caches that make no use of the value."""


def reader_concerns(evaluator: Evaluator, site: StoreSite, key: Ref) -> Iterator[Reason]:
    """Where something else than the function that stores may read or fill the entry."""
    own = FunctionId(site.path, site.function)
    pieces = merged(list(KeyReader().pieces(Spot(Subject(evaluator, own), key, {}))))
    yield from writer_concerns(evaluator, pieces, {own})
    yield from _other_reads(evaluator, own, pieces)
    text = _longest(pieces)
    place = _KeyReaders(evaluator, text, own).first() if text else None
    if place is not None:
        yield reason("key-text-read", *place)


def _other_reads(evaluator: Evaluator, own: FunctionId, pieces: Sequence[Piece]) -> Iterator[Reason]:
    """The first read of a cache elsewhere whose key is not known to be another one."""
    for path in evaluator.ask(Candidates()):
        facts = evaluator.project.facts(path)
        for ref, call in () if facts is None else facts.every(Call):
            if facts is None or FunctionId(path, facts.around(ref)) == own or not _reads(evaluator, path, call):
                continue
            subject = Subject(evaluator, FunctionId(path, facts.around(ref)))
            asked = [key for each in call.arguments[:1] for key in _members(facts, each.value)]
            theirs = [merged(list(KeyReader().pieces(Spot(subject, key, {})))) for key in asked]
            if not theirs or any(_may_be_same(pieces, each) for each in theirs):
                yield reason("same-entry-read", path, facts.spans[ref].start.row)
                return


def _reads(evaluator: Evaluator, path: str, call: Call) -> bool:
    called = evaluator.value(path, call.function) if reaches_caches(evaluator, path, call.function) else ()
    return any(isinstance(atom, External) and atom.dotted in evaluator.knowledge.reads for atom in called)


def _members(facts: ModuleFacts, ref: Ref) -> tuple[Ref, ...]:
    """A key, or each of those in a list that is written there."""
    term = facts.terms[ref]
    is_plain = isinstance(term, Container) and not any(each.star for each in term.entries)
    return tuple(each.value for each in term.entries) if isinstance(term, Container) and is_plain else (ref,)


def _may_be_same(ours: Sequence[Piece], theirs: Sequence[Piece]) -> bool:
    """Whether two keys may be the same: nothing that is known of their beginnings and ends tells them apart."""
    first, other = ours[0].text or "", theirs[0].text or ""
    last, end = ours[-1].text or "", theirs[-1].text or ""
    if all(piece.text is not None for piece in (*ours, *theirs)):
        return "".join(piece.text or "" for piece in ours) == "".join(piece.text or "" for piece in theirs)
    begins = first.startswith(other) or other.startswith(first)
    return begins and (last.endswith(end) or end.endswith(last))


def _longest(pieces: Sequence[Piece]) -> str:
    """The longest text of a key that is known; "" where that says nothing, as writers are told already."""
    text = max((piece.text for piece in pieces if piece.text is not None), key=len, default="")
    return text if any(char.isalpha() for char in text) else ""


class _KeyReaders:
    def __init__(self, evaluator: Evaluator, text: str, own: FunctionId) -> None:
        self._evaluator = evaluator
        self._text = text
        self._own = own
        self._seen: set[tuple[str, Ref]] = set()

    def first(self) -> tuple[str, int] | None:
        """The first place of which it is not known that it reads nothing; None where there is none."""
        tree = self._evaluator.project.tree
        for path in tree.files:
            if self._text.encode() not in tree.read(path):
                continue
            facts = self._evaluator.project.facts(path)
            if facts is None:
                return path, 0
            for ref, term in facts.every(Constant):
                has_text = isinstance(term.value, str) and self._text in term.value
                if has_text and not self._is_own(path, facts, ref) and not self._forgets(path, facts, ref, 0):
                    return path, facts.spans[ref].start.row
        return None

    def _is_own(self, path: str, facts: ModuleFacts, ref: Ref) -> bool:
        return FunctionId(path, facts.around(ref)) == self._own

    def _forgets(self, path: str, facts: ModuleFacts, ref: Ref, depth: int) -> bool:
        """Whether nothing but the forgetting of entries is made of a term, here and by the names that it is given."""
        if (path, ref) in self._seen:
            return True
        self._seen.add((path, ref))
        if depth > limits.HELPERS_DEEP:
            return False
        users = (user for user in facts.users(ref) if not self._is_own(path, facts, user))
        if not all(self._forgets_by(path, facts, ref, user, depth) for user in users):
            return False
        return all(self._forgets_named(name, depth + 1) for name in _names_of(facts, ref))

    def _forgets_by(self, path: str, facts: ModuleFacts, ref: Ref, user: Ref, depth: int) -> bool:
        match facts.terms[user]:
            case Call(function=function) as call:
                is_text = function == ref or called_name(facts.terms[call.function]) == "format"
                forgets = called_name(facts.terms[function]) in _FORGETTING
                return forgets or (is_text and self._forgets(path, facts, user, depth))
            case Attribute(name="format") | Text() | Binary() | Container() | Join():
                return self._forgets(path, facts, user, depth)
            case _:
                return False

    def _forgets_named(self, name: str, depth: int) -> bool:
        """The same of all that reads a name, but in the function that stores."""
        paths = self._evaluator.project.name_index.files_with_word(name)
        if len(paths) > limits.FILES_WITH_NAME:
            return False
        for path in paths:
            facts = self._evaluator.project.facts(path)
            if facts is None:
                return False
            if not all(self._forgets(path, facts, ref, depth) for ref in self._named(path, facts, name)):
                return False
        return True

    def _named(self, path: str, facts: ModuleFacts, name: str) -> Iterator[Ref]:
        """The terms of a file that read a name, but in the function that stores."""
        for kind in (Name, Import, Attribute):
            for ref, _ in facts.every(kind):
                if called_name(facts.terms[ref]) == name and not self._is_own(path, facts, ref):
                    yield ref


def _names_of(facts: ModuleFacts, ref: Ref) -> Iterator[str]:
    """The names by which other code reads a term: a variable of the module, a member of a class, a function's."""
    index = facts.around(ref)
    function = facts.functions[index]
    scopes = [each.members for each in facts.classes] + ([] if index else [function.bindings])
    for scope in scopes:
        yield from (name for name, bound in scope.items() if any(each.value == ref for each in bound))
    if any(returned.value == ref for returned in function.returns):
        yield function.name
