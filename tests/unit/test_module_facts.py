"""What is found in the facts of a module: calls by the name of what is called, stores by the attribute's, functions."""

from __future__ import annotations

import pytest

from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Call, operands
from qscache_lint.source.syntax import Unreadable

SOURCE = b"""\
from tools import remember as keep


def stores(rows):
    remember("rows", rows)


def asks():
    return tools.remember()


def renames(rows):
    from tools import remember as again

    again(rows)


def takes_one(handlers):
    handlers[0]()


class Board:
    def fills(self, rows):
        self.rows = rows

    def reads(self):
        return self.rows == self.rows

    def takes(self, many):
        for self.rows in many:
            pass

    def names(self, rows):
        setattr(self, "rows", rows)

    def sets_others(self, rows):
        setattr(self, "columns", 1)


class Shelf:
    def fills(self, rows):
        self.rows = rows

        def later(self):
            return lambda: rows
"""


@pytest.fixture
def facts() -> ModuleFacts:
    return _facts(SOURCE)


def _facts(source: bytes) -> ModuleFacts:
    record = read_source(source)
    assert not isinstance(record, Unreadable)
    return ModuleFacts(record)


def _called(facts: ModuleFacts, names: list[str]) -> list[tuple[str, str]]:
    """The functions that call something of these names, with the name that is called."""
    calls = [(ref, facts.terms[ref]) for ref in facts.calling(names)]
    return [
        (facts.functions[facts.around(ref)].name, called_name(facts.terms[call.function]))
        for ref, call in calls
        if isinstance(call, Call)
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["remember"], [("stores", "remember"), ("asks", "remember"), ("renames", "remember")], id="one"),
        pytest.param(["again", "forget"], [], id="an import has the name that it had elsewhere"),
        pytest.param(["setattr"], [("names", "setattr"), ("sets_others", "setattr")], id="another"),
        pytest.param([], [], id="none"),
    ],
)
def test_calls_of_names(facts: ModuleFacts, names: list[str], expected: list[tuple[str, str]]) -> None:
    """A call of what has no name, which may be any of them, is always among them."""
    assert [call for call in _called(facts, names) if call[1]] == expected
    assert [call for call in _called(facts, names) if not call[1]] == [("takes_one", "")]


def test_calls_are_in_the_order_of_their_numbers(facts: ModuleFacts) -> None:
    refs = facts.calling(["setattr", "remember"])
    assert refs == sorted(refs)
    assert [facts.spans.row(ref) for ref in refs] == [5, 9, 15, 19, 34, 37]
    assert [facts.spans[ref].start.row for ref in refs] == [5, 9, 15, 19, 34, 37]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("# coding: latin-1\ngröße(1)\n".encode("latin-1"), id="in another encoding"),
        pytest.param("def f():\n    from a import größe\n    show = größe\n    show(1)\n".encode(), id="imported"),
        pytest.param("def f():\n    from a import größe \\\n        as show\n    show(1)\n".encode(), id="renamed"),
        pytest.param("def f():\n    (größe)(1)\n".encode(), id="in brackets"),
        pytest.param("def f():\n    größe \\\n    (1)\n".encode(), id="over two rows"),
        pytest.param("def f(größe):\n    def g():\n        größe(1)\n    return g\n".encode(), id="from around"),
        pytest.param("gro\u0308\u00dfe(1)\n".encode(), id="spelt in another form of the same letters"),
    ],
)
def test_calls_in_other_forms(source: bytes) -> None:
    facts = _facts(source)
    assert [isinstance(facts.terms[ref], Call) for ref in facts.calling(["größe"])] == [True]


@pytest.mark.parametrize("source", [b"y = 1\nx = '\\x4'\n", b"y = 1\nx = '\\N{NO SUCH NAME}'\n"])
def test_a_literal_that_python_refuses(source: bytes) -> None:
    read = read_source(source)
    assert isinstance(read, Unreadable)
    assert (read.row, read.reason.partition(":")[0]) == (2, "syntax error")


def test_functions_that_assign_to_an_attribute(facts: ModuleFacts) -> None:
    def names(attribute: str, owner: int) -> list[str]:
        return [facts.functions[index].qualname for index in facts.storing(attribute, owner)]

    assert names("rows", 0) == ["Board.fills", "Board.takes", "Board.names"]
    assert names("columns", 0) == ["Board.sets_others"]
    assert names("rows", 1) == ["Shelf.fills"]
    assert names("columns", 1) == []


def test_functions_inside_a_function(facts: ModuleFacts) -> None:
    fills = facts.storing("rows", 1)[0]
    assert [facts.functions[index].name for index in facts.inside(fills)] == ["fills", "later", "<lambda>"]


def test_terms_of_a_function_are_those_of_its_body(facts: ModuleFacts) -> None:
    """Bodies follow one another without a gap, and every term stands in one of them."""
    bodies = [ref for function in facts.functions for ref in range(function.first, function.last)]
    assert bodies == list(range(len(facts.terms)))
    assert [facts.around(function.first) for function in facts.functions if function.first < function.last] == [
        index for index, function in enumerate(facts.functions) if function.first < function.last
    ]


def test_users_of_a_term_are_those_that_it_is_an_operand_of(facts: ModuleFacts) -> None:
    """They all stand in the body of the term itself, which is why the index can be made body by body."""
    users = {(ref, user) for ref in range(len(facts.terms)) for user in facts.users(ref)}
    assert users == {(ref, user) for user, term in enumerate(facts.terms) for ref in operands(term)}


def test_terms_of_a_kind_by_body_and_in_all(facts: ModuleFacts) -> None:
    for kind in {type(term) for term in facts.terms}:
        every = [(ref, term) for ref, term in enumerate(facts.terms) if type(term) is kind]
        assert list(facts.every(kind)) == every
        assert [each for index in range(len(facts.functions)) for each in facts.of_kind(kind, index)] == every


def test_classes_stand_in_a_body(facts: ModuleFacts) -> None:
    found = [number for index in range(len(facts.functions)) for number in facts.classes_in(index)]
    assert sorted(found) == list(range(len(facts.classes)))


def test_methods_are_those_of_all_classes(facts: ModuleFacts) -> None:
    board = ["fills", "reads", "takes", "names", "sets_others"]
    assert [function.name for _, function in facts.methods] == [*board, "fills"]
    assert [function.name for function in facts.methods_of(0)] == board
