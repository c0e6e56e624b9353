"""Drop the cache: where every caller refines, the decorator saves nothing, and the function is better without it."""

from __future__ import annotations

import re

import libcst as cst

from qscache_lint.fixing.model import Change, Refused, Repair
from qscache_lint.fixing.rewrite import (
    ChangeFunction,
    FunctionChange,
    PlacedTransformer,
    RemoveImport,
    rewrite,
    without_decorator,
)
from qscache_lint.fixing.target import Target, refuse_hidden_callers
from qscache_lint.project.analysis import Analysis
from qscache_lint.values import Applicability


def drop_cache(analysis: Analysis, target: Target) -> Repair:
    """Plan the removal of the caching decorator, and of its import when nothing else uses it.

    Raises Refused when the cache itself is used: `name.cache_clear()`, `name.invalidate()`, `name.__wrapped__`.
    """
    _refuse_cache_users(analysis, target)
    refuse_hidden_callers(analysis, target)
    before = analysis.evaluator.project.tree.read(target.path)
    transformers: list[PlacedTransformer] = [ChangeFunction(target.facts.span, _Undecorate())]
    after = rewrite(before, transformers)
    bound = re.split(r"[.(]", target.decorator)[0]
    if "." not in target.decorator.partition("(")[0] and not _is_mentioned(after, bound):
        after = _without_gap(before, rewrite(after, [RemoveImport(bound)]))
    return Repair(
        "drop-cache",
        target.identity,
        Applicability.UNSAFE,
        f"every caller in the project refines {target.name}(), so @{target.decorator} saves nothing; "
        "arguments frozen in the cached query, such as now(), are evaluated anew",
        (Change(target.path, before, after),),
    )


def _refuse_cache_users(analysis: Analysis, target: Target) -> None:
    project = analysis.evaluator.project
    pattern = re.compile(rb"\b" + target.name.encode() + rb"\.(\w+)")
    for path in {target.path, *target.references.paths}:
        found = pattern.search(project.tree.read(path))
        if found is not None:
            raise Refused(f"{path} uses {target.name}.{found[1].decode()}")


def _without_gap(before: bytes, after: bytes) -> bytes:
    """A file whose first line has gone does not begin with the empty lines that stood behind it."""
    return after if before[:1] in b"\r\n" else after.lstrip(b"\r\n")


def _is_mentioned(source: bytes, name: str) -> bool:
    """Whether a name is used in a file other than where it is imported."""
    mentions = _Names(name)
    cst.parse_module(source).visit(mentions)
    return mentions.found


class _Names(cst.CSTVisitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.found = False

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.found = self.found or node.value == self._name

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.found = self.found or node.evaluated_value == self._name


class _Undecorate(FunctionChange):
    """Takes the decorator off; a comment behind it gets a line of its own."""

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef:
        decorator = node.decorators[0]
        comment = decorator.trailing_whitespace.comment
        if comment is not None:
            lines = [*decorator.leading_lines, cst.EmptyLine(comment=comment)]
            node = node.with_changes(decorators=[decorator.with_changes(leading_lines=lines)])
        return without_decorator(node, 0)
