"""A function that returns an expression of the module, above the statement in which that has stood."""

from __future__ import annotations

from collections.abc import Sequence
from symtable import symtable

import libcst as cst

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.uses import Edit
from qscache_lint.reasons import reason
from qscache_lint.source.syntax import COMPILER_FAILURES, compiles

_GAP = (cst.EmptyLine(indent=False), cst.EmptyLine(indent=False))


def named(argument: cst.Arg) -> str:
    """The keyword of an argument; "" for one without."""
    return "" if argument.keyword is None else argument.keyword.value


def function_of(name: str, returned: cst.BaseExpression) -> cst.FunctionDef:
    """A function without parameters that returns an expression."""
    value = returned if _is_on_its_own(returned) else _in_parentheses(returned)
    body = cst.IndentedBlock([cst.SimpleStatementLine([cst.Return(value)])])
    return cst.FunctionDef(cst.Name(name), cst.Parameters(), body, leading_lines=_GAP)


def outer_names(returned: cst.BaseExpression) -> frozenset[str]:
    """The names that an expression has from outside, and not from a comprehension or lambda of its own.

    Raises Refused for one that the running Python does not know.
    """
    code = f"def function():\n return (\n{cst.Module([]).code_for_node(returned)}\n)"
    try:
        scopes = [symtable(code, "<function>", "exec")]
    except COMPILER_FAILURES as problem:
        raise Refused(reason("unparsable", problem=getattr(problem, "msg", str(problem)))) from problem
    names: set[str] = set()
    while scopes:
        scope = scopes.pop()
        scopes.extend(scope.get_children())
        if scope.get_type() != "module":
            names.update(each.get_name() for each in scope.get_symbols() if each.is_global())
    return frozenset(names)


def _is_on_its_own(returned: cst.BaseExpression) -> bool:
    """Whether an expression may stand outside of brackets over all its rows."""
    return compiles(f"def function():\n return {cst.Module([]).code_for_node(returned)}")


def _in_parentheses(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])


def above(functions: Sequence[cst.FunctionDef]) -> Edit:
    """An edit that puts functions above a statement, and above the comments that belong to that."""

    def edit(node: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        lines: Sequence[cst.EmptyLine] = getattr(node, "leading_lines", ())
        first = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
        top, *others = functions
        below = node.with_changes(leading_lines=[*_GAP, *lines[first:]])
        return cst.FlattenSentinel([top.with_changes(leading_lines=lines[:first]), *others, below])

    return edit
