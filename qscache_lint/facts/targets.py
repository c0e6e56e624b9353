"""Which names a piece of code binds: what a loop may change before it comes round again."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst


def path_of(node: cst.BaseExpression) -> str | None:
    """`name` or `name.attribute.attribute` as text; None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = path_of(node.value)
        return None if base is None else f"{base}.{node.attr.value}"
    return None


def bound_paths(nodes: Sequence[cst.CSTNode]) -> tuple[str, ...]:
    """Every path that `nodes` bind, in order, without those of nested functions and classes."""
    collector = _Targets()
    for node in nodes:
        node.visit(collector)
    return tuple(dict.fromkeys(collector.paths))


class _Targets(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.paths.append(node.name.value)
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.paths.append(node.name.value)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def visit_Del(self, node: cst.Del) -> None:
        self._target(node.target)

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        self._capture(node.name)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        self._capture(node.name)

    def visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        self._capture(node.rest)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        path = path_of(node.name)
        if path is not None and node.asname is None:
            self.paths.append(path.partition(".")[0])

    def _capture(self, name: cst.Name | None) -> None:
        if name is not None:
            self.paths.append(name.value)

    def _target(self, target: cst.BaseExpression) -> None:
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._target(element.value)
            return
        if isinstance(target, cst.Subscript):
            self._target(target.value)
            return
        path = path_of(target)
        if path is not None:
            self.paths.append(path)
