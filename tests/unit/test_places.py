"""The places of syntax, made of Python's own tree and the text, are those that libcst gives."""

from __future__ import annotations

import ast
import random
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.facts.fstrings import placed
from qscache_lint.facts.model import ClassFacts, FunctionFacts, ModuleRecord
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.names import written_name
from qscache_lint.facts.operators import operator_text
from qscache_lint.facts.places import Place, Places
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Attribute, Binary, Call, Container, Import, Item, Opaque, Ref, Slice, Term
from qscache_lint.source.syntax import parsed
from qscache_lint.values import Span
from tests.unit.libcst_places import EXPRESSIONS, Part, libcst_parts

_LIBRARY = Path(sysconfig.get_path("stdlib"))
_DRAWN = 12
_KINDS = frozenset(EXPRESSIONS.values())


def _of_span(span: Span) -> Place:
    return (span.start.row, span.start.column, span.end.row, span.end.column)


def _nodes(module: ast.Module, places: Places) -> Iterator[ast.AST]:
    """All nodes but those in the formats of formatted strings."""
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(placed(node, places) if isinstance(node, ast.JoinedStr) else ast.iter_child_nodes(node))


def _parts(source: bytes) -> Iterator[Part]:
    """The parts of a file by our own places."""
    places = Places(source)
    module = parsed(source)
    assert module is not None
    for node in _nodes(module, places):
        if isinstance(node, ast.expr) and type(node).__name__ in _KINDS:
            yield type(node).__name__, "", places.of(node)
        yield from _parts_inside(node, places)
        if isinstance(node, (ast.Call, ast.ClassDef)):
            given = node.args if isinstance(node, ast.Call) else node.bases
            for argument in [*given, *(keyword.value for keyword in node.keywords)]:
                yield from _argument(places, argument)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield "class" if isinstance(node, ast.ClassDef) else "function", node.name, places.defined_name(node)
            for decorator in node.decorator_list:
                yield "decorator", "", places.of(decorator)


def _parts_inside(node: ast.AST, places: Places) -> Iterator[Part]:
    """The names and operators in a node that are no nodes in Python's tree."""
    match node:
        case ast.Attribute():
            yield "attribute name", node.attr, places.attribute_name(node)
        case ast.Subscript():
            yield "bracket", "[", _of_span(places.behind(node.value, "["))
        case ast.BinOp():
            operator = operator_text(node.op)
            yield "operator", operator, _of_span(places.behind(node.left, operator))
        case ast.AugAssign():
            operator = f"{operator_text(node.op)}="
            yield "operator", operator, _of_span(places.behind(node.target, operator))
        case ast.ExceptHandler(name=str(name)):
            yield "exception name", name, places.handler_name(node)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                if alias.name != "*":
                    yield "alias", "", places.of(alias)


def _argument(places: Places, node: ast.expr) -> Iterator[Part]:
    value = node.value if isinstance(node, ast.Starred) else node
    if not isinstance(value, (ast.Tuple, ast.GeneratorExp)):
        yield "argument", "", places.of(value)


def _assert_equal(source: bytes) -> None:
    ours = Counter(_parts(source))
    theirs = Counter({part: number for part, number in libcst_parts(source).items() if part[0] != "string"})
    assert sorted((ours - theirs).elements()) == []
    assert sorted((theirs - ours).elements()) == []


