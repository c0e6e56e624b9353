"""Whether the call of a cached function can be written again where its value is refined, and mean the same there."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.model import AttributeStore, FunctionFacts, ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.state import CHANGING, is_changed
from qscache_lint.project.abstract import ClassValue, External, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason

_CALCULATED = m.Call() | m.Subscript() | m.NamedExpr() | m.Await() | m.Lambda() | m.Yield()


def refuse_unrepeatable(evaluator: Evaluator, use: Use, label: str, parsed: Parsed) -> None:
    """Raises Refused when the same words may mean something else where the value is refined."""
    path, row = use.reference.path, use.row
    expression = parsed.expression_at(use.reference.span)
    if any(found is not expression for found in m.findall(expression, _CALCULATED)):
        raise Refused(reason("call-not-repeatable", path, row, function=label))
    call = _Call(evaluator, use, parsed, expression)
    if not call.has_stable_names() or not call.has_stable_attributes() or call.changes_an_argument():
        raise Refused(reason("arguments-change", path, row, function=label))


class _Call:
    """The expression that gets the value, in the function around it."""

    def __init__(self, evaluator: Evaluator, use: Use, parsed: Parsed, expression: cst.BaseExpression) -> None:
        self._evaluator = evaluator
        self._use = use
        self._parsed = parsed
        self._expression = expression
        self._facts: ModuleFacts = evaluator.facts(use.reference.path)
        self._function: FunctionFacts = self._facts.functions[use.reference.function]
        self._node = parsed.function_at(self._function.span)

    def has_stable_names(self) -> bool:
        """Whether every name is bound once, before the call, and nothing hides, deletes or changes it."""
        names = set(_names(self._expression))
        return not names & _unsettled(self._node) and all(self._is_stable(name) for name in names)

    def _is_stable(self, name: str) -> bool:
        function, is_own = self._function, True
        while True:
            bound = function.bindings.get(name, ())
            is_parameter = any(parameter.name == name for parameter in function.parameters)
            if bound or is_parameter:
                is_late = is_own and bound and bound[0].span.start > self._use.reference.span.start
                return len(bound) <= 1 and not is_late
            if not function.parent:
                return not is_changed(self._evaluator, self._use.reference.path, name)
            function, is_own = self._facts.functions[function.parent], False

    def has_stable_attributes(self) -> bool:
        """Whether all attributes, but for the cached function itself, are those of modules and classes."""
        own = self._expression.func if isinstance(self._expression, cst.Call) else self._expression
        attributes = (each for each in m.findall(self._expression, m.Attribute()) if each is not own)
        return all(self._is_constant(each) for each in attributes if isinstance(each, cst.Attribute))

    def _is_constant(self, attribute: cst.Attribute) -> bool:
        span = self._parsed.positions.span(attribute.attr)
        attributes = self._facts.of_kind(Attribute, self._use.reference.function)
        bases = [term.base for _, term in attributes if term.at == span]
        atoms = [atom for base in bases for atom in self._evaluator.value(self._use.reference.path, base)]
        is_known = bool(atoms) and all(isinstance(atom, (Module, ClassValue, External)) for atom in atoms)
        is_made = any(isinstance(atom, External) and atom.dotted.endswith("()") for atom in atoms)
        name = attribute.attr.value
        return is_known and not is_made and not is_changed(self._evaluator, self._use.reference.path, name)

    def changes_an_argument(self) -> bool:
        """Whether the function changes an object that it hands over."""
        call = self._facts.terms[self._use.reference.ref]
        given = {each.value for each in call.arguments} if isinstance(call, Call) else set()
        attributes = self._facts.of_kind(Attribute, self._use.reference.function)
        changed = [term.base for _, term in attributes if term.name in CHANGING]
        stores = (event for event in self._function.events if isinstance(event, (AttributeStore, ItemStore)))
        return not given.isdisjoint((*changed, *(store.base for store in stores)))


def _names(expression: cst.BaseExpression) -> Iterator[str]:
    """The variables in an expression; names of attributes and keywords are none."""
    others = [
        *(each.attr for each in m.findall(expression, m.Attribute()) if isinstance(each, cst.Attribute)),
        *(each.keyword for each in m.findall(expression, m.Arg()) if isinstance(each, cst.Arg)),
    ]
    for found in m.findall(expression, m.Name()):
        if isinstance(found, cst.Name) and not any(found is each for each in others):
            yield found.value


def _unsettled(node: cst.FunctionDef) -> frozenset[str]:
    """The names that a comprehension hides, and those that `del` or a nested function takes away."""
    hiding = m.findall(node, m.CompFor() | m.Del())
    targets = [each.target for each in hiding if isinstance(each, (cst.CompFor, cst.Del))]
    shared = [each for each in m.findall(node, m.NameItem()) if isinstance(each, cst.NameItem)]
    return frozenset(
        found.value
        for each in (*targets, *(item.name for item in shared))
        for found in m.findall(each, m.Name())
        if isinstance(found, cst.Name)
    )
