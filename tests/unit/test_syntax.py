"""Any bytes give a tree or a reason in one sentence, never an exception."""

from __future__ import annotations

import ast
import sys
import warnings
from encodings import aliases

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.source import syntax
from qscache_lint.source.syntax import Unreadable, compiles, is_same_program, parse, parse_expression, parsed
from qscache_lint.source.text import decode

PIECES = st.lists(
    st.sampled_from(
        [b"def f(", b"):", b"\n", b"    ", b"\t", b"x", b"=", b"'", b'"""', b"(", b"]", b"\\", b"\r", b"\x0c", b"\0",
         b"\xff", b"# coding: latin-1\n", b"# coding: nonsense\n", b"\xef\xbb\xbf", b"f'{", b"}", b"match x:", b"\x1a",
         b"# coding: utf-7\n", b"+AGE-", b"print ", b"`", b"0777", b"\\x4",
         b"\\N{", "\N{MATHEMATICAL BOLD CAPITAL A}".encode()]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@settings(deadline=None)
@given(PIECES | st.binary(max_size=40))
def test_no_bytes_raise(source: bytes) -> None:
    found = parse(source)
    assert isinstance(found, (ast.Module, Unreadable))
    assert (parsed(source) is None) == isinstance(found, Unreadable)
    assert isinstance(decode(source), str)
    if isinstance(found, Unreadable):
        _assert_one_sentence(found)


def _assert_one_sentence(found: Unreadable) -> None:
    assert found.row >= 1
    assert found.column >= 1
    assert found.reason.strip()
    assert len(found.reason.splitlines()) == 1


@pytest.mark.parametrize("encoding", sorted({*aliases.aliases.values(), "undefined", "idna", "unicode_escape"}))
@pytest.mark.parametrize("text", [b"x = 1\n", b"x = \xe9\xff\n", b"x = 'xn--0-\\u'\n"], ids=["plain", "bytes", "odd"])
def test_no_declared_encoding_raises(encoding: str, text: bytes) -> None:
    """Among Python's codecs are some that make no text, and one that refuses everything."""
    source = f"# coding: {encoding}\n".encode() + text
    found = parse(source)
    assert isinstance(decode(source), str)
    if isinstance(found, Unreadable):
        _assert_one_sentence(found)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n", id="blank"),
        pytest.param(b"# a comment without a newline", id="comment-only"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", id="byte-order-mark"),
        pytest.param(b"\xef\xbb\xbf", id="byte-order-mark-only"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", id="latin-1-cookie"),
        pytest.param(b"# \xe9\n# coding: latin-1\nx = '\xe9'\n", id="latin-1-before-its-cookie"),
        pytest.param(b"# \xe9\r# coding: latin-1\rx = '\xe9'\r", id="latin-1-before-its-cookie-cr"),
        pytest.param(b"x = 1\r\ny = 2\r\n", id="crlf"),
        pytest.param(b"x = 1\ry = 2\r", id="cr"),
        pytest.param(b"x = 1\n\x0c\ny = 2\n", id="form-feed"),
        pytest.param(b"x = " + b"[" * 100 + b"]" * 100 + b"\n", id="100-nested-brackets"),
        pytest.param(b"x = [" + b"()," * 5000 + b"]\n", id="many-brackets-side-by-side"),
        pytest.param(b"x = 'a'" + b" 'a'" * 5000 + b"\n", id="many-strings-side-by-side"),
        pytest.param(b"x = a" + b".b" * 2400 + b"\n", id="a-long-chain"),
        pytest.param(b"x = a" + b" + b" * 2400 + b"\n", id="a-long-sum"),
        pytest.param(b"if a: b\n" + b"elif a: b\n" * 2400, id="a-long-elif"),
        pytest.param(b"return x\nyield y\nawait z\nbreak\n", id="statements that stand in no function"),
    ],
)
def test_what_python_accepts_is_parsed(source: bytes) -> None:
    assert isinstance(parse(source), ast.Module)
    assert parsed(source) is not None


_MINOR = sys.version_info.minor


def _newer(minor: int, quoted: str, row: int = 1) -> str | None:
    """The reason why syntax of a Python is refused; None when this one has it."""
    return None if minor <= _MINOR else f"needs Python 3.{minor} or newer: `{quoted}` on line {row}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = 1\n\n\ntype X = int\n", _newer(12, "type X = int", 4)),
        ("type X[T: (int, str)] = dict[str, T]\n", _newer(12, "type X[T: (int, str)] = dict[str, T]")),
        ("def f[T](x: T) -> T: ...\n", _newer(12, "def f[T](x: T) -> T: ...")),
        ("class A:\n    async def f[T](self): ...\n", _newer(12, "async def f[T](self): ...", 2)),
        ("@b\nclass A[T](B): ...\n", _newer(12, "class A[T](B): ...", 2)),
        ("def f[T = int](x: T): ...\n", _newer(13, "def f[T = int](x: T): ...")),
        ("type X[*Ts = *tuple[int]] = Ts\n", _newer(13, "type X[*Ts = *tuple[int]] = Ts")),
        ("x = f'{'a'}'\n", _newer(12, "x = f'{'a'}'")),
        ("y = 1\nx = f'b {a['b']:>4} c' + 'd'\n", _newer(12, "x = f'b {a['b']:>4} c' + 'd'", 2)),
        ("x = f'{f'{1}'}'\n", _newer(12, "x = f'{f'{1}'}'")),
        ('x = f"{"\\n".join(a)}"\n', _newer(12, 'x = f"{"\\n".join(a)}"')),
        ("x = f'{\"\\n\".join(a)}'\n", _newer(12, "x = f'{\"\\n\".join(a)}'")),
        ("try: pass\nexcept* A: pass\n", _newer(11, "except* A: pass", 2)),
        ("try: pass\nexcept *A as a: pass\n", _newer(11, "except *A as a: pass", 2)),
        ("x = 1\ny = t'{x}'\n", _newer(14, "y = t'{x}'", 2)),
        ("y = f(rt'{x}')\n", _newer(14, "y = f(rt'{x}')")),
        ("try: pass\nexcept ValueError, KeyError: pass\n", _newer(14, "except ValueError, KeyError: pass", 2)),
        (
            "def function_of_a_very_long_name[Type](argument: Type) -> Type: ...\n",
            _newer(12, "def function_of_a_very_long_name[Type](a"),
        ),
    ],
)
def test_syntax_of_a_newer_python(source: str, reason: str | None) -> None:
    found = parse(source.encode())
    assert (found.reason if isinstance(found, Unreadable) else None) == reason


