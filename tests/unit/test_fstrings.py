"""The expressions in formatted strings are found where libcst, which reads the strings itself, says that they stand.

What is written here is valid before Python 3.12, too: newer syntax never has to be searched.
"""

from __future__ import annotations

import ast
import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from qscache_lint.facts.fstrings import placed, searched
from qscache_lint.facts.places import Place, Places
from qscache_lint.source.syntax import parsed

_LIBRARY = Path(sysconfig.get_path("stdlib"))
_WAYS = pytest.mark.parametrize("find", [placed, searched], ids=["as this Python tells", "in the text"])

_STRINGS = {
    "no field": "f'rows' f'' f\"{{}}\"",
    "one": "f'{a}'",
    "several": "f'{a}{b} {c.d}'",
    "space around": "f'{ a }{  b.c }'",
    "doubled braces": "f'{{{a}}} {{b}} }}{{{c}{{'",
    "conversions": "f'{a!r}{b!s:>3}{c !a}'",
    "self-documenting": "f'{a=}{b = }{c=!r}{d.e=:>3}{f = !r:^5}'",
    "formats": "f'{a:>10}{b:%Y-%m-%d %H:%M}{c:}{d:=+5}{e:!r}'",
    "fields in formats": "f'{a:{b}}{c:{d}.{e.f!r}}{g!s:>{h[0]}}{i}'",
    "a brace in text in a format": "f\"{a:{'}'}}{b:{'{'}>3}{c}\"",
    "comparisons": "f'{a == b}{c != d}{e<=f}{g >= h}{i!=j!r}{k==l=}{m<n:>3}'",
    "colons in brackets": "f'{(a := b)}{c[1:2]}{(lambda d: e)(f)}{ {g: h}[i] }{ {j: k} }{l[m:n]:>3}'",
    "displays": "f'{ {a: {b: c}} }{[d, {e}]}{(f, g)}{ {h for i in j} }'",
    "tuples without brackets": "f'{a, b}{ c , d , }{*e, f}{(g, h), i}'",
    "comprehensions": "f'{[a for b in c if d]}{(e for f in g)}{sum(h for i in j)}'",
    "text in other quotes": "f\"{a['b']}{c('d:}', '{e!')}\" f'{f[\"g\"]}'",
    "text of three quotes inside": "f'''{a[\"b'c\"]}{d(\"\"\"}:\"\"\")}''' f\"{'''a}'''}{b}\"",
    "formatted inside": "f\"{f'{a.b}' + c}{d(f'{e}{f.g:>3}')}{f'{h!r}'.i}\"",
    "side by side": "f'{a}' 'b' f\"{c}\" '{d}' f'{e.f}'",
    "neighbours of other kinds": "u'{a}' f'{b}' r'\\{c}' rf'{d}' R'{e}' fR'{f}' F'{g}'",
    "over rows, side by side": "f'{a}'  # {b} '\n   f\"{c.d}\"\n\n\t'{e}' \\\n f'{f}'",
    "over rows": "f'''\n{a}\n  {b.c} {\n d.e\n}{f\n.g(\n  h)\n!r:>3}\n{i}'''",
    "a row that ends in a backslash": "f'{a} \\\n {b.c}\\\n{d}' f'''\\\n{e}\\\n\\\n{f}'''",
    "raw": "rf'\\{a}\\\\{b}\\d{c.d}' fr'\\N{e}' Rf'''\\'{f}\\n{g}'''",
    "escapes": "f'\\'{a}\\\\{b}\\n{c.d}\\x7b{e}\\u007b\\N{LEFT CURLY BRACKET}{f}\\\\N{g}\\\\\\N{EM DASH}{h}'",
    "the same twice": "f'{a}{a} a {a}' f'{a.b}{a.b}{b}'",
    "one inside another": "f'{aa}{a}{a.aa}{aa.a}{a}'",
    "the text of a field before it": "f'a.b {a.b} (c) {c}'",
    "letters of several bytes": "f'→{a}é{b.ü}漢{c[\"𝒳\"]}👩‍👩‍👧{d}' f'ß{é.ö(ü)}'",
    "letters of several bytes over rows": "f'''→{a}\n→ {b.é}é{ü.c}\n{d} é {é\n.f} {g}'''",
    "strings in calls": "a(f'{b}').c(f'{d.e}', f=f'{g}')[f'{h}']",
    "operators": "f'{a + b.c * -d ** e}{not f}{g if h else i}{j or k and l}{m @ n}{~o}'",
    "calls": "f'{a(b, *c, d=e.f, **g)}{h(i)(j).k}'",
    "await and yield": "(lambda: f'{(yield a.b)}{(yield)}')",
    "conditional with text": "f\"{'a' if b else 'c:d'}{e or '}'}\"",
    "tabs and form feeds": "f'\t{\ta\t.\tb\t}\x0c{\x0cc\x0c}'",
}  # fmt: skip


