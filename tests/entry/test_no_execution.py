"""Nothing of an analysed project is imported or executed, and a check writes into its cache only.

Python's own audit hook watches the whole command, and its workers, from the first line on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import contents
from tests.unit.projects import QUERIES, READER, REFINER, lay

TRAP = "open({marker!r}, 'w').close()\nimport os\nos._exit(77)\n"
"""What each module of the project does as soon as it runs."""

NAMES = (
    "__init__", "conftest", "django", "json", "libcst", "manage", "models", "msgspec", "queries", "reader", "refiner",
    "setup", "shop_tags", "sitecustomize", "settings", "tomllib", "urls", "usercustomize", "views",
)  # fmt: skip
"""Modules with names that Python, Django or we import, in the root, and in the app."""

PAGE = "{% load shop_tags %}{{ items.filter }}{% for item in items.all %}{{ item.explode }}{% endfor %}"
VIEW = """
from django.shortcuts import render
from shop.queries import recent_items


def page(request):
    return render(request, "page.html", {"items": recent_items()})
"""
TABLE = 'memoizer = [{ names = ["shop.models.explode"], form = "called", keeps = "pickle" }]\n'

HOOK = """
import os
import sys

root, kept, log = (os.path.realpath(path) for path in sys.argv[1:4])
descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
FORBIDDEN = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "pickle.find_class",
             "ctypes.dlopen", "urllib.Request"}


def lies_below(path, directory):
    if not isinstance(path, (str, bytes)) or not path or os.fsdecode(path).startswith("<"):
        return False
    return (os.path.realpath(os.fsdecode(path)) + "/").startswith(directory + "/")


def is_told(event, args):
    if event == "exec":
        return lies_below(getattr(args[0], "co_filename", ""), root)
    if event == "import":
        return lies_below(args[1], root)
    if event == "open":
        return bool(args[2] & WRITING) and lies_below(args[0], root) and not lies_below(args[0], kept)
    if event in CHANGES:
        return lies_below(args[0], root) and not lies_below(args[0], kept)
    return event in FORBIDDEN


def hook(event, args):
    if is_told(event, args):
        os.write(descriptor, (event + " " + repr(args)[:300] + chr(10)).encode())


sys.addaudithook(hook)
sys.argv = sys.argv[4:]
import importlib
module, name = sys.argv[0].split(":")
getattr(importlib.import_module(module), name)()
"""
"""Writes what an audit hook is told of that must not happen into a file."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root, trap = tmp_path / "root", TRAP.format(marker=str(tmp_path / "executed"))
    known = {"queries": QUERIES, "reader": READER, "refiner": REFINER, "views": VIEW}
    modules = {f"shop/{name}.py": f"{known.get(name, '')}\n{trap}" for name in NAMES if name != "models"}
    lay(root, {**{f"{name}.py": trap for name in NAMES}, **modules, "shop/templates/page.html": PAGE}, TABLE)
    with (root / "shop/models.py").open("a", encoding="utf-8") as models:
        models.write(trap)
    return root


def _watched(root: Path, entry: str, *arguments: str) -> tuple[subprocess.CompletedProcess[bytes], list[str]]:
    log, hook = root.parent / "log", root.parent / "hook.py"
    hook.write_text(HOOK, encoding="utf-8")
    command = [sys.executable, str(hook), str(root), str(root / ".qscache_lint_cache"), str(log), entry, *arguments]
    process = subprocess.run(command, cwd=root, capture_output=True, check=False)
    return process, log.read_text(encoding="utf-8").splitlines()


COMMAND = "qscache_lint.__main__:run"


def test_the_hook_sees_what_is_executed(project: Path) -> None:
    (project / "shop/called.py").write_text("def called():\n    open('written', 'w').close()\n", encoding="utf-8")
    (project / "shop/__init__.py").write_text("", encoding="utf-8")
    setting = "import sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, '.')\n"
    code = f"{setting}from shop.called import called as run\n"
    (project.parent / "entering.py").write_text(code, encoding="utf-8")
    _, told = _watched(project, "entering:run")
    assert [line.partition(" ")[0] for line in told] == ["exec", "exec", "open"]