@pytest.mark.parametrize(
    "line",
    [
        "print 'x'", "print x, y", "    print 'a' % b,  # c", "for x in y: print x", "exec 'x'", "exec x in y",
        "raise A, 'b'", "raise a.B, 'b', c", "if a <> b: pass", "x = `a`", "x = 0777", "x = f(0777, 1)", "x = 10L",
        "x = 0xFFL", "x = ur'a'", "x = 'é' + 10l", "print >>f, 'x'", "print 'a <> b', `c`", "def f((a, b), c): pass",
        "x = lambda (a, b): a",
    ],
)  # fmt: skip
def test_syntax_of_python_2(line: str) -> None:
    source = f"def f():\n    pass\n\nif 1:\n    pass\n    {line.strip()}\n"
    found = parse(source.encode())
    if line == "print >>f, 'x'":  # a comparison, to Python 3
        assert isinstance(found, ast.Module)
    else:
        assert isinstance(found, Unreadable)
        assert (found.row, found.reason) == (6, "Python 2 syntax on line 6")


@pytest.mark.parametrize("caught", ["A, e", "(A, B), e", "a.A, error"])
def test_exceptions_of_python_2(caught: str) -> None:
    found = parse(f"try:\n    pass\nexcept {caught}:\n    pass\n".encode())
    if _MINOR >= 14:
        assert isinstance(found, ast.Module)
    else:
        assert isinstance(found, Unreadable)
        assert (found.row, found.reason) == (3, "Python 2 syntax on line 3")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("x = = 'a <> b'", id="in-text"),
        pytest.param("x = = 1  # `a`, 0777", id="in-a-comment"),
        pytest.param("x = = t'a'", id="something-else-first"),
        pytest.param("x = f(a b)  # raise A, b", id="in-a-comment-of-a-statement"),
        pytest.param("print(a b)", id="print-with-brackets"),
        pytest.param("<<<<<<< HEAD", id="a-conflict"),
        pytest.param("import {{ cookiecutter.name }}", id="a-template"),
        pytest.param("raise A(b c, d)", id="raise"),
        pytest.param("def f[", id="an-open-bracket"),
        pytest.param("x = f'{a b}'", id="a-mistake-in-a-field"),
        pytest.param("x = f'{a' b 'c}'", id="a-mistake-that-looks-like-text-in-a-field"),
        pytest.param("x = f'{'", id="nothing-but-an-open-field"),
        pytest.param("x = f'{a'", id="a-field-that-is-open"),
        pytest.param("x = f'{a}' b 'c}'", id="text-beside-a-formatted-string"),
        pytest.param("x = f'{a}' + f'{'", id="an-open-field-after-a-good-one"),
    ],
)
def test_mistakes_are_not_taken_for_another_python(line: str) -> None:
    found = parse(f"x = 1\n{line}\n".encode())
    assert isinstance(found, Unreadable)
    assert found.row == 2
    assert found.reason.startswith("syntax error: ")


