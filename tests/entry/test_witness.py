"""`check --witness` in every format, and `witness show`: findings confirmed and ordered by cost, what is not found."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from qscache_lint.cli import main
from qscache_lint.formats import FORMATS, is_report
from qscache_lint.witness.records import Executed, RecordedStore, RecordedUse, Recording, encode
from tests.entry.console import run
from tests.unit.projects import QUERIES, READER, REFINER, lay, side_by_side, write
from tests.unit.witness.recordings import at, recording

OTHER = REFINER.replace("named", "others").replace("filter", "exclude")
PLUGIN = "from shop.queries import recent_items\n\n\ndef last(plugin):\n    return plugin.rows().order_by('pk')\n"
FILES = {
    "shop/queries.py": QUERIES,
    "shop/reader.py": READER,
    "shop/refiner.py": REFINER,
    "shop/other.py": OTHER,
    "shop/idle.py": REFINER.replace("named", "idle"),
    "shop/plugin.py": PLUGIN,
}
STORE = RecordedStore(
    1, "pickled", "cache_memoize", at("shop/refiner.py", 5, "named", 17), at("shop/queries.py", 6, "recent_items"),
    times=3, rows=5403, most_rows=1801, bytes=2_100_000, most_bytes=700_000, queries=3, milliseconds=64.2,
    hits=20, hit_rows=36_020, hit_bytes=14_000_000, hit_milliseconds=120.0,
)  # fmt: skip
CHEAP = RecordedUse(1, "refined", "filter", at("shop/refiner.py", 5, "named", 17), (), 12, 12, 12, 3.0)
DEAR = RecordedUse(1, "refined", "exclude", at("shop/other.py", 5, "others", 17), (), 8, 8, 14_000, 300.0)
PLUGGED = RecordedUse(1, "refined", "order_by", at("shop/plugin.py", 5, "last", 12), (), 2, 2, 9, 1.0)
RAN = ("shop/queries.py", 6, "recent_items"), ("shop/refiner.py", 4, "named"), ("shop/other.py", 4, "others")

ORDER = [
    ("shop/other.py", "QSC201"),
    ("shop/queries.py", "QSC101"),
    ("shop/refiner.py", "QSC201"),
    ("shop/idle.py", "QSC201"),
]
"""The findings by what they cost."""


def _recorded(*uses: RecordedUse, stores: tuple[RecordedStore, ...] = (STORE,), **others: Any) -> Recording:
    digests = {path: sha256(text.encode()).hexdigest()[:16] for path, text in FILES.items()}
    executed: dict[str, tuple[Executed, ...]] = {path: (Executed(row, name),) for path, row, name in RAN}
    return replace(recording(stores, uses, digests, executed), **others)


WHOLE = _recorded(CHEAP, DEAR, PLUGGED)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    lay(root, FILES)
    monkeypatch.chdir(root)
    (tmp_path / "w.json").write_bytes(encode(WHOLE))
    return root


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def _check(form: str, *arguments: str) -> str:
    result = _call("check", "--output-format", form, "--witness", "../w.json", *arguments)
    assert result.exit_code == 1
    return result.stdout


# -- formats


@pytest.mark.usefixtures("project")
def test_the_text_has_what_was_seen_and_a_section_of_what_is_not_found() -> None:
    text = _check("full")
    assert "\n  seen: pickled 3 times (2.1 MB, at most 1,801 rows, 64 ms); handed out again 20 times (14.0 MB," in text
    assert "\n    seen: refined 8 times (8 queries, 14,000 rows, 300 ms)\n" in text
    assert "\n    witness: not executed\n" in text
    places = re.findall(r"^ *(shop/\w+\.py):\d+:\d+: (QSC\d+)", text, re.MULTILINE)
    assert sorted(places) == sorted(ORDER)
    uses = [path for path, code in places if code == "QSC201"]
    assert uses == ["shop/other.py", "shop/refiner.py", "shop/idle.py"]
    assert text.endswith("""\
Witnessed, but not found:

shop/plugin.py:5:12: witnessed
    |
  5 |     return plugin.rows().order_by('pk')
    |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  a QuerySet out of a cache: refined by .order_by() 2 times (2 queries, 9 rows, 1.0 ms)
  not found: plugin.rows() is unknown to the analysis: the parameter plugin: its annotation names no
      type, and what callers pass is not known here (shop/plugin.py:4:5)
  --> shop/plugin.py:5:12: unknown: the attribute rows

Found 4 problems.
""")


def _of_concise(text: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^(shop/\w+\.py):\d+:\d+: (QSC\d+) ", text, re.MULTILINE)


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    yield from ((_within(each["filename"]), each["code"]) for each in json.loads(text) if each["code"])


def _of_json_lines(text: str) -> Iterator[tuple[str, str]]:
    yield from _of_json(f"[{','.join(text.splitlines())}]")


def _of_github(text: str) -> Iterator[tuple[str, str]]:
    yield from ((path, code) for code, path in re.findall(r"title=(QSC\d+) [^,]+,file=([^,]+),", text))


def _of_gitlab(text: str) -> Iterator[tuple[str, str]]:
    yield from ((each["location"]["path"], each["check_name"]) for each in json.loads(text))


def _of_junit(text: str) -> Iterator[tuple[str, str]]:
    for case in ET.fromstring(text).iter("testcase"):
        yield case.attrib["file"], case.attrib["name"].partition(" ")[0]


def _of_sarif(text: str) -> Iterator[tuple[str, str]]:
    for each in json.loads(text)["runs"][0]["results"]:
        yield each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], each["ruleId"]


def _of_rdjson(text: str) -> Iterator[tuple[str, str]]:
    yield from ((each["location"]["path"], each["code"]["value"]) for each in json.loads(text)["diagnostics"])


def _within(path: str) -> str:
    return Path(path).relative_to(Path.cwd()).as_posix()


READERS = {
    "concise": _of_concise,
    "json": _of_json,
    "json-lines": _of_json_lines,
    "github": _of_github,
    "gitlab": _of_gitlab,
    "junit": _of_junit,
    "sarif": _of_sarif,
    "rdjson": _of_rdjson,
}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", READERS)
def test_every_format_has_the_findings_by_their_cost(form: str) -> None:
    assert [*READERS[form](_check(form))] == ORDER


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_was_seen(form: str) -> None:
    text = _check(form)
    assert "refined 8 times (8 queries, 14,000 rows, 300 ms)" in text
    assert "not executed" in text
    assert is_report(text.encode())


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", FORMATS)
def test_without_a_recording_nothing_is_said_of_one(form: str) -> None:
    text = _call("check", "--output-format", form).stdout
    assert "seen:" not in text
    assert "witness" not in text.replace(".witness b", "").lower()


@pytest.mark.usefixtures("project")
def test_json_has_the_numbers_and_what_is_not_found_without_a_code() -> None:
    *findings, missed = json.loads(_check("json"))
    cached = findings[1]["witness"]
    numbers = [cached[name] for name in ("verdict", "milliseconds", "rows", "times")]
    assert numbers == ["confirmed", 184.2, 41_423, 23]
    assert cached["stores"][0]["most_rows"] == 1801
    assert {use["operation"] for use in cached["uses"]} == {"filter", "exclude", "order_by"}
    assert (findings[3]["witness"]["verdict"], findings[3]["witness"]["uses"]) == ("not executed", [])
    assert missed.keys() >= findings[0].keys()
    assert (missed["code"], missed["name"]) == (None, "witnessed-not-found")
    assert _within(missed["filename"]) == "shop/plugin.py"
    assert missed["reason"].startswith("plugin.rows() is unknown to the analysis: the parameter plugin")
    assert (missed["witness"]["operation"], missed["witness"]["times"]) == ("order_by", 2)


@pytest.mark.usefixtures("project")
def test_sarif_has_ranks_and_numbers() -> None:
    results = json.loads(_check("sarif"))["runs"][0]["results"]
    assert [each["rank"] for each in results] == [100.0, 61.4, 1.0, 0.0]
    assert [each["properties"]["witness"]["verdict"] for each in results] == ["confirmed"] * 3 + ["not executed"]


@pytest.mark.usefixtures("project")
def test_the_page_has_a_section_of_what_is_not_found() -> None:
    page = _check("html")
    section = page.partition("<h2>Witnessed, but not found</h2>")[2].partition("</aside>")[0]
    assert "shop/plugin.py:5:12" in section
    assert "a QuerySet out of a cache: refined by .order_by() 2 times" in section
    assert "plugin.rows() is unknown to the analysis" in section


@pytest.mark.usefixtures("project")
def test_fingerprints_are_those_of_a_run_without_a_recording() -> None:
    plain = json.loads(_call("check", "--output-format", "gitlab").stdout)
    ranked = json.loads(_check("gitlab"))
    assert sorted(each["fingerprint"] for each in plain) == sorted(each["fingerprint"] for each in ranked)


# -- what else is asked for


@pytest.mark.usefixtures("project")
def test_what_is_not_found_changes_no_exit_code() -> None:
    result = _call("check", "--witness", "../w.json", "shop/plugin.py")
    assert result.exit_code == 0
    assert "Witnessed, but not found:" in result.stdout
    assert result.stdout.endswith("No problems found in 1 file.\n")


@pytest.mark.usefixtures("project")
def test_what_was_not_asked_for_is_not_hidden() -> None:
    assert "more finding" not in _check("full", "shop/other.py", "shop/plugin.py")


@pytest.mark.usefixtures("project")
def test_quiet_leaves_out_what_is_not_found() -> None:
    assert "Witnessed" not in _check("full", "-q")
    assert _call("check", "-q", "--witness", "../w.json", "shop/plugin.py").stdout == ""


@pytest.mark.usefixtures("project")
def test_statistics_count_what_was_seen() -> None:
    said = _call("check", "--statistics", "--witness", "../w.json").stderr
    assert "     3 witness: confirmed\n     1 witness: not executed\n" in said


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("hiding", ["baseline", "select", "noqa"])
def test_what_is_found_but_hidden_is_counted_and_not_missed(hiding: str, project: Path) -> None:
    arguments = {"baseline": ("--baseline", "known.json"), "select": ("--select", "QSC3"), "noqa": ()}[hiding]
    if hiding == "baseline":
        _call("check", "--write-baseline", "known.json")
    if hiding == "noqa":
        _call("check", "--add-noqa")
    result = _call("check", "--witness", "../w.json", *arguments)
    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "3 more findings are confirmed, but not reported: by the settings, comments or the baseline (QSC" in told
    assert result.stdout.count(": witnessed\n") == 1


@pytest.mark.usefixtures("project")
def test_what_tests_do_is_counted_and_not_missed(project: Path, tmp_path: Path) -> None:
    lay(project, {**FILES, "tests/test_plugin.py": PLUGIN})
    in_test = replace(PLUGGED, place=at("tests/test_plugin.py", 5, "last", 12))
    (tmp_path / "w.json").write_bytes(encode(_recorded(in_test)))
    text = _check("full")
    assert "1 place in tests is left out" in text
    assert ": witnessed\n" not in text


def test_what_no_rule_is_about_is_counted_and_not_missed(project: Path, tmp_path: Path) -> None:
    limited = QUERIES.replace("recent", "newest").replace("(sold=False)", "(sold=False)[:5]")
    lay(project, {**FILES, "shop/newest.py": limited})
    store = replace(STORE, function=at("shop/newest.py", 6, "newest_items", end_row=7))
    (tmp_path / "w.json").write_bytes(encode(_recorded(stores=(store,))))
    text = _check("full")
    assert "1 more place is known to the analysis, and no rule is about that" in text
    assert ": witnessed\n" not in text
    assert all(each["code"] for each in json.loads(_check("json")))


def test_another_recording_and_a_kept_result_give_the_new_numbers(project: Path, tmp_path: Path) -> None:
    first = _check("full")
    assert _check("full") == first
    (tmp_path / "w.json").write_bytes(encode(_recorded(replace(CHEAP, times=99))))
    assert "refined 99 times" in _check("full")
    assert "seen:" not in _call("check").stdout


@pytest.mark.usefixtures("project")
def test_several_recordings_count_together_in_any_order(tmp_path: Path) -> None:
    other_run = _recorded(replace(CHEAP, milliseconds=0.7), stores=(replace(STORE, times=1),))
    (tmp_path / "v.json").write_bytes(encode(other_run))
    one = _check("json", "--witness", "../v.json")
    other = _call("check", "--output-format", "json", "--witness", "../v.json", "--witness", "../w.json").stdout
    assert one == other
    assert "refined 24 times" in _check("concise", "--witness", "../v.json")


def test_neither_the_environment_nor_the_order_of_a_recording_changes_a_byte(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = replace(WHOLE, uses=WHOLE.uses[::-1], executed=dict(reversed([*(WHOLE.executed or {}).items()])))
    (tmp_path / "turned.json").write_bytes(encode(turned))
    reports = set()
    for name, seed in (("w.json", "0"), ("turned.json", "1"), ("turned.json", "2")):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        arguments = ("check", "--output-format", "json", "--witness", tmp_path / name)
        reports.add(run("qscache-lint", *arguments, cwd=project).stdout)
    assert len(reports) == 1


@pytest.mark.usefixtures("project")
def test_what_the_user_should_know_of_a_recording_is_said(project: Path, tmp_path: Path) -> None:
    (project / "shop/other.py").write_text(f"import os\n{OTHER}", encoding="utf-8")
    away = replace(PLUGGED, place=at("gone.py", 1))
    (tmp_path / "w.json").write_bytes(encode(_recorded(DEAR, away, incomplete=("hits of a C cache",))))
    said = _call("check", "--witness", "../w.json").stderr.splitlines()
    assert [line.removeprefix("qscache-lint: warning: ") for line in said] == [
        "the witness: hits of a C cache",
        "1 file has changed since the recording: places there are matched by function and nearest row",
        "1 recorded place is in no file of the project",
    ]


def test_a_function_that_is_gone_has_no_reason_about_the_one_on_its_row(project: Path) -> None:
    (project / "shop/plugin.py").write_text(PLUGIN.replace("def last", "def newest"), encoding="utf-8")
    missed = [each for each in json.loads(_check("json")) if each["code"] is None]
    reason = "the file has changed since the recording, and there is no last() in it any more"
    assert [(_within(each["filename"]), each["reason"]) for each in missed] == [("shop/plugin.py", reason)]


def test_each_component_is_asked_for_its_own_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = {f"site_{name}/{name}/plugin.py": PLUGIN.replace("shop", name) for name in ("tin", "wood")}
    write(tmp_path, {**side_by_side("tin", "wood"), **plugins})
    uses = tuple(replace(PLUGGED, place=at(path, 5, "last", 12)) for path in plugins)
    (tmp_path / "w.json").write_bytes(encode(recording((replace(STORE, function=None, place=None),), uses)))
    monkeypatch.chdir(tmp_path)
    result = _call("check", "--no-cache", "--jobs", "1", "--output-format", "json", "--witness", "w.json")
    missed = [each for each in json.loads(result.stdout) if each["code"] is None]
    assert [_within(each["filename"]) for each in missed] == [*plugins]
    assert all(each["reason"].startswith("plugin.rows() is unknown to the analysis") for each in missed)


def test_lines_since_a_revision_are_joined_too(project: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=project, check=True)
    (project / "shop/other.py").write_text(OTHER.replace("exclude", "filter"), encoding="utf-8")
    subprocess.run([*git, "add", "."], cwd=project, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], cwd=project, check=True)
    (project / "shop/other.py").write_text(OTHER, encoding="utf-8")
    assert [*_of_concise(_check("concise", "--since", "HEAD"))] == [("shop/other.py", "QSC201")]


# -- what is refused


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", [["check", "--witness"], ["witness", "show"]], ids=" ".join)
def test_what_is_no_recording_is_one_line_and_2(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(b'{"version": 2}')
    wrong = {"w.json": "not a recording of the witness: version 2 ", "none": "there is no such recording"}
    for name, what in wrong.items():
        result = _call(*command, f"../{name}")
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"qscache-lint: error: ../{name}: {what}")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("arguments", [["--watch"], ["--repositories", "list"]], ids=" ".join)
def test_what_is_about_one_run_goes_with_one_run(arguments: list[str]) -> None:
    result = _call("check", "--witness", "../w.json", *arguments)
    assert result.exit_code == 2
    assert f"{arguments[0]} cannot be combined with --witness" in result.stderr


HOSTILE = "shop/\x1b[31m%0A::error::<b>&\"'.py"


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_in_a_recording_acts_on_a_terminal_or_a_service(form: str, project: Path, tmp_path: Path) -> None:
    lay(project, {**FILES, HOSTILE: PLUGIN})
    uses = [
        replace(PLUGGED, place=at(HOSTILE, 5, "\x1b]0;x\x07", 12), operation="\x1b[2J\n::error::</b>]]>"),
        replace(CHEAP, place=at("shop/refiner.py", 5, "\x1b[31m")),
    ]
    store = replace(STORE, store="\x1b[31m\n::error::")
    made = _recorded(*uses, stores=(store,), incomplete=("\x1b[31m\n::error::",))
    (tmp_path / "w.json").write_bytes(encode(made))
    result = _call("check", "--output-format", form, "--witness", "../w.json")
    for text in (click.unstyle(result.stdout), result.stderr):
        assert {char for char in text if not char.isprintable()} <= {"\n"}
    assert "\n::error::" not in result.output


# -- witness show


@pytest.mark.usefixtures("project")
def test_the_table_has_each_store_with_its_uses_the_most_costly_first() -> None:
    result = _call("witness", "show", "../w.json")
    assert result.exit_code == 0
    lines = [re.split(r"  +", line.strip()) for line in result.stdout.splitlines()]
    assert lines == [
        ["what", "where", "times", "queries", "rows", "size", "time"],
        ["pickled (cache_memoize)", "shop/queries.py:6 recent_items", "3", "3", "5,403", "2.1 MB", "64 ms"],
        ["handed out again", "20", "36,020", "14.0 MB", "120 ms"],
        ["refined by .exclude()", "shop/other.py:5 others", "8", "8", "14,000", "300 ms"],
        ["refined by .filter()", "shop/refiner.py:5 named", "12", "12", "12", "3.0 ms"],
        ["refined by .order_by()", "shop/plugin.py:5 last", "2", "2", "9", "1.0 ms"],
        [""],
        ["Recorded by qscache-lint 0.1.0 with Django 6.1 and Python 3.12.1, in 1 process."],
    ]


@pytest.mark.usefixtures("project")
def test_several_recordings_are_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_bytes(encode(recording(incomplete=("what a C cache hands out",))))
    text = _call("witness", "show", "../w.json", "../v.json").stdout
    assert text.endswith("in 2 processes.\nwhat a C cache hands out\n")
    shown = json.loads(_call("witness", "show", "--output-format", "json", "../w.json", "../v.json").stdout)
    assert (shown["processes"], len(shown["uses"])) == (2, 3)


def test_what_is_shown_as_json_is_a_recording(project: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    again.write_text(_call("witness", "show", "--output-format", "json", "../w.json").stdout, encoding="utf-8")
    assert _call("witness", "show", str(again)).stdout == _call("witness", "show", "../w.json").stdout


def test_a_recording_of_nothing_says_so(project: Path, tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(encode(recording()))
    assert "No cached QuerySets were recorded.\n" in _call("witness", "show", "../w.json").stdout


def test_stores_without_a_place_are_counted(project: Path, tmp_path: Path) -> None:
    away = replace(STORE, place=None, function=None)
    (tmp_path / "w.json").write_bytes(encode(_recorded(stores=(away, replace(away, id=2, store="memcached")))))
    told = "2 stores have no place below the root of the recording, which may be that of another directory.\n"
    assert _call("witness", "show", "../w.json").stdout.endswith(told)


def test_the_command_alone_shows_its_help() -> None:
    result = _call("witness")
    assert result.exit_code == 0
    assert "show" in result.stdout


def test_a_table_lets_no_terminal_act(project: Path, tmp_path: Path) -> None:
    use = replace(PLUGGED, place=at(HOSTILE, 5, "\x1b]0;x\x07"), operation="\x1b[2J\n")
    (tmp_path / "w.json").write_bytes(
        encode(_recorded(use, stores=(replace(STORE, store="\x1b[31m\n"),), incomplete=("\x1b[0m\n",)))
    )
    text = click.unstyle(_call("witness", "show", "../w.json").stdout)
    assert {char for char in text if not char.isprintable()} <= {"\n"}
