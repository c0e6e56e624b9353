"""The other ways of writing a source, which the literate repairs are tried in."""

from __future__ import annotations

import ast

from tests.rewritten import of_windows, with_comments

SOURCE = (
    '"""Text."""\n'
    "\n"
    "@cached(\n"
    "    60,  # a minute\n"
    ")\n"
    "def f(a):\n"
    '    """Two\n'
    '    lines."""\n'
    "    return a\n"
)


def test_every_statement_gets_a_comment_above_and_every_line_that_may_one_behind() -> None:
    assert with_comments(SOURCE) == (
        "# note 2\n"
        '"""Text."""  # note 3\n'
        "\n"
        "# note 6\n"
        "@cached(  # note 7\n"
        "    60,  # a minute\n"
        ")  # note 11\n"
        "# note 12\n"
        "def f(a):  # note 13\n"
        "    # note 14\n"
        '    """Two\n'
        '    lines."""  # note 17\n'
        "    # note 18\n"
        "    return a  # note 19\n"
    )


def test_comments_change_nothing() -> None:
    assert ast.dump(ast.parse(with_comments(SOURCE))) == ast.dump(ast.parse(SOURCE))


def test_tabs_and_the_line_ends_of_windows() -> None:
    assert of_windows("if a:\n    b()\n") == "if a:\r\n\tb()\r\n"
