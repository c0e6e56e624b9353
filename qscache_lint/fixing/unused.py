"""Imports that a repair leaves without a user: they go, comments beside them stay."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import libcst as cst
import libcst.matchers as m

from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.pragmas import is_pragma
from qscache_lint.fixing.rewrite import bound_by
from qscache_lint.project.project import Project
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.text import decode, encoded_like, name_in_source, split_rows


def without_unused(project: Project, path: str, after: bytes) -> bytes:
    """The new contents of a file without the imports that only the old ones use, and no other file of the project."""
    before = project.tree.read(path)
    old, fresh = Parsed.read(before).tree, after
    for bound in [name for name in _imported(old) if _is_rarer(name, before, after)]:
        is_left = _is_used(old, bound) and not _is_used(SyntaxTree(cst.parse_module(fresh)), bound)
        if is_left and not _is_used_elsewhere(project, path, bound):
            fresh = without_import(fresh, bound)
    mark = after[: len(after) - len(after.removeprefix(codecs.BOM_UTF8))]
    text = fresh.removeprefix(mark)
    if fresh == after or before.removeprefix(mark)[:1] in b"\r\n":
        return fresh
    return mark + text.lstrip(b"\r\n")  # a file whose first line has gone does not begin with empty lines


def _is_rarer(name: str, before: bytes, after: bytes) -> bool:
    """Whether a name stands in fewer places than before: what has lost no place has lost no user."""
    word = in_source(rf"\b{re.escape(name)}\b")
    return len(word.findall(after)) < len(word.findall(before))


def _is_used_elsewhere(project: Project, path: str, bound: str) -> bool:
    """Whether another file may take the name out of this one: `queries.cache.clear()`, `patch("app.queries.cache")`."""
    module, name = (re.escape(name_in_source(each)) for each in (_last_part(path), bound))
    words = (
        in_source(rb"\b%b\.%b\b" % (module, name)),
        in_source(rb"\b%b\s+import\s+(\([^)]*|[^\n]*)\b%b\b" % (module, name)),
        in_source(rb"\b%b\s+import\s+\*" % module),
    )
    others = (other for other in project.name_index.files_with_word(_last_part(path)) if other != path)
    return any(
        other in project.name_index.hidden or any(word.search(project.tree.read(other)) for word in words)
        for other in others
    )


def _last_part(path: str) -> str:
    """The last part of a module's name."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _imported(tree: SyntaxTree) -> Iterator[str]:
    """The names that the module imports, but for those of packages, `import a.b`, and of exports, `a as a`."""
    statements: tuple[cst.Import | cst.ImportFrom, ...] = (*tree.every(cst.ImportFrom), *tree.every(cst.Import))
    for statement in sorted(statements, key=tree.positions.span):
        for alias in () if isinstance(statement.names, cst.ImportStar) else statement.names:
            if bound_by(alias).isidentifier() and alias.evaluated_alias != alias.evaluated_name:
                yield bound_by(alias)


def without_import(source: bytes, bound: str) -> bytes:
    """A file without the import that binds a name. Comments stay: one behind the statement gets its own line.

    An import with comments among its names stays too: which name a comment is about cannot be told.
    """
    parsed = Parsed.read(source)
    remover = _Remover(parsed.module, bound)
    changed = parsed.module.visit(remover)
    if _comments(parsed.module) != _comments(changed) or _comments(remover.whole):
        return source
    if remover.whole is None:
        return parsed.written(changed)
    span = parsed.positions.span(remover.whole)
    rows = split_rows(decode(source))
    last = rows[span.end.row - 1]
    comment = last[span.end.column - 1 :].strip()
    kept = f"{last[: len(last) - len(last.lstrip())]}{comment}{parsed.newline}"
    is_kept = comment.startswith("#") and not is_pragma(comment)
    rows[span.start.row - 1 : span.end.row] = [kept] if is_kept else []
    return encoded_like(source, "".join(rows))


def _comments(node: cst.CSTNode | None) -> int:
    return 0 if node is None else len(m.findall(node, m.Comment()))


class _Remover(cst.CSTTransformer):
    """Takes an alias out of its import; `whole` is the statement of the module that has no other.

    An import that is alone in its block, such as that of `if TYPE_CHECKING:`, stays.
    """

    def __init__(self, module: cst.Module, bound: str) -> None:
        super().__init__()
        self._bound = bound
        lines = (line for line in module.body if isinstance(line, cst.SimpleStatementLine))
        self._statements = [statement for line in lines for statement in line.body]
        self.whole: cst.BaseSmallStatement | None = None

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        return updated_node.with_changes(names=self._kept(original_node, updated_node.names))

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:
        return updated_node.with_changes(names=self._kept(original_node, updated_node.names))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        if len(original_node.body) > 1 and self.whole in original_node.body:
            self.whole = None
            pairs = zip(updated_node.body, original_node.body, strict=True)
            return updated_node.with_changes(body=[each for each, old in pairs if not self._goes(old)])
        return updated_node

    def _goes(self, statement: cst.BaseSmallStatement) -> bool:
        names = statement.names if isinstance(statement, (cst.Import, cst.ImportFrom)) else ()
        return not isinstance(names, cst.ImportStar) and [bound_by(each) for each in names] == [self._bound]

    def _kept(
        self, statement: cst.Import | cst.ImportFrom, aliases: Sequence[cst.ImportAlias]
    ) -> Sequence[cst.ImportAlias]:
        kept = [alias for alias in aliases if bound_by(alias) != self._bound]
        if len(kept) == len(aliases):
            return aliases
        if not kept:
            self.whole = statement if any(statement is each for each in self._statements) else self.whole
            return aliases
        return [*kept[:-1], kept[-1].with_changes(comma=aliases[-1].comma)]


def _is_used(tree: SyntaxTree, name: str) -> bool:
    """Whether a name is used other than where it is imported; in strings, such as those of annotations, too."""
    users = _Users(tree, name)
    tree.module.visit(users)
    return users.found


class _Users(cst.CSTVisitor):
    def __init__(self, tree: SyntaxTree, name: str) -> None:
        super().__init__()
        self._tree = tree
        self._rows = tree.rows_with([name])
        self._name = name
        self._word = re.compile(rf"\b{re.escape(name)}\b")
        self.found = False

    def on_visit(self, node: cst.CSTNode) -> bool:
        return not self.found and self._tree.stands_on(node, self._rows) and super().on_visit(node)

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Expr(self, node: cst.Expr) -> bool:
        """A docstring uses nothing."""
        return not isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.found = self.found or node.value == self._name

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.found = self.found or self._word.search(node.raw_value) is not None
