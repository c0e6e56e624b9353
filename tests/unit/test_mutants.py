"""The mutation benchmark: functions are changed where they are, and what runs at import is told apart."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.mutants import live

MODULE = """
from functools import lru_cache

LIMIT = 3


def kept(function):
    def inner(number):
        return function(number) + 1

    return inner


@kept
def doubled(number, times=2):
    return number * times


class Shelf:
    @property
    def size(self):
        return [self.one(number) for number in range(LIMIT)]

    @staticmethod
    def one(number):
        return number
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    module = ModuleType("shelves")
    exec(compile(MODULE, str(tmp_path / "shelves.py"), "exec", dont_inherit=True), vars(module))
    return module


def _changed(module: ModuleType, old: str, new: str) -> bool:
    path = module.Shelf.one.__code__.co_filename
    assert old in MODULE
    wanted = live.changes(path, MODULE, MODULE.replace(old, new))
    assert wanted is not None
    return live.change(live.live_functions(str(Path(path).parent)), wanted)


def test_functions_are_changed_wherever_they_are(module: ModuleType) -> None:
    assert _changed(module, "number * times", "number - times")
    assert module.doubled(7) == 6


def test_functions_inside_functions_are_changed(module: ModuleType) -> None:
    assert _changed(module, "+ 1", "- 1")
    assert module.doubled(7) == 13
    assert module.kept(len)("four") == 3


def test_methods_are_changed(module: ModuleType) -> None:
    shelf = module.Shelf()
    assert _changed(module, "range(LIMIT)", "range(1)")
    assert shelf.size == [0]


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("times=2", "times=3"), ("@kept\n", ""), ("    @property\n", "")]
)
def test_what_runs_at_import_is_told_apart(old: str, new: str) -> None:
    assert old in MODULE
    assert live.changes("shelves.py", MODULE, MODULE.replace(old, new)) is None


def test_the_same_code_is_no_change() -> None:
    assert live.changes("shelves.py", MODULE, MODULE.replace("number * times", "number * times  # as it is")) == []
