"""Every row about templates is executed: filters, tags and operators, on each shape, in each order and state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import IntegrityError
from django.template import defaultfilters, defaulttags, loader_tags

from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.template_rows import TemplateUse
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import Outcome, observe, outcome
from tests.semantics.operations.states import ORDERS, TABLES, Kind, kinds, read, unpickled, unread

VERSION = TABLES.django
USES = tuple(row for row in TABLES.templates.use)
FILTERS: Mapping[str, TemplateUse] = {name: row for row in USES for name in row.filters}
TAGS: Mapping[str, TemplateUse] = {name: row for row in USES for name in row.tags}
OPERATORS: Mapping[str, TemplateUse] = {name: row for row in USES for name in row.operators}
pytestmark = pytest.mark.drawn("kind")

KINDS = tuple(pytest.param(kind, id=kind.name) for kind in kinds())
ORDERED = Kind("plain", ORDERS[0])

ARGUMENTS: Mapping[str, str] = {
    "add": "1", "center": "30", "cut": "'x'", "date": "'Y'", "default": "'-'", "default_if_none": "'-'",
    "dictsort": "'title'", "dictsortreversed": "'title'", "divisibleby": "2", "get_digit": "1", "join": "', '",
    "length_is": "2", "ljust": "30", "rjust": "30", "slice": "':2'", "stringformat": "'s'", "time": "'H'",
    "truncatechars": "5", "truncatechars_html": "5", "truncatewords": "2", "truncatewords_html": "2",
    "urlizetrunc": "9", "wordwrap": "9",
}  # fmt: skip
"""What is behind the colon of filters that need it."""

TEXTS: Mapping[str, tuple[str, ...]] = {
    "{{ }}": ("{{ value }}",),
    "for": ("{% for each in value %}{{ each.title }}{% endfor %}", "{% for each in value reversed %}{% endfor %}",
            "{% for each in value %}{% empty %}-{% endfor %}"),
    "regroup": ("{% regroup value by kind as groups %}",),
    "if": ("{% if value %}-{% endif %}",),
    "elif": ("{% if nothing %}{% elif value %}-{% endif %}",),
    "firstof": ("{% firstof value 'x' %}", "{% firstof nothing value %}"),
    "cycle": ("{% cycle value 'x' %}",),
    "cache": ("{% load cache %}{% cache 0 fragment value %}{% endcache %}",),
    "with": ("{% with other=value %}{% endwith %}", "{% with value as other %}{% endwith %}"),
    "include": ("{% include nested with other=value %}", "{% include nested %}"),
    "blocktranslate": ("{% load i18n %}{% blocktranslate with other=value %}{{ other }}{% endblocktranslate %}",
                       "{% load i18n %}{% blocktranslate %}{{ value }}{% endblocktranslate %}"),
    "blocktrans": ("{% load i18n %}{% blocktrans with value as other %}{{ other }}{% endblocktrans %}",),
    "querystring": ("{% querystring query page=value %}",),
    "ifchanged": ("{% ifchanged value %}-{% endifchanged %}",),
    "widthratio": ("{% widthratio value 10 100 %}",),
}  # fmt: skip
"""How each tag is given the QuerySet `value`."""

TAGS_WITHOUT_QUERYSETS = frozenset({
    "autoescape", "block", "comment", "csp_nonce_attr", "csrf_token", "debug", "extends", "filter", "load", "lorem",
    "now", "partial", "partialdef", "resetcycle", "spaceless", "templatetag", "url", "verbatim",
})  # fmt: skip
"""Tags that are given none."""

FILTERS_WITHOUT_QUERYSETS = frozenset({"timesince", "timeuntil"})
"""Filters that are given none: they fail on it, after they have read all of it."""

TESTS: Mapping[str, tuple[str, ...]] = {
    "and": ("value and 1",),
    "or": ("value or 1", "nothing or value"),
    "not": ("not value",),
    "in": ("report in value",),
    "not in": ("report not in value",),
    "==": ("value == report", "report == value", "value == value"),
    "!=": ("value != report", "report != value"),
    "is": ("value is None",),
    "is not": ("value is not None",),
    "<": ("value < 3", "3 < value"),
    ">": ("value > 3", "3 > value"),
    "<=": ("value <= 3",),
    ">=": ("value >= 3",),
}
"""What stands behind `if`, by operator."""


@pytest.fixture(autouse=True, scope="module")
def _database() -> None:
    prepare()


def _context(queryset: Any) -> Any:
    from django.http import QueryDict
    from django.template import Context, Engine

    from tests.semantics.newsroom.models import Report

    nested = Engine().from_string("-")
    return Context({"value": queryset, "report": Report(pk=1), "nested": nested, "query": QueryDict("")})


def _template(text: str) -> Any:
    from django.template import Engine

    return Engine.get_default().from_string(text)


def _rendering(text: str) -> Callable[[Any], None]:
    """Renders a template with the QuerySet as `value`."""

    def call(queryset: Any) -> None:
        _template(text).render(_context(queryset))

    return call


def _filtering(name: str) -> Callable[[Any], Any]:
    """Applies a filter to the QuerySet, and prints nothing."""
    argument = f":{ARGUMENTS[name]}" if name in ARGUMENTS else ""
    expression = _template(f"{{{{ value|{name}{argument} }}}}").nodelist[0].filter_expression
    return lambda queryset: expression.resolve(_context(queryset))


def _promised(row: TemplateUse, *, was_read: bool) -> tuple[int, bool, bool]:
    """Queries, rows afterwards, and whether it is refused."""
    queries, rows = outcome(TABLES.effect_costs[row.effect], read=was_read)
    is_refused = row.effect is Effect.RAISES
    return queries, was_read if is_refused else rows, is_refused


def _seen(found: Outcome) -> tuple[int, bool, bool]:
    return found.queries, found.has_rows, found.refusal is not None


def _assert_as_promised(row: TemplateUse, kind: Kind, call: Callable[[Any], Any]) -> None:
    for build, was_read in ((unread, False), (read, True), (unpickled, True)):
        assert _seen(observe(build(kind), call)) == _promised(row, was_read=was_read), build.__name__


def _texts(texts: Mapping[str, tuple[str, ...]], rows: Iterable[str]) -> list[Any]:
    return [pytest.param(name, text, id=f"{name}-{number}") for name in rows for number, text in enumerate(texts[name])]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILTERS)
def test_filters_do_what_their_row_says(name: str, kind: Kind) -> None:
    _assert_as_promised(FILTERS[name], kind, _filtering(name))


@pytest.mark.parametrize("name", FILTERS)
def test_filters_hand_on_what_their_row_says(name: str) -> None:
    row = FILTERS[name]
    given = observe(unread(ORDERED), _filtering(name)).gives
    assert given == (None if row.effect is Effect.RAISES else row.gives)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "text"), _texts(TEXTS, TAGS))
def test_tags_do_what_their_row_says(name: str, text: str, kind: Kind) -> None:
    _assert_as_promised(TAGS[name], kind, _rendering(text))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "test"), _texts(TESTS, OPERATORS))
def test_operators_do_what_their_row_says(name: str, test: str, kind: Kind) -> None:
    _assert_as_promised(OPERATORS[name], kind, _rendering(f"{{% if {test} %}}-{{% endif %}}"))


@pytest.mark.parametrize("name", [name for name, row in TAGS.items() if row.place == "bound" and row.gives == "itself"])
def test_what_is_bound_is_the_very_queryset(name: str) -> None:
    text = {
        "with": "{% with other=value %}{% for each in other %}{% endfor %}{% endwith %}",
        "include": "{% include looping with other=value %}",
    }[name]
    queryset = unread(ORDERED)
    context = _context(queryset)
    context["looping"] = _template("{% for each in other %}{% endfor %}")
    with metered() as meter:
        _template(text).render(context)
        list(queryset)
    assert meter.queries == 1


def _prints(row: TemplateUse) -> bool:
    return row.effect is Effect.PART and row.gives == "data"


PRINTING = tuple(name for name, row in TAGS.items() if _prints(row))


@pytest.mark.parametrize("name", [name for name, row in FILTERS.items() if _prints(row)])
def test_filters_that_take_the_printed_form_ask_for_21_rows(name: str) -> None:
    _assert_asks_for_21_rows(_filtering(name))


@pytest.mark.parametrize(("name", "text"), _texts(TEXTS, PRINTING))
def test_tags_that_print_ask_for_21_rows(name: str, text: str) -> None:
    _assert_asks_for_21_rows(_rendering(text))


def _assert_asks_for_21_rows(call: Callable[[Any], Any]) -> None:
    with metered() as meter:
        call(unread(ORDERED))
    assert [statement[-9:] for statement in meter.statements] == [" LIMIT 21"]


@pytest.mark.parametrize("name", ["add", "date", "time", "filesizeformat"])
def test_filters_that_give_nothing_do_not_tell(name: str) -> None:
    assert FILTERS[name].effect is Effect.NONE
    assert _filtering(name)(read(ORDERED)) in ("", "0\xa0bytes")


# -- rows in a list


def _printed(text: str, value: Any) -> str:
    from random import seed

    seed(7)
    return str(_template(text).render(_context(value)))


FILTERS_OF_ROWS = tuple(name for name, row in FILTERS.items() if row.takes_rows)
TAGS_OF_ROWS = tuple(name for name, row in TAGS.items() if row.takes_rows)


@pytest.mark.parametrize("name", FILTERS_OF_ROWS)
def test_filters_do_the_same_with_a_list(name: str) -> None:
    argument = f":{ARGUMENTS[name]}" if name in ARGUMENTS else ""
    loop = f"{{% for each in value|{name}{argument} %}}{{{{ each }}}}{{% endfor %}}"
    text = loop if FILTERS[name].gives in ("rows", "queryset") else f"{{{{ value|{name}{argument} }}}}"
    if FILTERS[name].gives == "itself":
        text = f"{{{{ value|{name}{argument}|length }}}}"
    assert _printed(text, unread(ORDERED)) == _printed(text, list(unread(ORDERED)))


@pytest.mark.parametrize(("name", "text"), _texts(TEXTS, TAGS_OF_ROWS))
def test_tags_do_the_same_with_a_list(name: str, text: str) -> None:
    assert _printed(text, unread(ORDERED)) == _printed(text, list(unread(ORDERED)))


@pytest.mark.parametrize(("name", "test"), _texts(TESTS, [name for name, row in OPERATORS.items() if row.takes_rows]))
def test_operators_do_the_same_with_a_list(name: str, test: str) -> None:
    text = f"{{% if {test} %}}-{{% endif %}}"
    assert _printed(text, unread(ORDERED)) == _printed(text, list(unread(ORDERED)))


@pytest.mark.parametrize("name", [name for name, row in TAGS.items() if row.shows])
def test_tags_that_show_a_queryset_print_it(name: str) -> None:
    printed = [_printed(text, unread(ORDERED)) for text in TEXTS[name] if name != "cache"]
    assert all("&lt;QuerySet [" in each for each in printed if each)


def test_an_index_is_that_of_a_list() -> None:
    assert _printed("{{ value.0 }}", unread(ORDERED)) == _printed("{{ value.0 }}", list(unread(ORDERED)))


@pytest.mark.parametrize("name", [name for name, row in FILTERS.items() if row.forwards])
def test_an_argument_from_the_end_is_refused_quietly(name: str) -> None:
    queryset = unread(ORDERED)
    expression = _template(f"{{{{ value|{name}:'-2:' }}}}").nodelist[0].filter_expression
    assert expression.resolve(_context(queryset)) is queryset


# -- behind a dot

PLAIN = tuple(pytest.param(Kind("plain", order), id=order.name) for order in ORDERS)
CALLED = TABLES.templates.called
OTHERS = sorted(name for name in TABLES.operations if name not in CALLED and not name.startswith("_"))


def _stepping(name: str) -> Callable[[Any], Any]:
    """Asks the QuerySet for something behind a dot, and prints nothing."""
    expression = _template(f"{{{{ value.{name} }}}}").nodelist[0].filter_expression
    return lambda queryset: expression.resolve(_context(queryset))


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("name", sorted(CALLED & TABLES.operations.keys()))
def test_methods_behind_a_dot_do_what_they_do_in_python(name: str, kind: Kind) -> None:
    effect = TABLES.operations[name].effect_on(kind.order.ordered)
    for build, was_read in ((unread, False), (read, True), (unpickled, True)):
        seen = observe(build(kind), _stepping(name))
        assert (seen.queries, seen.has_rows) == outcome(TABLES.effect_costs[effect], read=was_read), build.__name__


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("name", OTHERS)
def test_other_methods_give_nothing_quietly_or_fail(name: str) -> None:
    from tests.semantics.newsroom.models import Report

    failures = (AttributeError, TypeError, ValueError, IntegrityError, Report.MultipleObjectsReturned)
    queryset = read(ORDERED)
    is_tried = name in _CREATING and not getattr(getattr(type(queryset), name), "alters_data", False)
    refusal = pytest.raises(failures) if name in _FAILING or is_tried else nullcontext()
    with metered() as meter, refusal:
        _rendering(f"{{% with found=value.{name} %}}{{% endwith %}}")(queryset)
    assert is_tried or meter.queries == (name == "get")


_FAILING = frozenset({"earliest", "get", "latest", "resolve_expression"})
"""Methods that need to be told something, and are called all the same; `get` has asked for all rows by then."""

_CREATING = frozenset({"create", "get_or_create", "update_or_create"})
"""Methods that templates call without arguments before Django says that they alter data; rows want values."""


def test_an_index_behind_a_dot_is_one_of_python() -> None:
    kind = ORDERED
    for build, was_read in ((unread, False), (read, True)):
        seen = observe(build(kind), _stepping("0"))
        assert (seen.queries, seen.has_rows) == outcome(TABLES.effect_costs[Effect.PART], read=was_read)


# -- the tables and Django have the same names


def test_filters_are_those_of_django() -> None:
    assert defaultfilters.register.filters.keys() - FILTERS_WITHOUT_QUERYSETS == FILTERS.keys()


@pytest.mark.parametrize("name", sorted(FILTERS_WITHOUT_QUERYSETS))
def test_filters_that_are_given_no_queryset_fail_on_one(name: str) -> None:
    seen = observe(unread(ORDERED), _filtering(name))
    assert (seen.refusal, seen.has_rows) == ("AttributeError", True)


def test_tags_are_those_of_django() -> None:
    known = TAGS.keys() - {"{{ }}", "elif", "cache", "blocktranslate", "blocktrans"}
    registered = defaulttags.register.tags.keys() | loader_tags.register.tags.keys()
    assert registered - TAGS_WITHOUT_QUERYSETS == known
    assert not known & TAGS_WITHOUT_QUERYSETS


def test_tags_of_other_libraries_are_there() -> None:
    from django.templatetags import cache, i18n

    assert {"cache"} <= cache.register.tags.keys()
    assert {"blocktranslate", "blocktrans"} <= i18n.register.tags.keys()


def test_operators_are_those_of_django() -> None:
    from django.template.smartif import OPERATORS as SYMBOLS

    # "=" was never documented, and is "==" under another name where it is there.
    assert SYMBOLS.keys() - {"="} == OPERATORS.keys()


def test_arguments_and_texts_have_a_row() -> None:
    rows = TABLES.templates.table.use
    assert ARGUMENTS.keys() <= {name for row in rows for name in row.filters}
    assert TEXTS.keys() == {name for row in rows for name in row.tags}
    assert TESTS.keys() == {name for row in rows for name in row.operators}


def test_only_filters_hand_something_on_and_what_binds_a_name() -> None:
    for row in TABLES.templates.table.use:
        hands_on = row.filters or (row.place == "bound" and row.effect is Effect.NONE)
        assert bool(hands_on) or row.gives == "data"
        assert row.filters or row.effect is not Effect.NONE or row.place != "bound" or row.gives == "itself"
        assert row.effect is not Effect.RAISES or row.gives == "data"


def test_no_name_has_two_rows() -> None:
    for names in (
        [name for row in USES for name in row.filters],
        [name for row in USES for name in row.tags],
        [name for row in USES for name in row.operators],
    ):
        assert sorted(names) == sorted(set(names))


def test_tags_take_it_at_the_place_of_their_row() -> None:
    """At another place the tag finds no QuerySet, or is a syntax error."""
    places = {name: row.place for name, row in TAGS.items() if row.place != "any"}
    for name, place in places.items():
        for text in TEXTS[name]:
            assert _MARKS[place](text), (name, text)


_MARKS: Mapping[str, Callable[[str], bool]] = {
    "in": lambda text: " in value" in text,
    "first": lambda text: text.split()[2] == "value",
    "bound": lambda text: "=value" in text or "value as " in text or "value" not in text or "{{ value }}" in text,
}
