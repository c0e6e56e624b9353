"""The copy in which a type checker is asked, and what its output says."""

from __future__ import annotations

import ast

import pytest

from qscache_lint.oracles import Asked, TypeAnswer, TypeName
from qscache_lint.typed.marking import marked
from qscache_lint.typed.revealed import Revealed, answers, read, split
from qscache_lint.values import Position, Span


def _asked(source: str, text: str, part: str = "value") -> Asked:
    """A question about the first place where a text stands."""
    before, _, _ = source.partition(text)
    row, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    rows = text.split("\n")
    end = Position(row + len(rows) - 1, len(rows[-1]) + (column if len(rows) == 1 else 1))
    return Asked("a.py", Span(Position(row, column), end), "receiver" if part == "receiver" else "value")


def _body(source: str, *asked: Asked) -> str:
    """The source with questions, without the import that these need."""
    code, numbers = marked(source.encode(), asked, 7)
    assert set(numbers) == set(asked)
    ast.parse(code)
    lines = code.decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("import qscache_lint_probe"))


def test_a_value() -> None:
    source = "def f(x):\n    return x.rows()\n"
    assert (
        _body(source, _asked(source, "x.rows()"))
        == "def f(x):\n    return reveal_type(_at.kind(x.rows(), _at.q7))[0]\n"
    )


def test_a_receiver_in_a_value_has_a_question_of_its_own() -> None:
    source = "def f(x):\n    return x.rows()\n"
    body = _body(source, _asked(source, "x.rows()"), _asked(source, "x.rows", "receiver"))
    assert body.endswith("return reveal_type(_at.kind(reveal_type(_at.kind(x, _at.q8))[0].rows(), _at.q7))[0]\n")


def test_one_expression_is_asked_about_once() -> None:
    source = "def f(x):\n    return x.y.z\n"
    _, numbers = marked(source.encode(), [_asked(source, "x.y"), _asked(source, "x.y.z", "receiver")], 7)
    assert list(numbers.values()) == [7, 7]


def test_columns_and_rows_are_those_of_the_text() -> None:
    source = "def f(x):\n    größe = '🚢'; return g(größe)[\n        x.ä\n    ].rows\n"
    body = _body(source, _asked(source, "x.ä"), _asked(source, "g(größe)[\n        x.ä\n    ].rows", "receiver"))
    begin, number = "reveal_type(_at.kind(", ", _at.q{}))[0]"
    inner = f"{begin}x.ä{number.format(7)}"
    assert f"'🚢'; return {begin}g(größe)[\n        {inner}\n    ]{number.format(8)}.rows" in body


@pytest.mark.parametrize(
    ("source", "text", "part"),
    [
        pytest.param("rows = x.rows()\n", "x.rows()", "value", id="outside of functions"),
        pytest.param("def f(a: x.Y): pass\n", "x.Y", "receiver", id="annotation of a parameter"),
        pytest.param("def f():\n    a: x.Y = 1\n", "x.Y", "receiver", id="annotation of a variable"),
        pytest.param("def f():\n    class A(x.Y): pass\n", "x.Y", "receiver", id="base"),
        pytest.param("def f(a):\n    match a:\n        case x.Y: pass\n", "x.Y", "receiver", id="pattern"),
        pytest.param("def f(x):\n    x.y = 1\n", "x.y", "receiver", id="assignment"),
        pytest.param("def f(x):\n    del x.y\n", "x.y", "receiver", id="deletion"),
        pytest.param("def f(x):\n    g(y for y in x)\n", "(y for y in x)", "value", id="generator"),
        pytest.param("def f(x):\n    return x.y(\n", "x.y", "receiver", id="error of syntax"),
        pytest.param("'''doc'''; y = 1\ndef f(x):\n    return x.y\n", "nowhere", "value", id="no such place"),
        pytest.param("'''doc'''; f = lambda x: x.y\n", "x.y", "value", id="no row for an import"),
    ],
)
def test_what_is_not_asked_about(source: str, text: str, part: str) -> None:
    assert marked(source.encode(), [_asked(source, text, part)], 0) == (source.encode(), {})


def test_the_import_stands_behind_those_of_the_future() -> None:
    source = "'''doc'''\nfrom __future__ import annotations\n@d\ndef f(x):\n    return x.y\n"
    code, _ = marked(source.encode(), [_asked(source, "x.y", "receiver")], 0)
    assert [line[:4] for line in code.decode().splitlines()] == ["'''d", "from", "impo", "@d", "def ", "    "]


