"""One file of the project as libcst sees it, to be rewritten."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from qscache_lint.finding.positions import Positions
from qscache_lint.finding.tree import SyntaxTree, read_tree
from qscache_lint.fixing.model import Refused
from qscache_lint.reasons import reason
from qscache_lint.values import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Parsed:
    """A parsed file; `source` is what it was read from."""

    source: bytes
    tree: SyntaxTree

    @staticmethod
    def read(source: bytes) -> Parsed:
        """Parse a file. Raises Refused for one that cannot be parsed, or not be given back as it was."""
        tree = read_tree(source)
        if isinstance(tree, str):
            raise Refused(reason("unparsable", problem=tree))
        if tree.written not in (source, source.removeprefix(_BYTE_ORDER_MARK)):
            raise Refused(reason("line-ends"))
        return Parsed(source, tree)

    @property
    def module(self) -> cst.Module:
        return self.tree.module

    @property
    def positions(self) -> Positions:
        return self.tree.positions

    def written(self, module: cst.Module) -> bytes:
        """The bytes of a changed module, with the byte order mark that the file had."""
        changed = self.tree.code_of(module).encode(module.encoding)
        had_mark = self.source.startswith(_BYTE_ORDER_MARK)
        return _BYTE_ORDER_MARK + changed if had_mark and not changed.startswith(_BYTE_ORDER_MARK) else changed

    @property
    def newline(self) -> str:
        return "\r\n" if b"\r\n" in self.source else "\n"

    def call_at(self, span: Span) -> cst.Call:
        """The call that stands at `span`. Raises Refused when there is none."""
        found = self.tree.at(span, cst.Call)
        if found is None:
            raise Refused(reason("nothing-to-rewrite", line=span.start.row, what="call"))
        return found

    def function_at(self, name: Span) -> cst.FunctionDef:
        """The function whose name stands at `name`. Raises Refused when there is none."""
        found = self.tree.functions.get(name)
        if found is None:
            raise Refused(reason("nothing-to-rewrite", line=name.start.row, what="function"))
        return found

    def expression_at(self, span: Span) -> cst.BaseExpression:
        """The outermost expression that stands at `span`. Raises Refused when there is none."""
        found = self.tree.at(span, cst.BaseExpression)  # type: ignore[type-abstract]
        if found is None:
            raise Refused(reason("nothing-to-rewrite", line=span.start.row, what="expression"))
        return found
