"""Definitions that a decorator caches: the decorator goes to the half with the rows.

    @memoize()                                      def getRecentStories(num=5): ...
    def getRecentStories(num=5): ...      ->
                                                    @memoize()
                                                    def getCachedRecentStories(num=5):
                                                        return list(getRecentStories(num))
"""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import FunctionChange, without_decorator
from qscache_lint.fixing.rewriters.definitions import (
    Names,
    Style,
    docstring_line,
    inner_indent,
    returning,
    without_comments_of,
)
from qscache_lint.fixing.rewriters.returns import always_returns, map_returns
from qscache_lint.reasons import reason


class SplitDecorated(FunctionChange):
    """Turns the definition into the builder and the cached function behind it."""

    def __init__(self, style: Style, names: Names) -> None:
        self._style = style
        self._names = names

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        _refuse_silent_end(node)
        return cst.FlattenSentinel([self._builder(node), self._cached(node)])

    def _builder(self, node: cst.FunctionDef) -> cst.FunctionDef:
        index = self._style.cached_function.decorator
        decorators = [without_comments_of(each) if at == index else each for at, each in enumerate(node.decorators)]
        bare = uncached(node.with_changes(decorators=decorators), self._style.cached_function)
        plain = bare.with_changes(name=cst.Name(self._names.builder))
        return self._style.noted(plain, self._style.builder_note(self._names))

    def _cached(self, node: cst.FunctionDef) -> cst.FunctionDef:
        style, cached_function = self._style, self._style.cached_function
        kept = sorted({cached_function.decorator, *cached_function.binding} - {None}, key=lambda index: index or 0)
        call = style.builder_call(self._names.builder, node.params)
        return node.with_changes(
            name=cst.Name(self._names.cached),
            decorators=[self._kept(node, index) for index in kept if index is not None],
            leading_lines=style.gap,
            lines_after_decorators=[],
            returns=style.annotation(node.returns),
            body=cst.IndentedBlock(
                [docstring_line(style.cached_note(self._names)), returning(style.rows_of(call))],
                indent=inner_indent(node),
            ),
        )

    def _kept(self, node: cst.FunctionDef, index: int) -> cst.Decorator:
        """A decorator of the cached half; comments above the caching one go with it."""
        decorator = node.decorators[index]
        return decorator if index == self._style.cached_function.decorator else without_comments_of(decorator)


class DropDecorator(FunctionChange):
    """Takes the caching decorator off; a comment behind it gets a line of its own."""

    def __init__(self, cached_function: CachedFunction) -> None:
        self._cached_function = cached_function

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef:
        index = self._cached_function.decorator
        if index is None or self._cached_function.flavour is Flavour.PROPERTY:
            return uncached(node, self._cached_function)
        decorators = list(node.decorators)
        bare = decorators[index].with_changes(leading_lines=[])
        comments = [each for each in m.findall(bare, m.Comment()) if isinstance(each, cst.Comment)]
        lines = [*decorators[index].leading_lines, *(cst.EmptyLine(comment=each) for each in comments)]
        decorators[index] = decorators[index].with_changes(leading_lines=lines)
        return uncached(node.with_changes(decorators=decorators), self._cached_function)


class MaterialiseReturns(FunctionChange):
    """Lets every `return` of the function itself give rows."""

    def __init__(self, style: Style) -> None:
        self._style = style

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef:
        _refuse_silent_end(node)
        changed = map_returns(node, self._style.rows_of)
        return changed.with_changes(returns=self._style.annotation(node.returns))


def uncached(node: cst.FunctionDef, cached_function: CachedFunction) -> cst.FunctionDef:
    """The function without its caching decorator; a cached property becomes a plain one."""
    index = cached_function.decorator
    if index is None:
        raise Refused(reason("no-caching-decorator", function=cached_function.name))
    if cached_function.flavour is Flavour.PROPERTY:
        decorators = list(node.decorators)
        decorators[index] = decorators[index].with_changes(decorator=cst.Name("property"))
        return node.with_changes(decorators=decorators)
    return without_decorator(node, index)


def _refuse_silent_end(node: cst.FunctionDef) -> None:
    if not always_returns(node.body):
        raise Refused(reason("may-end-silently", function=node.name.value))
