"""Text that a terminal shows, whatever it is made of, and the reports that are made of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unicodedata
from pathlib import Path
from unittest import mock

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qscache_lint.api import ProjectReport, Report
from qscache_lint.formats import FORMATS
from qscache_lint.printable import encodable, printable
from qscache_lint.reports import render
from qscache_lint.reports.patch import patch
from qscache_lint.run import ComponentResult, Run
from qscache_lint.run_result import DjangoVersion, ReportedFinding, RunResult
from qscache_lint.serving.session import rows_of
from qscache_lint.settings import Settings
from qscache_lint.source.text import decode
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Applicability, Edit, Finding, Fix, Position, Span, Step

CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F)))
DIRECTIONS = "".join(map(chr, (*range(0x2028, 0x202F), *range(0x2066, 0x206A))))
NASTY = CONTROLS + DIRECTIONS + "\ufeff\ud83d\udce9"
DOCUMENTS = ("json", "gitlab", "junit", "sarif", "rdjson", "html")
"""Formats of many lines, which end where the format wants it."""

TEXTS = st.text(st.one_of(st.sampled_from(NASTY), st.sampled_from("ab é字😀"), st.characters(exclude_categories=())))
NAMES = TEXTS.map(lambda text: re.sub("[/\0\ud800-\udc7f\udd00-\udfff]", "\udce9", text)).filter(bool)
"""Whatever a file may be called: any bytes but a slash and zero; surrogates stand for those that are no text."""


def _acts(text: str) -> set[str]:
    return {char for char in text if char in NASTY or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")}


@given(TEXTS)
def test_nothing_is_left_that_a_terminal_acts_on(text: str) -> None:
    shown = printable(text)
    assert _acts(shown) == set()
    assert printable(shown) == shown
    assert shown.encode().decode() == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("größe 字 العربية 😀", "größe 字 العربية 😀"),
        ("म\u200dे 👩\u200d💻 a\u00a0b\u3000c", "म\u200dे 👩\u200d💻 a\u00a0b\u3000c"),
        ("C:\\shop", "C:\\shop"),
        ("caf\udce9.py", "caf\\udce9.py"),
        ("\x1b[31m\x07\n\r\t\x7f\x9b", "\\x1b[31m\\x07\\n\\r\\t\\x7f\\x9b"),
        ("a\u202eb\u2066c\u2028d\u061ce", "a\\u202eb\\u2066c\\u2028d\\u061ce"),
    ],
)
def test_what_has_a_look_is_shown_and_the_rest_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_kept_stays() -> None:
    assert printable("a\tb\n", kept="\t") == "a\tb\\n"


@given(TEXTS)
def test_whatever_is_encodable_has_a_form(text: str) -> None:
    assert encodable(text).encode().decode() == encodable(text)
    assert "\ud83d" in text or "\udce9" in text or encodable(text) == text or not text.isprintable()


@pytest.mark.parametrize("codec", ["rot13", "hex", "undefined", "idna", "nonsense", "unicode_escape", "utf-16"])
def test_every_source_is_text_whatever_codec_it_names(codec: str) -> None:
    assert isinstance(decode(f"# coding: {codec}\nx = '\\ud83d'\n".encode() + b"\xff"), str)


# -- reports


def _report(root: Path, name: str, text: str, column: int) -> Report:
    """A report in which everything comes from elsewhere."""
    span = Span(Position(1, column), Position(1, column + 3))
    fix = Fix(text, Applicability.UNSAFE, text, (Edit(name, span, text),), (Fix(text, Applicability.SAFE, text),))
    trail = (Step(name, span, text),)
    finding = Finding(name, span, "QSC201", "refined", f"m{text}", trail=trail, suggestion=f"s{text}")
    found = (ReportedFinding(finding, fix=fix),)
    run = Run((ComponentResult(RunResult(found, 1, (), DjangoVersion((5, 2), ""))),))
    return Report((ProjectReport(root, Settings(), SourceTree(root, ()), (finding,), run, 1),))


def _lines(form: str, report: Report, here: Path) -> list[str]:
    """The lines of a report without our own colours, which are made of controls."""
    with mock.patch.object(click, "style", lambda text, **how: text):
        return list(render(form, report, here))


@settings(max_examples=200, deadline=None)
@given(name=NAMES, text=TEXTS, column=st.integers(1, 12))
@example(name="a\nb.py:1:1: QSC101 forged", text="\x1b[2J\u202e" + NASTY, column=2)
def test_no_report_passes_on_what_a_terminal_acts_on(name: str, text: str, column: int) -> None:
    report = _report(Path("/root"), name, text, column)
    for form in FORMATS:
        for line in _lines(form, report, Path("/root")):
            assert _acts(line) <= ({"\n"} if form in DOCUMENTS else set())
    assert not any(_acts(row[2]) for rows in rows_of(report).values() for row in rows)


@given(name=NAMES, text=TEXTS)
def test_json_says_what_there_is(name: str, text: str) -> None:
    report = _report(Path("/root"), name, text, 1)
    written = "".join(render("json", report, Path("/root")))
    assert written.isascii()
    (entry,) = json.loads(written)
    assert entry["message"] == encodable(f"m{text}")
    assert entry["fix"]["edits"][0]["content"] == encodable(text)


@pytest.mark.parametrize(
    ("line", "column", "shown", "mark"),
    [
        ("x = rows.filter()", 5, "x = rows.filter()", "    ^^^"),
        ("\tx\t= rows", 2, "\tx\t= rows", "\t^^^"),
        ("x\x1b[m = rows", 8, "x\\x1b[m = rows", "          ^^^"),
        ("x = '\x1b\u202e'", 6, "x = '\\x1b\\u202e'", "     ^^^^^^^^^^^"),
    ],
)
def test_the_mark_stands_below_what_is_shown(tmp_path: Path, line: str, column: int, shown: str, mark: str) -> None:
    (tmp_path / "a.py").write_text(line, encoding="utf-8")
    lines = _lines("full", _report(tmp_path, "a.py", "", column), tmp_path)
    assert lines[2:4] == [f"  1 | {shown}", f"    | {mark}"]


# -- patches

SOURCE = "a = 1\r\n\f\r\n\tb = 'größe \u3000'\r\nc = 3\r\n"


def test_a_patch_of_an_ordinary_file_applies(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(SOURCE.encode())
    after = SOURCE.replace("c = 3", "c = 4")
    written = "".join(patch("a.py", SOURCE, after))
    applied = subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=written.encode(), check=False)
    assert applied.returncode == 0
    assert (tmp_path / "a.py").read_bytes() == after.encode()


@given(TEXTS, TEXTS, TEXTS)
def test_a_patch_passes_on_nothing_else(name: str, before: str, after: str) -> None:
    for line in "".join(patch(printable(name), before, after)).split("\n"):
        assert _acts(line.removesuffix("\r").removesuffix("\f")) <= {"\t"}


def test_the_test_has_the_controls_that_matter() -> None:
    assert set(map(os.fsdecode, (b"\xe9", b"\x1b"))) <= set(NASTY)
    assert {"\x1b", "\x07", "\x9b", "\u202e", "\u2069", "\u200f", "\u2028"} <= set(NASTY)
