"""The note that a split adds to a docstring."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from qscache_lint.fixing.docstrings import with_note

NOTE = "See other()."


def _noted(source: str, indent: str = "    ") -> str:
    function = cst.parse_module(source).body[0]
    assert isinstance(function, cst.FunctionDef)
    return cst.Module([with_note(function, NOTE, indent)]).code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("def f():\n    return 1\n", 'def f():\n    """See other()."""\n    return 1\n', id="no-docstring"),
        pytest.param(
            'def f():\n    """One."""\n',
            'def f():\n    """One.\n\n    See other().\n    """\n',
            id="one-line",
        ),
        pytest.param(
            'def f():\n    """\n    One.\n    """\n',
            'def f():\n    """\n    One.\n\n    See other().\n    """\n',
            id="over-lines",
        ),
        pytest.param(
            'def f():\n    """One.\n\n    Two."""\n',
            'def f():\n    """One.\n\n    Two.\n\n    See other().\n    """\n',
            id="over-lines-closed-behind-text",
        ),
        pytest.param(
            "def f():\n    '''One.'''\n",
            "def f():\n    '''One.\n\n    See other().\n    '''\n",
            id="single-quotes-stay",
        ),
        pytest.param(
            "def f():\n    'One.'\n",
            "def f():\n    '''One.\n\n    See other().\n    '''\n",
            id="one-quote-becomes-three",
        ),
        pytest.param('def f():\n    r"""a\\b"""\n', 'def f():\n    r"""a\\b\n\n    See other().\n    """\n', id="raw"),
        pytest.param(
            'def f():\n    """One."""  # why\n',
            'def f():\n    """One.\n\n    See other().\n    """  # why\n',
            id="comment-behind",
        ),
        pytest.param(
            'def f():\n    # first\n    """One."""\n',
            'def f():\n    # first\n    """One.\n\n    See other().\n    """\n',
            id="comment-above",
        ),
        pytest.param(
            "def f():\n    # first\n    return 1\n",
            'def f():\n    """See other()."""\n    # first\n    return 1\n',
            id="comment-above-the-code-and-no-docstring",
        ),
    ],
)
def test_the_note_is_the_last_paragraph(before: str, after: str) -> None:
    assert _noted(before) == after


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('def f():\n    ("One.")\n', id="in-brackets"),
        pytest.param('def f():\n    "One." "Two."\n', id="two-literals"),
        pytest.param('def f():\n    "One."; x = 1\n', id="with-code-on-its-line"),
        pytest.param('def f():\n    \'It is """\'\n', id="quotes-inside"),
        pytest.param('def f():\n    "ends in \\""\n', id="escaped-quote-at-the-end"),
        pytest.param("def f(): return 1\n", id="on-one-line"),
        pytest.param("def f():\n\treturn 1\n", id="tabs"),
    ],
)
def test_the_result_parses_and_the_code_behind_is_the_same(source: str) -> None:
    before, after = ast.parse(source).body[0], ast.parse(_noted(source)).body[0]
    assert isinstance(before, ast.FunctionDef)
    assert isinstance(after, ast.FunctionDef)
    assert (ast.get_docstring(before) or "") in (ast.get_docstring(after) or "")
    assert [ast.dump(node) for node in before.body if not isinstance(node, ast.Expr)] == [
        ast.dump(node) for node in after.body if not isinstance(node, ast.Expr)
    ]
