"""What is found does not depend on what is looked at first: literate cases with other names of files, and in reverse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qscache_lint.api import check
from qscache_lint.project.relevance import Selection
from tests.literate import Case, Expected, read_cases, write_project
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
def test_the_order_of_files_decides_nothing(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Selection.paths.fget
    assert paths is not None
    monkeypatch.setattr(Selection, "paths", property(lambda self: tuple(reversed(paths(self)))))
    _assert_found(case, tmp_path)


def test_most_cases_can_be_renamed() -> None:
    renamed = [case for case in _CASES if _renamed(case, "z_").files != case.files]
    assert len(renamed) > len(_CASES) / 2
