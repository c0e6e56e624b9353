"""Every kind of reason has its sentence once, and code gives each the data that its sentence names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from qscache_lint import fixing
from qscache_lint.reasons import ReasonRow, UseOfValue, load_reasons, reason
from qscache_lint.values import Reason

ROWS = load_reasons()
_POSITIONAL = ("kind", "path", "row")
_OF_CALLERS = frozenset({"verb", "function"})
"""What is added where a use of a value becomes a reason."""


SOURCES = {
    path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(Path(fixing.__file__).parent.rglob("*.py"))
}
CONSTANTS = {each.value for tree in SOURCES.values() for each in ast.walk(tree) if isinstance(each, ast.Constant)}


def _made() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each reason that code makes: where, its kind, and the names of its data."""
    for path, tree in SOURCES.items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("reason", "UseOfValue.of"):
                kinds = [each.value for each in _choices(call.args[0]) if isinstance(each, ast.Constant)]
                given = frozenset(each.arg for each in call.keywords if each.arg is not None)
                added = _OF_CALLERS if ast.unparse(call.func) == "UseOfValue.of" else frozenset()
                for kind in kinds:
                    yield f"{path.name}:{call.lineno}", str(kind), given | added


def _choices(node: ast.expr) -> tuple[ast.expr, ...]:
    """What an argument may be: both sides of `a if test else b`, the default of `.get(key, default)`."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return body, orelse
        case ast.Call(args=[_, default]):
            return (default,)
        case _:
            return (node,)


MADE = list(_made())


@pytest.mark.parametrize(("where", "kind", "given"), MADE, ids=[f"{where} {kind}" for where, kind, _ in MADE])
def test_a_reason_has_the_data_that_its_sentence_names(where: str, kind: str, given: frozenset[str]) -> None:
    assert kind in ROWS, where
    assert given - {"use"} == ROWS[kind].fields


@pytest.mark.parametrize("kind", ROWS)
def test_every_kind_is_made_somewhere(kind: str) -> None:
    assert kind in CONSTANTS


@pytest.mark.parametrize(("kind", "row"), ROWS.items(), ids=list(ROWS))
def test_a_sentence_is_a_clause_in_plain_words(kind: str, row: ReasonRow) -> None:
    assert kind == kind.lower().replace("_", "-").replace(" ", "-")
    assert not row.sentence.endswith(".")
    assert not row.use.endswith(".")
    assert row.about.endswith(".")
    assert row.about[0] == row.about[0].upper()
    for riddle in ("nobody", "something else than", "by hand"):
        assert riddle not in f"{row.sentence} {row.use} {row.about}"


def test_sentences_are_different() -> None:
    written = [f"{row.sentence} {row.use}" for row in ROWS.values()]
    assert len(written) == len(set(written))


def test_a_reason_says_where_it_stands() -> None:
    made = reason("cache-used", "shop/admin.py", 12, function="items()")
    sentence = "line 12 of shop/admin.py uses the cache of items()"
    assert made == Reason("cache-used", sentence, "shop/admin.py", 12, (("function", "items()"),))


def test_what_a_place_does_with_a_value_can_be_a_reason() -> None:
    use = UseOfValue.of("returned", called="all_items")
    assert str(use) == "all_items() returns it"
    made = use.reason("shop/pages.py", 3, verb="calls", function="items()")
    assert made.message == "line 3 of shop/pages.py calls items(), and there all_items() returns it"
    assert (made.kind, made.path, made.row) == ("returned", "shop/pages.py", 3)


def test_a_kind_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        reason("somehow")


def test_data_that_a_sentence_names_has_to_be_there() -> None:
    with pytest.raises(KeyError):
        reason("cache-used", "shop/admin.py", 12)