_OPERATORS = ("+", "-", "*", "@", "/", "%", "**", "<<", ">>", "|", "^", "&", "//")
_SNIPPETS = {
    "nothing": "",
    "chains": "rows.filter(a=1).order_by('b')[0].c[1:2]\n",
    "space in chains": "x = ( rows\n    . filter ( a = 1 )  # one\n    # two\n    .all ( ) [ 0 ] \\\n    . b )\n",
    "names like operators": "x = in_ [1] + (not_) * (b)\n",
    "brackets around operands": "x = (a) + ((b)) * (\n    (c)\n)  # d\nx = ((a)\n    # )\n    ) + b\n",
    "every operator": "x = a+b-c*d@e/f%g**h<<i>>j|k^l&m//n\nx=(a**b)**c\nx=-a**-b\n",
    "assignments with operators": "".join(f"x.y {each}= 1\nx [0]{each}=2\nz \\\n  {each}= \\\n 3\n"
                                          for each in _OPERATORS),
    "operators over rows": "x = a \\\n    + b \\\n    - \\\n    c\nx = (a  # +\n    + # -\n    b\n\n    -c)\n",
    "numbers before dots and operators": "x = 1 .real + 1..real + 1.0.real + 0x1f.real-1 if 1else 2\n",
    "texts before dots and brackets": "x = 'a'.b + 'c' 'd'.e + '[' [0] + '''\n['''[1]\n",
    "definitions": "def  f ( a ) : pass\nasync\tdef\t g(): pass\nasync \\\n def \\\n h(): pass\n"
                   "class\f C (B, m = D): pass\n",
    "decorators": "@ a . b\n@ c ( d ) # e\n@(f)\n@g[0]\n\n# h\n\nclass C :\n\t@ i\n\tdef j ( self ) : pass\n",
    "exceptions": "try: pass\nexcept A as a: pass\nexcept (B , C) as b : pass\nexcept ( D ) as \\\n d: pass\n"
                  "except(E)as e: pass\nexcept F.as_ as as_: pass\nexcept (G  # as\n) as g: pass\n",
    "imports": "import a, b . c , d as e , f.g as \\\n h\nfrom .a import b , c as d\n"
               "from . import (e , # f\n  g as\n h,)\nfrom x import *\n",
    "arguments": "f ( a , * b , c = d , ** e )\nf(g = (h), *(i), j=k if l else m, n=lambda o: p)\n"
                 "f(*q, r, s = 't' 'u')\n",
    "formatted": "x = f'{a.b!r:>{c.d[0]}} {{e.f}} {g.h + i.j:%Y} {k.l=}'\n",
    "formatted side by side": "x = ('a' f'{b.c}'  # {d.e}\n  f\"{f.g(h='i')}\" rf'\\{j.k}' u'{l.m}')\n",
    "formatted over rows": "x = f'''\n{a.b}\n {\n  c.d\n} {e.f\n.g}'''.h\n",
    "letters of several bytes": "é.ü = ß['ä'] + ö.filter(ñ = '→𝒳')  # ÿ\nx = '→', é.ü | ß\n"
                                "def größe(): pass\nclass Ä: pass\n"
                                "try: pass\nexcept É as é: pass\n@ é . ü\nasync def ü(): 'é'; x.y\n",
    "letters of several bytes in formatted": "x = f'→{a.b}é{é.ü}' f'𝒳{c.d:é{e.f}}'.g\n"
                                             "x = f'''→\n→ {a.b} → {c.d\n.é}'''\n",
    "wide and combining characters": "x = '漢字', a.b, 'e\u0301', c.d, '👩‍👩‍👧', e.f[0]\n",
    "names in another form": "gro\u0308\u00dfe.e\u0301te\u0301 = \ufb01lter.\uff46\uff49\uff4c\uff54\uff45\uff52(a).b\n"
                             "def e\u0301te\u0301(): pass\nclass \ufb01lter: pass\n"
                             "try: pass\nexcept A as e\u0301: pass\n",
    "tabs": "if a:\n\tb\t.\tc\t[\t0\t]\t+\td\n\tif e:\n\t\tf\t+=\tg.h\n",
    "form feeds": "a.b\n\x0c\nc.d\ndef\x0cf(): pass\nclass C:\n    \x0c\n    x = e\x0c.f\x0c+\x0cg\n",
    "other ends of lines inside": "x = 'a\x0b\x1c\x1d\x1e\x85\u2028\u2029b', c.d\n"
                                  "x = '''\n\u2028''', e.f\n# \u2028\ng.h\n",
    "no end of the last line": "x = a . b",
    "comprehensions": "x = [a.b for c in d.e if f.g] + {h.i: j.k for l in m} | {n.o for p in q}\n"
                      "x = f(r.s for t in u)\n",
    "lambda, walrus, conditional": "x = (y := a.b) + (lambda z = c.d: e.f)(0) + (g.h if i.j else k.l)\n",
    "await": "async def f():\n    x = await a . b ( c ) + (await d) [0]\n    async with e.f as g.h: pass\n",
    "slices": "x = a [ b . c : d [ 0 ] , ... ] [ ( 1 ) : : 2 ]\nx = (a\n  )[0]\n"
              "x = a[(b)][c][(d, e)]\ndel f . g [ 0 ]\n",
    "patterns": "match a.b:\n    case C.d(e=f) | [G.h, *i] | {'j': K.l, **m} as n if o.p: q.r\n    case _: s[0]\n",
    "several statements in a row": "a.b; c.d [0] ; e += f.g;\nif a: b.c; d.e\n",
    "comparisons": "x = a.b  not  in c.d  is  not e.f == (g.h) < i\nx = not a.b\nx = - a ** + b . c\n",
}  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("text", _SNIPPETS.values(), ids=_SNIPPETS)
def test_snippets(text: str, newline: str) -> None:
    _assert_equal(text.replace("\n", newline).encode())


