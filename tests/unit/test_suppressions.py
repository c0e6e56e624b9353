"""`# noqa`: flake8's spelling, on any line of the statement."""

from __future__ import annotations

import argparse

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import example, given
from hypothesis import strategies as st

from qscache_lint.source.edits import apply_edits
from qscache_lint.source.suppressions import NamedCode, Suppressions
from qscache_lint.source.syntax import parsed
from qscache_lint.values import Finding

PIECES = st.lists(
    st.sampled_from(
        [
            "#",
            " ",
            ":",
            ",",
            ";",
            "noqa",
            "NoQA",
            "QSC201",
            "qsc2",
            "QSC",
            "E501",
            "W",
            "flake8",
            "because",
            "\t",
            "1",
            "-",
        ]
    ),
    max_size=7,
).map("".join)


def _flake8_silences(text: str, row: int, code: str) -> bool:
    """What flake8 itself does with a violation at this row."""
    lines = text.splitlines(keepends=True)
    options = argparse.Namespace(disable_noqa=False, hang_closing=False, indent_size=4, max_line_length=79)
    options.max_doc_length, options.verbose = None, 0
    processor = FileProcessor("a.py", options, lines)
    if processor.should_ignore_file():
        return True
    processor.generate_tokens()
    line = processor.noqa_line_for(row)
    return Violation(code, "a.py", row, 1, "text", line).is_inline_ignored(False)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "# no qa",
        "# noqaQSC201",
        "# noqa: E501",
        "# noqa: QSC101",
        "# noqa: QSC2011",
        "# noqa",
        "#noqa",
        "# NOQA",
        "# noqa:QSC201",
        "# noqa: QSC201",
        "# noqa: qsc201",
        "# NoQA : QSC201",
        "# noqa: E501,QSC201",
        "# noqa: E501, QSC201",
        "# noqa: E501 QSC201",
        "# noqa: QSC2",
        "# noqa: QSC",
        "# noqa:E501;QSC201",
        "# noqa: because it is small",
        "# small rows  # noqa: QSC201",
        "# type: ignore # noqa",
        "# noqa - fine",
        "# flake8: noqa",
        "# flake8: noqa: QSC201",
    ],
)
def test_a_comment_means_what_it_means_to_flake8(comment: str) -> None:
    text = f"import os\nx = os.name  {comment}\n"
    assert Suppressions(text).silences(2, "QSC201") == _flake8_silences(text, 2, "QSC201")


@given(PIECES)
@example("# noqa: QSC201,")
@example("# noqa : E501 : QSC201")
def test_any_comment_means_what_it_means_to_flake8(comment: str) -> None:
    text = f"x = 1  # {comment}\n"
    assert Suppressions(text).silences(1, "QSC201") == _flake8_silences(text, 1, "QSC201")


@given(PIECES)
@example("# noqa: QSC201,E501 because")
@example("# noqa: E501 QSC201 W1")
def test_without_a_code_a_comment_says_the_rest_of_what_it_said(comment: str) -> None:
    text = f"x = 1  # {comment}\n"
    before = Suppressions(text)
    for named in before.named() if text.lower().count("noqa") == 1 else ():
        (edit,) = before.removal(_about(named)).edits
        after = apply_edits(text, [edit])
        assert after.startswith("x = 1")
        assert parsed(after.encode()) is not None
        for code in ("E501", "W605", "QSC101", "QSC201"):
            if not code.startswith(named.code):
                assert Suppressions(after).silences(1, code) == before.silences(1, code)


