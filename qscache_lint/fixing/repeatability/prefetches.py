"""Where a file prefetches a relation under its own name by a query of its own, so that rows with the same key differ.

`prefetch_related("stories")` loads what the relation itself gives. Whatever else is done with `Prefetch` may not.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from qscache_lint.finding.tree import SyntaxTree, read_tree
from qscache_lint.project.evaluate import Evaluator

_CLASSES = frozenset({"Prefetch", "GenericPrefetch"})
_KEPT = "_prefetched_objects_cache"
"""Where an object has what was prefetched for it."""

_PREFETCHING = frozenset({"prefetch_related", "prefetch_related_objects", "aprefetch_related_objects"})
_LOOKUP, _TO_ATTR = (0, "lookup"), (2, "to_attr")


def prefetches(evaluator: Evaluator, relation: str) -> Iterator[tuple[str, int]]:
    """The places (path and row) that may prefetch a relation otherwise; one that is not known, "", may be any."""
    index = evaluator.project.name_index
    yield from ((path, 0) for path in index.files_with_word(_KEPT))
    for path in sorted({path for name in _CLASSES for path in index.files_with_word(name)}):
        is_read = evaluator.project.facts(path) is not None
        tree = read_tree(evaluator.project.tree.read(path)) if is_read else "unreadable"
        if isinstance(tree, str):
            yield path, 0
            continue
        search = _Search(tree, relation)
        tree.module.visit(search)
        yield from ((path, row) for row in search.found)


class _Search(cst.CSTVisitor):
    """Every mention of the classes counts but imports, annotations, and calls that leave the relation alone."""

    def __init__(self, tree: SyntaxTree, relation: str) -> None:
        super().__init__()
        self._tree = tree
        self._rows = tree.rows_with(_CLASSES)
        self._relation = relation
        self._handed: set[cst.CSTNode] = set()
        self.found: list[int] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        return self._tree.stands_on(node, self._rows) and super().on_visit(node)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        return node.asname is not None

    def visit_Annotation(self, node: cst.Annotation) -> bool:
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in _CLASSES:
            self._note(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if str(node.evaluated_value).rpartition(".")[2] in _CLASSES:
            self._note(node)

    def visit_Call(self, node: cst.Call) -> bool:
        called = _last_name(node.func)
        if called in _PREFETCHING:
            self._handed.update(each.value for each in node.args)
        if called not in _CLASSES:
            return True
        if self._may_differ(node):
            self._note(node)
        for each in node.args:
            each.visit(self)
        return False

    def _may_differ(self, call: cst.Call) -> bool:
        if any(each.star for each in call.args):
            return True
        if len(call.args) == 1 and call in self._handed:
            return False
        lookup = _text(call, *_LOOKUP)
        is_another = bool(lookup and self._relation) and lookup.rpartition("__")[2] != self._relation
        return not is_another and not _text(call, *_TO_ATTR)

    def _note(self, node: cst.CSTNode) -> None:
        self.found.append(self._tree.positions.span(node).start.row)


def _last_name(function: cst.BaseExpression) -> str:
    name = function.attr if isinstance(function, cst.Attribute) else function
    return name.value if isinstance(name, cst.Name) else ""


def _text(call: cst.Call, place: int, name: str) -> str:
    """The text of an argument, where it is a constant."""
    given = {each.keyword.value if each.keyword else at: each.value for at, each in enumerate(call.args)}
    value = given.get(name, given.get(place))
    text = value.evaluated_value if isinstance(value, cst.SimpleString) else ""
    return text if isinstance(text, str) else ""
