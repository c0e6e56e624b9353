"""Text of a key in other code: whether it comes to a call that may store something under that key.

The calls of known caches are looked at by `writers`; these here are those of clients that nothing is known of.
"""

from __future__ import annotations

import re
from collections.abc import Container as Having
from collections.abc import Iterator, Sequence

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Import,
    Item,
    Join,
    Name,
    Parameter,
    Ref,
    Text,
    Updated,
    same_object,
)
from qscache_lint.fixing.repeatability.known import ASKING, HASHES, READING_CALLS, TEXT_STEPS, TEXTS
from qscache_lint.fixing.repeatability.pieces import Piece
from qscache_lint.fixing.repeatability.uses import shared_caches
from qscache_lint.project.abstract import External, Function
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_PYTHONS = READING_CALLS | {"zip", "map", "iter", "reversed", "enumerate", "itertools.chain"}
"""Calls that give what they are given in another container."""


class KeyText:
    """Looks for the text of one key, of which `constant` is the longest that is known.

    `own` are the functions that have it; `all_seen`: all that they are given has been looked at.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        key: tuple[Piece, ...],
        constant: str,
        own: Having[FunctionId],
        *,
        all_seen: bool = False,
    ) -> None:
        self._evaluator = evaluator
        self._key = key
        self._constant = constant
        self._own = own
        self._all_seen = all_seen
        self._shared = shared_caches(evaluator)
        self._steps = iter(range(limits.CALLS_OF_WRITER))
        self._seen: set[tuple[str, Ref]] = set()

    def concerns(self) -> Iterator[Reason]:
        for path in self._files():
            facts = self._evaluator.project.facts(path)
            if facts is None:
                yield reason("key-file-unreadable", path)
                return
            row = self._first_use(path, facts)
            if row is not None:
                yield reason("key-text-elsewhere", path, row)
                return

    def _goes_on(self, text: str) -> bool:
        """Whether text has that of the key, and nothing behind it that cannot stand there."""
        _, found, behind = text.partition(self._constant)
        place = next(place for place, piece in enumerate(self._key) if piece.text == self._constant)
        follows = self._key[place + 1] if place + 1 < len(self._key) else None
        if not found:
            return False
        return follows is None or not follows.has_digits or re.match(r"\d*($|[%{])", behind) is not None

    def _files(self) -> Iterator[str]:
        tree = self._evaluator.project.tree
        wanted = self._constant.encode()
        return (path for path in tree.files if wanted in tree.read(path))

    def _first_use(self, path: str, facts: ModuleFacts) -> int | None:
        for ref, term in facts.every(Constant):
            if not isinstance(term.value, str) or not self._goes_on(term.value):
                continue
            if FunctionId(path, facts.around(ref)) in self._own:
                continue
            if self._is_whole and term.value != self._constant and not facts.users(ref):
                continue
            if not self._is_harmless(path, facts, ref, limits.HELPERS_DEEP):
                return facts.spans[ref].start.row
        return None

    @property
    def _is_whole(self) -> bool:
        """Whether the key is nothing but its constant text."""
        return len(self._key) == 1

    def _is_harmless(self, path: str, facts: ModuleFacts, ref: Ref, depth: int) -> bool:
        """Whether text does not come to a call that stores."""
        if (path, ref) in self._seen:
            return True
        self._seen.add((path, ref))
        if next(self._steps, None) is None or not depth:
            return False
        if not all(self._is_harmless_user(path, facts, user, ref, depth) for user in facts.users(ref)):
            return False
        return self._is_kept_harmlessly(path, facts, ref, depth)

    def _is_kept_harmlessly(self, path: str, facts: ModuleFacts, ref: Ref, depth: int) -> bool:
        """Whether the names that a term is given, and what returns it, do not lead to a store."""
        index = facts.around(ref)
        function = facts.functions[index]
        events = (event for event in function.events if isinstance(event, AttributeStore))
        if any(event.value == ref for event in events):
            return False
        members = {name for each in facts.classes for name, bound in each.members.items() if _binds(bound, ref)}
        names = {name for name, bound in function.bindings.items() if _binds(bound, ref)} if not index else set()
        if any(returned.value == ref for returned in function.returns):
            names.add(function.name)
        return all(self._is_name_harmless(path, name, depth - 1) for name in {*names, *members})

    def _is_name_harmless(self, path: str, name: str, depth: int) -> bool:
        files = self._evaluator.project.name_index.files_with_word(name)
        if len(files) > limits.FILES_WITH_NAME:
            return False
        for each in files:
            facts = self._evaluator.project.facts(each)
            if facts is None:
                return False
            if not all(self._is_harmless(each, facts, ref, depth) for ref in self._named(each, facts, name)):
                return False
        return True

    def _named(self, path: str, facts: ModuleFacts, name: str) -> Iterator[Ref]:
        """The terms of a file that read a name, or call something of that name, but for our own function."""
        read: list[tuple[Ref, Name | Import | Attribute]] = []
        read.extend(facts.every(Name))
        read.extend(facts.every(Import))
        read.extend(facts.every(Attribute))
        for ref, term in read:
            if term.name == name and FunctionId(path, facts.around(ref)) not in self._own:
                yield ref

    def _is_harmless_user(self, path: str, facts: ModuleFacts, user: Ref, ref: Ref, depth: int) -> bool:
        match facts.terms[user]:
            case Text() | Binary(operator="+" | "%") | Container() | Join():
                return self._is_harmless(path, facts, user, depth)
            case Compare() | Item():
                return True
            case Updated(key=key):
                return key == ref  # of a dict; what is put into a cache like that is a store of the tables
            case Attribute(name=name):
                calls = [each for each in facts.users(user) if isinstance(facts.terms[each], Call)]
                return name not in TEXT_STEPS or all(self._is_harmless(path, facts, each, depth) for each in calls)
            case Call() as call:
                return self._is_harmless_call(path, facts, user, call, ref, depth)
            case term if same_object(term) is not None:
                return self._is_harmless(path, facts, user, depth)
            case _:
                return False

    def _is_harmless_call(self, path: str, facts: ModuleFacts, user: Ref, call: Call, ref: Ref, depth: int) -> bool:
        """Whether a call that is given the text does not store under it."""
        value = self._evaluator.value(path, call.function)
        name = called_name(facts.terms[call.function])
        if call.function == ref:
            return self._is_harmless(path, facts, user, depth)
        if name in TEXT_STEPS:
            return self._is_harmless(path, facts, user, depth)
        names = [atom.dotted for atom in value if isinstance(atom, External)]
        if names and len(names) == len(value):
            if all(each in TEXTS or each in HASHES or each in _PYTHONS for each in names):
                return self._is_harmless(path, facts, user, depth)
            return not any(self._may_store(each) for each in names)
        if name.removeprefix("a") in ASKING or name in ASKING:
            return True
        functions = [atom for atom in value if isinstance(atom, Function)]
        if functions and len(functions) == len(value):
            return all(self._hands_on_harmlessly(path, user, call, ref, each, depth) for each in functions)
        is_ours = bool(self._evaluator.project.name_index.files_giving(name)) if name else True
        return not is_ours and name not in self._evaluator.knowledge.store_methods

    def _may_store(self, dotted: str) -> bool:
        """Whether something outside is called like a store: of a client of the same server, perhaps."""
        cache, _, name = dotted.rpartition(".")
        is_looked_at = cache in self._shared  # by `writers`
        return not is_looked_at and name in self._evaluator.knowledge.store_methods and name not in ASKING

    def _hands_on_harmlessly(self, path: str, user: Ref, call: Call, ref: Ref, atom: Function, depth: int) -> bool:
        """Whether a function of the project does not store under a parameter that has the text."""
        passed = self._evaluator.passed(call, Site(path, user, None))
        facts = self._evaluator.facts(atom.of.path)
        bound = bind(facts.functions[atom.of.index], passed, atom.receiver)
        names = [name for name, each in bound.given.items() if each.argument.value == ref]
        if not names or atom.of in self._own:
            return bool(names) and self._all_seen
        inside = facts.of_kind(Parameter, atom.of.index)
        return all(
            self._is_harmless(atom.of.path, facts, each, depth - 1) for each, term in inside if term.name in names
        )


def _binds(bound: Sequence[object], ref: Ref) -> bool:
    return any(getattr(each, "value", None) == ref for each in bound)
