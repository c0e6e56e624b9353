"""The expression at a place is the innermost one around it, and is the term that the facts have for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from qscache_lint.facts.fstrings import PLACES_ARE_TOLD
from qscache_lint.facts.lookup import Expression, expressions, in_row, innermost
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Attribute, Call, Import, Parameter
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.text import split_rows
from qscache_lint.values import Position
from tests.literate import read_cases


def _expressions(text: str) -> tuple[Expression, ...]:
    found = expressions(text.encode())
    assert not isinstance(found, Unreadable)
    return found


def _text(text: str, each: Expression | None) -> str:
    if each is None:
        return ""
    rows, start, end = list(split_rows(text)), each.span.start, each.span.end
    if start.row == end.row:
        return rows[start.row - 1][start.column - 1 : end.column - 1]
    return "".join(
        [rows[start.row - 1][start.column - 1 :], *rows[start.row : end.row - 1], rows[end.row - 1][: end.column - 1]]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x = ro|ws(0).filter(a=b)[0]\n", "rows", id="a name"),
        pytest.param("x = rows(0|).filter(a=b)[0]\n", "rows(0)", id="a call"),
        pytest.param("x = rows(|0).filter(a=b)[0]\n", "0", id="a constant"),
        pytest.param("x = rows(0).fil|ter(a=b)[0]\n", "rows(0).filter", id="a method"),
        pytest.param("x = rows(0).filter(|a=b)[0]\n", "rows(0).filter(a=b)", id="a keyword"),
        pytest.param("x = rows(0).filter(a=b)|[0]\n", "rows(0).filter(a=b)[0]", id="an item"),
        pytest.param("|x = rows()\n", "x", id="a target"),
        pytest.param("x.y|.z = rows()\n", "x.y.z", id="the dot of an attribute that is assigned"),
        pytest.param("x |= rows()\n", "", id="a statement"),
        pytest.param("x = a |+ b + c\n", "a + b", id="an operator"),
        pytest.param("x = a |or b or c\n", "a or b or c", id="or"),
        pytest.param("x = f'{ro|ws}'\n", "rows", id="in a formatted string"),
        pytest.param("x = f'{rows}|!'\n", "f'{rows}!'", id="a formatted string"),
        pytest.param("x = 'é', é|é\n", "éé", id="not ASCII"),
        pytest.param("x = (\n  rows\n  .all|()\n)\n", "rows\n  .all()", id="over several rows"),
        pytest.param("def f(ro|ws: int = 5, *, key): pass\n", "rows", id="a parameter"),
        pytest.param("def f(rows, *many, k|ey=1, **others): pass\n", "key", id="a keyword parameter"),
        pytest.param("x = lambda ro|ws: rows\n", "rows", id="a parameter of a lambda"),
        pytest.param("x = lambda rows: ro|ws\n", "rows", id="in a lambda"),
        pytest.param("def na|me(): pass\n", "name", id="a definition"),
        pytest.param("class Na|me: pass\n", "Name", id="a class"),
        pytest.param("@memo|ize()\ndef f(): pass\n", "memoize", id="a decorator"),
        pytest.param("from shop import ro|ws\n", "rows", id="an import"),
        pytest.param("for x|y in rows: pass\n", "xy", id="a variable of a loop"),
        pytest.param("x = [ro|w for row in rows]\n", "row", id="in a comprehension"),
        pytest.param("x = [row for ro|w in rows]\n", "row", id="a variable of a comprehension"),
        pytest.param("return\n# no|thing\n", "", id="a comment"),
        pytest.param("def f():\n  return 1\n  ro|ws()\n", "", id="what never runs"),
    ],
)
def test_the_innermost_expression(text: str, expected: str) -> None:
    before = text[: text.index("|")]
    text = text.replace("|", "", 1)
    place = Position(before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert _text(text, innermost(_expressions(text), place)) == expected


def test_the_terms_are_those_of_the_facts() -> None:
    text = "from shop import queries\ndef f(rows):\n  same = rows\n  return same.filter()\n"
    record = read_source(text.encode())
    assert not isinstance(record, Unreadable)
    terms = {_text(text, each): record.terms[each.term] for each in _expressions(text)}
    assert terms["same"] == Parameter(1, "rows")
    assert isinstance(terms["queries"], Import)
    assert isinstance(terms["same.filter"], Attribute)
    assert isinstance(terms["same.filter()"], Call)


def test_a_row_has_all_that_begins_in_it_but_constants() -> None:
    text = "x = 1\ny = f(x, 2).g\n"
    assert [_text(text, each) for each in in_row(_expressions(text), 2)] == ["y", "f(x, 2).g", "f(x, 2)", "f", "x"]


def test_what_a_deletion_evaluates_is_read() -> None:
    text = "def f(a, b, c):\n  del a.x, (b[c],), [c.y.z]\n"
    assert [_text(text, each) for each in in_row(_expressions(text), 2)] == ["a", "b", "c", "c.y", "c"]


def test_a_file_that_cannot_be_parsed() -> None:
    assert isinstance(expressions(b"x = = 1\n"), Unreadable)


def test_every_name_that_is_read_in_the_cases_has_a_term() -> None:
    seen = 0
    for case in read_cases():
        for path, text in case.files.items():
            found = expressions(text.encode()) if path.endswith(".py") else Unreadable(1, 1, "")
            if isinstance(found, Unreadable):
                continue
            starts = {each.span.start for each in found}
            names = list(_read_names(text))
            seen += len(names)
            assert [name for name, start in names if start not in starts] == [], (case.name, path)
    assert seen > 10_000


def _read_names(text: str) -> Iterator[tuple[str, Position]]:
    """The names that code reads, but for what is caught and for annotations of variables, which have no value here."""
    tree = ast.parse(text)
    without: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.ExceptHandler, ast.AnnAssign)):
            left_out = node.type if isinstance(node, ast.ExceptHandler) else node.annotation
            without.update([] if left_out is None else ast.walk(left_out))
    if not PLACES_ARE_TOLD:
        without.update(part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node))
    rows = list(split_rows(text))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in without:
            column = len(rows[node.lineno - 1].encode()[: node.col_offset].decode()) + 1
            yield node.id, Position(node.lineno, column)