def test_no_comment_keeps_the_checker_quiet() -> None:
    source = "# mypy: ignore-errors\ndef f(x):\n    return x.y  # type: ignore[attr-defined]\n"
    code, _ = marked(source.encode(), [_asked(source, "x.y", "receiver")], 0)
    assert (b"# mypy" in code, b"# type" in code) == (False, False)


def test_another_encoding() -> None:
    source = "# coding: latin-1\ndef f(ä):\n    return 'ü', ä.y\n"
    asked = _asked(source, "ä.y", "receiver")
    code, _ = marked(source.encode("latin-1"), [asked], 0)
    assert "_at.kind(ä, _at.q0)" in code.decode()


QUERYSET = "django.db.models.query.QuerySet"
BOAT = "harbour.models.Boat"


@pytest.mark.parametrize(
    ("type_", "kind", "answer"),
    [
        pytest.param("None", "IsOther", (TypeName("none"),), id="None"),
        pytest.param("argparse.Namespace", "IsOther", (TypeName("instance", ("argparse.Namespace",)),), id="a class"),
        pytest.param("Namespace", "IsOther", (), id="a short name, which may be that of any class"),
        pytest.param("builtins.object", "IsOther", (), id="anything"),
        pytest.param("Any", "IsOpen", (), id="Any"),
        pytest.param("T", "IsModel", (), id="a type variable"),
        pytest.param("(int) -> str", "IsOther", (), id="a function"),
        pytest.param("a.A & a.B", "IsOther", (), id="an intersection"),
        pytest.param(f"builtins.type[{BOAT}]", "IsClass", (TypeName("class", (BOAT,)),), id="a class object"),
        pytest.param(
            f"{QUERYSET}[{BOAT}, {BOAT}]", "IsQuerySet", (TypeName("instance", (QUERYSET,), BOAT),), id="a QuerySet"
        ),
        pytest.param(
            "harbour.models.BoatQuerySet | None",
            "IsQuerySet",
            (TypeName("instance", ("harbour.models.BoatQuerySet", QUERYSET)), TypeName("none")),
            id="a class of QuerySets, or None",
        ),
        pytest.param(f"{BOAT} | lib.Gone", "IsOther", (), id="several classes, of which the bases are not told"),
        pytest.param(
            "a.Rows | b.Rows",
            "IsQuerySet",
            (TypeName("instance", ("a.Rows", QUERYSET)), TypeName("instance", ("b.Rows", QUERYSET))),
            id="several classes of QuerySets",
        ),
        pytest.param("lib.Half", "IsOpen", (TypeName("instance", ("lib.Half",), open=True),), id="an unknown base"),
    ],
)
def test_what_is_revealed(type_: str, kind: str, answer: TypeAnswer) -> None:
    assert Revealed(0, type_, kind).answer() == answer


PYREFLY = r"revealed type: (.*) \[reveal-type\]$"
MYPY = r'Revealed type is "(.*)"$'


@pytest.mark.parametrize(
    ("line", "pattern", "expected"),
    [
        pytest.param(
            " INFO a.py:7:16-19: revealed type: tuple[User, IsModel, tuple[Q12]] [reveal-type]",
            PYREFLY,
            [Revealed(12, "User", "IsModel")],
            id="short names",
        ),
        pytest.param(
            'a.py:7: note: Revealed type is "builtins.tuple[a.B, p.IsOther, builtins.tuple[p.Q3, n.B]]"',
            MYPY,
            [Revealed(3, "a.B", "IsOther")],
            id="full names",
        ),
        pytest.param(" INFO a.py:7:1-2: revealed type: Unknown [reveal-type]", PYREFLY, [], id="nothing known"),
        pytest.param(" INFO a.py:7:1-2: revealed type: tuple[A, IsNew, Q1] [reveal-type]", PYREFLY, [], id="no kind"),
        pytest.param("ERROR a.py:7:1-2: Unexpected tuple[A, IsOther, Q1]", PYREFLY, [], id="an error"),
    ],
)
def test_reading(line: str, pattern: str, expected: list[Revealed]) -> None:
    assert [*read([line], pattern)] == expected


def test_what_is_said_several_times_of_one_question() -> None:
    one, other, nothing = (Revealed(1, name, "IsOther") for name in ("a.A", "b.B", "T"))
    assert answers([one, one]) == {1: one.answer()}
    assert answers([one, other]) == {1: (*one.answer(), *other.answer())}
    assert answers([one, nothing]) == {}


def test_short_names_are_those_without_a_dot() -> None:
    assert set(Revealed(1, "a.A | B[C, d.D] | None", "IsOther").short_names) == {"B", "C"}


def test_parts_between_brackets() -> None:
    assert split("a[b | c] | (d | e) | f", "|") == ["a[b | c]", "(d | e)", "f"]
