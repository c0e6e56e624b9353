"""Of tests that multiply, those that are left out leave nothing untested that another does not cover."""

from __future__ import annotations

from itertools import product

from tests.drawing import Test, draw

ROWS = [f"row{number}" for number in range(50)]
KINDS = [f"kind{number}" for number in range(20)]


def _multiplied(function: str = "f") -> list[Test]:
    return [
        Test(f"{function}[{row}-{kind}]", function, {"row": row, "kind": kind}, ("kind",))
        for row, kind in product(ROWS, KINDS)
    ]


def test_each_row_and_each_kind_is_drawn() -> None:
    drawn = draw(_multiplied())
    assert {name.partition("-")[0] for name in drawn} == {f"f[{row}" for row in ROWS}
    assert {name.partition("-")[2] for name in drawn} == {f"{kind}]" for kind in KINDS}
    assert len(drawn) <= len(ROWS) + len(KINDS)


def test_the_draw_does_not_depend_on_the_order() -> None:
    assert draw(_multiplied()) == draw(reversed(_multiplied()))


def test_each_function_has_a_draw_of_its_own() -> None:
    assert draw([*_multiplied("f"), *_multiplied("g")]) == draw(_multiplied("f")) | draw(_multiplied("g"))


def test_what_nothing_multiplies_is_always_drawn() -> None:
    plain = [Test(f"f[{row}]", "f", {"row": row}, ("kind",)) for row in ROWS]
    assert draw(plain) == {test.name for test in plain}


def test_a_share_is_about_that_share() -> None:
    tests = [Test(f"f[{number}]", "f", {"number": number}, share=4) for number in range(400)]
    assert 70 < len(draw(tests)) < 130
