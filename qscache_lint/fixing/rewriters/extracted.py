"""The local split: what a cached function does moves to a builder, which it calls; all else about it stays.

    @memoize()                                      def recent_stories_queryset(num):
    def recent_stories(num):                            return Story.objects.order_by(…)[:num]
        return Story.objects.order_by(…)[:num]  ->
                                                    @memoize()
                                                    def recent_stories(num):
                                                        return recent_stories_queryset(num)
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from qscache_lint.fixing.pragmas import is_pragma
from qscache_lint.fixing.rewrite import FunctionChange
from qscache_lint.fixing.rewriters.decorated import uncached
from qscache_lint.fixing.rewriters.definitions import (
    Names,
    Style,
    docstring_line,
    inner_indent,
    is_docstring,
    returning,
    without_comments_of,
)
from qscache_lint.fixing.rewriters.type_comments import with_types_of


class ExtractDecorated(FunctionChange):
    """Puts the builder above a function that a decorator caches, and lets that one call it."""

    def __init__(self, style: Style, names: Names) -> None:
        self._style = style
        self._names = names

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        return cst.FlattenSentinel([self._builder(node), self._cached(node)])

    def _builder(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """The function without its cache, under the new name; comments above it and its decorators stay with that."""
        decorators = [without_comments_of(each) for each in node.decorators]
        space, _ = _comments_above(node)
        bare = uncached(
            node.with_changes(decorators=decorators, leading_lines=space, lines_after_decorators=[]),
            self._style.cached_function,
        )
        statements = _statements(bare)
        body = statements[1:] if is_docstring(statements[0]) and len(statements) > 1 else statements
        note = docstring_line(self._style.extracted_note(self._names))
        builder = _with_statements(_without_label(bare), [note, *body]).with_changes(name=cst.Name(self._names.builder))
        return with_types_of(builder, node)

    def _cached(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """The function with its docstring, returning what the builder gives."""
        call = self._style.builder_call(self._names.builder, node.params)
        first = _statements(node)[0]
        docstring = [first] if is_docstring(first) else []
        _, comments = _comments_above(node)
        lines = [*self._style.gap, *comments]
        cached = _with_statements(_without_end(node).with_changes(leading_lines=lines), [*docstring, returning(call)])
        return with_types_of(cached, node)


def _comments_above(node: cst.FunctionDef) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The empty lines above a function, and the comments below these with what stands between them."""
    lines = list(node.leading_lines)
    first = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
    return lines[:first], lines[first:]


class OverrideBuilder(FunctionChange):
    """Puts a builder, which calls it, above a function that overrides the cached one."""

    def __init__(self, style: Style, names: Names) -> None:
        self._style = style
        self._names = names

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        space, comments = _comments_above(node)
        note = docstring_line(self._style.extracted_note(self._names))
        call = self._style.builder_call(self._names.cached, node.params)
        binding = self._style.cached_function.binding
        builder = _with_statements(node, [note, returning(call)]).with_changes(
            name=cst.Name(self._names.builder),
            decorators=[without_comments_of(each) for at, each in enumerate(node.decorators) if at in binding],
            leading_lines=space,
            lines_after_decorators=[],
        )
        below = node.with_changes(leading_lines=[*self._style.gap, *comments])
        return cst.FlattenSentinel([with_types_of(builder, node), below])


def _statements(node: cst.FunctionDef) -> list[cst.BaseStatement]:
    """The statements of the body; of one on the line of `def`, what stands behind it is that of the last."""
    if isinstance(node.body, cst.IndentedBlock):
        return [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    parts = [each for each in node.body.body if isinstance(each, cst.BaseSmallStatement)]
    lines = [cst.SimpleStatementLine([each.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for each in parts]
    if isinstance(node.body, cst.SimpleStatementSuite):
        lines[-1] = lines[-1].with_changes(trailing_whitespace=node.body.trailing_whitespace)
    return list(lines)


def _without_label(node: cst.FunctionDef) -> cst.FunctionDef:
    """The function without the comment behind its colon, which stays with the other half, unless tools read it."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    comment = node.body.header.comment
    if comment is None or is_pragma(comment.value):
        return node
    return node.with_changes(body=node.body.with_changes(header=cst.TrailingWhitespace()))


def _without_end(node: cst.FunctionDef) -> cst.FunctionDef:
    """The function without the comments below its last statement, which go with that."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    return node.with_changes(body=node.body.with_changes(footer=()))


def _with_statements(node: cst.FunctionDef, statements: Sequence[cst.BaseStatement]) -> cst.FunctionDef:
    """The function with other statements in its body."""
    if isinstance(node.body, cst.IndentedBlock):
        return node.with_changes(body=node.body.with_changes(body=statements))
    return node.with_changes(body=cst.IndentedBlock(statements, indent=inner_indent(node)))
