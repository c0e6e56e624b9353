"""The ecosystem benchmark: a small project and versions of the tool that crash, hang, or change their mind."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest

from benchmarks.ecosystem.__main__ import main
from benchmarks.ecosystem.checkouts import checkouts, get
from benchmarks.ecosystem.files import slowest, told
from benchmarks.ecosystem.model import Checkout, Cost, Session, TreeResult
from benchmarks.ecosystem.packages import packages, unpack
from benchmarks.ecosystem.run import WAYS, measure
from benchmarks.ecosystem.table import difference, table
from benchmarks.speed.trees import Tree
from tests.entry.console import runner
from tests.unit.projects import QUERIES, REFINER, lay

FOUND = """[{"filename": "shop/queries.py", "location": {"row": 6, "column": 2}, "code": "QSC101", "message": "kept",
"fix": {"name": "drop-cache", "applicability": "safe"}}]"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    lay(tmp_path / "shop", {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    return Tree("shop", tmp_path / "shop")


def _tool(directory: Path, code: str) -> list[str]:
    """A stand-in for a version of the tool."""
    script = directory / "tool.py"
    script.write_text(f"import os, sys\nif '--version' in sys.argv:\n    sys.exit(print('0'))\n{code}\n")
    return [sys.executable, str(script)]


def test_the_tool_says_the_same_in_every_way(tree: Tree) -> None:
    ours = [str(Path(sys.executable).with_name("qscache-lint"))]
    result = measure(tree, ours, 60, ("cold", "warm", "fix"))
    assert result.faults == ()
    assert [finding.split(" ")[:2] for finding in result.findings] == [
        ["shop/queries.py:6:2", "QSC101"],
        ["shop/refiner.py:5:32", "QSC201"],
    ]
    assert result.cost is not None
    assert result.cost.memory > 10_000_000
    assert {path.name for path in tree.path.iterdir()} == {"pyproject.toml", "shop"}


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        pytest.param(f"print({FOUND!r})", (), id="sound"),
        pytest.param("raise KeyError(1)", tuple(f"{way}: exit code 1: KeyError: 1" for way in WAYS), id="crash"),
        pytest.param(
            f"print({FOUND!r}); sys.exit('error: fix: this is a bug in qscache-lint' if 'fix' in sys.argv else 0)",
            ("fix: exit code 1: error: fix: this is a bug in qscache-lint",),
            id="internal-error",
        ),
        pytest.param(
            f"print({FOUND!r}.replace('6', os.environ['TZ'][:0] or '7') if 'Asia/Tokyo' in os.environ.get('TZ', '') "
            f"else {FOUND!r})",
            ("two jobs: another report",),
            id="unstable",
        ),
        pytest.param(
            f"print({FOUND!r})\nwhile 'fix' in sys.argv:\n    pass",
            ("fix: not done within 1 s of CPU",),
            id="hang",
        ),
        pytest.param(
            f"print({FOUND!r}, flush=True)\nif 'fix' in sys.argv:\n    os.kill(os.getpid(), 11)",
            ("fix: ended by signal 11",),
            id="killed",
        ),
    ],
)
def test_what_goes_wrong_is_a_fault(tree: Tree, tmp_path: Path, code: str, faults: tuple[str, ...]) -> None:
    result = measure(tree, _tool(tmp_path, code), 1, WAYS)
    assert result.faults == faults


def _session(*findings: str, faults: tuple[str, ...] = (), cpu: float = 1.0) -> Session:
    return Session("1", (TreeResult("shop", 10, Cost(cpu, 50_000_000), findings, faults),))


def test_two_versions_are_compared_finding_by_finding() -> None:
    old, new = _session("a.py:1:1 QSC101", "b.py:2:2 QSC201"), _session("b.py:2:2 QSC201", "c.py:3:3 QSC201", cpu=2.0)
    assert list(difference(old, new)) == [
        "## shop",
        "- a.py:1:1 QSC101",
        "+ c.py:3:3 QSC201",
        "! seconds of CPU: 1.0 before, 2.0 now",
    ]
    assert list(difference(new, new)) == []
    assert "+ cold: exit code 2" in difference(old, _session(*old.trees[0].findings, faults=("cold: exit code 2",)))


def test_the_table_has_a_row_for_each_tree_and_all_faults() -> None:
    text = table(_session("x", faults=("cold: exit code 2",)))
    assert "| shop | 10 | 1.0 | 10 | 50 | 1 | 1 |" in text
    assert "| 1 trees | 10 | 1.0 | 10 | 50 | 1 | 1 |" in text
    assert text.endswith("- shop: cold: exit code 2")


def test_the_command_keeps_its_results_and_compares_them(tree: Tree, tmp_path: Path) -> None:
    tool = shlex.join(_tool(tmp_path, f"print({FOUND!r})"))
    for name in ("old", "new"):
        arguments = ["run", str(tree.path), "--tool", tool, "--way", "cold", "--results", str(tmp_path / name)]
        done = runner().invoke(main, arguments, catch_exceptions=False)
        assert (done.exit_code, "| shop |" in done.output) == (0, True)
    assert msgspec.json.decode((tmp_path / "new").read_bytes(), type=Session).trees[0].findings[0].endswith("kept")
    assert runner().invoke(main, ["compare", str(tmp_path / "old"), str(tmp_path / "new")]).output == ""


def test_every_file_is_read_whatever_the_gate_says(tree: Tree) -> None:
    (tree.path / "broken.py").write_text("def (:\n")
    result = slowest(tree)
    assert (result.files, result.unreadable, result.errors) == (5, 1, ())
    assert result.slowest in next(told([result]))


def test_a_project_is_fetched_at_its_commit(tmp_path: Path) -> None:
    origin = tmp_path / "hosts/someone/shop"
    origin.mkdir(parents=True)
    git = ("git", "-C", str(origin), "-c", "user.name=a", "-c", "user.email=a@example.org")
    (origin / "one.py").write_text("x = 1\n")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    source = f"file://{tmp_path}/hosts/"
    assert get(Checkout("someone/shop", head), tmp_path / "got", source) == "fetched"
    assert (tmp_path / "got/someone__shop/one.py").read_text() == "x = 1\n"
    assert get(Checkout("someone/shop", head), tmp_path / "got", source) == "is there"
    assert get(Checkout("someone/gone", head), tmp_path / "got", source).startswith("not fetched: ")
    assert len({each.repository for each in checkouts()}) == len(checkouts()) > 15


def test_a_package_is_unpacked_and_not_installed(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    files = {"shelving.py": "raise SystemExit", "shelving-1.0.dist-info/METADATA": "Name: shelving\nVersion: 1.0\n"}
    files |= {"shelving-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n", "shelving-1.0.dist-info/RECORD": ""}
    with ZipFile(tmp_path / "wheels/shelving-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    options = ("--no-index", "--find-links", str(tmp_path / "wheels"))
    assert unpack("shelving==1.0", tmp_path / "packages", options) == "unpacked"
    assert (tmp_path / "packages/shelving/shelving.py").read_text() == "raise SystemExit"
    assert unpack("shelving==1.0", tmp_path / "packages", options) == "is there"
    assert "shelves" in unpack("shelves==1.0", tmp_path / "packages", options)


def test_the_packages_have_versions() -> None:
    assert len(packages()) >= 60
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin) for pin in packages())
