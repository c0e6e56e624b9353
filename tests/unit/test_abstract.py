"""Values stay small, whatever the code does: what is left out becomes unknown, and no QuerySet is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qscache_lint import limits
from qscache_lint.project.abstract import Atom, Collection, Data, External, Frame, Literal, Unknown, Value
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.value_sets import all_querysets, widened

_ROWS = QuerySet()


def _lists(number: int) -> Value:
    """Lists of different lengths; the longest has a QuerySet at its end."""
    texts = [(position, (Literal(position),)) for position in range(number)]
    return (*(Collection("list", tuple(texts[:each])) for each in range(number)), Collection("list", ((0, (_ROWS,)),)))


@pytest.mark.parametrize(
    "value", [(), (_ROWS,), _lists(limits.CONTAINER_VARIANTS - 1), (*_lists(3), *map(Literal, range(30)))]
)
def test_what_is_small_stays_as_it_is(value: Value) -> None:
    assert widened(value) == value


def test_many_lists_become_one_that_holds_what_any_does() -> None:
    value = widened(_lists(limits.CONTAINER_VARIANTS))
    assert [atom.kind for atom in value if isinstance(atom, Collection)] == ["list"]
    assert list(all_querysets(value)) == [_ROWS]


def test_many_dicts_become_one_that_keeps_its_keys() -> None:
    numbers = range(limits.CONTAINER_VARIANTS + 1)
    rows = [Collection("dict", (("rows", (_ROWS,)), (each, (Literal(each),)))) for each in numbers]
    (merged,) = widened(tuple(rows))
    assert isinstance(merged, Collection)
    members = dict(merged.members)
    assert members["rows"] == (_ROWS,)
    assert members[3] == (Unknown("a missing item"), Literal(3))


@pytest.mark.parametrize("many", [External, Unknown, Literal])
def test_of_what_is_outside_the_first_few_are_told(many: Callable[[str], Atom]) -> None:
    value = widened((*(many(f"name{each}") for each in range(5000)), Data(), _ROWS))
    assert len(value) == limits.OUTSIDE_ATOMS + 3
    assert {_ROWS, Data(), Unknown("one of too many possible values")} <= set(value)


def test_arguments_that_grow_from_call_to_call_become_unknown() -> None:
    function = FunctionId("shop/queries.py", 1)
    given: Value = (_ROWS,)
    for _ in range(5):
        given = (Collection("dict", (("inner", given),)),)
    assert Frame.enter(function, (("rows", given),), None).argument("rows") == given
    for _ in range(5):
        given = (Collection("dict", (("inner", given),)),)
    assert Frame.enter(function, (("rows", given),), None) == Frame(function)


@pytest.mark.parametrize(
    ("other", "is_equal"),
    [(Literal(1, "num"), True), (Literal(1), False), (Literal(True, "num"), False), (Unknown("one"), False)],
)
def test_constants_are_equal_or_unequal_by_value_type_and_source(other: Atom, is_equal: bool) -> None:
    one = Literal(1, "num")
    assert (one == other, one != other) == (is_equal, not is_equal)
    assert len({one, other}) == 2 - is_equal
