"""What was seen and not found has a reason: what the analysis takes the value for, or where it becomes unknown."""

from __future__ import annotations

import pytest

from qscache_lint import api
from qscache_lint.revealing.witnessed import Seen, Why, why_unfound
from tests.unit.projects import MODELS, QUERIES, REFINER, write

REGISTRY = (
    "from shop.queries import recent_items\n"
    "\n"
    "SOURCES = {}\n"
    "\n"
    "\n"
    "def register(name):\n"
    "    SOURCES[name] = recent_items\n"
    "\n"
    "\n"
    "def named(plugin, word):\n"
    "    rows = plugin.rows()\n"
    "    return (\n"
    "        rows  # all of them\n"
    "        .filter(title=word)\n"
    "    )\n"
    "\n"
    "\n"
    "def first(plugin):\n"
    "    return plugin.rows()[0], recent_items()[:5]\n"
    "\n"
    "\n"
    "def within(plugin, model):\n"
    "    return model.objects.filter(item__in=plugin.rows())\n"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> api.ProjectReport:
    root = tmp_path_factory.mktemp("project")
    files = {**MODELS, "shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/registry.py": REGISTRY}
    write(root, {**files, "shop/far.py": "def f(rows):\n    return rows.all()\n", "shop/broken.py": "x = (\n"})
    (report,) = api.check_paths([root]).projects
    return report


def _why(
    project: api.ProjectReport,
    path: str,
    row: int,
    operation: str = "",
    column: int | None = None,
    function: str = "",
    *,
    handed: bool = False,
) -> Why:
    return why_unfound(project.run.analysis_of(path), Seen(path, row, row, column, operation, function, handed))


def test_what_a_method_is_called_on_is_unknown_for_a_reason(project: api.ProjectReport) -> None:
    why = _why(project, "shop/registry.py", 14, operation="filter")
    assert not why.is_known
    assert why.message.startswith("rows is unknown to the analysis: the parameter plugin: its annotation names no type")
    assert why.message.endswith("what callers pass is not known here (shop/registry.py:10:5)")
    assert [step.span.start.row for step in why.trail] == [11]


@pytest.mark.parametrize(
    ("row", "operation", "text"),
    [(19, "[]", "plugin.rows()"), (23, "filter", "model.objects")],
)
def test_what_an_operation_takes_is_found_where_it_stands(
    row: int, operation: str, text: str, project: api.ProjectReport
) -> None:
    assert _why(project, "shop/registry.py", row, operation=operation).message.startswith(f"{text} is unknown")


def test_what_no_row_spells_is_done_by_what_is_called_there(project: api.ProjectReport) -> None:
    why = _why(project, "shop/registry.py", 11, operation="count")
    assert why == Why("no .count() stands there: a template, or what is called there, does it")


def test_what_is_handed_over_is_an_argument(project: api.ProjectReport) -> None:
    why = _why(project, "shop/registry.py", 23, operation="filter", handed=True)
    assert why.message.startswith("plugin.rows() is unknown")


def test_a_column_tells_calls_on_one_row_apart(project: api.ProjectReport) -> None:
    column = REGISTRY.splitlines()[18].index("recent_items") + 1
    why = _why(project, "shop/registry.py", 19, operation="[:]", column=column)
    assert why.is_known
    assert why.message.startswith("the analysis takes recent_items() for a QuerySet of shop.models.Item, unbounded")
    assert "cached by @cache_memoize(60)" in why.message


def test_a_function_is_told_with_what_its_decorators_make_of_it(project: api.ProjectReport) -> None:
    why = _why(project, "shop/queries.py", 6, function="recent_items")
    assert why.is_known
    assert why.message.startswith("the analysis takes recent_items for the function shop.queries.recent_items()")
    assert "its decorators turn it into" in why.message


def test_a_file_that_is_not_examined_says_so(project: api.ProjectReport) -> None:
    why = _why(project, "shop/far.py", 2, operation="all")
    assert why.message.endswith("; nothing in this file is known to be a cache or to use a cached value")
    assert why.message.startswith("rows is unknown to the analysis")


def test_rows_without_a_value_and_files_that_cannot_be_parsed_say_so(project: api.ProjectReport) -> None:
    assert _why(project, "shop/registry.py", 4).message == "nothing there has a value that the analysis follows"
    assert _why(project, "shop/registry.py", 9_000).message == "nothing there has a value that the analysis follows"
    assert _why(project, "shop/broken.py", 1).message.endswith("(QSC900)")
