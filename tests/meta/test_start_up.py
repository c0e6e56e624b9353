"""What has to start fast must not import libcst: flake8 loads the plugin in every run, for every project."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("libcst", "mypy", "django")


def _imported(code: str) -> list[str]:
    """Which heavy packages are imported after `code`."""
    probe = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", probe], capture_output=True, encoding="utf-8", check=True)
    return process.stderr.split()


def test_the_probe_sees_what_is_imported() -> None:
    assert _imported("import libcst") == ["libcst"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import qscache_lint", id="package"),
        pytest.param("import qscache_lint.flake8_plugin", id="flake8-plugin"),
        pytest.param("import qscache_lint.cli", id="command"),
        pytest.param("import qscache_lint.rules", id="rules"),
        pytest.param("import qscache_lint.api", id="api"),
    ],
)
def test_an_import_is_light(code: str) -> None:
    assert _imported(code) == []


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"], ["rule", "QSC201"]])
def test_a_command_that_reads_no_code_is_light(arguments: list[str]) -> None:
    assert _imported(f"from qscache_lint.cli import main\nmain({arguments!r}, standalone_mode=False)") == []
