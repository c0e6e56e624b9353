"""Of tests that multiply, those that are left out leave nothing untested that another does not cover."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from tests.drawing import Test, draw, some_pairs

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


def test_of_pairs_each_first_and_each_second_part_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [*permutations(range(10), 2)]
    some = some_pairs(pairs)
    assert {first for first, _ in some} == {second for _, second in some} == {*range(10)}
    assert len(some) <= 2 * 10
    monkeypatch.setattr("tests.drawing.EVERYTHING", True)
    assert some_pairs(pairs) == pairs