def _expected(source: bytes) -> dict[Place, list[Place]]:
    """By libcst: the place of each string that has fields, with the places of these."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)

    def place(node: cst.CSTNode) -> Place:
        where = positions[node]
        assert isinstance(where, CodeRange)
        return (where.start.line, where.start.column + 1, where.end.line, where.end.column + 1)

    collected = _Strings(place)
    wrapper.visit(collected)
    return collected.found


class _Strings(cst.CSTVisitor):
    def __init__(self, place: Callable[[cst.CSTNode], Place]) -> None:
        super().__init__()
        self.found: dict[Place, list[Place]] = {}
        self._place = place

    def on_visit(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, (cst.ConcatenatedString, cst.FormattedString)):
            return True
        fields = [field.expression for part in _parts(node) for field in _fields(part)]
        if fields:
            self.found[self._place(node)] = [*map(self._outer, fields)]
        for field in fields:
            field.visit(self)
        return False  # the fields of a format are not read

    def _outer(self, field: cst.BaseExpression) -> Place:
        """The place of an expression; brackets belong to a tuple or generator, as Python has it."""
        if not isinstance(field, (cst.Tuple, cst.GeneratorExp)) or not field.lpar:
            return self._place(field)
        row, column, *_ = self._place(field.lpar[0])
        *_, last, end = self._place(field.rpar[-1])
        return (row, column, last, end)


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.ConcatenatedString):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node


def _fields(part: cst.BaseExpression) -> list[cst.FormattedStringExpression]:
    contents = part.parts if isinstance(part, cst.FormattedString) else ()
    return [each for each in contents if isinstance(each, cst.FormattedStringExpression)]


_Find = Callable[[ast.JoinedStr, Places], list[ast.expr]]


def _found(source: bytes, find: _Find) -> dict[Place, list[Place]]:
    """The place of each string that has fields, with the places of these."""
    module, places = parsed(source), Places(source)
    assert module is not None
    found: dict[Place, list[Place]] = {}
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.JoinedStr):
            inside = find(node, places)
            pending.extend(inside)
            found.update({places.of(node): [*map(places.of, inside)]} if inside else {})
        else:
            pending.extend(ast.iter_child_nodes(node))
    return found


def _assert_equal(source: bytes, find: _Find) -> None:
    assert _found(source, find) == _expected(source)


@_WAYS
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("text", _STRINGS.values(), ids=_STRINGS)
def test_strings(text: str, newline: str, find: _Find) -> None:
    source = f"é = 1\nif é:\n\tx = ('ü', {text})\n"
    _assert_equal(source.replace("\n", newline).encode(), find)


_FIELDS = st.sampled_from(
    ["a", " a.b ", "ü", "a, é", "*a, b", "a == b", "(a := b)", "a[b:c]", "(lambda a: b)", " {a: b} ", "a <= b != c"]
)
_QUOTED = st.sampled_from(["a[{0}b{0}]", "{0}:{{}}!=é{0}", "f{0}→{{a.b}}{0}", "a({0}}}{0}, b={0}!r{0})"])
_ENDS = st.sampled_from(["", "!r", "=", " = ", ":>3", "!s:{a}", ":{a.b}.{c}", "=!a:→"])
_TEXT = st.sampled_from(
    ["", "→", "{{", "}}", "a.b", "{{{{", " ", "#", "é:", "!r", "\\'", "\\\\", "\\n", "\\N{EM DASH}"]
)


@st.composite
def _formatted(draw: st.DrawFn) -> str:
    """Text of a formatted string."""
    quotes, other = draw(st.sampled_from([("'", '"'), ('"', "'"), ("'''", '"'), ('"""', "'''")]))
    prefix = draw(st.sampled_from(["f", "F"]))
    parts: list[str] = []
    for _ in range(draw(st.integers(0, 4))):
        field = draw(_FIELDS | _QUOTED.map(lambda quoted: quoted.format(other)))
        parts += [draw(_TEXT), f"{{{field}{draw(_ENDS)}}}", draw(_TEXT)]
        parts.append(draw(st.sampled_from(["", "\n"])) if len(quotes) > 1 else "")
    return f"{prefix}{quotes}{''.join(parts)}{quotes}"


@_WAYS
@settings(deadline=None, derandomize=True)
@given(strings=st.lists(_formatted() | st.sampled_from(["'{a}'", "r'\\{a}'", "u'→'", "\n", "# f'{a}'\n"]), min_size=1))
def test_strings_of_any_parts(strings: list[str], find: _Find) -> None:
    _assert_equal(f"é(\n{' '.join(strings)}\n)\n".encode(), find)


@pytest.mark.parametrize(
    "module", random.Random(19).sample(sorted(_LIBRARY.glob("*.py")), 12), ids=lambda path: path.name
)
def test_strings_of_the_standard_library(module: Path) -> None:
    """Some of them have syntax that is only read where nothing has to be searched."""
    _assert_equal(module.read_bytes(), placed)


_NOISE = st.text(st.sampled_from("{}{}!=:'\"\\ab.é,()[] \n#<>"), max_size=20)


@_WAYS
@settings(deadline=None, derandomize=True)
@given(text=_NOISE, quotes=st.sampled_from(["'''", '"']), prefix=st.sampled_from(["f", "rf"]))
def test_strings_of_any_characters(text: str, quotes: str, prefix: str, find: _Find) -> None:
    """What Python accepts is found, or taken as it is given; nothing is lost."""
    source = f"x = {prefix}{quotes}{text}{quotes}\n".encode()
    module, places = parsed(source), Places(source)
    strings = [node for node in ast.walk(module) if isinstance(node, ast.JoinedStr)] if module is not None else []
    for node in strings:
        given = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        assert [*map(ast.dump, find(node, places))] == [*map(ast.dump, given)]
