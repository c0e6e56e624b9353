"""Any bytes give a module or a reason, never an exception."""

from __future__ import annotations

import subprocess
import sys

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qscache_lint.finding.parse import parse
from qscache_lint.source.text import decode

PIECES = st.lists(
    st.sampled_from(
        [b"def f(", b"):", b"\n", b"    ", b"\t", b"x", b"=", b"'", b'"""', b"(", b"]", b"\\", b"\r", b"\x0c", b"\0",
         b"\xff", b"# coding: latin-1\n", b"# coding: nonsense\n", b"\xef\xbb\xbf", b"f'{", b"}", b"match x:"]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n", id="blank"),
        pytest.param(b"# a comment without a newline", id="comment-only"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", id="byte-order-mark"),
        pytest.param(b"\xef\xbb\xbf", id="byte-order-mark-only"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", id="latin-1-cookie"),
        pytest.param(b"x = 1\r\ny = 2\r\n", id="crlf"),
        pytest.param(b"x = 1\n\x0c\ny = 2\n", id="form-feed"),
        pytest.param(b"x = " + b"[" * 100 + b"]" * 100 + b"\n", id="100-nested-brackets"),
        pytest.param(b"x = [" + b"()," * 5000 + b"]\n", id="many-brackets-side-by-side"),
        pytest.param(b"def f[T](x: T) -> T: ...\n", id="type-parameters"),
    ],
)
def test_what_python_accepts_is_parsed_and_kept_byte_for_byte(source: bytes) -> None:
    module = parse(source)
    assert isinstance(module, cst.Module)
    assert module.bytes == source


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(b"x = (\n", "libcst cannot parse it", id="bracket-not-closed"),
        pytest.param(b"x = 1\nif x:\ny = 1\n", "libcst cannot parse it", id="indent-missing"),
        pytest.param(b"x = 1\nx\x00y\n", "libcst cannot parse it", id="nul-bytes"),
        pytest.param(b"# coding: nonsense\nx = 1\n", "cannot be decoded", id="unknown-encoding-cookie"),
        pytest.param(b"x = '\xff'\n", "cannot be decoded", id="bad-utf-8"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "cannot be decoded", id="mark-against-cookie"),
        pytest.param(b"x = " + b"[" * 300 + b"]" * 300 + b"\n", "nested too deeply", id="300-nested-brackets"),
        pytest.param(b"x = " + b"1 + " * 1200 + b"1\n", "nested too deeply", id="a-long-sum"),
    ],
)
def test_what_cannot_be_parsed_has_a_reason(source: bytes, reason: str) -> None:
    found = parse(source)
    assert isinstance(found, str)
    assert reason in found
    assert "\n" not in found


@given(PIECES | st.binary(max_size=40))
def test_no_bytes_raise(source: bytes) -> None:
    found = parse(source)
    assert isinstance(found, (cst.Module, str))
    assert isinstance(decode(source), str)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("'x = ' + 'not ' * 1000 + '1'", id="not"),
        pytest.param("'x = ' + '-' * 1000 + '1'", id="minus"),
        pytest.param("'x = ' + '1+' * 1000 + '1'", id="a-long-sum"),
        pytest.param("'x = a' + '.b' * 1000", id="a-long-chain"),
        pytest.param("'x = ' + 'lambda: ' * 1000 + '1'", id="lambda"),
        pytest.param("'if x:\\n  pass\\n' + 'elif x:\\n  pass\\n' * 1000", id="elif"),
    ],
)
def test_depth_without_brackets_does_not_crash_the_process(source: str) -> None:
    """The parser is native code: what overflows its stack would kill the process, so it runs in one of its own."""
    code = f"from qscache_lint.finding.parse import parse; print(type(parse(({source} + chr(10)).encode())).__name__)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert process.stdout in ("Module\n", "str\n")
