"""Names, sources and files that are laid out to harm the machine that checks them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import unicodedata
from itertools import permutations
from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths, plan_fixes
from qscache_lint.formats import FORMATS
from tests.drawing import some_pairs
from tests.entry.console import contents, run
from tests.unit.projects import QUERIES, READER, REFINER, lay

NAMES = (
    b"caf\xe9.py",
    b"\xff\xfe/mod\xe9.py",
    b"esc\x1b[31m\x1b]0;title\x07.py",
    b"line\nshop/forged.py:1:1: QSC101 x.py",
    b"carriage\rreturn.py",
    "c1\x9b31m\x85.py".encode(),
    "rtl\u202ebidi\u2066\u200f\u061c.py".encode(),
    "separator\u2028\u2029.py".encode(),
    b"tab\tdel\x7f.py",
    b"a(b[c*+.py",
    b"%s %(path)s {x}.py",
    b"-dash.py",
    b"quote'\".py",
    b"back\\slash.py",
)
LINE = '    return list(recent_items().filter(title=word, x="\x1b[2J\x07\u202e\u2066\x0b"))  # \x9b\u2028\x85\n'
SOURCE = f"from shop.queries import recent_items\n\n\ndef named(word):\n{LINE}" + READER.partition("\n")[2]
SHOWN = '"\\x1b[2J\\x07\\u202e\\u2066\\x0b"))  # \\x9b\\u2028\\x85'
CACHE = ".qscache_lint_cache"


def _acts(output: bytes) -> set[str]:
    """What a terminal would act on; output that is no text is an error."""
    return {
        char
        for line in output.decode().split("\n")
        for char in line
        if unicodedata.category(char) in ("Cc", "Cs", "Cf", "Zl", "Zp")
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    lay(root, {"shop/queries.py": QUERIES, "shop/reader.py": READER})
    for name in NAMES:
        path = os.fsencode(root) + b"/shop/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(SOURCE.encode())
    return root


@pytest.mark.drawn("form", "jobs")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_report_is_text_whatever_files_are_called(project: Path, form: str, jobs: str) -> None:
    arguments = ["check", "--output-format", form, "-v", "--show-unknown", "--statistics", "--jobs", jobs]
    process = run("qscache-lint", *arguments, cwd=project)
    assert process.returncode == 1
    assert b"Traceback" not in process.stderr
    assert _acts(process.stdout) == _acts(process.stderr) == set()
    written = run("qscache-lint", *arguments, "--output-file", "report", cwd=project)
    assert written.stdout == b""
    assert (project / "report").read_bytes() == process.stdout


def test_each_finding_has_a_line_and_no_line_is_forged(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = run("qscache-lint", "check", "--output-format", "concise", cwd=project).stdout.decode().splitlines()
    assert len(lines) == len(NAMES) + 1
    assert all(": QSC201 .filter() refines" in line or line.startswith("shop/queries.py:6:2: QSC101") for line in lines)
    assert [line for line in lines if line.startswith("shop/caf\\udce9.py:5:32: QSC201 ")]
    assert [line for line in lines if line.startswith("shop/line\\nshop/forged.py:1:1: QSC101 x.py:5:32: QSC201 ")]
    monkeypatch.setenv("COLUMNS", "300")  # code is cut to the width
    assert run("qscache-lint", "check", cwd=project).stdout.decode().count(SHOWN) == len(NAMES)


def test_json_has_the_names(project: Path) -> None:
    entries = json.loads(run("qscache-lint", "check", "--output-format", "json", cwd=project).stdout)
    names = {os.path.relpath(entry["filename"], project / "shop") for entry in entries}
    assert names == {"queries.py", *(name.decode(errors="surrogateescape") for name in NAMES[2:])} | {
        "caf\\udce9.py",
        "\\udcff\\udcfe/mod\\udce9.py",
    }


def test_fixing_says_and_shows_nothing_else(project: Path) -> None:
    arguments = ["fix", "--unsafe-fixes", "--no-cache"]
    shown = run("qscache-lint", *arguments, "--diff", cwd=project)
    assert shown.returncode == 1
    assert b"+++ b/shop/caf\\udce9.py\n" in shown.stdout
    assert (_acts(shown.stdout), _acts(shown.stderr)) == (set(), set())
    process = run("qscache-lint", *arguments, cwd=project)
    assert process.returncode == 0, process.stderr
    assert (_acts(process.stdout), _acts(process.stderr)) == (set(), set())
    callers = [source for source in contents(project).values() if b"def named" in source]
    assert len(callers) == len(NAMES)
    assert SOURCE.encode() not in callers


@pytest.mark.parametrize("arguments", [["-j1"], ["-j2"], ["-q"], ["--format=pylint"], ["--show-source"]])
def test_flake8_reports_them_too(project: Path, arguments: list[str]) -> None:
    process = run("flake8", "--select=QSC", *arguments, cwd=project)
    assert process.stderr == b""
    assert process.returncode == 1
    assert process.stdout.count(b"shop/caf\\udce9.py") == 1
    assert _acts(process.stdout) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "no\x1b\n\u202ename"],
        ["check", "caf\udce9"],
        ["check", "--config", "x\x1b\udce9"],
        ["check", "--output-file", "gone\x1b\udce9/x"],
        ["check", "--select", "QSC\x1b"],
        ["check", "--\x1boption"],
        ["check", "--repositories", "list"],
        ["rule", "x\x1b\udce9"],
    ],
)
def test_an_error_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "list").write_bytes(b"gone\x1b\xe9\n")
    process = run("qscache-lint", *arguments, cwd=tmp_path)
    assert process.returncode == 2
    assert process.stderr.startswith(b"qscache-lint: error: ")
    assert process.stderr.count(b"\n") == 1
    assert _acts(process.stderr) == set()


def test_settings_that_are_wrong_are_told_in_one_line(tmp_path: Path) -> None:
    root = tmp_path / "a\x1b\nb\udce9"
    lay(root, {}, '"x\\u001b\\u202e" = 1\n')
    for process in (run("qscache-lint", "check", cwd=root), run("flake8", "-j2", cwd=root)):
        assert b"unknown key" in process.stderr + process.stdout
        assert b"Traceback" not in process.stderr
        assert (_acts(process.stdout), _acts(process.stderr)) == (set(), set())


@pytest.mark.drawn("encoding", "form")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_terminal_gets_a_report(tmp_path: Path, encoding: str, form: str) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/größe.py": REFINER.replace("word))", "word, x='Ж😀'))")})
    script = Path(sys.executable).with_name("qscache-lint")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [str(script), "check", "--no-cache", "--output-format", form]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment)
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_repository_may_have_names_that_are_no_text(project: Path) -> None:
    (project.parent / "list").write_bytes(b"root\n")
    plain = run("qscache-lint", "check", "root", "--output-format", "json", cwd=project.parent)
    for jobs in ("1", "2"):
        arguments = ["check", "--repositories", "list", "--output-format", "json", "--jobs", jobs]
        assert run("qscache-lint", *arguments, cwd=project.parent).stdout == plain.stdout


# -- what is no file


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A module that is imported and cannot be read is a finding; nothing else stops, and nothing is waited for."""
    names = ("bound", "pipe", "zero")
    counts = [f"{name.upper()} = len({name}.recent_items())\n" for name in names]
    reader = f"from shop import {', '.join(names)}\n" + "".join(counts)
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/reader.py": reader})
    for name in ("shop/pipe.py", "setup.cfg", "setup.py", "requirements.txt", "shop/x.env", "templates.html", "y.toml"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "shop/templates").mkdir()
    os.mkfifo(tmp_path / "shop/templates/page.html")
    (tmp_path / "shop/zero.py").symlink_to("/dev/zero")
    (tmp_path / "shop/directory.py").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "shop/bound.py"))
    for _ in range(2):
        process = run("qscache-lint", "check", "--output-format", "concise", cwd=tmp_path)
        assert process.stderr == b""
        found = [line.split(" ")[1] for line in process.stdout.decode().splitlines()]
        assert found == ["QSC900", "QSC900", "QSC101", "QSC201", "QSC900"]
        assert process.stdout.count(b"not analysed: cannot be read: not a regular file") == 3
    assert run("qscache-lint", "fix", "--diff", "--unsafe-fixes", cwd=tmp_path).returncode in (0, 1)