@pytest.mark.parametrize("text", _SNIPPETS.values(), ids=_SNIPPETS)
def test_snippets_behind_a_byte_order_mark(text: str) -> None:
    _assert_equal(f"\ufeff{text}".encode())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "é.ü = 'ÿ', ß.größe [0] + ä . ö\n"),
        ("cp1252", "x = '€', a.b + c.d  # €\n"),
        ("koi8-r", "ключ.значение = 'строка'.encode().strip() [ 0 ]\n"),
        ("iso2022_jp", "x = '漢字', a . b, 表.示 | d\n"),
        ("utf-7", "x = 'é', a . b, 表.示 | d\n"),
        ("shift_jis", "x = '漢字', a . b, 表.示 | d\n"),
        ("utf-8", "x = '漢字', a . b, 表.示 | d\n"),
    ],
)
def test_declared_encodings(encoding: str, text: str) -> None:
    _assert_equal(f"# coding: {encoding}\n{text}".encode(encoding))


def test_a_form_feed_that_begins_a_row_is_a_character() -> None:
    """libcst drops it."""
    assert sorted(_parts(b"\x0cdef f(): pass\n\x0ca.b\n")) == [
        ("Attribute", "", (2, 2, 2, 5)),
        ("attribute name", "b", (2, 4, 2, 5)),
        ("function", "f", (1, 6, 1, 7)),
    ]


_GAPS = st.text(" \t\x0c", max_size=2) | st.sampled_from(["\n", "\\\n ", "# )é\n", "  # ([.+\n\n\t"])
_NAMES = st.sampled_from(["a", "é", "漢", "in_", "ℌ", "e\u0301", "f0"])


_LEAVES = _NAMES | st.sampled_from(["'é)['", '"""\n→"""', "0x1f", "f'é'"])
_FORMS = st.sampled_from(
    ["(~E~)", "N~.~N", "(E)~.~N", "(E)~(~E~,~a~=~E~)", "(E)~[~E~]", "(E)~O~(E)", "N~O~N", "[~*~E~,~E~]~[~E~:~E~]"]
)


@st.composite
def _expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """Text of an expression with anything between its parts that may stand between brackets."""
    inner = _expressions(depth - 1) if depth else _LEAVES
    parts = {"~": _GAPS, "N": _NAMES, "O": st.sampled_from(_OPERATORS), "E": inner}
    return "".join(draw(parts[part]) if part in parts else part for part in draw(_FORMS))


@settings(deadline=None, derandomize=True)
@given(_expressions())
def test_anything_between_the_parts(text: str) -> None:
    _assert_equal(f"x = ({text})\n".encode())


def test_an_encoding_that_is_declared_below_its_letters() -> None:
    """libcst refuses it."""
    source = "# é\n# coding: latin-1\nx = 'é'.ü\n".encode("latin-1")
    assert sorted(_parts(source)) == [("Attribute", "", (3, 5, 3, 10)), ("attribute name", "ü", (3, 9, 3, 10))]