def _about(named: NamedCode) -> Finding:
    return Finding("a.py", named.span, "QSC901", "unused-suppression", "", about=named.code)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("x = 1  # noqa: QSC201,E501\n", ["QSC201 1 1-1", "E501 1 1-1"], id="in-the-order-of-the-comment"),
        pytest.param("x = f(\n    1,  # noqa: QSC2\n)\n", ["QSC2 2 1-3"], id="for-the-logical-line"),
        pytest.param("\n# noqa: QSC2\nx = 1\n", ["QSC2 2 2-2"], id="between-statements"),
        pytest.param("x = f(  # noqa\n    1,  # noqa: QSC2\n)\n", ["QSC2 2 none"], id="behind-another-mark"),
        pytest.param("x = '# noqa: E1', f(  # noqa: QSC2\n)\n", ["QSC2 1 none"], id="behind-a-string-with-a-mark"),
        pytest.param("x = 1  # noqa\n", [], id="without-a-code"),
        pytest.param('x = """\n# noqa: QSC2\n"""\n', [], id="in-a-string"),
        pytest.param("# flake8: noqa\nx = 1  # noqa: QSC2\n", [], id="in-a-file-that-is-silenced"),
        pytest.param("x = (1  # noqa: QSC2\n", [], id="in-a-file-that-is-no-python"),
    ],
)
def test_the_codes_that_comments_name(text: str, codes: list[str]) -> None:
    found = Suppressions(text).named()
    rows = [(each, "none" if each.rows is None else "-".join(map(str, each.rows))) for each in found]
    assert [f"{each.code} {each.span.start.row} {shown}" for each, shown in rows] == codes


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1\n# flake8: noqa\n", id="anywhere-in-the-file"),
        pytest.param("  # flake8: noqa\nx = 1\n", id="indented"),
        pytest.param("# flake8: NOQA\nx = 1\n", id="upper-case"),
        pytest.param("# flake8=noqa\nx = 1\n", id="equals-sign"),
        pytest.param("# flake8: noqa: QSC201\nx = 1\n", id="with-codes"),
        pytest.param("# flake8: noqa because\nx = 1\n", id="with-text-behind"),
        pytest.param("x = 1  # flake8: noqa\ny = 1\n", id="behind-code"),
        pytest.param('"""\n# flake8: noqa\n"""\nx = 1\n', id="in-a-docstring"),
    ],
)
def test_the_mark_for_a_file_means_what_it_means_to_flake8(text: str) -> None:
    row = text.count("\n")
    assert Suppressions(text).silences(row, "QSC201") == _flake8_silences(text, row, "QSC201")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('x = """\na\n"""  # noqa: QSC201\n', id="a-string-over-lines"),
        pytest.param("x = 1 + \\\n    2  # noqa: QSC201\n", id="a-backslash"),
    ],
)
def test_lines_that_flake8_joins_are_joined_here(text: str) -> None:
    assert _flake8_silences(text, 1, "QSC201")
    assert Suppressions(text).silences(1, "QSC201")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        pytest.param("x = f(\n    1,\n)\n# noqa\n", 1, id="the-comment-stands-below-the-statement"),
        pytest.param("# noqa\nx = f(\n    1,\n)\n", 2, id="the-comment-stands-above-the-statement"),
        pytest.param("x = 1  # noqa\ny = 2\n", 2, id="the-comment-is-of-the-statement-before"),
        pytest.param("if x:  # noqa\n    y = 2\n", 2, id="the-comment-is-of-the-head-of-the-block"),
        pytest.param("@f\ndef g():  # noqa\n    pass\n", 1, id="a-decorator-is-a-logical-line-of-its-own"),
    ],
)
def test_another_statement_is_not_silenced(text: str, row: int) -> None:
    assert not Suppressions(text).silences(row, "QSC201")


@pytest.mark.parametrize("row", [1, 2, 3, 4])
@pytest.mark.parametrize("marked", [1, 2, 3, 4])
def test_any_line_of_the_logical_line_silences_all_of_it(row: int, marked: int) -> None:
    lines = ["x = f(", "    1,", "    2,", ")"]
    lines[marked - 1] += "  # noqa: QSC201"
    text = "\n".join(lines) + "\n"
    assert Suppressions(text).silences(row, "QSC201")
    assert not Suppressions(text).silences(row, "QSC101")


@pytest.mark.parametrize("separator", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028"])
def test_only_line_ends_of_python_count_as_rows(separator: str) -> None:
    """A form feed between sections, or a separator in a string, does not move the rows below it."""
    text = f"# {separator}\nx = 1  # noqa\ny = 2\n"
    assert [Suppressions(text).silences(row, "QSC201") for row in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1  # noqa\ny = (\n", id="bracket-not-closed"),
        pytest.param("x = 1  # noqa\n  y = 1\n", id="wrong-indent"),
        pytest.param("x = 1  # noqa\ny = '\n", id="string-not-closed"),
    ],
)
def test_a_file_that_cannot_be_tokenized_is_read_line_by_line(text: str) -> None:
    assert [Suppressions(text).silences(row, "QSC900") for row in (1, 2, 99)] == [True, False, False]
