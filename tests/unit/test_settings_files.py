"""Which files are settings, by their names and by those of their packages."""

from __future__ import annotations

import pytest

from qscache_lint.knowledge.cache_rows import SettingsModules
from qscache_lint.project.settings_files import is_test

_ROW = SettingsModules(names=("settings",), tests=("test*",), variables=(), calls=())


@pytest.mark.parametrize(
    "path", ["shop/test_settings.py", "tests/settings.py", "tests/__init__.py", "shop/tests/__main__.py"]
)
def test_what_is_called_like_a_test_or_stands_among_them_is_one(path: str) -> None:
    assert is_test(_ROW, path)


@pytest.mark.parametrize("path", ["shop/settings.py", "shop/__init__.py", "__init__.py", "latest/settings.py"])
def test_other_files_are_none(path: str) -> None:
    assert not is_test(_ROW, path)
