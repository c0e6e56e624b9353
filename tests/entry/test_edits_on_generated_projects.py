"""Whatever is edited between two runs: a command with a cache prints what one without prints, byte for byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.cli import main
from tests.drawing import some
from tests.entry.console import runner
from tests.unit.generated import projects

COMMANDS = (
    ("check", "--output-format", "full"),
    ("check", "--output-format", "json"),
    ("fix", "--diff"),
    ("fix", "--diff", "--unsafe-fixes"),
)
TEXTS = (
    "\n\nEXTRA = 1\n",
    "\n\n@lru_cache\ndef more_ships():\n    return Ship.objects.all()\n",
    "\n\ndef first_of(word):\n    return ships0().filter(name=word)\n",
    "\n\ndef broken(:\n",
)
TABLES = (
    "",
    'ignore = ["QSC1"]\n',
    "keep-cached-name = true\n",
    'django-version = "4.2"\n',
    'extend-exclude = ["helpers.py"]\n',
)
TEMPLATES = ("{{ rows.0 }}", "{{ rows.count }}", "{% for row in ships0 %}{{ row }}{% endfor %}")

Edit: TypeAlias = Callable[[Path], None]


def _modules(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def _append(number: int, text: str) -> Edit:
    def edit(root: Path) -> None:
        with _chosen(root, number).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


def _rename(number: int, name: str) -> Edit:
    def edit(root: Path) -> None:
        path = _chosen(root, number)
        path.write_text(path.read_text(encoding="utf-8").replace(name, f"{name}_now"), encoding="utf-8")

    return edit


def _delete(number: int) -> Edit:
    return lambda root: _chosen(root, number).unlink()


def _touch(number: int) -> Edit:
    return lambda root: os.utime(_chosen(root, number), ns=(1, 1))


def _add(name: str, number: int) -> Edit:
    return lambda root: _write(name, _chosen(root, number).read_text(encoding="utf-8"))(root)


def _write(name: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")

    return edit


def _chosen(root: Path, number: int) -> Path:
    modules = _modules(root)
    return modules[number % len(modules)]


NUMBERS = st.integers(0, 40)
EDITS = st.one_of(
    st.builds(_append, NUMBERS, st.sampled_from(TEXTS)),
    st.builds(_rename, NUMBERS, st.sampled_from(["ships0", "use0", "narrow", "lru_cache", "Ship"])),
    st.builds(_delete, NUMBERS),
    st.builds(_touch, NUMBERS),
    st.builds(_add, st.sampled_from(["one/fleet/new.py", "one/notes.py", "two/fleet/new.py"]), NUMBERS),
    st.builds(_write, st.just("pyproject.toml"), st.sampled_from(TABLES).map("[tool.qscache-lint]\n{}".format)),
    st.builds(_write, st.just("one/templates/page.html"), st.sampled_from(TEMPLATES)),
    st.builds(_write, st.just("requirements.txt"), st.sampled_from(["django==4.2\n", "django==5.2\n"])),
    st.builds(_write, st.sampled_from(["two/LICENSE", "one/LICENSE", "two/fleet/LICENSE"]), st.just("")),
)


def _said(root: Path, arguments: tuple[str, ...], *more: str) -> tuple[int, str]:
    done = runner().invoke(main, [*arguments, "--jobs", "1", *more, str(root)])
    assert isinstance(done.exception, (SystemExit, type(None))), done.exception
    return done.exit_code, done.output


@given(
    several=st.lists(projects(), min_size=1, max_size=2),
    steps=st.lists(
        st.tuples(st.lists(EDITS, min_size=1, max_size=2), st.sampled_from(COMMANDS)), min_size=3, max_size=6
    ),
)
@settings(max_examples=some(48), derandomize=True, database=None, deadline=None)
def test_a_warm_command_prints_what_a_cold_one_does(
    several: list[dict[str, str]], steps: list[tuple[list[Edit], tuple[str, ...]]]
) -> None:
    """One command runs after each edit, so that what others have kept is of different ages; all of them at the end."""
    with TemporaryDirectory() as directory, TemporaryDirectory() as kept:
        root = Path(directory)
        _write("pyproject.toml", "[tool.qscache-lint]\n")(root)
        for name, files in zip(("one", "two"), several, strict=False):
            _write(f"{name}/LICENSE", "")(root)
            for path, text in files.items():
                _write(f"{name}/{path}", text)(root)
        for edits, command in [([], COMMANDS[0]), *steps]:
            for edit in edits:
                edit(root)
            assert _said(root, command, "--cache-dir", kept) == _said(root, command, "--no-cache")
        for command in COMMANDS:
            assert _said(root, command, "--cache-dir", kept) == _said(root, command, "--no-cache")
