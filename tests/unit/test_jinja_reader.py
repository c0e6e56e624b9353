"""The reader of Jinja's templates against Jinja itself: the same tokens at the same places, the same statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, TemplateSyntaxError, nodes

from qscache_lint import limits
from qscache_lint.templates.jinja_lexer import JinjaKind, Unreadable, pieces
from qscache_lint.templates.jinja_parser import read_jinja
from qscache_lint.templates.model import Access, Assigned, Expression, For, If, Output, Section

_JINJA = Environment(autoescape=True)
_PIECES = ("{%", "%}", "{{", "}}", "{#", "#}", "-", "+", " ", "\n", "raw", "endraw", "{% raw %}", "{%- endraw %}",
           "for", " x ", "'", '"', "a.b", "|", "[0:2]", "(", ")", "{", "}", "=", "1.5", "0.a", "2e3", "é", "\\", "~",
           "%")  # fmt: skip
_MARKS = frozenset({"data", "whitespace", "comment", "comment_begin", "comment_end", "raw_begin", "raw_end",
                    "block_begin", "block_end", "variable_begin", "variable_end"})  # fmt: skip


def _jinjas(text: str) -> list[tuple[str, str]]:
    return [(kind, written) for _, kind, written in _JINJA.lex(text) if kind not in _MARKS]


def _ours(text: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for piece in pieces(text) for token in piece.tokens]


@given(st.lists(st.sampled_from(_PIECES), max_size=16).map("".join))
def test_tokens_are_those_of_jinja(text: str) -> None:
    try:
        theirs, ours = _jinjas(text), _ours(text)
    except TemplateSyntaxError:
        return
    except Unreadable:  # Jinja's lexer leaves the end of the last tag to the parser, and accepts a missing one
        if not re.search(r"(?:{#[-+]?|{%[-+]?\s*raw\s*[-+]?%}\s*)$", text):
            with pytest.raises(TemplateSyntaxError):
                _JINJA.parse(text)
        return
    assert ours == theirs
    assert all(text.startswith(token.text, token.at) for piece in pieces(text) for token in piece.tokens)


@pytest.mark.parametrize(
    "text", ["{{ a", "{% if a", "{# a", "{% raw %}a", "{{ 'a }}", "{{ (a }}", "{{ a) }}", "{{ a ? b }}"]
)
def test_what_jinja_refuses_is_unreadable(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        _JINJA.parse(text)
    with pytest.raises(Unreadable):
        list(pieces(text))
    assert not read_jinja(text).known


_STATEMENTS = ("{% for x in rows %}", "{% else %}", "{% endfor %}", "{% if a %}", "{% elif b %}", "{% endif %}",
               "{% set a = rows %}", "{% set a %}", "{% endset %}", "{% with a = rows %}", "{% endwith %}",
               "{{ rows }}", "{% block b %}", "{% endblock %}", "{% macro m(a, b=1) %}", "{% endmacro %}",
               "{% include 'x' %}", "{% filter upper %}", "{% endfilter %}", "{% call m() %}", "{% endcall %}",
               "{% from 'x' import m with context %}")  # fmt: skip


@given(st.lists(st.sampled_from(_STATEMENTS), max_size=12).map("".join))
def test_what_jinja_takes_is_read(text: str) -> None:
    try:
        parsed = _JINJA.parse(text)
    except TemplateSyntaxError:
        return
    template = read_jinja(text)
    assert template.known
    assert len(list(parsed.find_all(nodes.For))) == sum(isinstance(each, For) for each in _every(template.nodes))
    assert len(list(parsed.find_all(nodes.Block))) == sum(isinstance(each, Section) for each in _every(template.nodes))


def _every(found: tuple[object, ...]) -> Iterator[object]:
    for node in found:
        yield node
        for inner in ("body", "otherwise", "branches"):
            yield from _every(getattr(node, inner, ()))


def _printed(text: str) -> Expression:
    (node,) = read_jinja(f"{{{{ {text} }}}}").nodes
    assert isinstance(node, Output)
    return node.value


READ, CALLED, GIVEN = Access.READ, Access.CALLED, Access.GIVEN


@pytest.mark.parametrize(
    ("text", "steps", "filters", "accesses"),
    [
        pytest.param("rows", ("rows",), [], (READ,), id="a-variable"),
        pytest.param("rows.all()", ("rows", "all"), [], (READ, CALLED), id="a-call"),
        pytest.param("rows.filter(a=b).count()", ("rows", "filter", "count"), [], (READ, GIVEN, CALLED), id="calls"),
        pytest.param("rows[0].title", ("rows", "0", "title"), [], (READ, READ, READ), id="an-index"),
        pytest.param("page['rows']", ("page", "rows"), [], (READ, READ), id="an-item"),
        pytest.param("rows[:5]|length", ("rows",), ["[:]", "length"], (READ,), id="a-slice"),
        pytest.param("rows | sort(attribute='a') | first", ("rows",), ["sort", "first"], (READ,), id="filters"),
        pytest.param("'a'|upper", (), ["upper"], (), id="a-text"),
        pytest.param("none", (), [], (), id="nothing"),
    ],
)
def test_expressions(text: str, steps: tuple[str, ...], filters: list[str], accesses: tuple[Access, ...]) -> None:
    found = _printed(text)
    assert found.known
    assert (found.steps, [each.name for each in found.filters], found.accesses) == (steps, filters, accesses)


@pytest.mark.parametrize(
    "text", ["a + b", "a if b else a", "a ~ b", "not a", "(a)|b", "[a, b]", "a[b]", "a()()", "a|b.c", "-a", "a.b is b"]
)
def test_other_expressions_may_do_anything_with_their_names(text: str) -> None:
    found = _printed(text)
    assert not found.known
    assert "a" in found.steps


def test_arguments_are_expressions() -> None:
    (first, second) = _printed("rows.filter(a=b.c, d='x')|join(e)").arguments
    assert (first.steps, second.steps) == (("b", "c"), ("e",))


@pytest.mark.parametrize(
    ("test", "operators"),
    [
        pytest.param("a", [("a", "if")], id="truth"),
        pytest.param("not a and b", [("a", "if"), ("b", "if")], id="joined"),
        pytest.param("a not in b", [("a", "=="), ("b", "in")], id="among"),
        pytest.param("a|length > 3", [("a", ">")], id="compared"),
        pytest.param("a is not none", [("a", "is")], id="a-test"),
    ],
)
def test_operands_of_tests(test: str, operators: list[tuple[str, str]]) -> None:
    (node,) = read_jinja(f"{{% if {test} %}}{{% endif %}}").nodes
    assert isinstance(node, If)
    found = [(each.value.steps[0], each.operator) for each in node.branches[0].tests if each.value.steps]
    assert found == operators


def test_a_test_that_may_read_the_rows_is_not_known() -> None:
    (node,) = read_jinja("{% if a is sequence %}{% endif %}").nodes
    assert isinstance(node, If)
    assert not node.branches[0].tests[0].value.known


def test_places_are_those_of_the_text() -> None:
    text = "<p>\n{% if  rows [ 'a' ] .all( ) %}{% endif %}"
    template = read_jinja(text)
    (node,) = template.nodes
    assert isinstance(node, If)
    value = node.branches[0].tests[0].value
    assert text[slice(*value.place_of(2))] == "all"
    assert text[value.at : value.at + len(value.text)] == "rows [ 'a' ] .all( )"
    assert template.span(value.at, value.at + 4).start.row == 2


def test_deep_and_long_templates_are_unreadable() -> None:
    assert not read_jinja("{% if a %}" * (limits.TEMPLATE_DEPTH + 1)).known
    assert not read_jinja(" " * (limits.TEMPLATE_CHARACTERS + 1)).known


def test_set_is_told_by_its_name() -> None:
    (node,) = read_jinja("{% set a = rows %}").nodes
    assert isinstance(node, Assigned)
    assert (node.bound.name, node.bound.value.steps) == ("a", ("rows",))
    assert JinjaKind.NAME.value == "name"
