"""A memo hands out one object: code that changes it changes what all other callers refine, but not a builder's.

All that may hold the object is looked at, by its value, in each file that names the function or what it is handed on
by: a function that returns it, an attribute or a variable of a module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Container, Ref, Term
from qscache_lint.fixing.cached_function import BINDING, CachedFunction
from qscache_lint.fixing.handling import ASKED, CHANGEABLE, Handling
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.known import READING_METHODS
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import Function, Memoized, Module, Unknown, Value, leaves
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import Taking, Way
from qscache_lint.project.value_sets import cached
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_USED_UP = frozenset({Way.METHOD, Way.BOUND, Way.OPERATOR, Way.CAPTURED})
"""The ways to take a function without handing it on."""


def shared_object_concerns(
    evaluator: Evaluator, templates: Templates, cached_function: CachedFunction
) -> Iterator[Reason]:
    """The first place that may change the object which a memo hands out."""
    yield from _SharedObject(evaluator, templates, cached_function).concerns()


class _SharedObject:
    def __init__(self, evaluator: Evaluator, templates: Templates, cached_function: CachedFunction) -> None:
        self._evaluator = evaluator
        self._templates = templates
        self._cached_function = cached_function
        self._site = (cached_function.path, cached_function.site)
        self._functions = {cached_function.identity}
        self._names = [cached_function.name]
        self._kept_as: set[str] = set()
        self._only_kept_as: set[str] = set()

    def concerns(self) -> Iterator[Reason]:
        for name in self._names:  # which grows
            files = list(files_with(self._evaluator, self._cached_function.path, name))
            if len(files) > limits.FILES_WITH_NAME:
                yield reason("too-many-files", files=len(files), name=name)
                return
            for path in files:
                facts = self._evaluator.project.facts(path)
                row = 0 if facts is None else self._row_of_change(path, facts, name)
                if facts is None or row:
                    yield reason("object-may-change", path, row, function=self._cached_function.label)
                    return

    def _row_of_change(self, path: str, facts: ModuleFacts, name: str) -> int:
        """The first row of a file that may change the object; 0 where none does."""
        for ref, term in enumerate(facts.terms):
            leaves_it = self._judge(path, facts, ref, term, name)
            takings = () if leaves_it is None else self._evaluator.demands.takings_of(path, ref)
            for taking in takings:
                if leaves_it is not None and not leaves_it(taking):
                    return taking.span.start.row
        for kept in sorted(self._kept_as.difference(self._names)):
            self._add(kept)
            self._only_kept_as.add(kept)
        return 0

    def _judge(
        self, path: str, facts: ModuleFacts, ref: Ref, term: Term, name: str
    ) -> Callable[[Taking], bool] | None:
        """Whether a place leaves the object as it is, where a term is or leads to that; None where it does not."""
        value = self._evaluator.value(path, ref)
        ours = self._ours(value)
        if name in self._only_kept_as:
            is_kept = isinstance(term, Attribute) and term.name == name
            return (lambda taking: not _is_asked_for_inner(taking)) if is_kept else None
        is_open = all(isinstance(atom, Unknown) for atom in value) and self._may_be_ours(path, facts, term, name)
        if ours or (is_open and name not in READING_METHODS):
            handling = Handling(
                self._evaluator, self._templates, ours or (QuerySet(),), may_leave=True, kept_as=self._kept_as
            )
            asked = handling.query_asked(path, (ref,))
            return lambda taking: not asked and handling.leaves(path, taking) and self._follows(path, facts, taking)
        if self._ours(tuple(leaves(value))) and not isinstance(term, Container):
            return lambda taking: taking.way is Way.OPERATOR or self._is_returned(path, facts, taking)
        if self._is_it(value):
            return lambda taking: taking.way in _USED_UP or self._is_named(facts, taking)
        if self._may_be_ours(path, facts, term, name):  # a dict, most likely
            return lambda taking: not _is_asked_for_inner(taking)
        return None

    def _ours(self, value: Value) -> tuple[QuerySet, ...]:
        return tuple(each for each in cached(value) if (each.kept.site.path, each.kept.site.span) == self._site)

    def _is_it(self, value: Value) -> bool:
        """Whether a term is the function, or one that hands on what it returns."""
        for atom in value:
            of = atom.inner if isinstance(atom, Memoized) else atom
            if isinstance(of, Function) and of.of in self._functions:
                return True
        return False

    def _may_be_ours(self, path: str, facts: ModuleFacts, term: Term, name: str) -> bool:
        """Whether something of the name is read from an object of which nothing is known."""
        asked = facts.terms[term.function] if isinstance(term, Call) else term
        if not isinstance(asked, Attribute) or asked.name != name:
            return False
        base = self._evaluator.value(path, asked.base)
        return not base or any(isinstance(atom, Unknown) for atom in base)

    # -- by what else it can be had

    def _follows(self, path: str, facts: ModuleFacts, taking: Taking) -> bool:
        """Whether the way by which other code gets the object can be followed by a name."""
        match taking.way:
            case Way.RETURNED | Way.HELD:
                self._kept_as.update(self._evaluator.demands.kept_as(path, taking))
                return self._returns(path, facts, facts.around(taking.value))
            case Way.ATTRIBUTE:
                self._kept_as.update(self._evaluator.demands.kept_as(path, taking))
                self._add(taking.symbol)
                return not self._is_of_module(path, taking)
            case Way.GLOBAL:
                return self._binds(facts, taking.value)
            case Way.STORED:
                return False
            case _:
                return True

    def _is_of_module(self, path: str, taking: Taking) -> bool:
        """Whether a statement sets a variable of another module, which has it there under a mere name."""
        base = () if taking.base is None else self._evaluator.value(path, taking.base)
        return any(isinstance(atom, Module) for atom in base)

    def _is_returned(self, path: str, facts: ModuleFacts, taking: Taking) -> bool:
        return taking.way is Way.RETURNED and self._returns(path, facts, facts.around(taking.value))

    def _is_named(self, facts: ModuleFacts, taking: Taking) -> bool:
        """Whether a function only gets a name, in a module or class."""
        if taking.way is Way.ATTRIBUTE and taking.owner is not None:
            self._add(taking.symbol)
            return True
        return taking.way is Way.GLOBAL and self._binds(facts, taking.value)

    def _returns(self, path: str, facts: ModuleFacts, index: int) -> bool:
        function = facts.functions[index]
        if FunctionId(path, index) == self._cached_function.identity:
            return True
        self._functions.add(FunctionId(path, index))
        self._add(function.name)
        return function.name.isidentifier() and all(each.text in (*BINDING, "property") for each in function.decorators)

    def _binds(self, facts: ModuleFacts, ref: Ref) -> bool:
        names = [name for name, bound in facts.body.bindings.items() if any(each.value == ref for each in bound)]
        for name in names:
            self._add(name)
        return bool(names)

    def _add(self, name: str) -> None:
        if name not in self._names or name in self._only_kept_as:
            self._names.append(name)
            self._only_kept_as.discard(name)


def _is_asked_for_inner(taking: Taking) -> bool:
    """Whether an attribute of a QuerySet is asked for that lets it be changed."""
    return taking.way in ASKED and (taking.symbol == CHANGEABLE or taking.symbol.startswith("_"))