@pytest.mark.parametrize("option", ["--config", "--repositories"])
def test_an_option_names_a_file(tmp_path: Path, option: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = run("qscache-lint", "check", option, "pipe", cwd=tmp_path)
    assert process.returncode == 2
    assert process.stderr == b"qscache-lint: error: pipe: cannot be read: not a regular file\n"


# -- the cache


def _checked(root: Path) -> tuple[int, bytes, bytes]:
    process = run("qscache-lint", "check", "--output-format", "json", cwd=root)
    return process.returncode, process.stdout, process.stderr


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    lay(root, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    assert _checked(root)[0] == 1
    return root


def _entries(root: Path) -> list[Path]:
    return [path for path in sorted((root / CACHE).rglob("*")) if path.is_file() and path.parent != root / CACHE]


def test_an_entry_in_the_place_of_another_changes_nothing(checked: Path) -> None:
    kinds: dict[str, Path] = {}
    for path in _entries(checked):
        kinds.setdefault(path.parent.parent.name if "facts" in path.parts else path.name.partition("-")[0], path)
        if "facts" in path.parts:
            kinds[path.name] = path
    assert {"run", "fixes", "scouted", "facts"} <= set(kinds)
    expected = _checked(checked)
    sound = checked.with_name("sound")
    shutil.copytree(checked / CACHE, sound)
    for source, target in some_pairs(permutations([path.relative_to(checked) for path in kinds.values()], 2)):
        shutil.copyfile(sound / source.relative_to(CACHE), checked / target)
        (checked / "shop/new.py").write_text("".join(f"# {source.name} {target.name}\n"), encoding="utf-8")
        code, output, said = _checked(checked)
        assert (code, output) == expected[:2], (source, target)
        assert said.count(b"\n") <= 1
        shutil.rmtree(checked / CACHE)
        shutil.copytree(sound, checked / CACHE)


@pytest.mark.parametrize("kind", ["pipe", "link", "socket"])
def test_an_entry_that_is_no_file_is_not_waited_for(checked: Path, kind: str) -> None:
    code, output, _ = _checked(checked)
    for path in _entries(checked):
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to("/dev/zero")
        else:
            with socket.socket(socket.AF_UNIX) as bound:
                os.chdir(path.parent)
                bound.bind(path.name)
    assert _checked(checked)[:2] == (code, output)
    assert _checked(checked) == (code, output, b"")


@pytest.mark.parametrize("linked", ["", "*", "*/facts", "*/facts/??"])
def test_a_cache_behind_a_link_is_not_used(checked: Path, linked: str) -> None:
    code, output, _ = _checked(checked)
    top = checked / CACHE
    link = top if not linked else next(path for path in sorted(top.glob(linked)) if path.is_dir())
    elsewhere = checked.with_name("elsewhere")
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    before = contents(elsewhere)
    lay(checked, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER + "\n"})
    again = _checked(checked)
    assert again[:2] == (code, output)
    assert contents(elsewhere) == before
    if linked != "*/facts/??":  # others of these are asked for first
        reason = f"the cache in {top} is not used: {link} is a symbolic link"
        assert again[2].decode() == f"qscache-lint: warning: {reason}\n"
    flake8 = run("flake8", "--select=QSC", "-j2", cwd=checked)
    assert (flake8.returncode, flake8.stdout.count(b"QSC")) == (1, 2)
    assert contents(elsewhere) == before


def test_a_cache_is_not_made_behind_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    lay(tmp_path / "root", {"shop/queries.py": QUERIES})
    (tmp_path / "root" / CACHE).symlink_to(tmp_path / "elsewhere")
    assert b"is a symbolic link" in _checked(tmp_path / "root")[2]
    assert not (tmp_path / "elsewhere").exists()


def test_a_directory_that_is_named_for_the_cache_keeps_what_else_is_in_it(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER}, 'cache-dir = "."\n')
    for number in range(20):
        lay(tmp_path, {f"data/{number}/x.txt": "x", f"other{number}/x.txt": "x"})
    before = {path: source for path, source in contents(tmp_path).items() if path.endswith(".txt")}
    for text in (REFINER, REFINER + "\n"):
        lay(tmp_path, {"shop/refiner.py": text}, 'cache-dir = "."\n')
        assert _checked(tmp_path)[0] == 1
    assert len(before) == 40
    assert before.items() <= contents(tmp_path).items()
    assert not {".gitignore", "CACHEDIR.TAG"} & {path.name for path in tmp_path.iterdir()}


