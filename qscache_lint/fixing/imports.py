"""Imports follow their callers: which import statements need the new name, and what they become."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.name_lists import Entry, NameList
from qscache_lint.fixing.references import ImportSite, Reference
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import AnySequence, PlacedTransformer, bound_by
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Position, Span


@dataclass(frozen=True, slots=True)
class ImportChange:
    """One import that gets the new name: instead of the old one, or beside it."""

    path: str
    span: Span
    bound: str
    keep_old: bool


@dataclass(frozen=True, slots=True)
class Renaming:
    """What has to change where: imports, and the names at the references that move."""

    imports: tuple[ImportChange, ...]
    tokens: Mapping[str, Mapping[Position, str]]
    """By file: the new name at each place."""

    @property
    def paths(self) -> frozenset[str]:
        return frozenset({*(change.path for change in self.imports), *self.tokens})


def plan_renaming(
    evaluator: Evaluator,
    context: RepairContext,
    renamed: Collection[Reference],
    beside: Collection[Reference],
    new: str,
    listed: Collection[str] = (),
    *,
    keep_old: bool = False,
) -> Renaming:
    """Which imports and names change so that references reach the function `new`.

    `renamed` are the references that go to it, `beside` those that need both names. `listed` are the files whose
    `__all__` has the old name. `keep_old`: other references may not be known, so that every import of the old name
    stays.
    """
    scopes = _Scopes(evaluator, context)
    needed = _Needed(context, scopes, listed)
    for reference in (*renamed, *beside):
        needed.ask(reference)
    staying = [each for each in context.references.places if each not in renamed or each in beside]
    kept = {site for reference in staying for site in scopes.sites_of(reference)}
    passed_on = {site.through for site in context.references.imports} | {to for _, to in context.references.stars}
    passed_on |= {reference.through for reference in context.references.places}
    changes: dict[ImportSite, ImportChange] = {}
    for site in sorted(needed.sites, key=lambda site: (site.path, site.span)):
        is_passed_on = site.is_explicit_export or (not site.function and site.path in passed_on)
        stays = keep_old or site in kept or site.path in listed or is_passed_on
        changes[site] = ImportChange(site.path, site.span, site.bound, stays)
    tokens: dict[str, dict[Position, str]] = {}
    for reference in renamed:
        is_alias = reference.through is None and reference.written != context.cached_function.name
        if is_alias and not any(changes[site].keep_old for site in scopes.sites_of(reference)):
            continue  # the alias stands for the new function now
        tokens.setdefault(reference.path, {})[reference.token] = new
    return Renaming(tuple(changes.values()), tokens)


class _Scopes:
    """Which import a bare name refers to."""

    def __init__(self, evaluator: Evaluator, context: RepairContext) -> None:
        self._evaluator = evaluator
        self._imports = context.references.imports

    def sites_of(self, reference: Reference) -> tuple[ImportSite, ...]:
        """The imports that a reference goes through, several where branches import the same.

        None for an attribute, and in the file of the definition.
        """
        if reference.through is not None:
            return ()
        facts = self._evaluator.facts(reference.path)
        for function in _around(facts, reference.function):
            place = (reference.path, function, reference.written)
            found = tuple(site for site in self._imports if (site.path, site.function, site.bound) == place)
            if found:
                return found
        return ()


def _around(facts: ModuleFacts, index: int) -> Iterator[int]:
    """A function and those around it, the module's body last."""
    current: int | None = index
    while current:
        yield current
        current = facts.functions[current].parent
    yield 0


class _Needed:
    """The imports that need the new name, those included that hand it on."""

    def __init__(self, context: RepairContext, scopes: _Scopes, listed: Collection[str]) -> None:
        self._context = context
        self._scopes = scopes
        self._seen: set[str] = set()
        self.sites: set[ImportSite] = set()
        for path in listed:
            if path != context.cached_function.path:
                self._export(path)

    def ask(self, reference: Reference) -> None:
        if self._context.cached_function.is_member:
            return
        sites = self._scopes.sites_of(reference)
        for site in sites:
            self._add(site)
        if sites:
            return
        if reference.through is not None:
            self._export(reference.through)
        elif reference.path != self._context.cached_function.path:
            self._export(reference.path)

    def _add(self, site: ImportSite) -> None:
        self.sites.add(site)
        if site.through is not None:
            self._export(site.through)

    def _export(self, path: str) -> None:
        """Let a file have the new name: it defines it, imports it, or takes it from others by a star."""
        if path == self._context.cached_function.path or path in self._seen:
            return
        self._seen.add(path)
        for site in self._context.references.imports:
            if site.path == path and not site.function:
                self._add(site)
        for importer, through in self._context.references.stars:
            if importer == path:
                self._export(through)


