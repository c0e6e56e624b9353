"""Every row about Jinja's templates is executed, in the environment that Django makes of its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jinja2 import DictLoader

from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.template_rows import TemplateUse
from qscache_lint.templates.jinja_expressions import SLICE
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import Outcome, has_rows, observe, outcome
from tests.semantics.operations.states import ORDERS, TABLES, Kind, read, unpickled, unread

ROWS = TABLES.templates.of("jinja")
ORDERED = Kind("plain", ORDERS[0])

FILTERED: Mapping[str, str] = {
    "batch": "value|batch(2)|list", "groupby": "value|groupby('kind')", "join": "value|join(attribute='title')",
    "map": "value|map(attribute='title')|list", "max": "value|max(attribute='title')",
    "min": "value|min(attribute='title')", "reject": "value|reject('none')|list",
    "rejectattr": "value|rejectattr('title', 'none')|list", "replace": "value|replace('a', 'b')",
    "reverse": "value|reverse|list", "select": "value|select('none')|list",
    "selectattr": "value|selectattr('title', 'none')|list", "slice": "value|slice(2)|list",
    "sort": "value|sort(attribute='title')", "sum": "value|sum(attribute='pk')",
    "unique": "value|unique(attribute='title')|list", SLICE: "value[:2]",
}  # fmt: skip
"""Filters with what they need; behind one that gives a generator, what draws from it."""

TAGS: Mapping[str, tuple[str, ...]] = {
    "for": ("{% for each in value %}{{ each.title }}{% endfor %}", "{% for each in value if each.title %}{% endfor %}"),
    "if": ("{% if value %}-{% endif %}", "{% if nothing %}{% elif not value %}-{% endif %}"),
    "{{ }}": ("{{ value }}",),
    "with": ("{% with other = value %}{% endwith %}",),
    "set": ("{% set other = value %}",),
    "include": ("{% include nested %}",),
}

TESTS: Mapping[str, tuple[str, ...]] = {
    "in": ("report in value", "report not in value"),
    "==": ("value == report", "report == value"),
    "!=": ("value != report",),
    "is": ("value is defined", "value is not none", "value is string", "value is mapping", "value is callable",
           "value is sameas none", "value is true", "value is boolean", "value is number"),
}  # fmt: skip
ORDERING = frozenset({"<", ">", "<=", ">="})
"""Operators that Python refuses."""


@pytest.fixture(autouse=True, scope="module")
def _database() -> None:
    prepare()


def _engine() -> Any:
    from django.template.backends.jinja2 import Jinja2

    return Jinja2({"NAME": "jinja2", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}})


def _rendering(text: str) -> Callable[[Any], str]:
    template = _engine().from_string(text)

    def call(queryset: Any) -> str:
        from tests.semantics.newsroom.models import Report

        nested = _engine().env.from_string("-")
        return str(template.render({"value": queryset, "report": Report(pk=1), "nested": nested}))

    return call


def _resolving(expression: str) -> Callable[[Any], Any]:
    """Comes to the value of an expression, and prints nothing."""
    compiled = _engine().env.compile_expression(expression)
    return lambda queryset: compiled(value=queryset)


def _seen(found: Outcome) -> tuple[int, bool]:
    return found.queries, found.has_rows


def _assert_as_promised(row: TemplateUse, call: Callable[[Any], Any]) -> None:
    for build, was_read in ((unread, False), (read, True), (unpickled, True)):
        promised = outcome(TABLES.effect_costs[row.effect], read=was_read)
        assert _seen(observe(build(ORDERED), call)) == promised, build.__name__


@pytest.mark.parametrize("name", ROWS.filters)
def test_filters_do_what_their_row_says(name: str) -> None:
    _assert_as_promised(ROWS.filters[name], _resolving(FILTERED.get(name, f"value|{name}")))


@pytest.mark.parametrize("name", ROWS.filters)
def test_filters_hand_on_what_their_row_says(name: str) -> None:
    from django.db.models import QuerySet

    given = _resolving(FILTERED.get(name, f"value|{name}"))(unread(ORDERED))
    kinds = {"queryset": QuerySet, "rows": list, "instance": unread(ORDERED).model}
    assert isinstance(given, kinds.get(ROWS.filters[name].gives, object))


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in TAGS.items() for text in texts])
def test_tags_do_what_their_row_says(name: str, text: str) -> None:
    _assert_as_promised(ROWS.tags[name], _rendering(text))


@pytest.mark.parametrize(("name", "test"), [(name, test) for name, tests in TESTS.items() for test in tests])
def test_operators_do_what_their_row_says(name: str, test: str) -> None:
    _assert_as_promised(ROWS.operators[name], _rendering(f"{{% if {test} %}}-{{% endif %}}"))


@pytest.mark.parametrize("name", sorted(ORDERING))
def test_comparisons_are_refused(name: str) -> None:
    assert ROWS.operators[name].effect is Effect.NONE
    queryset = unread(ORDERED)
    with pytest.raises(TypeError):
        _rendering(f"{{{{ value {name} 3 }}}}")(queryset)
    assert not has_rows(queryset)


def test_every_row_is_executed() -> None:
    assert TAGS.keys() == ROWS.tags.keys()
    assert TESTS.keys() | ORDERING == ROWS.operators.keys()


@pytest.mark.parametrize("text", ["{{ value.filter is defined }}", "{% if value.count %}{% endif %}"])
def test_a_method_that_is_not_called_does_nothing(text: str) -> None:
    queryset = unread(ORDERED)
    with metered() as meter:
        _rendering(text)(queryset)
    assert meter.queries == 0


@pytest.mark.parametrize(
    "call", ["all()|list", "filter(title__contains='a')|list", "count()", "order_by('-pk').first()"]
)
def test_a_method_is_called_as_in_python(call: str) -> None:
    queryset = unread(ORDERED)
    with metered() as meter:
        _resolving(f"value.{call}")(queryset)
    assert meter.queries == 1
    assert not has_rows(queryset)


BINDING = ["{% set other = value %}{{ other|length }}", "{% with other = value %}{{ other|length }}{% endwith %}"]


@pytest.mark.parametrize("text", BINDING)
def test_what_is_bound_is_the_very_queryset(text: str) -> None:
    queryset = unread(ORDERED)
    _rendering(text)(queryset)
    assert has_rows(queryset)


def test_a_block_sees_what_its_template_sets_above() -> None:
    env = _engine().env
    env.loader = DictLoader({"base": "{% block b %}{% endblock %}"})
    child = env.from_string("{% extends 'base' %}{% set other = value %}{% block b %}{{ other|length }}{% endblock %}")
    queryset = unread(ORDERED)
    child.render(value=queryset)
    assert has_rows(queryset)


def test_an_index_is_one_of_python() -> None:
    _assert_as_promised(ROWS.filters[SLICE], _resolving("value[0]"))
