"""Our positions are those of libcst's own provider, for every node."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from qscache_lint.finding.positions import Positions

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "qscache_lint").rglob("*.py"))

ODD_SOURCES = (
    pytest.param(b"", id="an empty file"),
    pytest.param(b"x = 1", id="no newline at the end"),
    pytest.param(b"x = 1\r\nif x:\r\n    y = (\r\n        2)\r\n", id="Windows newlines"),
    pytest.param(b"if x:\n\ty = '''a\n\nb'''  # c\n\n# d\n", id="tabs, a string of several lines, comments behind"),
    pytest.param("\ufeffé = 'ü' ; ß = [*é, ( x ) ]\n".encode(), id="a mark of the byte order, letters of two bytes"),
    pytest.param(b"@ a . b\n\n# c\nclass C ( D ) : pass\n", id="space in odd places"),
    pytest.param(b"x = a if b else (yield)\\\n + c  not  in  d\n", id="a line that goes on"),
)


def _assert_equal(source: bytes) -> None:
    module = cst.parse_module(source)
    positions = Positions(module)
    theirs = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node, place in theirs.items():
        if node is module:
            continue  # where a file stands is not asked
        span = positions.span(node)
        ours = (span.start.row, span.start.column - 1, span.end.row, span.end.column - 1)
        assert ours == (place.start.line, place.start.column, place.end.line, place.end.column), type(node).__name__


@pytest.mark.drawn(share=4)
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_own_source(path: Path) -> None:
    _assert_equal(path.read_bytes())


@pytest.mark.parametrize("source", ODD_SOURCES)
def test_odd_source(source: bytes) -> None:
    _assert_equal(source)
