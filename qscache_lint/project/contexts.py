"""Contexts: what stands under which name in a dict that a template gets, and where it got in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.model import ParameterFacts
from qscache_lint.facts.terms import (
    Argument,
    Attribute,
    Awaited,
    Binary,
    Call,
    Container,
    Join,
    Mutated,
    Parameter,
    Ref,
    Term,
    Updated,
    same_object,
)
from qscache_lint.project.abstract import Atom, External, Frame, Unknown, Value
from qscache_lint.project.context_changes import ContextChanges
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import callees, text
from qscache_lint.project.evaluation.core import Passed
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import value_span
from qscache_lint.project.value_sets import all_querysets
from qscache_lint.values import Confidence, Span


class ContextEntry(msgspec.Struct, frozen=True):
    """One value of a context: the term that gives it in an activation, and the place at which it gets in.

    `is_guessed`: another value may have its name. `given` is the value itself, where it has no term.
    """

    path: ModulePath
    ref: Ref
    span: Span
    frame: Frame | None = None
    is_guessed: bool = False
    given: Value = ()


def value_of(evaluator: Evaluator, entry: ContextEntry) -> Value:
    """What stands in the context, be it out of a cache that the function around has put it into."""
    if entry.given:
        return entry.given
    index = evaluator.facts(entry.path).around(entry.ref)
    kept = evaluator.kept_from(entry.path, index, entry.ref, entry.span.start)
    found = dict.fromkeys((*kept, *evaluator.value(entry.path, entry.ref, entry.frame)))
    return tuple(map(_with_medium_confidence, found)) if entry.is_guessed else tuple(found)


def cached_value_of(evaluator: Evaluator, entry: ContextEntry) -> Value:
    """The same, where it may be or hold a cached QuerySet; nothing where no name leads to one."""
    arguments = () if entry.frame is None else entry.frame.arguments
    is_given = any(each.origin is not None for _, value in arguments for each in all_querysets(value))
    leads = entry.given or is_given or evaluator.project.to_cached.has(entry.path, entry.ref)
    value = value_of(evaluator, entry) if leads else ()
    return value if any(each.origin is not None for each in all_querysets(value)) else ()


def innermost(evaluator: Evaluator, entry: ContextEntry, queryset: QuerySet) -> ContextEntry:
    """The member of a display by which a QuerySet gets into it: `{"rows": {"new": stories()}}`; else the entry."""
    display = evaluator.facts(entry.path).terms[entry.ref]
    for each in display.entries if isinstance(display, Container) and not entry.is_guessed else ():
        value = evaluator.value(entry.path, each.value, entry.frame)
        if not each.star and queryset in all_querysets(value):
            return innermost(evaluator, ContextEntry(entry.path, each.value, each.span, entry.frame), queryset)
    return entry


def _with_medium_confidence(atom: Atom) -> Atom:
    return replace(atom, confidence=Confidence.MEDIUM) if isinstance(atom, QuerySet) else atom


Entries: TypeAlias = Mapping[str, tuple[ContextEntry, ...]]
"""By name; of several, each is there by some branch of the code."""

_UPDATING = "update"
_COPYING = "copy"


class Contexts:
    """Reads the contexts of one project."""

    def __init__(self, evaluator: Evaluator, hands_on: Iterable[str]) -> None:
        """`hands_on` are methods of frameworks whose context has the keywords that they are called with."""
        self._evaluator = evaluator
        self._hands_on = frozenset(hands_on)

    def entries(
        self, path: ModulePath, ref: Ref, frame: Frame | None = None, given: Mapping[str, Entries] | None = None
    ) -> Entries:
        """What a dict holds that a term comes to; `given` are the dicts that the parameters of the frame hold."""
        return _Walk(self._evaluator, self._hands_on).entries(path, ref, frame, given or {})

    def handed(self, path: ModulePath, call: Call, to: FunctionId) -> Mapping[str, Entries]:
        """The dicts that the parameters of a function hold that is called."""
        return _Walk(self._evaluator, self._hands_on).handed(path, call, to, None, {})

    def returned(self, frame: Frame) -> Entries:
        """What the dict holds that an activation returns."""
        return _Walk(self._evaluator, self._hands_on).returned(frame, {})


class _Walk:
    """Follows one dict back to what was put into it, through branches, copies and functions of the project."""

    def __init__(self, evaluator: Evaluator, hands_on: frozenset[str]) -> None:
        self._evaluator = evaluator
        self._hands_on = hands_on
        self._open: set[tuple[ModulePath, Ref, Frame | None]] = set()
        self._known: dict[tuple[ModulePath, Ref, Frame | None, int], tuple[Entries, Mapping[str, Entries]]] = {}
        """What terms hold, with what parameters held then, for as long as the walk takes: branches join again."""
        self._terms = self._cuts = 0
        self._changes = ContextChanges(evaluator)

    def entries(self, path: ModulePath, ref: Ref, frame: Frame | None, given: Mapping[str, Entries]) -> Entries:
        """What a term holds; `given` are the dicts that parameters hold."""
        here = path, ref, frame
        known = self._known.get((*here, id(given)))
        if known is not None:
            return known[0]
        self._terms += 1
        if here in self._open or self._terms > limits.CONTEXT_TERMS:
            self._cuts += 1
            return {}
        self._open.add(here)
        cuts = self._cuts
        found = self._of_term(path, ref, frame, given)
        if found:
            changed = self._changes.of(path, ref, frame)
            found = {name: several for name, several in found.items() if not changed.has(name)}
        self._open.discard(here)
        if cuts == self._cuts:  # what rests on a loop that is gone through may be more than that
            self._known[(*here, id(given))] = found, given
        return found

    def returned(self, frame: Frame, given: Mapping[str, Entries]) -> Entries:
        """What any of the dicts holds that an activation returns."""
        facts = self._evaluator.facts(frame.of.path)
        returns = facts.functions[frame.of.index].returns
        return _any_of([self.entries(frame.of.path, each.value, frame, given) for each in returns])

    def _of_term(self, path: ModulePath, ref: Ref, frame: Frame | None, given: Mapping[str, Entries]) -> Entries:
        facts = self._evaluator.facts(path)
        match facts.terms[ref]:
            case Join(choices=choices):
                return _any_of([self.entries(path, each.value, frame, given) for each in choices])
            case Container(kind="dict") as display:
                return self._displayed(path, display, frame, given)
            case Updated(base=base, key=key) as term:
                before = self.entries(path, base, frame, given)
                name = text(facts.terms[key])
                return _over(before, {name: self._entry(path, term.value, value_span(facts, ref, term), frame)})
            case Mutated(base=base, method=method, arguments=arguments):
                before = self.entries(path, base, frame, given)
                return _over(before, self._arguments(path, arguments, frame, given)) if method == _UPDATING else before
            case Binary(operator="|", left=left, right=right):
                return _over(self.entries(path, left, frame, given), self.entries(path, right, frame, given))
            case Call() as call:
                return self._called(path, ref, call, frame, given)
            case Parameter(name=name):
                return given.get(name, {})
            case Awaited(base=base):
                return self.entries(path, base, frame, given)
            case term:
                return self._same(path, term, frame, given)

    def _same(self, path: ModulePath, term: Term, frame: Frame | None, given: Mapping[str, Entries]) -> Entries:
        inner = same_object(term)
        return {} if inner is None else self.entries(path, inner, frame, given)

    def _entry(self, path: ModulePath, ref: Ref, span: Span, frame: Frame | None) -> tuple[ContextEntry, ...]:
        return (ContextEntry(path, ref, span, frame),)

    def _displayed(
        self, path: ModulePath, display: Container, frame: Frame | None, given: Mapping[str, Entries]
    ) -> Entries:
        found: Entries = {}
        facts = self._evaluator.facts(path)
        for each in display.entries:
            if each.key is None:
                over = self._changes.names(path, each.value, frame)
                left = {name: several for name, several in found.items() if not over.has(name)}
                found = _over(left, self.entries(path, each.value, frame, given))
            elif not each.star:
                name = text(facts.terms[each.key])
                found = _over(found, {name: self._entry(path, each.value, each.span, frame)})
        return found

    def _arguments(
        self, path: ModulePath, arguments: Sequence[Argument], frame: Frame | None, given: Mapping[str, Entries]
    ) -> Entries:
        """What a dict is made of: other dicts, and keywords."""
        found: Entries = {}
        for each in arguments:
            if each.keyword is not None:
                found = _over(found, {each.keyword: self._entry(path, each.value, each.span, frame)})
            elif each.star != "*":
                found = _over(found, self.entries(path, each.value, frame, given))
        return found

    # -- calls

    def _called(
        self, path: ModulePath, ref: Ref, call: Call, frame: Frame | None, given: Mapping[str, Entries]
    ) -> Entries:
        """What a call gives: `dict(…)`, `context.copy()`, a function of the project, or the framework's own method."""
        facts = self._evaluator.facts(path)
        method = facts.terms[call.function]
        site = Site(path, ref, frame)
        passed = tuple(map(_without_star, self._evaluator.passed(call, site)))
        found: list[Entries] = []
        for atom in self._evaluator.value(path, call.function, frame):
            if isinstance(atom, External) and atom.dotted in self._evaluator.knowledge.querysets.constructors.dict:
                return self._arguments(path, call.arguments, frame, given)
            for function, arguments in callees(self._evaluator, atom, passed, site):
                inner = self._evaluator.activation(function, arguments)
                handed = self.handed(path, call, function.of, frame, given)
                found.append(self.returned(inner, handed))
        if found:
            return _any_of(found)
        if isinstance(method, Attribute) and method.name in self._hands_on:
            return self._arguments(path, call.arguments, frame, given)
        if isinstance(method, Attribute) and method.name == _COPYING:
            return self.entries(path, method.base, frame, given)
        return {}

    def handed(
        self, path: ModulePath, call: Call, to: FunctionId, frame: Frame | None, given: Mapping[str, Entries]
    ) -> Mapping[str, Entries]:
        """The dicts that the parameters of a function hold: those that it is given, and what `**kwargs` gathers."""
        function = self._evaluator.facts(to.path).functions[to.index]
        parameters = function.parameters if function.owner is None else function.parameters[1:]
        found = {
            parameter.name: self.entries(path, argument.value, frame, given)
            for parameter, argument in _by_position(parameters, call.arguments)
        }
        named = {each.name for each in parameters if each.kind != "**"}
        gathered = [each for each in call.arguments if each.star == "**" or (each.keyword or "") not in named]
        keywords = [each for each in gathered if each.keyword is not None or each.star == "**"]
        for each in parameters:
            if each.kind == "**":
                found[each.name] = self._arguments(path, keywords, frame, given)
        return found


