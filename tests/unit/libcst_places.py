"""Where libcst says that the parts of a file stand: what our own places are compared with."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from qscache_lint.facts.places import Place

Part: TypeAlias = tuple[str, str, Place]
"""The kind of a part, its name or operator as Python understands it, and where it stands."""

EXPRESSIONS: Mapping[type[cst.CSTNode], str] = {
    cst.Attribute: "Attribute",
    cst.Call: "Call",
    cst.Subscript: "Subscript",
    cst.BinaryOperation: "BinOp",
    cst.UnaryOperation: "UnaryOp",
    cst.Comparison: "Compare",
    cst.IfExp: "IfExp",
    cst.Lambda: "Lambda",
    cst.List: "List",
    cst.Set: "Set",
    cst.Dict: "Dict",
    cst.ListComp: "ListComp",
    cst.SetComp: "SetComp",
    cst.DictComp: "DictComp",
    cst.Await: "Await",
    cst.NamedExpr: "NamedExpr",
}
"""Expressions that stand at the same place in both trees, by what Python calls them.

Not among them are tuples and generators, to whose place Python adds the brackets, and what it does not take apart:
`a or b or c`, strings side by side.
"""

_TOKEN = re.compile(r"(?:[\s\\]|#.*)*(?P<operator>[^\s\\#]+)")


class LibcstParts(cst.CSTVisitor):
    """Collects the parts of a module with their places."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[Part] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        kind = EXPRESSIONS.get(type(node))
        if kind is not None:
            self._note(kind, "", node)
        return super().on_visit(node)

    def _note(self, kind: str, text: str, node: cst.CSTNode) -> None:
        self.found[kind, unicodedata.normalize("NFKC", text), self._place(node)] += 1

    def _place(self, node: cst.CSTNode) -> Place:
        where = self.get_metadata(PositionProvider, node)
        assert isinstance(where, CodeRange)
        return (where.start.line, where.start.column + 1, where.end.line, where.end.column + 1)

    def _note_bracket(self, text: str, node: cst.CSTNode) -> None:
        row, column, *_ = self._place(node)
        self.found["bracket", text, (row, column, row, column + 1)] += 1

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._note("attribute name", node.attr.value, node.attr)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self._note_bracket("[", node.lbracket)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        self._note_operator(node.operator)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._note_operator(node.operator)

    def _note_operator(self, node: cst.BaseBinaryOp | cst.BaseAugOp) -> None:
        """The code of an operator has the space and the comments around it."""
        token = _TOKEN.match(cst.Module([]).code_for_node(node))
        assert token is not None
        self._note("operator", token["operator"], node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._note("function", node.name.value, node.name)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._note("class", node.name.value, node.name)

    def visit_Decorator(self, node: cst.Decorator) -> None:
        self._note("decorator", "", node.decorator)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        self._note_handler(node)

    def visit_ExceptStarHandler(self, node: cst.ExceptStarHandler) -> None:
        self._note_handler(node)

    def _note_handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
        if node.name is not None and isinstance(node.name.name, cst.Name):
            self._note("exception name", node.name.name.value, node.name.name)

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> bool:
        """The fields of a format are not read."""
        node.expression.visit(self)
        return False

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self._note("string", "", node)

    def visit_Arg(self, node: cst.Arg) -> None:
        if not isinstance(node.value, (cst.Tuple, cst.GeneratorExp)):
            self._note("argument", "", node.value)

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            self._note("alias", "", alias)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        for alias in () if isinstance(node.names, cst.ImportStar) else node.names:
            self._note("alias", "", alias)
        return False


def libcst_parts(source: bytes) -> Counter[Part]:
    """The parts of a file by libcst's own positions."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    visitor = LibcstParts()
    wrapper.visit(visitor)
    return visitor.found
