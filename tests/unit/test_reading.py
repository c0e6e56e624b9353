"""Any file gives its facts or a reason, never an exception, and the same ones however deep the caller is."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.reading import Reading, read_source
from qscache_lint.facts.terms import Opaque
from qscache_lint.source.syntax import Unreadable
from tests.unit.test_syntax import PIECES

_STATEMENTS = st.lists(
    st.sampled_from(
        ["x = 1", "x = y = f'{x!r:>{y}}' 'a'", "def f(a, *b, c=1, **d): return lambda: (yield x)", "return", "break",
         "class C(x, *y, z=1): __a = __b.__c", "global x", "nonlocal y", "del x, y[0], z.a", "x: 'int[\"' = 1",
         "x: 'f(' = 1", "async with a as (b, *c): pass", "from . import *", "import a.b as é", "x.y += (yield)",
         "match x:\n    case [C(a=1), *_] | {**b} as d if (e := d): f", "try: a\nexcept* b as c: d\nfinally: e",
         "while 1: continue\nelse: x", "for x.y in *a, b: break\nelse: c", "[*a, b], *c = x[a:b, c] = d",
         "[x async for a.b, (c, *d) in e if (f := a)]", "(x := a) if b else (c, *d)", "raise", "await x",
         "@a\n@b.c\nasync def __f(self): self.x.__y = self.x.__y.append(1)", "x.append(x)", "setattr(a, b, c)",
         "if isinstance(x, y) and not isinstance(x.a, (b, c)): x", "with a: b", "not -x ** +~y", "f(*a, b=1)"]
    ),
    max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(PIECES | _STATEMENTS.map(lambda parts: "\n".join(parts).encode()) | st.binary(max_size=40))
def test_no_bytes_raise(source: bytes) -> None:
    assert isinstance(read_source(source), (ModuleRecord, Unreadable))


@settings(deadline=None)
@given(_STATEMENTS)
def test_statements_anywhere_are_read(statements: list[str]) -> None:
    """Statements may stand where Python's compiler, which is not asked, refuses them."""
    inside = "".join(f"    {row}\n" for statement in statements for row in statement.splitlines())
    source = f"def f(x, y):\n    pass\n{inside}class C:\n    pass\n{inside}".encode()
    found = read_source(source)
    if isinstance(found, Unreadable):
        assert "except*" in found.reason
    else:
        assert "C" in {each.qualname for each in found.classes}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param("'x = ' + 'not ' * 200 + '1'", "ModuleRecord", id="200 times not"),
        pytest.param("'x = ' + '1+' * 2400 + '1'", "ModuleRecord", id="a long sum"),
        pytest.param("'x = a' + '.b(1)[0]' * 800", "ModuleRecord", id="a long chain"),
        pytest.param("'if x:\\n  pass\\n' + 'elif x:\\n  pass\\n' * 2400", "ModuleRecord", id="many elif"),
        pytest.param("'x = a' + ' or a' * 20000", "ModuleRecord", id="many or"),
        pytest.param("'x = ' + '(' * 90 + ')' * 90", "ModuleRecord", id="90 brackets"),
        pytest.param("'x = ' + 'not ' * 2400 + '1'", "Unreadable", id="2500 times not"),
        pytest.param("'x = ' + 'lambda: ' * 100000 + '1'", "Unreadable", id="very many lambdas"),
        pytest.param("'x = ' + '1+' * 100000 + '1'", None, id="a very long sum"),
        pytest.param("'x = a' + '.b' * 100000", None, id="a very long chain"),
        pytest.param("'if x:\\n  pass\\n' + 'elif x:\\n  pass\\n' * 100000", "Unreadable", id="very many elif"),
        pytest.param("'x = ' + 'a if b else ' * 100000 + 'c'", "Unreadable", id="very many conditions"),
    ],
)
def test_depth_does_not_crash_the_process(made: str, expected: str | None) -> None:
    """The parser is native code: what overflows its stack would kill the process, so it runs in one of its own.

    How deep it goes depends on the Python.
    """
    code = f"from qscache_lint.facts.reading import read_source as r; print(type(r(({made}).encode())).__name__)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert process.stdout.strip() in ([expected] if expected else ["ModuleRecord", "Unreadable"])


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"x = " + b"1 + " * 2400 + b"1\n", id="for the parser"),
        pytest.param(b"x = " + b"not " * 240 + b"1\n", id="for the visitor"),
        pytest.param(b"def f(x: '" + b"-" * 240 + b"1'): ...\n", id="for an annotation"),
    ],
)
def test_how_deep_the_caller_is_does_not_matter(source: bytes) -> None:
    def read_below(depth: int) -> Reading:
        return read_below(depth - 1) if depth else read_source(source)

    assert isinstance(read_below(0), ModuleRecord)
    assert [read_below(depth) for depth in (300, 600)] == [read_below(0)] * 2


def test_the_limit_is_what_it_was() -> None:
    limit = sys.getrecursionlimit()
    for source in (b"x = 1\n", b"x = = 1\n", b"x = " + b"not " * 2400 + b"1\n"):
        read_source(source)
    assert sys.getrecursionlimit() == limit


def test_what_python_warns_about_is_not_our_users_concern() -> None:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        found = read_source(b"""def f(a: 'b["\\\\d"]', c: "1if 2else 3") -> "0x1or d": return f'{1if 2else 3}'\n""")
    assert given == []
    assert isinstance(found, ModuleRecord)
    assert [found.terms[each.annotation or 0] for each in found.functions[1].parameters] != [Opaque("annotation")] * 2