@pytest.mark.parametrize(
    ("entry", "arguments"),
    [
        pytest.param(COMMAND, ["check", "--jobs", "1", "--output-format", "full", "--statistics", "-v"], id="check"),
        pytest.param(COMMAND, ["check", "--jobs", "2", "--no-cache", "--show-unknown"], id="check-with-workers"),
        pytest.param(COMMAND, ["check", "--jobs", "1", "--output-format", "html"], id="page"),
        pytest.param(COMMAND, ["fix", "--jobs", "1", "--unsafe-fixes", "--diff"], id="diff"),
        pytest.param(COMMAND, ["reveal", "shop/refiner.py:5"], id="reveal"),
        pytest.param("flake8.__main__:main", ["--select=QSC", "-j1"], id="flake8"),
    ],
)
def test_nothing_of_the_project_runs_and_nothing_is_written(project: Path, entry: str, arguments: list[str]) -> None:
    before = contents(project)
    for _ in range(2):  # the second one reads the cache
        process, told = _watched(project, entry, *arguments)
        assert process.returncode in (0, 1), process.stderr
        assert told == [line for line in told if _is_of_workers(line, arguments)]
    assert b"recent_items" in process.stdout
    assert contents(project) == before
    assert not (project.parent / "executed").exists()


def _is_of_workers(line: str, arguments: list[str]) -> bool:
    """Whether it is how worker processes get their work: functions of ours by their names."""
    return "2" in arguments and line.startswith("pickle.find_class ('qscache_lint.")


def test_a_repair_writes_nothing_but_what_it_says(project: Path) -> None:
    before = contents(project)
    process, _ = _watched(project, COMMAND, "fix", "--unsafe-fixes", "--jobs", "1", "--output-format", "json")
    assert process.returncode in (0, 1), process.stderr
    changed = {path for path, source in contents(project).items() if before.get(path) != source}
    assert changed <= {f"shop/{name}.py" for name in ("queries", "reader", "refiner", "views")}
    assert changed
    assert not (project.parent / "executed").exists()


def test_no_setting_names_code_to_run() -> None:
    """Every string of the settings is a name, a pattern, a path or a word of a list; none is imported."""
    schema = json.loads((Path(__file__).parents[2] / "docs/settings.schema.json").read_text(encoding="utf-8"))
    assert not {"plugin", "plugins", "extension", "extensions", "load", "command", "hook"} & set(schema["properties"])


PACKAGES = ("bracex", "click", "flake8", "jinja2", "libcst", "msgspec", "packaging", "pathspec", "tomli")

THREADED = """
import threading

from qscache_lint import limits
from qscache_lint.__main__ import run

if __name__ == "__main__":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    limits.PARALLEL_BYTES = 0
    run()
"""
"""The command in a process with a second thread, which may not be forked: workers are started anew."""


@pytest.fixture
def trapped(project: Path) -> Path:
    """The project with a module of the name of every other one that Python does not load by itself."""
    (project.parent / "loaded.py").write_text("import sys\nprint(*sys.modules)", encoding="utf-8")
    command = [sys.executable, "-m", "loaded"]
    loaded = subprocess.run(command, cwd=project.parent, capture_output=True, text=True, check=True).stdout.split()
    for name in {*sys.stdlib_module_names, *PACKAGES} - set(loaded):
        (project / f"{name}.py").write_text(TRAP.format(marker=str(project.parent / "executed")), encoding="utf-8")
    return project


@pytest.mark.parametrize("command", [("-m", "qscache_lint"), ("../threaded.py",)], ids=["module", "workers"])
def test_the_working_directory_is_no_place_for_modules(trapped: Path, command: tuple[str, ...]) -> None:
    (trapped.parent / "threaded.py").write_text(THREADED, encoding="utf-8")
    arguments = ("check", "--no-cache", "--jobs", "2")
    process = subprocess.run([sys.executable, *command, *arguments], cwd=trapped, capture_output=True, check=False)
    assert not (trapped.parent / "executed").exists()
    assert process.returncode == 1, process.stderr
    assert b"recent_items" in process.stdout
