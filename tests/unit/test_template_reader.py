"""The reader of templates against Django's own: the same tokens and words at the same places, the same expressions."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import django
import pytest
from django.template.base import DebugLexer, TokenType
from hypothesis import given
from hypothesis import strategies as st

from qscache_lint import limits
from qscache_lint.templates.expressions import read_expression
from qscache_lint.templates.lexer import Token, TokenKind, Word, tokenize, words
from qscache_lint.templates.model import Expression, For, If, Output, Template, With
from qscache_lint.templates.parser import read_template

SHIPPED = sorted(Path(django.__file__).parent.rglob("templates/**/*.*"))
"""The templates that Django ships."""

_PIECES = ("{%", "%}", "{{", "}}", "{#", "#}", " ", "\n", "verbatim", "endverbatim", "for", " x ", "'", '"', "a.b", "|",
           ":", "_(", ")", "=", "é", "\\", "%", "{")  # fmt: skip


_TAGS = ("{% for x in y %}", "{% endfor %}", "{% if a %}", "{% endif %}", "{% with a=b %}", "{% endwith %}")
_DEEP = limits.TEMPLATE_DEPTH + 1


def _ours(text: str) -> list[tuple[int, str, tuple[int, int], int]]:
    return [(each.kind.value, each.contents, (each.start, each.end), each.row) for each in tokenize(text)]


def _djangos(text: str) -> list[tuple[int, str, tuple[int, int], int]]:
    tokens = DebugLexer(text).tokenize()
    return [(each.token_type.value, each.contents, each.position, each.lineno) for each in tokens]


def test_kinds_have_the_numbers_of_django() -> None:
    assert [each.value for each in (TokenKind.TEXT, TokenKind.VARIABLE, TokenKind.BLOCK, TokenKind.COMMENT)] == [
        each.value for each in (TokenType.TEXT, TokenType.VAR, TokenType.BLOCK, TokenType.COMMENT)
    ]


@given(st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
def test_tokens_are_those_of_django(text: str) -> None:
    assert _ours(text) == _djangos(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_tokens_of_templates_that_django_ships(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _ours(text) == _djangos(text)
    assert read_template(text).known


@given(st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
def test_words_are_those_of_django(text: str) -> None:
    for ours, djangos in zip(tokenize(text), DebugLexer(text).tokenize(), strict=True):
        if ours.kind is TokenKind.BLOCK and _is_translated_to_its_end(djangos.contents):
            found = words(ours)
            assert [each.text for each in found] == djangos.split_contents()
            assert all(text.startswith(each.text.split(" ")[0], each.at) for each in found)


def _is_translated_to_its_end(contents: str) -> bool:
    """Whether Django does not stop at a `_("` that nothing closes."""
    return "_(" not in contents


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_expressions_of_templates_that_django_ships(path: Path) -> None:
    for token in tokenize(path.read_text(encoding="utf-8")):
        if token.kind is TokenKind.VARIABLE:
            assert read_expression(Word(token.contents, token.text)).known, token.contents


@pytest.mark.parametrize(
    ("text", "steps", "filters"),
    [
        pytest.param("stories", ("stories",), [], id="a-variable"),
        pytest.param("stories.all.0", ("stories", "all", "0"), [], id="steps"),
        pytest.param('stories|slice:":5"|length', ("stories",), ["slice", "length"], id="filters"),
        pytest.param("stories | length", ("stories",), ["length"], id="space-around-a-filter"),
        pytest.param("a|default:b.all", ("a",), ["default"], id="an-argument"),
        pytest.param('"a|b"', (), [], id="a-text"),
        pytest.param('_("a")|upper', (), ["upper"], id="a-translated-text"),
        pytest.param("3.5", (), [], id="a-number"),
        pytest.param("-1", (), [], id="below-zero"),
    ],
)
def test_expressions(text: str, steps: tuple[str, ...], filters: list[str]) -> None:
    found = read_expression(Word(text, 7))
    assert found.known
    assert (found.steps, [each.name for each in found.filters]) == (steps, filters)
    assert all(text[each.at - 7 :].startswith(each.name) for each in found.filters)


@pytest.mark.parametrize("text", ["stories.all()", "a + b", "_private", "a._b", "a|b c", "", "a-b"])
def test_an_expression_that_django_refuses_may_be_anything_of_its_names(text: str) -> None:
    found = read_expression(Word(text, 0))
    assert not found.known
    assert set(found.steps) <= {"stories", "a", "b", "c", "_b", "_private", "all"}


_STEPS = ("stories", ".", "all", "0", "|", "length", ":", "'x'", '"y"', " ", "-", "_a", "(", "5")
_EXPRESSION = st.lists(st.sampled_from(_STEPS), max_size=12)


@given(_EXPRESSION.map("".join))
def test_expressions_are_read_where_django_reads_them(text: str) -> None:
    from django.template.base import FilterExpression, Parser
    from django.template.exceptions import TemplateSyntaxError

    parser = Parser([])
    parser.filters = _AnyFilter()
    try:
        djangos = FilterExpression(text, parser)
    except (TemplateSyntaxError, IndexError):
        return
    if not text:
        return  # {{ }} alone is refused before
    found = read_expression(Word(text, 0))
    assert found.known
    lookups = getattr(djangos.var, "lookups", None) or ()
    assert found.steps == tuple(lookups)
    assert len(found.filters) == len(djangos.filters)


class _AnyFilter(dict[str, object]):
    def __missing__(self, name: str) -> object:
        return lambda value, argument=None: value

    def __contains__(self, name: object) -> bool:
        return True


def test_a_place_is_that_of_the_step() -> None:
    text = "\n<b>{% if not stories.exists %}{% endif %}"
    (found,) = read_template(text).nodes
    assert isinstance(found, If)
    value = found.branches[0].tests[0].value
    span = read_template(text).span(*value.place_of(1))
    assert (span.start.row, span.start.column, span.end.column) == (2, 22, 28)


def test_branches_of_other_tags_are_passed_over() -> None:
    text = "{% if a %}{% ifother b %}{{ c }}{% else %}{{ d }}{% endifother %}{% else %}{{ e }}{% endif %}{{ f }}"
    found = read_template(text)
    assert found.known
    assert len(found.nodes) == 2


def test_empty_and_plural_belong_to_their_tags() -> None:
    (loop,) = read_template("{% for a, b in c %}{{ a }}{% empty %}{{ d }}{% endfor %}").nodes
    assert isinstance(loop, For)
    assert (loop.names, len(loop.body), len(loop.otherwise)) == (("a", "b"), 1, 1)
    (text,) = read_template("{% blocktrans count a=b %}{{ a }}{% plural %}{{ c }}{% endblocktrans %}").nodes
    assert isinstance(text, With)
    assert len(text.body) == 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{% for a in b %}", id="not-closed"),
        pytest.param("{% endfor %}", id="not-opened"),
        pytest.param("{% for a of b %}{% endfor %}", id="another-word"),
        pytest.param("{%- if a -%}{%- endif -%}", id="jinja"),
        pytest.param("{% set a = b %}", id="a-tag-of-jinja"),
        pytest.param("{% if a %}" * _DEEP + "{% endif %}" * _DEEP, id="deep"),
        pytest.param("a" * (limits.TEMPLATE_CHARACTERS + 1), id="long"),
        pytest.param("{% if " + "a " * limits.TAG_CHARACTERS + "%}{% endif %}", id="a-long-tag"),
        pytest.param("{% if a\n%}{% endif %}", id="a-tag-over-two-rows"),
    ],
)
def test_of_others_nothing_is_known(text: str) -> None:
    found = read_template(text)
    assert (found.known, found.nodes) == (False, ())


@given(st.lists(st.sampled_from((*_PIECES, *_TAGS)), max_size=20).map("".join))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert isinstance(read_template(text), Template)


ABSURD = ("{%", "{{", "{#", "{% {{ {# ", '\\" ', "{%}", "{{ ' ", '{% " %}', "|a", "{% if a %}")


@pytest.mark.parametrize("piece", ABSURD)
def test_absurd_text_is_read_in_time(piece: str) -> None:
    before = process_time()
    read_template(piece * (limits.TEMPLATE_CHARACTERS // 5 // len(piece)))
    assert process_time() - before < 5


def test_a_variable_is_printed() -> None:
    assert read_template("a{{ b }}").nodes == (Output(Expression(("b",), (), 4, "b")),)


def test_a_token_has_the_place_of_its_contents() -> None:
    assert tokenize("{%  if a%}") == (Token(TokenKind.BLOCK, "if a", 0, 10, 1, 4),)