@pytest.mark.parametrize(
    "module", random.Random(17).sample(sorted(_LIBRARY.glob("*.py")), _DRAWN), ids=lambda path: path.name
)
def test_modules_of_the_standard_library(module: Path) -> None:
    _assert_equal(module.read_bytes())


# -- what the facts keep of them


def _kept(source: bytes) -> Iterator[Part]:
    """The parts of a file with the places that its facts have."""
    record = read_source(source)
    assert isinstance(record, ModuleRecord)
    facts = ModuleFacts(record)
    for ref, term in enumerate(facts.terms):
        yield from _kept_of(term, _of_span(facts.spans[ref]), facts)
    for function in facts.functions[1:]:
        is_lambda = function.name == "<lambda>"
        yield "Lambda" if is_lambda else "function", "" if is_lambda else function.name, _of_span(function.span)
    for each in facts.classes:
        yield "class", each.name, _of_span(each.span)
    bound: dict[Ref, set[tuple[Place, str]]] = {}
    definitions: tuple[FunctionFacts | ClassFacts, ...] = (*facts.functions, *facts.classes)
    for definition in definitions:
        for decorator in definition.decorators:
            yield "decorator", "", _of_span(decorator.span)
        given = definition.members if isinstance(definition, ClassFacts) else definition.bindings
        for name, bindings in given.items():
            for binding in bindings:
                bound.setdefault(binding.value, set()).add((_of_span(binding.span), written_name(name)))
    for ref, places in bound.items():
        place, name = min(places)  # others got the value later
        if isinstance(facts.terms[ref], Import):
            yield "alias", "", place
        if facts.terms[ref] == Opaque("exception"):
            yield "exception name", name, place


def _kept_of(term: Term, place: Place, facts: ModuleFacts) -> Iterator[Part]:
    match term:
        case Attribute(name=name, at=at):
            yield "attribute name", written_name(name), _of_span(at)
            yield "Attribute", "", place
        case Call(arguments=arguments):
            yield "Call", "", place
            for argument in arguments:
                if not isinstance(facts.terms[argument.value], Container):
                    yield "argument", "", _of_span(argument.span)
        case Item(at=at) | Slice(at=at):
            yield "bracket", "[", _of_span(at)
            yield "Subscript", "", place
        case Binary(operator=operator, at=at):
            yield "operator", operator, _of_span(at)  # of `+=`, too


def _assert_kept(source: bytes) -> tuple[set[Part], set[Part]]:
    """That every place in the facts is one that libcst gives, too. Returns both.

    What is quoted in an annotation stands where the string does.
    """
    kept = set(_kept(source))
    parts = {(kind, text.removesuffix("=") if kind == "operator" else text, place) for kind, text, place in
             libcst_parts(source)}  # fmt: skip
    strings = {place for kind, _, place in parts if kind == "string"}
    assert sorted(part for part in kept - parts if part[2] not in strings) == []
    return kept, parts


_ALL_KEPT = {"Call", "Lambda", "operator", "function", "class", "alias", "exception name", "decorator"}
"""Kinds of parts none of which is left out of the facts, where all code may run."""
_KEPT_WHERE_READ = {"Attribute", "attribute name", "Subscript", "bracket"}
"""Those that may be targets, too."""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("text", _SNIPPETS.values(), ids=_SNIPPETS)
def test_snippets_in_facts(text: str, newline: str) -> None:
    kept, parts = _assert_kept(text.replace("\n", newline).encode())
    assert sorted(part for part in parts - kept if part[0] in _ALL_KEPT) == []


@settings(deadline=None, derandomize=True)
@given(_expressions())
def test_anything_in_facts(text: str) -> None:
    kept, parts = _assert_kept(f"\ufeffx = ({text})\n".encode())
    assert sorted(part for part in parts - kept if part[0] in _ALL_KEPT | _KEPT_WHERE_READ) == []


@pytest.mark.parametrize(
    "module", random.Random(18).sample(sorted(_LIBRARY.glob("*.py")), _DRAWN), ids=lambda path: path.name
)
def test_modules_of_the_standard_library_in_facts(module: Path) -> None:
    kept, parts = _assert_kept(module.read_bytes())
    assert bool(kept) == bool(parts)
