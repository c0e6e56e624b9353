"""What is found does not depend on what is looked at first: literate cases in other orders, and with other names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qscache_lint.api import check
from qscache_lint.project.relevance import Selection
from tests.literate import Case, case_of, read_cases, write_project
from tests.test_cases import compare, found_as_stated

_CASES = [case for case in read_cases() if case.expected]
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?!django)[\w.]+[ \t]+import\b.*|import[ \t]+[\w.]+[ \t]+as\b.*)$", re.MULTILINE
)
_NAMED = frozenset({"__init__", "__main__", "admin", "apps", "manage", "models", "settings", "urls"})
"""Modules whose names mean something."""


def _renamed(case: Case, prefix: str) -> Case:
    """The case with other names for those of its modules that only import statements mention."""
    names = {name: f"{prefix}{name}" for name in _free(case)}
    files = {_path(path, names): _source(source, names) for path, source in case.files.items()}
    expected, alarms = (
        tuple(replace(each, path=_path(each.path, names)) for each in stated)
        for stated in (case.expected, case.false_alarms)
    )
    return replace(case, files=files, expected=expected, false_alarms=alarms)


def _free(case: Case) -> Iterator[str]:
    words = [re.findall(r"\w+", _IMPORT.sub("", text)) for text in (*case.files.values(), case.settings)]
    elsewhere = {word for each in words for word in each}
    parts = [path.removesuffix(".py").split("/") for path in case.files if path.endswith(".py")]
    directories = {name for path in parts for name in path[:-1]}
    for *_, name in parts:
        if name not in _NAMED | elsewhere | directories and not name.startswith("test"):
            yield name


def _path(path: str, names: dict[str, str]) -> str:
    around, _, name = path.rpartition("/")
    stem = name.removesuffix(".py")
    return f"{around}/{names[stem]}.py".lstrip("/") if name.endswith(".py") and stem in names else path


def _source(source: str, names: dict[str, str]) -> str:
    def rename(statement: re.Match[str]) -> str:
        """The statement with the new names; one that is longer does not move what is found elsewhere."""
        return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), statement[0])

    return _IMPORT.sub(rename, source)


def _reordered(source: str) -> str:
    """The source with functions that follow one another in reverse, where Python runs both alike."""
    try:
        module = ast.parse(source)
    except SyntaxError:
        return source
    lines = source.splitlines(keepends=True)
    classes = [each for each in module.body if isinstance(each, ast.ClassDef)]
    moved: dict[int, list[str]] = {}
    ends: dict[int, int] = {}
    for body in (module.body, *(each.body for each in classes)):
        for run in _runs(body):
            for place, function in zip(run, reversed(run), strict=True):
                (first, last), (start, end) = _rows(place), _rows(function)
                moved[first], ends[first] = lines[start - 1 : end], last
    result: list[str] = []
    row = 1
    while row <= len(lines):
        result.extend(moved.get(row, [lines[row - 1]]))
        row = ends.get(row, row) + 1
    return "".join(result)


def _rows(function: ast.FunctionDef) -> tuple[int, int]:
    first = min(each.lineno for each in (function, *function.decorator_list))
    return first, function.end_lineno or first


def _runs(body: Sequence[ast.stmt]) -> Iterator[list[ast.FunctionDef]]:
    """Functions that follow one another, each with a name of its own, and what runs at once names none of them."""
    run: list[ast.FunctionDef] = []
    for statement in (*body, ast.Pass()):
        if isinstance(statement, ast.FunctionDef):
            run.append(statement)
            continue
        names = {function.name for function in run}
        heads = (part for each in run for part in (*each.decorator_list, each.args, each.returns) if part is not None)
        used = {node.id for head in heads for node in ast.walk(head) if isinstance(node, ast.Name)}
        if len(run) > 1 and len(names) == len(run) and names.isdisjoint(used):
            yield run
        run = []


def _assert_found(case: Case, root: Path) -> None:
    write_project(case, root)
    stated = [replace(each, column=0) for each in (*case.expected, *case.false_alarms)]
    assert compare(tuple(stated), found_as_stated(check([root]))) == ([], [])


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("prefix", ["a_", "z_"])
def test_names_of_files_decide_nothing(case: Case, prefix: str, tmp_path: Path) -> None:
    renamed = _renamed(case, prefix)
    if renamed.files != case.files:
        _assert_found(renamed, tmp_path)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_the_order_of_functions_decides_nothing(case: Case, tmp_path: Path) -> None:
    files = {path: _reordered(text) if path.endswith(".py") else text for path, text in case.files.items()}
    if files != case.files:
        _assert_found(case_of(case.document, case.title, files, case.settings), tmp_path)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_the_order_of_files_decides_nothing(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Selection.paths.fget
    assert paths is not None
    monkeypatch.setattr(Selection, "paths", property(lambda self: tuple(reversed(paths(self)))))
    _assert_found(case, tmp_path)


def test_most_cases_are_changed() -> None:
    renamed = [case for case in _CASES if _renamed(case, "z_").files != case.files]
    reordered = [case for case in _CASES if any(_reordered(text) != text for text in case.files.values())]
    assert min(len(renamed), len(reordered)) > len(_CASES) / 2
