"""Files that cannot be read or parsed: each is a finding where it can matter, and the rest is analysed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.entry.console import call, heads
from tests.unit.projects import QUERIES, REFINER

FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]
BROKEN = "from shop.queries import recent_items\n\n\ndef f(:\n"



def test_a_dangling_link_that_cannot_matter_is_silent(project: Path) -> None:
    (project / "notes").mkdir()
    (project / "notes" / "link.py").symlink_to("nowhere.py")
    result = call("check", "notes", "--output-format", "concise")
    assert (result.exit_code, result.output) == (0, "")


def test_a_file_inside_a_directory_that_cannot_be_read_is_a_finding_where_it_can_matter(project: Path) -> None:
    """What a dangling link would hold is not known; it stands where a caller imports from."""
    (project / "shop/views.py").write_text(
        "from shop import lost\n\nTOTAL = len(lost.recent_items())\n", encoding="utf-8"
    )
    (project / "shop/lost.py").symlink_to("nowhere.py")
    result = call("check", "--output-format", "concise")
    assert [head for head in heads(result.output) if "QSC900" in head] == ["shop/lost.py:1:1: QSC900"]
    assert [head for head in heads(result.output) if "QSC900" not in head] == FOUND


@pytest.mark.parametrize(
    ("source", "place"),
    [
        pytest.param(BROKEN.encode(), "4:7", id="syntax-error"),
        pytest.param(BROKEN.encode().replace(b"f(:", b"f('"), "4:7", id="string-not-closed"),
        pytest.param(BROKEN.encode().replace(b"f(:", b"f(): return '\xff'"), "1:1", id="bad-utf-8"),
        pytest.param(b"# coding: nonsense\n" + BROKEN.encode(), "1:1", id="unknown-encoding"),
        pytest.param(
            REFINER.encode() + b"x = " + b"[" * 300 + b"]" * 300 + b"\n",
            f"{REFINER.count(chr(10)) + 1}:1",
            id="300-nested-brackets",
        ),
    ],
)
def test_an_unparsable_file_is_a_finding_and_the_rest_is_analysed(project: Path, source: bytes, place: str) -> None:
    (project / "shop" / "broken.py").write_bytes(source)
    result = call("check", "--output-format", "concise")
    found = heads(result.output)
    assert [each for each in found if "broken" not in each] == FOUND
    row = place.partition(":")[0]
    assert [each.split(":")[1] for each in found if each.endswith("QSC900")] == [row]
    assert result.exit_code == 1


def test_a_file_on_which_the_compiler_fails_is_no_traceback(project: Path) -> None:
    odd = "\n\nclass Meta:\n    rows = [__class__ if 0 else n for n in (1, 2)]\n"  # SystemError in CPython 3.12.1
    (project / "shop/refiner.py").write_text(REFINER + odd, encoding="utf-8")
    result = call("fix")
    assert (result.exit_code, result.exception) == (0, None)
    assert "recent_items_queryset()" in (project / "shop/refiner.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", [b"x = = 1\n", b"x = 1\n\0", b"\xff\xfe\0"])
def test_a_broken_file_named_on_the_command_line_is_reported_whatever_it_holds(project: Path, source: bytes) -> None:
    (project / "other.py").write_bytes(source)
    result = call("check", "other.py", "--output-format", "concise")
    assert re.fullmatch(r"other\.py:[12]:\d+: QSC900 not analysed: .+\n", result.output)
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("TOTAL = " + " + ".join("1" * 1000) + "\n", id="a-sum-of-a-thousand-terms"),
        pytest.param("if x:\n    pass\n" + "elif x:\n    pass\n" * 1000, id="a-thousand-branches"),
    ],
)
@pytest.mark.parametrize("command", ["check", "fix"])
def test_deep_code_is_no_crash(project: Path, command: str, extra: str) -> None:
    (project / "shop" / "queries.py").write_text(QUERIES + extra, encoding="utf-8")
    result = call(command, "--unsafe-fixes") if command == "fix" else call(command)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