def _without_star(passed: Passed) -> Passed:
    """An argument; of one behind a star, the dicts that it holds are followed by themselves."""
    starred = Unknown("an argument passed with * or **")
    return Passed.known(passed.argument, (starred,)) if passed.argument.star else passed


def _by_position(
    parameters: Sequence[ParameterFacts], arguments: Sequence[Argument]
) -> list[tuple[ParameterFacts, Argument]]:
    """The parameters that get an argument each, where no star stands before it."""
    named = {each.keyword: each for each in arguments if each.keyword is not None}
    plain = [each for each in arguments if each.keyword is None]
    known = [each for at, each in enumerate(plain) if not any(before.star for before in plain[: at + 1])]
    positional = [each for each in parameters if each.kind == "positional"]
    found = list(zip(positional, known, strict=False))
    return [*found, *((each, named[each.name]) for each in parameters if each.name in named)]


def _over(before: Entries, later: Entries) -> Entries:
    """A dict in which later entries stand over those of before; names that are not known are left out."""
    return {**before, **{name: found for name, found in later.items() if name}}


def _any_of(several: Sequence[Entries]) -> Entries:
    """What may stand under each name in one of several dicts."""
    found: dict[str, tuple[ContextEntry, ...]] = {}
    for each in several:
        for name, entries in each.items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *entries)))
    return found
