"""Queries at import that move to a function: where a field takes one, it is called when the value is wanted.

    section = ChoiceField(choices=[… Section.objects.all()])    ->    def section_choices():
                                                                          return [… Section.objects.all()]

                                                                      section = ChoiceField(choices=section_choices)

A function of the project that is called there without arguments is handed over itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.terms import Argument, Call, Ref
from qscache_lint.fixing.lazy_reads import refuse_reads
from qscache_lint.fixing.model import DEFER_QUERY, Change, Place, Refused, Repair
from qscache_lint.fixing.module_names import ModuleNames
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.rewriters.deferred import above, function_of, named, outer_names
from qscache_lint.fixing.rewriters.uses import Edit, edited
from qscache_lint.knowledge.function_rows import CalledLater
from qscache_lint.project.abstract import External, Function, Instance, Memoized, Value
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.querysets import QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Confidence

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_EFFECT = "it runs a query for {when}, which returns the rows of that time"


@dataclass(frozen=True, slots=True)
class _Site:
    """An argument that may be a function: the field's call, the row that says so, and the findings inside."""

    call: cst.Call
    argument: Argument
    row: CalledLater
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Deferred:
    """What becomes of one site: the name of the function that it gets, and the function where that is new."""

    field: str
    function: str
    node: cst.BaseExpression
    given: cst.BaseExpression
    made: cst.FunctionDef | None = None


def defer_queries(analysis: Analysis, function: FunctionId) -> Iterator[Repair]:
    """The repair of a module that queries at import, or why one of its queries stays."""
    if function.index:
        return
    queries = [each for each in analysis.imported if each.path == function.path]
    if not queries:
        return
    deferrer = _Deferrer(analysis.evaluator, function)
    found: list[tuple[_Site, _Deferred]] = []
    for query in queries:
        if any((query.path, query.span) in site.places for site, _ in found):
            continue
        try:
            site = deferrer.site(query, queries)
            if site is not None:
                found.append((site, deferrer.deferred(site, [each.function for _, each in found])))
        except Refused as refusal:
            places = ((query.path, query.span),)
            yield Repair.refused(DEFER_QUERY.name, function, refusal.reason, places)
    if found:
        yield deferrer.repair(found)