class FollowImports(PlacedTransformer):
    """In the imports to be changed, import `new` instead of what they take, or beside it.

    Where they bind it as `old`, that is renamed too.
    """

    def __init__(self, changes: Sequence[ImportChange], old: str, new: str) -> None:
        self._changes = {(change.span, change.bound): change for change in changes}
        self.rows = {change.span.start.row for change in changes}
        self._old = old
        self._new = new

    def import_from(self, spans: Mapping[str, Span], node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(node.names, cst.ImportStar):
            return node
        entries: list[Sequence[Entry[cst.ImportAlias]]] = []
        is_there = any(bound_by(alias) == self._new for alias in node.names)
        for alias in node.names:
            entries.append(self._entries(alias, spans[bound_by(alias)], is_there))
            is_there = is_there or len(entries[-1]) > 1
        if [entry.node for several in entries for entry in several] == list(node.names):
            return node
        opening = None if node.lpar is None else node.lpar.whitespace_after
        closing = cst.SimpleWhitespace("") if node.rpar is None else node.rpar.whitespace_before
        listed = [alias.evaluated_name for alias in node.names]
        changed = NameList(node.names, opening, closing).extended(entries, listed)
        node = node.with_changes(names=changed.members)
        if node.lpar is None or node.rpar is None:
            return node
        lpar = node.lpar.with_changes(whitespace_after=changed.opening)
        return node.with_changes(lpar=lpar, rpar=node.rpar.with_changes(whitespace_before=changed.closing))

    def _entries(self, alias: cst.ImportAlias, span: Span, is_there: bool) -> Sequence[Entry[cst.ImportAlias]]:
        """What stands in the place of an import: itself, the new name, or both, in the order of the alphabet.

        `is_there`: the statement has the new name already.
        """
        change = self._changes.get((span, bound_by(alias)))
        old = Entry(alias, alias.evaluated_name)
        if change is None:
            return (old,)
        if not change.keep_old:
            asname = None if bound_by(alias) == self._old else alias.asname
            return (Entry(alias.with_changes(name=cst.Name(self._new), asname=asname), self._new),)
        if is_there:
            return (old,)
        is_export = alias.evaluated_alias == alias.evaluated_name
        asname = cst.AsName(cst.Name(self._new)) if is_export else None
        new = Entry(cst.ImportAlias(cst.Name(self._new), asname), self._new, beside=old)
        return (old, new) if old.name <= new.name else (new, old)


class ExtendAll(PlacedTransformer):
    """Where `__all__` lists `old`, list `new` behind it, or in its place where the names are sorted."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def names_listed(self, node: AnySequence) -> AnySequence:
        entries = [tuple(self._entries(each)) for each in node.elements]
        if not any(len(several) > 1 for several in entries):
            return node
        opening, closing = _brackets(node)
        listed = [several[0].name for several in entries]
        is_sorted = len(listed) > 1 and all(listed)
        changed = NameList(node.elements, opening, closing).extended(entries, listed if is_sorted else None)
        members = list(changed.members)
        if len(node.elements) == 1 and not isinstance(opening, cst.ParenthesizedWhitespace):
            members[-1] = members[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)  # that of a tuple of one
        return _with_brackets(node.with_changes(elements=members), changed.opening, changed.closing)

    def _entries(self, element: cst.BaseElement) -> Iterator[Entry[cst.BaseElement]]:
        value = element.value
        name = value.evaluated_value if isinstance(value, cst.SimpleString) else ""
        old = Entry(element, name if isinstance(name, str) else "")
        yield old
        if isinstance(value, cst.SimpleString) and old.name == self._old:
            new = value.with_changes(value=value.value.replace(self._old, self._new))
            yield Entry(cst.Element(new), self._new, beside=old)


def _brackets(node: AnySequence) -> tuple[cst.BaseParenthesizableWhitespace | None, cst.BaseParenthesizableWhitespace]:
    """The space behind the opening bracket and before the closing one."""
    if isinstance(node, cst.List):
        return node.lbracket.whitespace_after, node.rbracket.whitespace_before
    if node.lpar:
        return node.lpar[-1].whitespace_after, node.rpar[0].whitespace_before
    return None, cst.SimpleWhitespace("")


def _with_brackets(
    node: AnySequence, opening: cst.BaseParenthesizableWhitespace | None, closing: cst.BaseParenthesizableWhitespace
) -> AnySequence:
    if opening is None:
        return node
    if isinstance(node, cst.List):
        left = node.lbracket.with_changes(whitespace_after=opening)
        return node.with_changes(lbracket=left, rbracket=node.rbracket.with_changes(whitespace_before=closing))
    *outer, last = node.lpar
    first, *others = node.rpar
    left = [*outer, last.with_changes(whitespace_after=opening)]
    return node.with_changes(lpar=left, rpar=[first.with_changes(whitespace_before=closing), *others])


def lists_name(tree: SyntaxTree, name: str) -> bool:
    """Whether an `__all__` of the file lists a name."""
    statements = (*tree.every(cst.Assign), *tree.every(cst.AnnAssign), *tree.every(cst.AugAssign))
    return any(_lists(statement, name) for statement in statements)


def refuse_other_lists(tree: SyntaxTree, name: str, path: str) -> None:
    """Raises Refused when a name gets into `__all__` in a form that cannot be extended, such as `__all__.append()`."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    rows = tree.rows_with(["__all__"])
    for line in tree.every(cst.SimpleStatementLine) if rows else ():
        if not tree.stands_on(line, rows):
            continue
        strings = [each for each in m.findall(line, m.SimpleString()) if isinstance(each, cst.SimpleString)]
        is_listed = m.findall(line, m.Name("__all__")) and any(word.search(each.value) for each in strings)
        if is_listed and not any(_lists(statement, name) for statement in line.body):
            raise Refused(reason("all-not-extendable", path, name=name))


def _lists(statement: cst.CSTNode, name: str) -> bool:
    targets = (
        [each.target for each in statement.targets]
        if isinstance(statement, cst.Assign)
        else [getattr(statement, "target", None)]
    )
    if not any(isinstance(target, cst.Name) and target.value == "__all__" for target in targets):
        return False
    sequences = m.findall(statement, m.List() | m.Tuple())
    strings = [element.value for each in sequences for element in getattr(each, "elements", ())]
    return any(isinstance(each, cst.SimpleString) and each.evaluated_value == name for each in strings)
