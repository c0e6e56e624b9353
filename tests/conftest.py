"""What the environment says of terminals does not change what tests see; of tests that multiply, a part runs. What
tests and the processes that they start leave in the directory for temporary files goes with them."""

from __future__ import annotations

import compileall
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

import qscache_lint
from qscache_lint import errors
from tests.drawing import EVERYTHING, Test, draw

described = errors.described


@pytest.fixture(scope="session", autouse=True)
def _mistakes_are_errors() -> Iterator[None]:
    """A mistake of ours ends the test in which it is made; `isolation` has it cost what users would lose."""

    def refuse(error: Exception, stage: str) -> NoReturn:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errors, "described", refuse)
        yield


@pytest.fixture
def isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes of ours are told as users see them."""
    monkeypatch.setattr(errors, "described", described)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drawn(*parameters, share=1): of these tests a part runs, see tests/drawing.py")
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        os.environ.pop(name, None)
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist have what their parent has
        _keep_temporary_files_together(config)
        # The processes that tests start read bytecode even where the environment keeps Python from writing any.
        compileall.compile_dir(Path(qscache_lint.__file__).parent, quiet=1)


def _keep_temporary_files_together(config: pytest.Config) -> None:
    """Only pytest's own directories, which it clears itself, stay where they are."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    directory = tempfile.TemporaryDirectory(prefix="qscache-lint-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(directory.cleanup)
    os.environ["TMPDIR"] = tempfile.tempdir = directory.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = any("::" in argument for argument in config.args)
    if EVERYTHING or named:
        return
    tests = {item.nodeid: test for item in items if (test := _test(item)) is not None}
    drawn = draw(tests.values())
    left_out = [item for item in items if item.nodeid in tests and item.nodeid not in drawn]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.nodeid not in tests or item.nodeid in drawn]


def _test(item: pytest.Item) -> Test | None:
    """A test that is marked as one that multiplies. Its parameters are told apart by identity: few can be hashed."""
    marker = item.get_closest_marker("drawn")
    if marker is None or not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    parameters = {name: id(value) for name, value in item.callspec.params.items()}
    function = item.nodeid.partition("[")[0]
    return Test(item.nodeid, function, parameters, marker.args, marker.kwargs.get("share", 1))