class _Deferrer:
    """Rewrites one module."""

    def __init__(self, evaluator: Evaluator, function: FunctionId) -> None:
        self._evaluator = evaluator
        self._function = function
        self._path = function.path
        self._facts = evaluator.facts(function.path)
        self._parsed = Parsed.read(evaluator.project.tree.read(function.path))

    def site(self, query: ImportQuery, queries: Sequence[ImportQuery]) -> _Site | None:
        """The argument in which a query stands, where that may be a function; None for a query anywhere else.

        Raises Refused where it may be none in this version of Django.
        """
        for ref, call in self._facts.of_kind(Call, 0):
            for argument in call.arguments if query.confidence is Confidence.HIGH else ():
                row = self._row(call, argument) if self._is_of(ref, argument, query) else None
                if row is not None and not row.holds_in(self._evaluator.knowledge.django):
                    place = self._path, query.span.start.row
                    raise Refused(reason("callable-since", *place, since=row.since))
                if row is not None:
                    inside = (each for each in queries if self._is_of(ref, argument, each))
                    places = tuple((each.path, each.span) for each in inside)
                    return _Site(self._parsed.call_at(self._facts.spans[ref]), argument, row, places)
        return None

    def _is_of(self, call: Ref, argument: Argument, query: ImportQuery) -> bool:
        """Whether a query stands in an argument, or is the call that reads the QuerySet which it is given there."""
        if query.span == self._facts.spans[call]:
            return any(isinstance(atom, QuerySet) for atom in self._value(argument.value))
        return argument.span.contains(query.span)

    def _row(self, call: Call, argument: Argument) -> CalledLater | None:
        called = self._value(call.function)
        if len(called) != 1 or not isinstance(called[0], External) or not argument.keyword:
            return None
        return self._evaluator.knowledge.called_later(called[0].dotted, argument.keyword)

    def _value(self, ref: Ref) -> Value:
        return self._evaluator.value(self._path, ref)

    def deferred(self, site: _Site, others: Sequence[str]) -> _Deferred:
        """What becomes of one site. Raises Refused where a function would not do the same."""
        node = next(each.value for each in site.call.args if named(each) == site.argument.keyword)
        owner, field = self._names(site)
        refuse_reads(self._evaluator, self._path, {field, *self._class_names(site)}, site.row)
        label = f"{owner}.{field}" if owner else field
        handed = self._handed(site, node)
        if handed is not None:
            return _Deferred(label, self._parsed.module.code_for_node(handed), node, handed)
        self._refuse_names(site, node)
        name = self._free(owner, f"{field}_{site.argument.keyword}", site, others)
        body = self._copied(site, node)
        return _Deferred(label, name, node, cst.Name(name), function_of(name, body))

    def _names(self, site: _Site) -> tuple[str, str]:
        """The names of the class and field that a call makes. Raises Refused for one that is given to no name."""
        assigned: list[cst.Assign | cst.AnnAssign] = [
            *self._parsed.tree.every(cst.Assign),
            *self._parsed.tree.every(cst.AnnAssign),
        ]
        for each in assigned:
            targets = [each.target] if isinstance(each, cst.AnnAssign) else [target.target for target in each.targets]
            if each.value is site.call and len(targets) == 1 and isinstance(targets[0], cst.Name):
                around = self._classes_around(site)
                return (around[-1].name.value if around else ""), targets[0].value
        row = self._facts.spans.row(site.argument.value)
        raise Refused(reason("field-without-name", self._path, row))

    def _classes_around(self, site: _Site) -> list[cst.ClassDef]:
        span = self._parsed.positions.span
        return [each for each in self._parsed.tree.every(cst.ClassDef) if span(each).contains(span(site.call))]

    def _class_names(self, site: _Site) -> Iterator[str]:
        """The names of the class that has a field, and of those made from it."""
        around = {self._parsed.positions.span(each.name).start for each in self._classes_around(site)[-1:]}
        for index, each in enumerate(self._facts.classes):
            if each.span.start in around:
                yield each.name
                subclasses = self._evaluator.classes.subclasses(ClassId(self._path, index))
                yield from (self._evaluator.project.class_name(other).rpartition(".")[2] for other in subclasses)

    def _handed(self, site: _Site, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The function itself, where all that stands there is a call of it without arguments."""
        term = self._facts.terms[site.argument.value]
        if not isinstance(term, Call) or not isinstance(node, cst.Call) or node.args:
            return None
        value = self._value(term.function)
        if not value or not all(self._is_plain(atom) for atom in value) or m.findall(node.func, m.Call()):
            return None
        return node.func.with_changes(lpar=[*node.lpar, *node.func.lpar], rpar=[*node.func.rpar, *node.rpar])

    def _is_plain(self, atom: object) -> bool:
        """Whether something is a function that has a name, and that no object has to be kept for."""
        while isinstance(atom, Memoized):
            atom = atom.inner
        if not isinstance(atom, Function) or isinstance(atom.receiver, Instance):
            return False
        facts = self._evaluator.facts(atom.of.path).functions[atom.of.index]
        return facts.name != "<lambda>" and not facts.is_async

    def _refuse_names(self, site: _Site, node: cst.BaseExpression) -> None:
        """Raise Refused where an expression has names that mean something else in a function of the module."""
        row = self._facts.spans.row(site.argument.value)
        members = {name for opened in self._facts.classes for name in opened.members}
        is_in_class = bool(self._classes_around(site))
        statement = self._parsed.positions.span(self._statement(node)).start.row
        names = ModuleNames.read(self._parsed.source)
        for name in sorted(outer_names(node)):
            if is_in_class and name in members:
                raise Refused(reason("class-name-needed", self._path, row, name=name))
            if not names.is_fixed(name, statement):
                raise Refused(reason("name-not-fixed", self._path, row, name=name))
        if m.findall(node, m.NamedExpr() | m.Await() | m.Yield()):
            raise Refused(reason("form-not-rewritable", self._path, line=row))

    def _free(self, owner: str, name: str, site: _Site, others: Sequence[str]) -> str:
        """A name that the module does not have: that of the field, else with that of its class."""
        longer = "_".join((*_CAPITAL.sub("_", owner).lower().split("_"), name))
        for each in (name, longer):
            if each not in others and not self._parsed.tree.rows_with([each]):
                return each
        raise Refused(reason("name-taken", self._path, self._facts.spans.row(site.argument.value), name=longer))

    def _copied(self, site: _Site, node: cst.BaseExpression) -> cst.BaseExpression:
        """The expression; a QuerySet of the module, which the function shares with all others, as a copy."""
        value = self._value(site.argument.value)
        is_name = isinstance(node, (cst.Name, cst.Attribute))
        if is_name and value and all(isinstance(atom, QuerySet) for atom in value):
            return cst.Call(cst.Attribute(node, cst.Name("all")))
        return node

    def repair(self, found: Sequence[tuple[_Site, _Deferred]]) -> Repair:
        """One repair for all sites of the module."""
        edits: dict[cst.CSTNode, Edit] = {}
        made: dict[cst.CSTNode, list[cst.FunctionDef]] = {}
        for _, each in found:
            edits[each.node] = lambda _, given=each.given: given  # type: ignore[misc]
            if each.made is not None:
                made.setdefault(self._statement(each.node), []).append(each.made)
        edits.update((statement, above(functions)) for statement, functions in made.items())
        messages = [f"{each.field} gets the function {each.function}" for _, each in found]
        message = " and ".join([*([", ".join(messages[:-1])] if messages[1:] else []), messages[-1]])
        when = " and ".join(dict.fromkeys(site.row.when for site, _ in found))
        places = tuple(place for site, _ in found for place in site.places)
        change = Change(self._path, self._parsed.source, edited(self._parsed, edits))
        effect = _EFFECT.format(when=when)
        return Repair.planned(DEFER_QUERY, self._function, message, effect, (), (change,), mends=places)

    def _statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of the module in which a node stands."""
        span = self._parsed.positions.span
        return next(each for each in self._parsed.module.body if span(each).contains(span(node)))
