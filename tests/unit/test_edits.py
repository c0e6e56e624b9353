"""Edits: the difference of two texts, and back; diffs that can be applied."""

from __future__ import annotations

import io
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qscache_lint.fixing.edits import edits_between, merged, rows_touched
from qscache_lint.source.edits import apply_edits, diff
from qscache_lint.source.text import split_rows
from qscache_lint.values import Edit, Position, Span

TEXTS = st.text(st.sampled_from("ab \t\n\r\f\v\x1c\x85\u2028é𝒳"), max_size=30)
"""Line ends of Python, and what `str.splitlines` takes for some."""


@given(TEXTS)
@example("a\r\nb\rc\n")
@example("\r\r\n\n")
@example("a\x0cb\n")
def test_lines_end_where_python_ends_them(text: str) -> None:
    assert split_rows(text) == list(io.StringIO(text, newline=""))


def test_equal_texts_give_no_edits() -> None:
    assert edits_between("a.py", "x\ny\n", "x\ny\n") == ()
    assert apply_edits("x\ny\n", ()) == "x\ny\n"


@given(TEXTS, TEXTS)
@example("", "a")
@example("a", "")
@example("a", "a\n")
@example("a\n", "a")
@example("a\r\nb\r\n", "a\r\nc\r\n")
@example("a\rb\rc", "a\rc")
@example("a\x0c\nb\n", "a\x0c\nc\n")
@example("a\nb", "a\nb\nc")
@example("a\r", "a\r\n")
def test_edits_turn_the_old_text_into_the_new_one(old: str, new: str) -> None:
    assert apply_edits(old, edits_between("a.py", old, new)) == new


@given(TEXTS, TEXTS)
def test_edits_are_in_order_and_do_not_overlap(old: str, new: str) -> None:
    for first, second in pairwise(edits_between("a.py", old, new)):
        assert first.span.start <= first.span.end <= second.span.start


def test_the_order_in_which_edits_are_given_does_not_matter() -> None:
    edits = edits_between("a.py", "1\n2\n3\n4\n", "1\ntwo\n3\nfour\n")
    assert len(edits) == 2
    assert apply_edits("1\n2\n3\n4\n", edits[::-1]) == "1\ntwo\n3\nfour\n"


def test_columns_of_an_edit_count_code_points() -> None:
    edit = Edit("a.py", Span(Position(2, 3), Position(2, 4)), "-")
    assert apply_edits("a\r\n𝒳éb\r\n", (edit,)) == "a\r\n𝒳é-\r\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("a\nb\nc\n", "a\nB\nc\n", id="lf"),
        pytest.param("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", id="crlf"),
        pytest.param("a\nb", "a\nB", id="no-final-newline"),
        pytest.param("a\nb", "a\nb\n", id="final-newline-added"),
        pytest.param("a\n\x0cb\nc\n", "a\n\x0cB\nc\n", id="form-feed"),
        pytest.param("a\n\x0b\u2028b\nc\n", "a\n\x0b\u2028B\nc\n", id="other-separators"),
        pytest.param("a\rb\rc\n", "a\rB\rc\n", id="lone-cr"),
    ],
)
def test_git_can_apply_the_diff(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "a.py").write_bytes(old.encode())
    subprocess.run(
        ["git", "apply", "--unsafe-paths", "-"],
        cwd=tmp_path,
        input="".join(diff("a.py", old, new)).encode(),
        capture_output=True,
        check=True,
    )
    assert (tmp_path / "a.py").read_bytes() == new.encode()


@given(TEXTS, TEXTS)
def test_a_single_change_is_merged_as_it_is(old: str, new: str) -> None:
    assert merged(old.encode(), [new.encode()]) == new.encode()


def test_changes_of_different_rows_are_merged_whatever_their_order() -> None:
    before, afters = b"a\r\nb\r\nc\r\nd", [b"A\r\nb\r\nc\r\nd", b"a\r\nb\r\nd", b"a\r\nb\r\nc\r\nd\r\ne"]
    assert merged(before, afters) == merged(before, afters[::-1]) == b"A\r\nb\r\nd\r\ne"


@pytest.mark.parametrize(
    ("after", "rows"),
    [
        pytest.param(b"a\nB\nc\n", [2], id="replaced"),
        pytest.param(b"a\nc\n", [2], id="removed"),
        pytest.param(b"a\nb\nx\nc\n", [2, 3], id="added between"),
        pytest.param(b"x\na\nb\nc\n", [1, 1], id="added at the start"),
        pytest.param(b"a\nb\nc\nx\n", [3, 4], id="added at the end"),
        pytest.param(b"a\nb\nc\n", [], id="equal"),
    ],
)
def test_a_change_touches_what_it_replaces_and_what_is_around_what_it_adds(after: bytes, rows: list[int]) -> None:
    assert list(rows_touched(b"a\nb\nc\n", after)) == rows