@pytest.mark.parametrize(
    ("source", "row", "reason"),
    [
        pytest.param(b"x = (\n", 1, "syntax error: '(' was never closed", id="bracket-not-closed"),
        pytest.param(b"x = 1\ny = = 2\n", 2, "syntax error: invalid syntax", id="in-row-2"),
        pytest.param(b"x = 1\ry = = 2\r", 2, "syntax error: invalid syntax", id="in-row-2-cr"),
        pytest.param(b"\xef\xbb\xbfx = 1\r\ny = = 2\r\n", 2, "syntax error: invalid syntax", id="in-row-2-crlf"),
        pytest.param(b"x = 1\nif x:\ny = 1\n", 3, "syntax error: expected an indented block", id="indent-missing"),
        pytest.param(b"x = 1\ny = 'abc\n", 2, "syntax error: unterminated string", id="string-not-closed"),
        pytest.param(b"x = 1\n'''abc\n\n", 2, "syntax error: unterminated triple-quoted", id="rows-not-closed"),
        pytest.param(b"x = 1\ny = (]\n", 2, "syntax error: closing parenthesis", id="another-bracket"),
        pytest.param(b"if x:\n    y\n  z\n", 3, "syntax error: unindent", id="dedent-to-nowhere"),
        pytest.param(b"if x:\n        y\n\tz\n", 3, "syntax error: inconsistent use of tabs", id="tabs-and-spaces"),
        pytest.param(b"x = 1\n\ny = $\n", 3, "syntax error: invalid ", id="a-character-that-python-does-not-know"),
        pytest.param(b"x = 1\n\n\ny = f'{a b}'\n", 4, "syntax error: ", id="in-a-formatted-string"),
        pytest.param(b"x = '\\x4'\n", 1, "syntax error: (unicode error)", id="an-escape"),
        pytest.param(b"# coding: nonsense\nx = 1\n", 1, "cannot be decoded: ", id="unknown-encoding-cookie"),
        pytest.param(b"x = '\xff'\n", 1, "cannot be decoded: ", id="bad-utf-8"),
        pytest.param(b"# coding: ascii\nx = '\xe9'\n", 1, "cannot be decoded: ", id="bad-ascii"),
        pytest.param(b"# coding: rot13\nk = 1\n", 1, "cannot be decoded: ", id="no-text-encoding"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, "cannot be decoded: ", id="mark-against-cookie"),
        pytest.param(b"\xef\xbb\xbf\n# coding: latin-1\n", 1, "cannot be decoded: ", id="mark-against-cookie-below"),
        pytest.param(b"# coding: utf-7\nx = = '+2D0-'\n", 1, "cannot be decoded: ", id="half-a-pair"),
        pytest.param(b"x = 1\nx\x00y\n", 2, "cannot be decoded: it has null bytes", id="nul-bytes"),
        pytest.param(b"\x00" * 50, 1, "cannot be decoded: it has null bytes", id="nul-bytes-only"),
        pytest.param(b"\xff\xfex\x00=\x001\x00", 1, "cannot be decoded: it has null bytes", id="utf-16"),
        pytest.param(b"\nx = " + b"[" * 300 + b"]" * 300 + b"\n", 2, "nested too deeply", id="300-nested-brackets"),
        pytest.param(b"x = " + b"(" * 300, 1, "nested too deeply", id="300-open-brackets"),
        pytest.param(b"x = " + b"not " * 100_000 + b"1\n", 1, "nested too deeply", id="many-prefixes"),
        pytest.param(
            b"".join(b" " * depth + b"if x:\n" for depth in range(101)), 101, "nested too deeply", id="101-blocks"
        ),
    ],
)
def test_what_python_refuses_is_unreadable_with_row_and_reason(source: bytes, row: int, reason: str) -> None:
    found = parse(source)
    assert isinstance(found, Unreadable)
    assert found.row == row
    assert found.reason.startswith(reason)
    _assert_one_sentence(found)
    assert parsed(source) is None


