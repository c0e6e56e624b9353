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
from qscache_lint.fixing.references import ImportSite, Reference
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import AnySequence, PlacedTransformer, bound_by
from qscache_lint.project.evaluate import Evaluator
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
        names: list[cst.ImportAlias] = []
        are_sorted = _are_sorted(node.names)
        for alias in node.names:
            change = self._changes.get((spans[bound_by(alias)], bound_by(alias)))
            if change is None:
                names.append(alias)
            elif not change.keep_old:
                asname = None if bound_by(alias) == self._old else alias.asname
                names.append(alias.with_changes(name=cst.Name(self._new), asname=asname))
            else:
                names.extend(self._beside(alias, node.names))
        return node.with_changes(names=_sorted(names) if are_sorted else names)

    def _beside(self, alias: cst.ImportAlias, aliases: Sequence[cst.ImportAlias]) -> Sequence[cst.ImportAlias]:
        """Both names, in the order of the alphabet."""
        pair = sorted((alias, cst.ImportAlias(cst.Name(self._new))), key=lambda each: each.evaluated_name)
        return (pair[0].with_changes(comma=_comma_between(aliases)), pair[1].with_changes(comma=alias.comma))


def _are_sorted(aliases: Sequence[cst.ImportAlias]) -> bool:
    names = [alias.evaluated_name for alias in aliases]
    return names == sorted(names)


def _sorted(aliases: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    """The names in the order of the alphabet; where a comma has a comment or ends a line, they stay as they are."""
    commas = [alias.comma for alias in aliases]
    spaces = [comma.whitespace_after for comma in commas if isinstance(comma, cst.Comma)]
    if not all(isinstance(space, cst.SimpleWhitespace) for space in spaces):
        return list(aliases)
    ordered = sorted(aliases, key=lambda alias: alias.evaluated_name)
    return [alias.with_changes(comma=comma) for alias, comma in zip(ordered, commas, strict=True)]


def _comma_between(aliases: Sequence[cst.ImportAlias]) -> cst.Comma:
    """A comma as the statement writes it between two names."""
    for alias in aliases[:-1]:
        if isinstance(alias.comma, cst.Comma):
            return alias.comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


class ExtendAll(PlacedTransformer):
    """Where `__all__` lists `old`, list `new` behind it."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def names_listed(self, node: AnySequence) -> AnySequence:
        place: int = next((at for at, each in enumerate(node.elements) if self._is_old(each)), -1)
        if place < 0:
            return node
        element = node.elements[place]
        string = cst.ensure_type(element.value, cst.SimpleString)
        copy = cst.Element(string.with_changes(value=string.value.replace(self._old, self._new)))
        if place == len(node.elements) - 1 and _ends_on_a_line_of_its_own(node):
            return _with_last(node, copy)
        pair: Sequence[cst.BaseElement] = _pair(element, copy, node.elements)
        return node.with_changes(elements=[*node.elements[:place], *pair, *node.elements[place + 1 :]])

    def _is_old(self, element: cst.BaseElement) -> bool:
        return isinstance(element.value, cst.SimpleString) and element.value.evaluated_value == self._old


def _pair(
    element: cst.BaseElement, copy: cst.Element, elements: Sequence[cst.BaseElement]
) -> Sequence[cst.BaseElement]:
    """A listed name and the new one behind it; a comment stays with the first."""
    between = cst.Comma(whitespace_after=_space_after(elements))
    if isinstance(element.comma, cst.Comma) and m.findall(element.comma, m.Comment()):
        return (element, copy.with_changes(comma=between))
    last = cst.MaybeSentinel.DEFAULT if len(elements) == 1 else element.comma
    return (element.with_changes(comma=between), copy.with_changes(comma=last))


def _ends_on_a_line_of_its_own(node: AnySequence) -> bool:
    """Whether the brackets of a list stand on lines of their own, around the names."""
    first, last = _brackets(node)
    return all(isinstance(each, cst.ParenthesizedWhitespace) for each in (first, last))


def _brackets(node: AnySequence) -> tuple[cst.BaseParenthesizableWhitespace, cst.BaseParenthesizableWhitespace]:
    """The space behind the opening bracket and before the closing one."""
    if isinstance(node, cst.List):
        return node.lbracket.whitespace_after, node.rbracket.whitespace_before
    outer = (node.lpar[-1].whitespace_after, node.rpar[0].whitespace_before) if node.lpar else None
    return outer or (cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _with_last(node: AnySequence, copy: cst.Element) -> AnySequence:
    """The list with one more name at its end, on a line of its own; a comment stays with the name before it."""
    first, last = (cst.ensure_type(each, cst.ParenthesizedWhitespace) for each in _brackets(node))
    *others, element = node.elements
    between = cst.Comma(whitespace_after=first.with_changes(first_line=last.first_line, empty_lines=[]))
    elements = [*others, element.with_changes(comma=between), copy.with_changes(comma=element.comma)]
    end = _without_comment(last).with_changes(empty_lines=last.empty_lines)
    if isinstance(node, cst.List):
        return node.with_changes(elements=elements, rbracket=node.rbracket.with_changes(whitespace_before=end))
    closing = node.rpar[0].with_changes(whitespace_before=end)
    return node.with_changes(elements=elements, rpar=[closing, *node.rpar[1:]])


def _space_after(elements: Sequence[cst.BaseElement]) -> cst.BaseParenthesizableWhitespace:
    """The space between two names of a list, without a comment."""
    commas = (element.comma for element in elements[:-1] if isinstance(element.comma, cst.Comma))
    space = next((comma.whitespace_after for comma in commas), cst.SimpleWhitespace(" "))
    return _without_comment(space) if isinstance(space, cst.ParenthesizedWhitespace) else space


def _without_comment(space: cst.ParenthesizedWhitespace) -> cst.ParenthesizedWhitespace:
    line = space.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    return space.with_changes(first_line=line, empty_lines=[each for each in space.empty_lines if not each.comment])


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
            raise Refused(f"{path} puts {name} into __all__ in a form that cannot be extended")


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
