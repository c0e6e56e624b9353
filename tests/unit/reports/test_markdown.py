"""Markdown that is wrapped for a terminal."""

from __future__ import annotations

import pytest
from click import unstyle

from qscache_lint.reports.markdown import wrapped

_TABLE = "| value | in a memo |\n|---|---|\n| a manager | a query at each use |\n"


@pytest.mark.parametrize(
    ("document", "width", "expected"),
    [
        pytest.param("", 40, [], id="nothing"),
        pytest.param("# A title that is long\n", 10, ["# A title that is long"], id="a-heading-stays"),
        pytest.param("one\ntwo three\n\nfour\n", 40, ["one two three", "", "four"], id="paragraphs"),
        pytest.param("one two\n", 4, ["one", "two"], id="a-narrow-paragraph"),
        pytest.param("- one\n  two\n- three\n", 8, ["- one", "  two", "- three"], id="items"),
        pytest.param(
            "```python\n# x\n\n- y and more\n```\n- z\n",
            6,
            ["```python", "# x", "", "- y and more", "```", "- z"],
            id="code",
        ),
        pytest.param("of this:\n```\nx\n```\n", 40, ["of this:", "```", "x", "```"], id="code-behind-a-paragraph"),
        pytest.param("```\n```\nx\n", 40, ["```", "```", "x"], id="no-code"),
        pytest.param(
            _TABLE,
            40,
            [
                "| value     | in a memo           |",
                "| --------- | ------------------- |",
                "| a manager | a query at each use |",
            ],
            id="a-table",
        ),
        pytest.param(_TABLE, 30, ["- a manager: in a memo a query", "  at each use"], id="a-table-that-is-too-wide"),
    ],
)
def test_text_is_wrapped_and_code_stays(document: str, width: int, expected: list[str]) -> None:
    assert [unstyle(line) for line in wrapped(document, width)] == expected