def test_columns_are_characters() -> None:
    assert parse("é = f('ü') + = 2\n".encode()) == Unreadable(1, 14, "syntax error: invalid syntax")
    assert parse("# coding: latin-1\né = f('ü') + = 2\n".encode("latin-1")) == Unreadable(
        2, 14, "syntax error: invalid syntax"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a.b", "Attribute", id="text"),
        pytest.param(b"(a, 'b')", "Tuple", id="bytes"),
        pytest.param("a b", None, id="no-expression"),
        pytest.param("a = b", None, id="a-statement"),
        pytest.param("", None, id="empty"),
        pytest.param("\0", None, id="null"),
        pytest.param("'\ud83d'", None, id="half-a-pair"),
        pytest.param("-" * 100_000 + "1", None, id="deep"),
    ],
)
def test_expressions(text: str | bytes, expected: str | None) -> None:
    found = parse_expression(text)
    assert (None if found is None else type(found).__name__) == expected


def test_what_python_warns_about_is_not_our_users_concern() -> None:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        assert isinstance(parse(b"x = '\\d' if 1else 2\n"), ast.Module)
        assert isinstance(parse(b"x = '\\d' if 1else 2 = =\n"), Unreadable)
        assert parse_expression("'\\d' if 1else 2") is not None
    assert given == []


REFUSED = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, SystemError)


@pytest.mark.parametrize("failure", REFUSED)
def test_whatever_the_compiler_fails_with_is_no_result(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure("of the compiler")

    assert compiles(b"x = 1\n")
    monkeypatch.setattr(syntax, "compile", fail, raising=False)
    assert not compiles(b"x = 1\n")
    monkeypatch.setattr(ast, "parse", fail)
    assert isinstance(parse(b"x = 1\n"), Unreadable)
    assert parse_expression("x") is None


def test_an_error_inside_of_the_compiler_is_no_traceback() -> None:
    source = b"class Meta:\n    rows = [__class__ if 0 else n for n in (1, 2)]\n"  # SystemError in 3.12.1
    assert compiles(source) is (sys.version_info[:3] > (3, 12, 1) or sys.version_info < (3, 12))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        pytest.param(b"x = [1, 2]\n", b"x = [  # why\n    1, 2]\n", True, id="layout"),
        pytest.param(b"x = '# a'\n", b"x = '# b'\n", False, id="a-string"),
        pytest.param(b"x = 1\n", b"x = True\n", False, id="equal-values"),
        pytest.param(b"x = a(b)(c)\n", b"x = a(b(c))\n", False, id="nesting"),
        pytest.param(b"x = 1\n", b"x = 1\ny = 2\n", False, id="more"),
        pytest.param(b"x = a\n", b"x = a, b()\n", False, id="a-name-that-goes-on"),
        pytest.param(b"x = = 1\n", b"x = = 1\n", False, id="no-python"),
        pytest.param(b"x = " + b"1 + " * 2000 + b"1\n", b"x = " + b"1 + " * 2000 + b"1  # a\n", True, id="deep"),
    ],
)
def test_programs_are_compared_without_layout_and_comments(before: bytes, after: bytes, same: bool) -> None:
    assert is_same_program(before, after) is same
