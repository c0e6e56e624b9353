"""Parts of a parsed file: the statements on some rows, and the text of a module of which few statements are new."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from qscache_lint.finding.tree import SyntaxTree

SOURCES = sorted((Path(__file__).parents[2] / "qscache_lint" / "fixing").rglob("*.py"))

ODD_SOURCES = (
    pytest.param(b"@a\n@b(\n    c\n)\n# d\ndef f(\n    x=1,\n): pass\n", id="decorators and a suite on one line"),
    pytest.param(b"if a:\n    b\nelif c:\n    d\nelse:\n    e\n", id="branches"),
    pytest.param(b"try:\n    a\nexcept B:\n    c\nelse:\n    d\nfinally:\n    e\n", id="a try"),
    pytest.param(b"match a:\n    case 1:\n        b\n    case _:\n        c\n", id="a match"),
    pytest.param(b"for a in b:\n    c\nelse:\n    d\nwhile a:\n    b\nelse:\n    c\n", id="loops"),
    pytest.param(b"with (\n    a as b,\n    c,\n):\n    d; e\nx = '''\n\n'''; y = 1\\\n + 2\n", id="lines that go on"),
)


class _Standing(cst.CSTVisitor):
    """Checks that every named node stands on a row of the statements around it."""

    def __init__(self, tree: SyntaxTree) -> None:
        super().__init__()
        self._tree = tree
        self._around: list[cst.CSTNode] = []
        self.checked = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.BaseStatement):
            self._around.append(node)
        if isinstance(node, (cst.BaseExpression, cst.ImportAlias)):
            row = self._tree.positions.span(node).start.row
            assert all(self._tree.stands_on(each, [row]) for each in self._around)
            self.checked += 1
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._around and original_node is self._around[-1]:
            self._around.pop()


def _assert_standing(source: bytes) -> None:
    tree = SyntaxTree(cst.parse_module(source))
    visitor = _Standing(tree)
    tree.module.visit(visitor)
    assert visitor.checked


@pytest.mark.drawn(share=4)
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_statement_stands_on_the_rows_of_all_that_is_in_it(path: Path) -> None:
    _assert_standing(path.read_bytes())


@pytest.mark.parametrize("source", ODD_SOURCES)
def test_a_statement_of_any_form_stands_on_the_rows_of_all_that_is_in_it(source: bytes) -> None:
    _assert_standing(source)


def test_a_statement_stands_on_no_other_rows() -> None:
    tree = SyntaxTree(cst.parse_module(b"a\n\n\n@b\ndef f():\n    pass\n\n\nc\n"))
    statement = tree.module.body[1]
    assert [row for row in range(1, 11) if tree.stands_on(statement, [row])] == [4, 5, 6]
    assert not tree.stands_on(statement, [1, 2, 3, 8, 9])


def test_words_are_found_by_row_and_escapes_count_for_every_word() -> None:
    tree = SyntaxTree(cst.parse_module(b"item = items\nx = 'item'\r\nitems\ny = '\\x69tem'\nz = '\\n'\n"))
    assert tree.rows_with(["item"]) == [1, 2, 4]
    assert tree.rows_with(["items", "x"]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"# only a comment\n",
        b"#!x\n\n# a\nx = 1\n\n\ndef f():\n    return 1\n# end\n",
        b"x = 1\r\nif x:\r\n\ty = 2\r\n\r\n# end\r\n",
        b"x = 1\ny = 2",
        b"x = 1\n# end",
    ],
)
def test_a_changed_module_is_written_as_libcst_writes_it(source: bytes) -> None:
    tree = SyntaxTree(cst.parse_module(source))
    assert tree.code_of(tree.module) == tree.module.code
    added = tree.module.with_changes(body=[*tree.module.body, cst.parse_statement("z = 3")])
    assert tree.code_of(added) == added.code
    assert tree.code_of(tree.module.with_changes(body=tree.module.body[1:])) == tree.module.with_changes(
        body=tree.module.body[1:]
    ).code
