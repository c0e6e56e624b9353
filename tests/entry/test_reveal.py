"""`qscache-lint reveal`: what the analysis takes an expression for, as text and as JSON; errors are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from qscache_lint.cli import main
from tests.entry.console import fixture, runner


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    return root


def _reveal(*arguments: str) -> Result:
    return runner().invoke(main, ["reveal", "--no-cache", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("project")
def test_what_is_cached_says_where_and_by_which_cache() -> None:
    result = _reveal("archive/views.py:11:30")
    assert result.output == """\
archive/views.py:11:12: getRecentStories(0)
     |
  11 |     return getRecentStories(0).filter(published_date__lt=the_date)[0]
     |            ^^^^^^^^^^^^^^^^^^^
  a QuerySet of stories.models.Story, unbounded (because num=0 skips the slice on line 22), ordered,
      cached by @memoize() (pickled) at stories/queries.py:12 as getRecentStories()
  --> stories/models.py:7:16: the QuerySet is built here
  --> stories/queries.py:12:2: cached here by @memoize()
  confidence: high
"""
    assert result.exit_code == 0


@pytest.mark.usefixtures("project")
def test_what_is_unknown_says_why() -> None:
    result = _reveal("archive/views.py:11:60")
    assert result.output == """\
archive/views.py:11:58: the_date
     |
  11 |     return getRecentStories(0).filter(published_date__lt=the_date)[0]
     |                                                          ^^^^^^^^
  unknown: the parameter the_date
  why: archive/views.py:9:5: unknown: the parameter the_date: its annotation names no type, and what
      callers pass is not known here
  confidence: none, because part of it is unknown
"""
    assert result.exit_code == 0


@pytest.mark.usefixtures("project")
def test_a_line_has_each_expression_and_what_is_reported_there() -> None:
    output = _reveal("archive/views.py:11").output
    heads = [line.partition(": ")[2] for line in output.splitlines() if line.startswith("archive/views.py:11:")]
    assert heads == [
        "getRecentStories(0).filter(published_date__lt=the_date)[0]",
        "getRecentStories(0).filter(published_date__lt=the_date)",
        "getRecentStories(0).filter",
        "getRecentStories(0)",
        "getRecentStories",
        "the_date",
    ]
    assert output.count("reported here: QSC201 refined-pickled-queryset") == 3


def test_paths_are_those_that_people_see(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "archive")
    output = _reveal("views.py:11:30").output
    assert output.startswith("views.py:11:12: getRecentStories(0)\n")
    assert f"--> {project}/stories/queries.py:12:2" in " ".join(output.split())


def test_json_has_the_same(project: Path) -> None:
    result = _reveal("archive/views.py:11:32", "--output-format", "json")
    (entry,) = json.loads(result.stdout)
    values = entry.pop("values")
    assert entry == {
        "filename": f"{project}/archive/views.py",
        "location": {"row": 11, "column": 12},
        "end_location": {"row": 11, "column": 38},
        "expression": "getRecentStories(0).filter",
        "confidence": "high",
        "examined": True,
        "reasons": [],
        "findings": ["QSC201"],
    }
    assert [(value["kind"], value["gives"]) for value in values] == [("Method", [])]
    assert values[0]["message"].startswith("the method filter() of a QuerySet of stories.models.Story, ")
    assert values[0]["trail"][1] == {
        "filename": f"{project}/stories/queries.py",
        "location": {"row": 12, "column": 2},
        "message": "cached here by @memoize()",
    }
    (unknown,) = json.loads(_reveal("archive/views.py:11:58", "--output-format", "json").stdout)
    assert unknown["confidence"] is None
    assert [(step["filename"], step["location"]["row"]) for step in unknown["reasons"]] == [
        (f"{project}/archive/views.py", 9)
    ]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("archive/views.py", "archive/views.py: expected PATH:ROW or PATH:ROW:COLUMN, such as shop/views.py:12:8"),
        ("archive/views.py:a", "archive/views.py:a: expected PATH:ROW or PATH:ROW:COLUMN, such as "),
        ("none.py:1", "none.py: no such file or directory"),
        ("archive:1", "archive: is a directory"),
        ("archive/views.py:99:1", "archive/views.py:99:1: there is no line 99; the file has 20"),
        ("archive/views.py:11:99", "archive/views.py:11:99: there is no column 99; the line has 69"),
        ("archive/views.py:11:5", "archive/views.py:11:5: nothing at this column has a value; on this line, these"),
    ],
)
def test_an_error_is_one_line(place: str, message: str) -> None:
    result = _reveal(place)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith(f"qscache-lint: error: {message}")


def test_a_file_that_cannot_be_parsed_is_an_error(project: Path) -> None:
    (project / "archive/views.py").write_text("def f(:\n", encoding="utf-8")
    result = _reveal("archive/views.py:1:5")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "qscache-lint: error: archive/views.py:1:5: syntax error: invalid syntax (QSC900)\n"


@pytest.mark.usefixtures("project")
def test_a_second_run_with_a_cache_says_the_same() -> None:
    first, second = (
        runner().invoke(main, ["reveal", "archive/views.py:11:30"], catch_exceptions=False) for _ in range(2)
    )
    assert first.output == second.output == _reveal("archive/views.py:11:30").output


def test_a_file_that_is_not_examined_says_so(project: Path) -> None:
    (project / "archive/notes.py").write_text("import os\n", encoding="utf-8")
    assert "\n  not examined: nothing in this file is known to be a cache" in _reveal("archive/notes.py:1:8").output
    (entry,) = json.loads(_reveal("archive/notes.py:1:8", "--output-format", "json").stdout)
    assert entry["examined"] is False
