"""Rules that are left out in some files: ruff's patterns, and the default for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.errors import UsageError
from qscache_lint.per_file import covers, ignores
from qscache_lint.settings import Settings
from qscache_lint.settings_table import load_settings
from tests.unit.projects import QUERIES, REFINER, lay, places

FILES = (
    "views.py",
    "shop/views.py",
    "shop/old/views.py",
    "tests/data.py",
    "shop/tests/data.py",
    "shop/tests/deep/data.py",
    "shop/test_views.py",
    "docs/conf.py",
    "shop/.hidden/views.py",
)
PATTERNS = (
    "views.py",
    "shop/views.py",
    "./shop/views.py",
    "shop/*",
    "shop/*.py",
    "shop/**",
    "shop/**/views.py",
    "**/tests/**",
    "**/tests/*",
    "tests/*",
    "*/tests/*",
    "test_*.py",
    "**/{tests,docs}/*",
    "{tests,docs}/*",
    "shop/[a-u]*.py",
    "shop/[!a-u]*.py",
    "shop/view?.py",
    "shop",
    "tests",
    "!shop/*",
    "!**/tests/**",
    "!views.py",
)


@pytest.fixture(scope="module")
def told_by_ruff(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """For each pattern, the files in which ruff leaves a rule out."""
    root = tmp_path_factory.mktemp("ruff")
    for file in FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("import os\n", encoding="utf-8")
    told = {}
    for pattern in PATTERNS:
        table = f'[lint]\nselect = ["F401"]\n[lint.per-file-ignores]\n{json.dumps(pattern)} = ["F401"]\n'
        (root / "ruff.toml").write_text(table, encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."]
        process = subprocess.run(command, cwd=root, capture_output=True, check=False)
        found = {Path(each["filename"]).relative_to(root).as_posix() for each in json.loads(process.stdout)}
        told[pattern] = {file for file in FILES if file not in found}
    return told


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_covers_what_ruff_says(told_by_ruff: dict[str, set[str]], pattern: str) -> None:
    assert {file for file in FILES if covers(pattern, file)} == told_by_ruff[pattern]


def test_a_pattern_with_a_slash_at_its_end_is_a_directory() -> None:
    assert [file for file in FILES if covers("tests/", file)] == ["tests/data.py"]
    assert [file for file in FILES if covers("shop/tests/", file)] == ["shop/tests/data.py", "shop/tests/deep/data.py"]


@pytest.mark.parametrize("pattern", ["{a,b}" * 12, "**/" * 12])
def test_a_pattern_that_stands_for_too_many_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="stands for more than 1000 patterns"):
        covers(pattern, "views.py")


@pytest.mark.parametrize(
    "path",
    [
        "tests/data.py",
        "shop/tests/deep/data.py",
        "shop/test_views.py",
        "views_test.py",
        "shop/tests.py",
        "test.py",
        "shop/conftest.py",
    ],
)
def test_what_is_about_code_is_left_out_in_tests(path: str) -> None:
    assert [ignores(Settings(), path, code) for code in ("QSC101", "QSC251", "QSC301", "QSC900", "QSC901")] == [
        *[True] * 3,
        *[False] * 2,
    ]


@pytest.mark.parametrize(
    "path", ["shop/views.py", "shop/contest.py", "testing/views.py", "shop/latest.py", "mytests/a.py"]
)
def test_other_files_are_no_tests(path: str) -> None:
    assert not ignores(Settings(), path, "QSC101")


def test_the_setting_replaces_the_default_and_the_other_adds_to_it(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"

    def left_out(table: str) -> list[str]:
        pyproject.write_text(f"[tool.qscache-lint]\n{table}", encoding="utf-8")
        settings = load_settings(pyproject, {})
        return [path for path in ("tests/a.py", "old/a.py", "new/a.py") if ignores(settings, path, "QSC201")]

    assert left_out("") == ["tests/a.py"]
    assert left_out('per-file-ignores = { "old/*" = ["qsc2"] }\n') == ["old/a.py"]
    assert left_out("per-file-ignores = {}\n") == []
    assert left_out('extend-per-file-ignores = { "new/*" = ["QSC"] }\n') == ["tests/a.py", "new/a.py"]
    assert left_out('extend-per-file-ignores = { "new/*" = ["QSC1"] }\n') == ["tests/a.py"]


def test_tests_are_read_as_callers(tmp_path: Path) -> None:
    """What is bounded follows from a call in a test; only the finding in it is not shown."""
    files = {"shop/queries.py": QUERIES, "tests/test_shop.py": REFINER}
    lay(tmp_path, files)
    assert places(tmp_path) == ["shop/queries.py:6:2 QSC101"]
    lay(tmp_path, files, "per-file-ignores = {}\n")
    assert places(tmp_path) == ["shop/queries.py:6:2 QSC101", "tests/test_shop.py:5:32 QSC201"]


def test_a_rule_that_is_selected_by_its_code_is_left_out_all_the_same(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "tests/test_shop.py": REFINER})
    assert places(tmp_path, api.Options(overrides={"select": ("QSC201",)})) == []
