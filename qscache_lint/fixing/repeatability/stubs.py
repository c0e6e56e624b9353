"""Stubs of the cache: code that puts something else in the place of the cache, of its methods, or of its settings.

What a refining call gets from a stub is what that has; the builder gets the real rows. Django's own backends are no
stubs: they keep what they are given, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from qscache_lint.facts.model import AttributeStore, ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Container, Import, Item, Name, Ref, operands
from qscache_lint.fixing.repeatability.known import ASKING_FOR_NAMES, may_replace
from qscache_lint.fixing.repeatability.moved import is_cache_call
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.repeatability.uses import shared_caches
from qscache_lint.project.abstract import External, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_WORDS = re.compile(rb"cache", re.IGNORECASE)
_OF_DJANGO = "django.core.cache.backends."
_SETTING = "CACHES"


def stub_concerns(evaluator: Evaluator, own: Iterable[FunctionId], package: str = "") -> Iterator[Reason]:
    """Each place where the cache may be another one; `own` are the functions that use it.

    `package` is that of a memoizer from outside, which uses the cache by itself.
    """
    names = {name for each in own for name in _names(evaluator, each)}
    tree = evaluator.project.tree
    for path in tree.files:
        facts = evaluator.project.facts(path) if _WORDS.search(tree.read(path)) else None
        if facts is not None:
            yield from _File(evaluator, path, facts, frozenset(names), package).concerns()


def _names(evaluator: Evaluator, function: FunctionId) -> Iterator[tuple[str, str]]:
    """The global names by which a function has its caches, each with its file."""
    subject = Subject(evaluator, function)
    for _, call in subject.facts.of_kind(Call, function.index):
        method = subject.facts.terms[call.function]
        if is_cache_call(subject, subject.value(call.function)) and isinstance(method, Attribute):
            term = subject.facts.terms[method.base]
            while isinstance(term, Item):
                term = subject.facts.terms[term.base]
            if isinstance(term, (Name, Import, Attribute)) and term.name:
                yield function.path, term.name


class _File:
    """One file that has the word."""

    def __init__(
        self, evaluator: Evaluator, path: str, facts: ModuleFacts, names: frozenset[tuple[str, str]], package: str
    ) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = facts
        self._names = names
        self._outside = tuple(f"{each}." for each in ("django.core.cache", package) if each)
        self._shared = shared_caches(evaluator)

    def concerns(self) -> Iterator[Reason]:
        found = [*self._assigned(), *self._given_settings()]
        if may_replace(self._path, self._evaluator.project.tree.read(self._path)):
            found += self._replaced()
        for row in sorted(dict.fromkeys(found)):
            yield reason("cache-replaced", self._path, row)

    def _row(self, ref: Ref) -> int:
        return self._facts.spans[ref].start.row

    # -- assignments, and settings

    def _assigned(self) -> Iterator[int]:
        """`queries.cache = …`, `cache.get = …`."""
        for function in self._facts.functions:
            for event in function.events:
                if isinstance(event, AttributeStore) and self._is_replaced(event.base, event.name):
                    yield event.span.start.row

    def _is_replaced(self, base: Ref, name: str) -> bool:
        return self._is_cache(base) or any(path in self._homes(base) for path, each in self._names if each == name)

    def _given_settings(self) -> Iterator[int]:
        """`override_settings(CACHES=…)`, `settings.CACHES = …`."""
        for ref, call in self._facts.every(Call):
            texts = [self._facts.terms[each.value] for each in call.arguments]
            is_by_name = any(isinstance(term, Constant) and term.value == _SETTING for term in texts)
            given = [each.value for each in call.arguments if each.keyword == _SETTING]
            given += [call.arguments[-1].value] if is_by_name and len(texts) > 2 else []
            if not all(map(self._is_of_django, given)):
                yield self._row(ref)
        for function in self._facts.functions:
            for event in function.events:
                if self._is_of_settings(event) and not self._is_of_django(event.value):
                    yield event.span.start.row

    def _is_of_settings(self, event: object) -> bool:
        if isinstance(event, AttributeStore):
            return event.name == _SETTING
        base = self._facts.terms[event.base] if isinstance(event, ItemStore) else None
        while isinstance(base, Item):
            base = self._facts.terms[base.base]
        return isinstance(base, Attribute) and base.name == _SETTING

    def _is_of_django(self, ref: Ref) -> bool:
        """Whether settings name backends of Django's own, and no others."""
        found = [term.value for term in self._inside(ref) if isinstance(term, Constant) and isinstance(term.value, str)]
        known = [text for text in found if text.startswith(_OF_DJANGO)]
        containers = [term for term in self._inside(ref) if isinstance(term, Container)]
        keys = [self._facts.terms[entry.key] for each in containers for entry in each.entries if entry.key is not None]
        backends = [term for term in keys if isinstance(term, Constant) and term.value == "BACKEND"]
        return len(backends) == len(known) > 0

    def _inside(self, ref: Ref) -> Iterator[object]:
        pending, seen = [ref], {ref}
        while pending:
            current = pending.pop()
            yield self._facts.terms[current]
            fresh = [each for each in operands(self._facts.terms[current]) if each not in seen]
            seen.update(fresh)
            pending.extend(fresh)

    # -- mocks

    def _replaced(self) -> Iterator[int]:
        """`patch("news.queries.cache")`, `patch.object(cache, "get")`, `monkeypatch.setattr(queries, "cache", …)`."""
        for ref, call in self._facts.every(Call):
            function = self._facts.terms[call.function]
            if getattr(function, "name", "") in ASKING_FOR_NAMES:
                continue
            texts = [self._text(each.value) for each in call.arguments]
            if any(map(self._is_target, texts)):
                yield self._row(ref)
            stated = {*texts, *(each.keyword or "" for each in call.arguments)} - {""}
            if any(self._is_given(each.value, stated) for each in call.arguments):
                yield self._row(ref)

    def _text(self, ref: Ref) -> str:
        term = self._facts.terms[ref]
        return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""

    def _is_target(self, text: str) -> bool:
        """Whether text is the dotted path of the cache, or of one of its methods."""
        if text.startswith(self._outside):
            return True
        steps = text.split(".")
        places = [place for place, step in enumerate(steps) if place and (step in {name for _, name in self._names})]
        return any((self._module(steps[:place]), steps[place]) in self._names for place in places)

    def _module(self, steps: list[str]) -> str | None:
        return self._evaluator.project.modules.resolve(self._path, ".".join(steps), 0)

    def _is_given(self, ref: Ref, stated: set[str]) -> bool:
        """Whether an argument is the cache or has it, and others of these texts and keywords name what is replaced."""
        if self._is_cache(ref):
            return bool(stated)
        named = {path for path, name in self._names if name in stated}
        return bool(named) and bool(named & {*self._homes(ref), self._module(self._text(ref).split("."))})

    def _is_cache(self, ref: Ref, depth: int = 1) -> bool:
        """Whether a term is the cache, or its class: `type(cache)`."""
        term = self._facts.terms[ref]
        if isinstance(term, Call) and depth:
            return any(self._is_cache(each.value, depth - 1) for each in term.arguments)
        value = self._evaluator.value(self._path, ref)
        return any(isinstance(atom, External) and atom.dotted in self._shared for atom in value)

    def _homes(self, ref: Ref, depth: int = 1) -> set[str]:
        """The modules that a term is, or the namespace of which it is: `vars(queries)`."""
        term = self._facts.terms[ref]
        if isinstance(term, Call) and depth:
            return {path for each in term.arguments for path in self._homes(each.value, depth - 1)}
        return {atom.path for atom in self._evaluator.value(self._path, ref) if isinstance(atom, Module)}
