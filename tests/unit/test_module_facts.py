"""Bodies are read when somebody asks for what stands in them, and no others."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from qscache_lint.facts.model import Call
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.reading import read_source
from qscache_lint.source.syntax import Unreadable
from qscache_lint.source.units import Units

SOURCE = b"""\
from tools import remember as keep


def stores(rows):
    remember("rows", rows)


def asks():
    return remember()


def renames(rows):
    from tools import remember as again

    again(rows)


def speaks():
    return "to remember"


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
"""


@pytest.fixture
def facts() -> ModuleFacts:
    return _facts(SOURCE)


def _facts(source: bytes) -> ModuleFacts:
    parts = read_source(source)
    assert not isinstance(parts, Unreadable)
    return ModuleFacts(parts, Units(source))


def _read(facts: ModuleFacts) -> set[str]:
    """The functions whose bodies have been read, the module's own left out."""
    return {function.name for index, function in facts.read_functions.items() if index}


@pytest.mark.parametrize(
    ("handing", "read"), [(False, {"stores", "asks", "renames"}), (True, {"stores", "renames"})], ids=["any", "handing"]
)
def test_calls_of_a_name(facts: ModuleFacts, handing: bool, read: Collection[str]) -> None:
    assert _read(facts) == set()
    refs = facts.calling(["remember", "forget"], handing=handing)
    assert _read(facts) == read
    calls = [term for ref in refs if isinstance(term := facts.terms[ref], Call)]
    assert [called_name(facts.terms[call.function]) for call in calls] == ["remember"] * len(read)
    assert refs == sorted(refs) == facts.calling(["remember"], handing=handing)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("# coding: latin-1\ngröße(1)\n".encode("latin-1"), id="in another encoding"),
        pytest.param("def f():\n    from a import größe\n    show = größe\n    show(1)\n".encode(), id="imported"),
        pytest.param("def f():\n    from a import größe \\\n        as show\n    show(1)\n".encode(), id="renamed"),
        pytest.param("def f():\n    (größe)(1)\n".encode(), id="in brackets"),
        pytest.param("def f():\n    größe \\\n    (1)\n".encode(), id="over two rows"),
        pytest.param("def f(größe):\n    def g():\n        größe(1)\n    return g\n".encode(), id="from around"),
    ],
)
def test_calls_in_other_forms(source: bytes) -> None:
    facts = _facts(source)
    assert [isinstance(facts.terms[ref], Call) for ref in facts.calling(["größe"], handing=True)] == [True]


@pytest.mark.parametrize("source", [b"y = 1\nx = '\\x4'\n", b"y = 1\nx = '\\N{NO SUCH NAME}'\n"])
def test_a_literal_that_python_refuses(source: bytes) -> None:
    read = read_source(source)
    assert isinstance(read, Unreadable)
    assert (read.row, read.reason.partition(":")[0]) == (2, "syntax error")


def test_nobody_calls_what_is_not_named(facts: ModuleFacts) -> None:
    assert facts.calling(["forget"]) == []
    assert _read(facts) == set()


def test_what_names_a_word(facts: ModuleFacts) -> None:
    facts.read_naming(["to remember", "many"])
    assert _read(facts) == {"speaks", "takes"}


def test_who_may_assign_to_an_attribute(facts: ModuleFacts) -> None:
    names = {facts.functions[index].name for index in facts.storing("rows", 0)}
    assert names == {"fills", "takes", "names", "sets_others"}
    assert _read(facts) == set()


def test_places_are_those_of_the_file(facts: ModuleFacts) -> None:
    rows = {facts.spans[ref].start.row for ref in facts.calling(["remember"], handing=True)}
    assert rows == {5, 15}


def test_what_is_known_does_not_grow_while_somebody_looks_through_it(facts: ModuleFacts) -> None:
    known = facts.known_terms()
    for number, (ref, term) in enumerate(known):
        facts.everything()
        assert facts.terms[ref] == term
        assert number < len(facts.terms)
    assert len(known) < len(facts.terms)
    assert known == facts.known_terms()[: len(known)]
    assert facts.known_terms(len(known)) == facts.known_terms()[len(known) :]


def test_methods_are_known_without_reading_any_body(facts: ModuleFacts) -> None:
    before = len(facts.terms)
    assert [function.name for _, function in facts.methods] == ["fills", "reads", "takes", "names", "sets_others"]
    assert facts.methods_of(0) == tuple(function for _, function in facts.methods)
    assert len(facts.terms) == before