# -- names that are no text


LONE = r'"\ud83d"'


@pytest.mark.parametrize(
    ("name", "source"),
    [
        pytest.param(
            b"shop/kept.py",
            f"shelf = object()\nsetattr(shelf, {LONE}, recent_items())\n"
            f"def kept():\n    return getattr(shelf, {LONE}).filter(sold=True)\n",
            id="an-attribute",
        ),
        pytest.param(
            b"shop/kept.py",
            f"class Shelf:\n    def rows(self):\n        if not hasattr(self, {LONE}):\n"
            f"            setattr(self, {LONE}, recent_items())\n        return getattr(self, {LONE})\n",
            id="a-memo",
        ),
        pytest.param(
            b"shop/caf\xe9.py",
            "from functools import lru_cache\nfrom shop.models import Item\n@lru_cache\ndef kept():\n"
            "    return Item.objects.all()\ndef used():\n    return kept().filter(sold=True)\n",
            id="a-module",
        ),
        pytest.param(
            b"shop/a(b[.py",
            "from functools import lru_cache\nfrom shop.models import Item\n@lru_cache\ndef kept():\n"
            "    return Item.objects.all()\ndef used():\n    return kept().filter(sold=True)\n",
            id="a-module-with-the-signs-of-patterns",
        ),
    ],
)
def test_a_name_that_is_no_text_stands_nowhere(tmp_path: Path, name: bytes, source: str) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    with open(os.fsencode(tmp_path) + b"/" + name, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"from shop.queries import recent_items\n{source}")
    for _ in range(2):
        report = check_paths([tmp_path], means=Means(cached=True))
        (project,) = report.projects
        assert {"QSC101", "QSC201"} <= {finding.code for finding in project.findings}
        assert project.fixes
        plan_fixes(project, unsafe=True)
