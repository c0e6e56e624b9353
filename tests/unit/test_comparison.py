"""The comparison with other tools: what counts as a report of each, so that a zero in the table is one."""

from __future__ import annotations

import re

import pytest

from benchmarks.comparison.__main__ import PAGE, Tool, load_tools

LINES = {
    "ruff": ("shop/views.py:9:5: D401 First line of docstring", "shop/views.py", "9", "D401"),
    "flake8-bugbear": ("./shop/views.py:7:101: B950 line too long", "./shop/views.py", "7", "B950"),
    "pylint with pylint-django": ("shop/views.py:1:0: C0114: Missing module", "shop/views.py", "1", "C0114"),
    "pyrefly": ("ERROR shop/views.py:3:1-32: Cannot find `a` [missing-import]", "shop/views.py", "3", "missing-import"),
    "ty": ("shop/views.py:12:1: error[dynamic-return] Decorator", "shop/views.py", "12", "dynamic-return"),
    "zuban": ("shop/views.py:9: error: No annotation  [no-untyped-def]", "shop/views.py", "9", "no-untyped-def"),
    "boa-restrictor": ('"shop/views.py:13": (PBR001) Positional', "shop/views.py", "13", "PBR001"),
    "django-lsp": ("shop/views.py:8:25: warning DJ001: Accessing", "shop/views.py", "8", "DJ001"),
    "django-orm-lens": (
        *("::warning file=shop/views.py,line=7,title=django-orm-lens%3A N+1 query::Possible N+1", "shop/views.py"),
        *("7", "django-orm-lens%3A N+1 query"),
    ),
    "semgrep": ("shop/views.py:8:1:error(cached-queryset):@cache:a cache", "shop/views.py", "8", "cached-queryset"),
}
"""A line that each tool prints, and what is read from it."""


def test_every_tool_has_a_line() -> None:
    assert [tool.name for tool in load_tools()] == [*LINES]


@pytest.mark.parametrize("tool", load_tools(), ids=lambda tool: str(tool.name))
def test_a_line_is_read(tool: Tool) -> None:
    line, *expected = LINES[tool.name]
    found = re.search(tool.finding, f"Found:\n{line}\n", re.MULTILINE)
    assert found is not None
    assert [found["path"], found["row"], found["code"]] == expected


def test_the_page_has_a_row_for_each_tool() -> None:
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[1:] == [("qscache-lint", "the rules that are on"), *((tool.name, tool.about) for tool in load_tools())]
