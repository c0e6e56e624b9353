"""The split: one function becomes an uncached builder, for callers who refine, and a cached one that returns the rows.

    @memoize()                                      def getRecentStories(num=5): ...
    def getRecentStories(num=5): ...      ->
                                                    @memoize()
                                                    def getCachedRecentStories(num=5):
                                                        return list(getRecentStories(num))

Callers who read rows move to the cached function, and so do their imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from qscache_lint.fixing.docstrings import with_note
from qscache_lint.fixing.model import Change, Refused, Repair
from qscache_lint.fixing.references import CallSite, files_mentioning
from qscache_lint.fixing.rewrite import (
    ChangeFunction,
    ExtendAll,
    FunctionChange,
    PlacedTransformer,
    RenameCalls,
    ReplaceImport,
    rewrite,
    without_decorator,
)
from qscache_lint.fixing.target import Target, refuse_hidden_callers
from qscache_lint.knowledge import Store
from qscache_lint.naming import builder_name, cached_name
from qscache_lint.project.analysis import Analysis
from qscache_lint.values import Applicability


@dataclass(frozen=True, slots=True)
class Names:
    """The names of both halves, and which callers have to change."""

    builder: str
    cached: str
    moved: tuple[CallSite, ...]
    new: str
    """The one of the two names that did not exist before."""


def split_function(analysis: Analysis, target: Target, keep_cached_name: bool = False) -> Repair:
    """Plan the split of a function.

    Raises Refused when a name is taken or a place cannot be rewritten.
    """
    names = _names(target, keep_cached_name)
    _refuse_taken(analysis, target, names.new)
    refuse_hidden_callers(analysis, target)
    changes = tuple(_changes(analysis, target, names))
    return Repair(
        "split-function",
        target.identity,
        Applicability.UNSAFE,
        f"{names.builder}() returns the QuerySet, {names.cached}() caches its rows; "
        f"callers of {target.name}() outside the project get {_outside(names, target)}",
        changes,
    )


def _names(target: Target, keep_cached_name: bool) -> Names:
    if keep_cached_name:
        fresh = builder_name(target.name)
        return Names(builder=fresh, cached=target.name, moved=target.refiners, new=fresh)
    fresh = cached_name(target.name)
    return Names(builder=target.name, cached=fresh, moved=target.readers, new=fresh)


def _outside(names: Names, target: Target) -> str:
    if names.cached == target.name:
        return "rows instead of a QuerySet"
    return "an uncached QuerySet"


def _refuse_taken(analysis: Analysis, target: Target, name: str) -> None:
    touched = {target.path, *target.references.paths}
    for path in files_mentioning(analysis.evaluator, name):
        if path in touched:
            raise Refused(f"the name {name} is taken in {path}")


def _changes(analysis: Analysis, target: Target, names: Names) -> Iterator[Change]:
    for path in sorted({target.path, *target.references.paths}):
        before = analysis.evaluator.project.tree.read(path)
        transformers = list(_transformers(target, names, path, before))
        after = rewrite(before, transformers)
        if after != before:
            yield Change(path, before, after)


def _transformers(target: Target, names: Names, path: str, source: bytes) -> Iterator[PlacedTransformer]:
    if path == target.path:
        yield ChangeFunction(target.facts.span, _Split(target, names, "\r\n" if b"\r\n" in source else "\n"))
        yield ExtendAll(target.name, names.new)
    moved = [site.span for site in names.moved if site.path == path]
    staying = [site for site in target.references.calls if site.path == path and site not in names.moved]
    imports = [site for site in target.references.imports if site.path == path]
    passed_on = any(site.through == path for site in target.references.imports)
    if imports and (moved or passed_on):
        keep_old = bool(staying) or passed_on
        yield ReplaceImport([site.span for site in imports], target.name, names.new, keep_old=keep_old)
        yield ExtendAll(target.name, names.new)
    if moved:
        yield RenameCalls(moved, names.new)


class _Split(FunctionChange):
    """Turns the definition into the builder and the cached function behind it."""

    def __init__(self, target: Target, names: Names, newline: str) -> None:
        self._newline = newline
        self._names = names
        self._rows = "list" if target.store is Store.PICKLED else "tuple"

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        return cst.FlattenSentinel([self._builder(node), self._cached(node)])

    def _indent(self, node: cst.FunctionDef) -> str:
        body = node.body
        return body.indent or "    " if isinstance(body, cst.IndentedBlock) else "    "

    def _builder(self, node: cst.FunctionDef) -> cst.FunctionDef:
        plain = without_decorator(node, 0).with_changes(name=cst.Name(self._names.builder))
        note = f"Returns a QuerySet to refine; {self._names.cached}() has its rows in a cache."
        return with_note(plain, note, self._indent(node), self._newline)

    def _cached(self, node: cst.FunctionDef) -> cst.FunctionDef:
        note = f"The rows of {self._names.builder}(), cached; refine that one instead."
        call = f"{self._names.builder}({', '.join(_forwarded(node.params))})"
        body = cst.IndentedBlock(
            [
                cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'"""{note}"""'))]),
                cst.SimpleStatementLine([cst.Return(cst.parse_expression(f"{self._rows}({call})"))]),
            ],
            indent=None if self._indent(node) == "    " else self._indent(node),
        )
        decorator = node.decorators[0].with_changes(leading_lines=[])
        return node.with_changes(
            name=cst.Name(self._names.cached),
            decorators=[decorator],
            leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)],
            lines_after_decorators=[],
            returns=self._annotation(node.returns),
            body=body,
        )

    def _annotation(self, annotation: cst.Annotation | None) -> cst.Annotation | None:
        """`QuerySet[Story]` becomes `list[Story]` or `tuple[Story, ...]`; what is no QuerySet is left out."""
        if annotation is None:
            return None
        written = annotation.annotation
        if isinstance(written, cst.SimpleString):
            text = str(ast.literal_eval(written.value))
            inner = self._rows_of(cst.parse_expression(text))
            return None if inner is None else annotation.with_changes(annotation=_quoted(written, inner))
        inner = self._rows_of(written)
        return None if inner is None else annotation.with_changes(annotation=inner)

    def _rows_of(self, written: cst.BaseExpression) -> cst.BaseExpression | None:
        base = written.value if isinstance(written, cst.Subscript) else written
        last = base.attr.value if isinstance(base, cst.Attribute) else getattr(base, "value", "")
        if not str(last).endswith("QuerySet"):
            return None
        if not isinstance(written, cst.Subscript):
            return cst.Name(self._rows)
        row = written.slice[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        ellipsis = [cst.SubscriptElement(cst.Index(cst.Ellipsis()))] if self._rows == "tuple" else []
        return cst.Subscript(cst.Name(self._rows), [row, *ellipsis])


def _quoted(written: cst.SimpleString, inner: cst.BaseExpression) -> cst.SimpleString:
    return written.with_changes(value=f"{written.quote}{cst.Module([]).code_for_node(inner)}{written.quote}")


def _forwarded(parameters: cst.Parameters) -> Iterable[str]:
    """The arguments that hand every parameter on."""
    for parameter in (*parameters.posonly_params, *parameters.params):
        yield parameter.name.value
    if isinstance(parameters.star_arg, cst.Param):
        yield f"*{parameters.star_arg.name.value}"
    for parameter in parameters.kwonly_params:
        yield f"{parameter.name.value}={parameter.name.value}"
    if parameters.star_kwarg is not None:
        yield f"**{parameters.star_kwarg.name.value}"
