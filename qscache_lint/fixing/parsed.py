"""One file of the project as libcst sees it, with the place of every node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parse import parse
from qscache_lint.fixing.positions import Positions
from qscache_lint.source.syntax import Unreadable
from qscache_lint.values import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Parsed:
    """A parsed file; `source` is what it was read from."""

    source: bytes
    module: cst.Module
    positions: Positions

    @staticmethod
    def read(source: bytes) -> Parsed:
        """Parse a file. Raises Refused for one that cannot be parsed, or not be given back as it was."""
        module = parse(source)
        if isinstance(module, Unreadable):
            raise Refused(module.reason)
        if module.bytes not in (source, source.removeprefix(_BYTE_ORDER_MARK)):
            raise Refused("the file has line ends that cannot be kept")
        return Parsed(source, module, Positions(module))

    def written(self, module: cst.Module) -> bytes:
        """The bytes of a changed module, with the byte order mark that the file had."""
        changed = module.bytes
        had_mark = self.source.startswith(_BYTE_ORDER_MARK)
        return _BYTE_ORDER_MARK + changed if had_mark and not changed.startswith(_BYTE_ORDER_MARK) else changed

    @property
    def newline(self) -> str:
        return "\r\n" if b"\r\n" in self.source else "\n"

    def call_at(self, span: Span) -> cst.Call:
        """The call that stands at `span`. Raises Refused when there is none."""
        found = self._find(span, cst.Call)
        if not isinstance(found, cst.Call):
            raise Refused(f"line {span.start.row} has no call that can be rewritten")
        return found

    def function_at(self, name: Span) -> cst.FunctionDef:
        """The function whose name stands at `name`. Raises Refused when there is none."""
        for found in m.findall(self.module, m.FunctionDef()):
            if isinstance(found, cst.FunctionDef) and self.positions.span(found.name) == name:
                return found
        raise Refused(f"line {name.start.row} has no function that can be rewritten")

    def expression_at(self, span: Span) -> cst.BaseExpression:
        """The outermost expression that stands at `span`. Raises Refused when there is none."""
        found = self._find(span, cst.BaseExpression)
        if not isinstance(found, cst.BaseExpression):
            raise Refused(f"line {span.start.row} has no expression that can be rewritten")
        return found

    def _find(self, span: Span, kind: type[Any]) -> cst.CSTNode | None:
        finder = _Finder(self.positions, span, kind)
        self.module.visit(finder)
        return finder.found


class _Finder(cst.CSTVisitor):
    def __init__(self, positions: Positions, span: Span, kind: type[Any]) -> None:
        super().__init__()
        self._positions = positions
        self._span = span
        self._kind = kind
        self.found: cst.CSTNode | None = None

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self.found is None and isinstance(node, self._kind) and self._positions.span(node) == self._span:
            self.found = node
        return self.found is None
