"""What has to start fast must not import libcst: flake8 loads the plugin in every run, for every project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qscache_lint
from qscache_lint.formats import FORMATS
from tests.entry.console import fixture
from tests.unit.projects import MODELS, lay
from tests.unit.trees import grow

HEAVY = ("libcst", "black", "mypy", "django", "distributed", "pygls", "lsprotocol", "mcp", "watchfiles", "asyncio")
ANALYSIS = (
    "multiprocessing",
    "qscache_lint.executing.worker_pool",
    "qscache_lint.facts.model",
    "qscache_lint.facts.terms",
    "qscache_lint.facts.visitor",
    "qscache_lint.fixing",
    "qscache_lint.project.workspace",
    "qscache_lint.rules",
)
"""What a run needs that has something to analyse."""


def _imported(code: str, among: tuple[str, ...] = HEAVY, cwd: Path | None = None) -> list[str]:
    """Which heavy packages are imported after `code`."""
    probe = f"import sys\n{code}\nprint(*[name for name in {among!r} if name in sys.modules], file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", probe], capture_output=True, encoding="utf-8", check=True, cwd=cwd)
    return process.stderr.split()


def _after(arguments: list[str], among: tuple[str, ...] = HEAVY, cwd: Path | None = None) -> list[str]:
    """Which packages are imported after a command, whatever it exits with."""
    code = (
        "from qscache_lint.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as error:\n    assert error.code in (0, 1, None)"
    )
    return _imported(code, among, cwd)


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


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["check", "--help"], ["reveal", "--help"], ["rule", "QSC201"]]
)
def test_a_command_that_reads_no_code_is_light(arguments: list[str]) -> None:
    assert _imported(f"from qscache_lint.cli import main\nmain({arguments!r}, standalone_mode=False)") == []


CLEAN = {
    "shop/views.py": "from shop.models import Item\n\n\ndef index():\n    return Item.objects.all()\n",
    "shop/notes.py": "# lru_cache and cache.get are not for us\nTEXT = 'cached_property'\n",
}


def test_a_run_that_finds_nothing_does_not_import_libcst(tmp_path: Path) -> None:
    lay(tmp_path, CLEAN)
    check = ["check", "--no-cache"]
    assert _after(check, cwd=tmp_path) == []
    cached = "from functools import lru_cache\n\nfrom shop.models import Item\n\n\n@lru_cache\ndef items():\n"
    (tmp_path / "shop/notes.py").write_text(f"{cached}    return list(Item.objects.all())\n", encoding="utf-8")
    assert _after(check, cwd=tmp_path) == []
    (tmp_path / "shop/notes.py").write_text(f"{cached}    return Item.objects.all()\n", encoding="utf-8")
    assert _after(check, cwd=tmp_path) == ["libcst"], "the test would see it"
    assert set(MODELS) < {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py")}


@pytest.mark.drawn("form", "name")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["recent_stories", "recent_stories_clean"])
def test_a_run_over_what_has_not_changed_needs_no_analysis(tmp_path: Path, form: str, name: str) -> None:
    root = fixture(name, tmp_path)
    check = ["check", "--output-format", form]
    assert "qscache_lint.project.workspace" in _after(check, ANALYSIS, root)
    unneeded = HEAVY if FORMATS[form].explains else (*HEAVY, *ANALYSIS)
    assert _after(check, unneeded, root) == []
    assert _after([*check, "--select", "QSC1", "stories"], unneeded, root) == []


def test_a_warm_run_loads_few_modules(tmp_path: Path) -> None:
    grow(tmp_path, 3)
    _after(["check"], cwd=tmp_path)
    ours = _after(["check"], _modules(), tmp_path)
    assert "qscache_lint.run" in ours
    assert "qscache_lint.templates.parser" not in ours, "templates are looked at, and not read"
    assert len(ours) <= 69


def _modules() -> tuple[str, ...]:
    """Every module of the package."""
    package = Path(qscache_lint.__file__).parent
    files = (path.relative_to(package.parent).with_suffix("") for path in package.rglob("*.py"))
    return tuple(".".join(path.parts).removesuffix(".__init__") for path in files)
