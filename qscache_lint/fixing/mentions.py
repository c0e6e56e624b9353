"""Mentions of a function that are no call: a repair that cannot follow them must not be made."""

from __future__ import annotations

import libcst as cst

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.references import References
from qscache_lint.source.tree import SourceTree


def refuse_other_mentions(tree: SourceTree, path: str, name: str, references: References) -> None:
    """Raises Refused when a file uses `name` other than by importing, defining or calling it.

    `partial(name, 0)` and `map(name, …)` call it out of sight, so nobody knows what becomes of the value.
    """
    mentions = _Mentions(name)
    cst.parse_module(tree.read(path)).visit(mentions)
    if mentions.count != sum(site.path == path for site in references.calls):
        raise Refused(f"{path} uses {name} other than by calling it")


class _Mentions(cst.CSTVisitor):
    """Counts the uses of a name, definitions and imports left out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.count = 0

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_FunctionDef_name(self, node: cst.FunctionDef) -> None:
        if node.name.value == self._name:
            self.count -= 1

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        if node.keyword is not None and node.keyword.value == self._name:
            self.count -= 1

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._name:
            self.count += 1
