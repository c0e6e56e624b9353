"""Which fields call a function that they are given for a value: the rows that the repair of QSC301 rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import django
import pytest

from qscache_lint.knowledge.function_rows import CalledLater
from qscache_lint.knowledge.tables import Knowledge
from tests.semantics.django_project import prepare

NEEDED: dict[str, dict[str, Any]] = {
    "DecimalField": {"max_digits": 5, "decimal_places": 2},
    "ForeignKey": {"to": "newsroom.Story", "on_delete": id},
    "OneToOneField": {"to": "newsroom.Story", "on_delete": id},
    "ModelChoiceField": {"queryset": None},
    "ModelMultipleChoiceField": {"queryset": None},
}
KNOWLEDGE = Knowledge(django.VERSION[:2])
ROWS = [
    (name, argument, row)
    for row in KNOWLEDGE.functions.called_later
    if row.holds_in(KNOWLEDGE.django)
    for name in row.names
    for argument in row.arguments
]


def made(dotted: str, argument: str, value: object) -> Any:
    """A field that is given a value in an argument."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)(**NEEDED.get(name, {}), **{argument: value})


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def function(self) -> list[tuple[str, str]]:
        self.calls += 1
        return [("a", f"call {self.calls}")]


def wanted(field: Any, argument: str) -> Iterator[object]:
    """The value, twice."""
    for _ in range(2):
        if argument == "choices":
            yield list(field.choices)
        elif argument == "default":
            yield field._get_default()  # get_default() of a foreign key wants a model around it
        else:
            yield _initial(field)


def _initial(field: Any) -> object:
    from django import forms

    form: Any = type("Form", (forms.Form,), {"field": field})()
    return form["field"].initial


@pytest.mark.parametrize(("name", "argument"), [(name, argument) for name, argument, _ in ROWS])
def test_the_function_is_called_whenever_the_value_is_wanted(name: str, argument: str) -> None:
    prepare()
    counting = Counting()
    field = made(name, argument, counting.function)
    assert counting.calls == 0
    first, second = wanted(field, argument)
    assert first != second


@pytest.mark.parametrize(("name", "argument", "row"), ROWS)
def test_other_code_gets_what_the_row_says(name: str, argument: str, row: CalledLater) -> None:
    prepare()
    given = getattr(made(name, argument, Counting().function), argument)
    assert argument in row.read_as
    assert (isinstance(given, Iterable), callable(given)) == (row.iterates, not row.iterates)


def test_a_form_has_the_default_of_its_model_as_initial_value() -> None:
    prepare()
    function = Counting().function
    assert made("django.db.models.IntegerField", "default", function).formfield().initial == function
