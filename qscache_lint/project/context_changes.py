"""Changes of contexts: what else is done with a dict, or with a response, before a template is rendered with it.

Only what is known to leave a name alone does: reading, copying, putting something under other names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce
from operator import or_

import msgspec

from qscache_lint.facts.model import AttributeStore, Removal
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Attribute, Awaited, Call, Container, Mutated, Parameter, Ref, Term, Updated
from qscache_lint.knowledge.template_rows import TemplateView
from qscache_lint.project.abstract import Atom, Collection, External, Frame, Unknown
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind, callees, text
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.takings import Handed, Taking, Way

_LOSING, _UPDATING = "pop", "update"


class Changed(msgspec.Struct, frozen=True):
    """The names under which something else may stand than was put there; with `any_name`, all."""

    names: frozenset[str] = frozenset()
    any_name: bool = False

    def __or__(self, other: Changed) -> Changed:
        return Changed(self.names | other.names, self.any_name or other.any_name)

    def has(self, name: str) -> bool:
        """Whether something else may stand under a name."""
        return self.any_name or name in self.names


_ALL = Changed(any_name=True)
_NONE = Changed()


class ContextChanges:
    """Tells what becomes of contexts in one project."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._table = evaluator.knowledge.templates.table
        self._open: set[tuple[FunctionId, str]] = set()

    def of(self, path: ModulePath, ref: Ref, frame: Frame | None = None) -> Changed:
        """What is done with the dict that a term is, under this name or another one; what is put in counts as well."""
        facts = self._evaluator.facts(path)
        changed = _ALL if _is_removed_from(facts, ref) else _NONE
        for user in _versions(facts, ref):
            changed |= self._put(path, facts.terms[user], frame)
        for taking in self._evaluator.demands.takings_of(path, ref):
            changed |= self._by(path, taking)
        return changed

    def _by(self, path: ModulePath, taking: Taking) -> Changed:
        facts = self._evaluator.facts(path)
        user = None if taking.user is None else facts.terms[taking.user]
        match taking.way:
            case Way.METHOD:
                return self._by_method(facts, taking)
            case Way.ARGUMENT if taking.handed is not None and taking.user is not None:
                return self._by_call(path, taking.user, taking.handed)
            case Way.OPERATOR | Way.RETURNED | Way.GLOBAL:
                return _NONE
            case Way.ATTRIBUTE if taking.owner is not None:
                return _NONE
            case Way.HELD if isinstance(user, Container):
                is_copied = any(each.value == taking.value and each.key is None and each.star for each in user.entries)
                return _NONE if is_copied and user.kind == "dict" else _ALL
            case _ if isinstance(user, Updated) and taking.value not in (user.key, user.value):
                return _NONE
            case _ if isinstance(user, Mutated | Awaited):
                return _NONE
            case _:
                return _ALL

    def _by_method(self, facts: ModuleFacts, taking: Taking) -> Changed:
        if taking.symbol in self._table.contexts.leaves:
            return _NONE
        call = None if taking.user is None else facts.terms[taking.user]
        given = call.arguments[0] if isinstance(call, Call) and call.arguments else None
        name = text(facts.terms[given.value]) if given is not None and not given.star else ""
        return Changed(frozenset((name,))) if taking.symbol == _LOSING and name else _ALL

    def _put(self, path: ModulePath, term: Term, frame: Frame | None) -> Changed:
        """The names under which a step puts something into a dict. A computed key is taken for another name."""
        match term:
            case Updated(key=key):
                return Changed(frozenset((text(self._evaluator.facts(path).terms[key]),)) - {""})
            case Mutated(method=method, arguments=arguments) if method == _UPDATING:
                names = frozenset(each.keyword for each in arguments if each.keyword is not None)
                others = (self.names(path, each.value, frame) for each in arguments if each.keyword is None)
                return reduce(or_, others, Changed(names))
            case _:
                return _NONE

    def names(self, path: ModulePath, ref: Ref, frame: Frame | None) -> Changed:
        """The names that a dict has which is put over another one."""
        found = _NONE
        for atom in self._evaluator.value(path, ref, frame) or (Unknown("a dict that is not followed"),):
            is_known = isinstance(atom, Collection) and atom.kind == "dict" and not atom.rest
            keys = [key for key, _ in atom.members] if isinstance(atom, Collection) and is_known else []
            found |= Changed(frozenset(each for each in keys if isinstance(each, str))) if is_known else _ALL
        return found

    # -- calls that get the dict

    def _by_call(self, path: ModulePath, ref: Ref, handed: Handed) -> Changed:
        """What a call does with a dict that it gets. Behind a star it gets a copy, and what holds the dict is taken
        itself."""
        if handed.argument.star == "**" or handed.entry:
            return _NONE
        atoms = self._evaluator.value(path, handed.call.function) or (Unknown("the function that is called"),)
        return reduce(or_, (each for atom in atoms for each in self._by_called(path, ref, handed, atom)))

    def _by_called(self, path: ModulePath, ref: Ref, handed: Handed, atom: Atom) -> Iterator[Changed]:
        """What does one of the things that a call may call."""
        site = Site(path, ref, None)
        found = tuple(callees(self._evaluator, atom, self._evaluator.passed(handed.call, site), site))
        for function, given in found:
            called = self._evaluator.facts(function.of.path).functions[function.of.index]
            name = bind(called, given, function.receiver).taking(handed.argument)
            yield _ALL if name is None else self._by_function(function.of, name)
        if not found:
            name = called_name(self._evaluator.facts(path).terms[handed.call.function])
            is_reader = isinstance(atom, External) and atom.dotted in self._table.contexts.readers
            is_known = name in self._evaluator.knowledge.templates.called_renderers or name == _UPDATING
            yield _NONE if is_reader or is_known else _ALL

    def _by_function(self, of: FunctionId, name: str) -> Changed:
        """What a function does with the dict that one of its parameters holds."""
        if (of, name) in self._open:
            return _NONE
        facts = self._evaluator.facts(of.path)
        self._open.add((of, name))
        changed = _NONE
        roots = [ref for ref, term in facts.of_kind(Parameter, of.index) if term.name == name]
        for ref in reached(roots, partial(_versions, facts)):
            changed |= self.of(of.path, ref)
        self._open.discard((of, name))
        return changed

    # -- responses that are rendered later

    def filled_later(self, path: ModulePath, ref: Ref) -> tuple[Ref, ...]:
        """The steps that put something into the context of a response: `response.context_data["rows"] = …`."""
        return tuple(
            user
            for each in reached((ref,), partial(_versions, self._evaluator.facts(path)))
            for taking in self._evaluator.demands.takings_of(path, each)
            for user in self._filling(path, taking)
        )

    def _filling(self, path: ModulePath, taking: Taking) -> tuple[Ref, ...]:
        """The steps that fill the context which is read from a response; none where anything else is done with it."""
        if taking.way is not Way.BOUND or taking.symbol != self._table.responses.filled or taking.user is None:
            return ()
        facts = self._evaluator.facts(path)
        steps = tuple(reached((taking.user,), facts.users))
        put = tuple(sorted(each for each in steps if each != taking.user))
        is_filled = all(
            isinstance(term := facts.terms[each], Updated) and term.base in steps and text(facts.terms[term.key])
            for each in put
        )
        others = (each for ref in steps for each in self._evaluator.demands.takings_of(path, ref))
        return put if is_filled and all(each.user in put for each in others) else ()

    def is_response_changed(self, path: ModulePath, ref: Ref) -> bool:
        """Whether a response may get another context or template than it was made with."""
        facts = self._evaluator.facts(path)
        return not all(
            self._leaves_response(path, taking)
            for each in reached((ref,), partial(_versions, facts))
            for taking in self._evaluator.demands.takings_of(path, each)
        )

    def _leaves_response(self, path: ModulePath, taking: Taking) -> bool:
        row = self._table.responses
        match taking.way:
            case Way.METHOD | Way.BOUND | Way.SET:
                return taking.symbol in row.leaves or bool(self._filling(path, taking))
            case Way.ARGUMENT if taking.handed is not None:
                called = self._evaluator.value(path, taking.handed.call.function)
                return all(isinstance(atom, External) and atom.dotted in row.readers for atom in called)
            case Way.OPERATOR | Way.RETURNED | Way.GLOBAL:
                return True
            case _:
                user = None if taking.user is None else self._evaluator.facts(path).terms[taking.user]
                return isinstance(user, Updated | Awaited) and user.base == taking.value

    def is_view_changed(self, view: ClassId, row: TemplateView) -> bool:
        """Whether a view has a method of its own that renders, or that may change what its response is made with."""
        if self._evaluator.classes.member(view, row.renders) is not None:
            return True
        return any(
            self._reaches_context(self._evaluator.facts(each.path), index)
            for each in self._evaluator.classes.mro(view)
            if isinstance(each, ClassId)
            for index, method in self._evaluator.facts(each.path).methods
            if method.owner == each.index
        )

    def _reaches_context(self, facts: ModuleFacts, index: int) -> bool:
        """Whether a method uses the context of a response, or sets a template."""
        stores = (event for event in facts.functions[index].events if isinstance(event, AttributeStore))
        reads = (term for _, term in facts.of_kind(Attribute, index))
        used = (term.name for term in reads if not _is_receiver(facts, index, term.base))
        return not {*used, *(event.name for event in stores)}.isdisjoint(self._table.responses.carries)


def _is_receiver(facts: ModuleFacts, index: int, ref: Ref) -> bool:
    names = [each.name for each in facts.functions[index].parameters[:1]]
    term = facts.terms[ref]
    return isinstance(term, Parameter) and term.name in names


def _is_removed_from(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a `del` takes something out of a dict."""
    events = facts.functions[facts.around(ref)].events
    return any(isinstance(event, Removal) and event.value == ref for event in events)


def _versions(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that are the same object a step later, with more in it, or where branches join."""
    yield from becomes(facts, ref)
    for user in facts.users(ref):
        term = facts.terms[user]
        if isinstance(term, Updated) and term.base == ref:
            yield user
