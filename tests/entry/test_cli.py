"""The command `qscache-lint`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlparse

import msgspec
import pytest
from click.testing import Result

from qscache_lint import __version__
from qscache_lint.cli import main
from qscache_lint.formats import FORMATS
from qscache_lint.rules import RULES
from qscache_lint.source.edits import apply_edits
from qscache_lint.values import Edit as TextEdit
from qscache_lint.values import Position, Span
from tests.entry.console import FINDINGS, SILENT_FIRST, contents, fixture, run, runner
from tests.unit.projects import QUERIES, READER, REFINER, lay, take_builder_name

PROJECT = {"shop/queries.py": QUERIES, "shop/reader.py": READER, "shop/refiner.py": REFINER}
FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]
BROKEN = "from shop.queries import recent_items\n\n\ndef f(:\n"


def _call(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return runner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def _heads(output: str) -> list[str]:
    """The lines of `concise` without their messages."""
    return [" ".join(line.split(" ")[:2]) for line in output.splitlines()]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    lay(root, PROJECT)
    monkeypatch.chdir(root)
    return root


# -- the fixtures


@pytest.mark.parametrize("name", SILENT_FIRST)
def test_a_fixture_has_exactly_these_findings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture(name, tmp_path))
    result = _call("check", "--output-format", "concise")
    assert _heads(result.output) == FINDINGS[name]
    assert result.exit_code == (1 if FINDINGS[name] else 0)


def test_the_story_of_2008_is_told(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    process = run("qscache-lint", "check", cwd=root)
    assert (process.returncode, process.stderr) == (1, b"")
    output = process.stdout.decode()
    told = " ".join(output.split())
    assert "archive/views.py:11:32: QSC201 refined-pickled-queryset\n" in output
    assert "| " + " " * 31 + "^^^^^^\n" in output
    assert "without LIMIT and pickled every row" in told
    assert "this runs a second query" in told
    assert "unbounded here because num=0 skips the slice on line 22" in told
    assert "  2. stories/queries.py:12:2: " in output
    assert "getRecentStoriesQuerySet" in told
    assert output.endswith("Found 2 problems.\n")


def test_the_same_from_another_directory_with_longer_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixture("recent_stories", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = _call("check", "recent_stories", "--output-format", "concise")
    assert _heads(result.output) == [f"recent_stories/{each}" for each in FINDINGS["recent_stories"]]


def test_messages_name_files_as_seen_from_where_one_stands(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_builder_name(project)
    (project / "shop" / "asking.py").write_text(
        "from shop import queries\n\n\ndef rows():\n    return list(getattr(queries, 'recent_items')())\n", "utf-8"
    )
    reason = "passes the name of the function to getattr()"
    assert f"line 5 of shop/asking.py {reason}" in " ".join(_call("check").output.split())
    monkeypatch.chdir(project.parent)
    for command in (("check",), ("check", "--output-format", "json"), ("fix",)):
        told = " ".join(_call(*command, "project").output.split())
        assert f"line 5 of project/shop/asking.py {reason}" in told
    monkeypatch.chdir(project / "shop")
    assert f"line 5 of asking.py {reason}" in " ".join(_call("check").output.split())


def test_paths_narrow_what_is_reported_not_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture("recent_stories", tmp_path))
    for path in ("archive", "archive/views.py"):
        assert _heads(_call("check", path, "--output-format", "concise").output) == ["archive/views.py:11:32: QSC201"]
    assert _call("check", "caching", "stories/sidebar.py").exit_code == 0


def test_two_projects_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixture("recent_stories", tmp_path)
    fixture("recent_stories_clean", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = _call("check", "recent_stories_clean", "recent_stories", "--output-format", "concise")
    assert _heads(result.output) == [f"recent_stories/{each}" for each in FINDINGS["recent_stories"]]


# -- exit codes and errors


def test_nothing_found_is_0(tmp_path: Path) -> None:
    lay(tmp_path, {})
    process = run("qscache-lint", "check", cwd=tmp_path)
    assert (process.returncode, process.stdout, process.stderr) == (0, b"No problems found in 2 files.\n", b"")


def test_findings_are_1_and_0_when_asked(project: Path) -> None:
    assert _call("check").exit_code == 1
    assert _call("check", "--exit-zero").exit_code == 0


@pytest.mark.parametrize("look", ["--diff", "--check"])
def test_what_would_change_is_1_and_0_when_asked(project: Path, look: str) -> None:
    assert _call("fix", "--unsafe-fixes", look).exit_code == 1
    assert _call("fix", "--unsafe-fixes", look, "--exit-zero").exit_code == 0


@pytest.mark.parametrize("command", ["check", "fix"])
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["gone.py"], "gone.py: no such file or directory", id="missing-file"),
        pytest.param(["shop", "gone/"], "gone: no such file or directory", id="missing-directory"),
        pytest.param(["dangling.py"], "dangling.py: no such file or directory", id="dangling-link"),
        pytest.param(["circle.py"], "circle.py: ", id="circle-of-links"),
        pytest.param(["--select", "QSC777"], "unknown rule code 'QSC777'", id="unknown-rule-to-select"),
        pytest.param(["--extend-ignore", "E501"], "unknown rule code 'E501'", id="unknown-rule-to-ignore"),
        pytest.param(["--django-version", "99"], "unknown Django version 99; known are 1.0", id="unknown-django"),
        pytest.param(["--config", "gone.toml"], "gone.toml: cannot be read: No such file", id="missing-config"),
        pytest.param(["--config", "broken.toml"], "broken.toml: not valid TOML", id="broken-config"),
        pytest.param(["--output-file", "gone/report.txt"], "report.txt: cannot be written: ", id="unwritable-output"),
    ],
)
def test_wrong_input_is_one_line_and_2(project: Path, command: str, arguments: list[str], reason: str) -> None:
    (project / "dangling.py").symlink_to("nowhere.py")
    (project / "circle.py").symlink_to("circle.py")
    (project / "broken.toml").write_text("[tool.qscache-lint\n", encoding="utf-8")
    before = contents(project)
    result = _call(command, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("qscache-lint: error: ")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
    assert contents(project) == before


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        pytest.param("selct = []\n", "unknown key 'selct'; did you mean 'select'?", id="unknown-key"),
        pytest.param("select = 1\n", "select: Expected `array", id="wrong-type"),
        pytest.param("select = [\n", "not valid TOML", id="broken-toml"),
        pytest.param('select = ["QSC777"]\n', "unknown rule code 'QSC777'", id="unknown-rule"),
    ],
)
def test_a_wrong_table_is_one_line_and_2(tmp_path: Path, table: str, reason: str) -> None:
    lay(tmp_path, PROJECT, table)
    process = run("qscache-lint", "check", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, b"")
    assert process.stderr.startswith(b"qscache-lint: error: ")
    assert reason in process.stderr.decode()
    assert process.stderr.count(b"\n") == 1


def test_a_wrong_table_does_not_matter_in_isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, PROJECT, "selct = []\n")
    monkeypatch.chdir(tmp_path)
    assert _heads(_call("check", "--isolated", "--output-format", "concise").output) == FOUND


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["check", "--selekt", "QSC1"], "No such option", id="unknown-option"),
        pytest.param(["check", "--output-format", "xml"], "unknown format 'xml'; did you mean", id="unknown-format"),
        pytest.param(["check", "--min-confidence", "low"], "'low' is not one of", id="unknown-confidence"),
        pytest.param(["chek"], "unknown command 'chek'; did you mean 'check'? Choose from", id="unknown-command"),
        pytest.param(["xyz"], "unknown command 'xyz'; choose from check, fix, rule, reveal", id="no-command"),
        pytest.param(["rule", "QSC1O3"], "unknown rule code 'QSC1O3'; did you mean QSC103?", id="unknown-rule"),
        pytest.param(["rule", "QSC777"], "QSC777", id="unknown-rule-to-explain"),
    ],
)
def test_wrong_usage_is_2_and_no_traceback(tmp_path: Path, arguments: list[str], reason: str) -> None:
    process = run("qscache-lint", *arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, b"")
    error = process.stderr.decode()
    assert reason in error
    assert "Traceback" not in error
    assert error.count("\n") == 1


# -- files that cannot be read


def test_a_dangling_link_that_cannot_matter_is_silent(project: Path) -> None:
    (project / "notes").mkdir()
    (project / "notes" / "link.py").symlink_to("nowhere.py")
    result = _call("check", "notes", "--output-format", "concise")
    assert (result.exit_code, result.output) == (0, "")


def test_a_file_inside_a_directory_that_cannot_be_read_is_a_finding_where_it_can_matter(project: Path) -> None:
    """What a dangling link would hold is not known; it stands where a caller imports from."""
    (project / "shop/views.py").write_text(
        "from shop import lost\n\nTOTAL = len(lost.recent_items())\n", encoding="utf-8"
    )
    (project / "shop/lost.py").symlink_to("nowhere.py")
    result = _call("check", "--output-format", "concise")
    assert [head for head in _heads(result.output) if "QSC900" in head] == ["shop/lost.py:1:1: QSC900"]
    assert [head for head in _heads(result.output) if "QSC900" not in head] == FOUND


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
    result = _call("check", "--output-format", "concise")
    found = _heads(result.output)
    assert [each for each in found if "broken" not in each] == FOUND
    row = place.partition(":")[0]
    assert [each.split(":")[1] for each in found if each.endswith("QSC900")] == [row]
    assert result.exit_code == 1


def test_a_file_on_which_the_compiler_fails_is_no_traceback(project: Path) -> None:
    odd = "\n\nclass Meta:\n    rows = [__class__ if 0 else n for n in (1, 2)]\n"  # SystemError in CPython 3.12.1
    (project / "shop/refiner.py").write_text(REFINER + odd, encoding="utf-8")
    result = _call("fix")
    assert (result.exit_code, result.exception) == (0, None)
    assert "recent_items_queryset()" in (project / "shop/refiner.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", [b"x = = 1\n", b"x = 1\n\0", b"\xff\xfe\0"])
def test_a_broken_file_named_on_the_command_line_is_reported_whatever_it_holds(project: Path, source: bytes) -> None:
    (project / "other.py").write_bytes(source)
    result = _call("check", "other.py", "--output-format", "concise")
    assert re.fullmatch(r"other\.py:[12]:\d+: QSC900 not analysed: .+\n", result.output)
    assert result.exit_code == 1


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_can_show_an_unreadable_file(project: Path, output_format: str) -> None:
    (project / "shop" / "broken.py").write_bytes(BROKEN.encode() + b"\xff")
    assert "QSC900" in _call("check", "--output-format", output_format).output


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
    result = _call(command, "--unsafe-fixes") if command == "fix" else _call(command)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)


# -- formats


class Location(msgspec.Struct, forbid_unknown_fields=True):
    row: int
    column: int


class Step(msgspec.Struct, forbid_unknown_fields=True):
    filename: str
    location: Location
    message: str


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    filename: str
    location: Location
    end_location: Location
    content: str


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    message: str
    filename: str | None
    row: int | None
    data: dict[str, str]


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    applicability: Literal["safe", "unsafe", "display-only"]
    message: str
    edits: list[Edit]
    name: str = ""
    reasons: list[Reason] = []


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One finding as the contract writes it; fields with a default are ours to add."""

    code: str
    name: str
    message: str
    confidence: Literal["high", "medium"]
    filename: str
    location: Location
    end_location: Location
    noqa_row: int
    url: str
    trail: list[Step]
    fix: Fix | None
    suggestion: str = ""
    alternatives: list[Fix] = []


def test_json_without_findings_is_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    assert msgspec.json.decode(_call("check", "--output-format", "json").stdout) == []


def test_json_has_the_shape_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    refined, cached = msgspec.json.decode(_call("check", "--output-format", "json").stdout, type=list[Entry])
    assert (refined.code, refined.name, refined.confidence) == ("QSC201", "refined-pickled-queryset", "high")
    assert refined.filename == str(root / "archive/views.py")
    assert (refined.location, refined.end_location) == (Location(11, 32), Location(11, 38))
    assert refined.noqa_row == 11
    assert "(QSC201)" in Path(unquote(urlparse(refined.url).path)).read_text(encoding="utf-8")
    decorator = Location(12, 2)
    assert (str(root / "stories/queries.py"), decorator) in [(step.filename, step.location) for step in refined.trail]
    assert (cached.code, cached.location) == ("QSC101", decorator)
    assert refined.fix is not None
    assert (refined.fix.applicability, refined.fix.name) == ("safe", "extract-builder")
    changed = {str(root / path) for path in ("archive/views.py", "stories/queries.py")}
    assert {edit.filename for edit in refined.fix.edits} == changed
    assert cached.fix is not None
    assert (cached.fix.applicability, cached.fix.name) == ("unsafe", "split-function")
    assert cached.fix in refined.alternatives


def test_the_edits_in_json_are_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    (entry, *_) = msgspec.json.decode(_call("check", "--output-format", "json").stdout, type=list[Entry])
    assert entry.fix is not None
    edited = {path: (root / path).read_text(encoding="utf-8") for path in contents(root)}
    for path, text in edited.items():
        edits = [
            TextEdit(
                path,
                Span(
                    Position(edit.location.row, edit.location.column),
                    Position(edit.end_location.row, edit.end_location.column),
                ),
                edit.content,
            )
            for edit in entry.fix.edits
            if edit.filename == str(root / path)
        ]
        edited[path] = apply_edits(text, edits)
    assert _call("fix").exit_code == 0
    assert {path: text.encode() for path, text in edited.items()} == contents(root)


def test_concise_is_one_line_for_each_finding(project: Path) -> None:
    lines = _call("check", "--output-format", "concise").output.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"\S+\.py:\d+:\d+: QSC\d{3} \S.*", line) for line in lines)


def test_full_shows_the_line_that_python_counts(project: Path) -> None:
    """A form feed ends a page, not a row."""
    (project / "shop/refiner.py").write_text(REFINER.replace("\n\n\ndef", "\n\x0c\n\ndef"), encoding="utf-8")
    output = _call("check", "shop/refiner.py").output
    assert "  5 |     return list(recent_items().filter(title=word))\n" in output


def test_full_prints_no_colour_into_a_pipe_or_a_file(project: Path) -> None:
    process = run("qscache-lint", "check", cwd=project)
    assert b"\x1b" not in process.stdout
    _call("check", "--output-file", "report.txt")
    assert (project / "report.txt").read_bytes() == process.stdout


@pytest.mark.parametrize("output_format", FORMATS)
def test_an_output_file_gets_what_the_terminal_would(project: Path, output_format: str) -> None:
    shown = _call("check", "--output-format", output_format)
    written = _call("check", "--output-format", output_format, "--output-file", "report.txt")
    assert (written.stdout, written.exit_code) == ("", shown.exit_code)
    assert (project / "report.txt").read_text(encoding="utf-8") == shown.stdout


def test_several_reports_at_once(project: Path) -> None:
    forms = ["--output-format", "sarif:out.sarif", "--output-format", "concise", "--output-format", "junit:j.xml"]
    result = _call("check", *forms)
    assert result.stdout == _call("check", "--output-format", "concise").stdout
    for form, path in (("sarif", "out.sarif"), ("junit", "j.xml")):
        assert (project / path).read_text(encoding="utf-8") == _call("check", "--output-format", form).stdout
    assert {path for path in contents(project) if path.startswith(".")} == set()


def test_a_report_in_a_file_prints_nothing(project: Path) -> None:
    result = _call("check", "--output-format", "full:report.txt")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert (project / "report.txt").read_text(encoding="utf-8") == _call("check").stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["json", "concise"], "two reports go to standard output: write one", id="both-to-stdout"),
        pytest.param(["json:a", "concise:a"], "two reports go to a: write one to a file", id="same-file"),
        pytest.param(["sarif:"], "'sarif:' names no file after the colon", id="no-file"),
        pytest.param(["xml:a"], "unknown format 'xml'; did you mean 'html'? Choose from full,", id="unknown"),
        pytest.param(["json", "sarif:gone/a"], "gone/a: cannot be written: No such file or directory", id="no-place"),
    ],
)
@pytest.mark.parametrize("command", ["check", "fix"])
def test_reports_without_a_place_are_one_line_and_2(
    project: Path, command: str, arguments: list[str], reason: str
) -> None:
    before = contents(project)
    result = _call(command, *(word for each in arguments for word in ("--output-format", each)))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert reason in result.stderr
    assert contents(project) == before


def test_an_output_file_for_no_report_is_2(project: Path) -> None:
    result = _call("check", "--output-format", "json:a", "--output-file", "b")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert not (project / "b").exists()


def test_quiet_prints_findings_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    assert _call("check", "-q").output == ""


def test_statistics_count_by_rule_cache_and_confidence(project: Path) -> None:
    (project / "shop/guessed.py").write_text(
        "from functools import cached_property\n\nfrom shop.models import Item\n\n\nclass Shelf:\n"
        "    @cached_property\n    def sold_items(self):\n        return Item.objects.all()\n\n\n"
        "def found(shelf):\n    return list(shelf.sold_items), list(shelf.sold_items.filter(pk=1))\n",
        encoding="utf-8",
    )
    assert _call("check", "--statistics").stderr == (
        "     1 QSC101\n     1 QSC201\n     1 QSC203\n"
        "     2 recent_items() in shop/queries.py:6\n     1 sold_items in shop/guessed.py:7\n"
        "     2 high confidence\n     1 medium confidence\n"
    )


COUNTED = "from shop.queries import recent_items\n\n\ndef f():\n    return recent_items().count()\n"
LOGGED = f"import logging\n\n{QUERIES}".replace("    return", "    logging.info('asked')\n    return")


@pytest.fixture
def refused(project: Path) -> Path:
    """A project whose split is refused, and whose local repair is not safe."""
    (project / "shop/counted.py").write_text(COUNTED, encoding="utf-8")
    (project / "shop/queries.py").write_text(LOGGED, encoding="utf-8")
    return project


@pytest.mark.parametrize("command", [["check"], ["check", "--output-format", "concise"], ["fix"], ["fix", "--check"]])
def test_statistics_count_what_stands_in_the_way_of_fixes(refused: Path, command: list[str]) -> None:
    lines = _call(*command, "--statistics").stderr.splitlines()
    assert [line for line in lines if "no fix: " in line] == ["     1 no fix: queryset-method"]
    assert [line for line in lines if "unsafe: " in line][:1] == ["     1 unsafe: may-differ"]


def test_statistics_leave_out_what_is_repaired(refused: Path) -> None:
    stderr = _call("fix", "--unsafe-fixes", "--statistics").stderr
    assert "no fix: queryset-method" in stderr
    assert "unsafe: " not in stderr


def test_json_has_the_reasons_with_their_data(refused: Path) -> None:
    entries = msgspec.json.decode(_call("check", "--output-format", "json").stdout, type=list[Entry])
    (found,) = [each.fix for each in entries if each.code == "QSC101"]
    assert found is not None
    where = "line 5 of shop/counted.py calls recent_items()"
    message = f"{where}, and there .count() is used, which rows in a list do not have"
    data = {"name": "count()", "verb": "calls", "function": "recent_items()"}
    assert found.reasons == [Reason("queryset-method", message, str(refused / "shop/counted.py"), 5, data)]
    assert found.message == f"no automatic fix: {message}"


def test_the_report_says_what_several_findings_have_in_common(refused: Path) -> None:
    again = REFINER.replace("def named", "def named_again")
    (refused / "shop/again.py").write_text(again.replace("filter", "exclude"), encoding="utf-8")
    take_builder_name(refused)
    lines = _call("check").stdout.splitlines()
    assert "  no fix for 2 findings [name-taken]: The new function would replace something, or be replaced." in lines


def test_the_help_says_what_the_fix_does(project: Path) -> None:
    stdout = _call("check").stdout
    assert "help: refine an uncached QuerySet: move the query to a function of its own" in stdout
    entries = msgspec.json.decode(_call("check", "--output-format", "json").stdout, type=list[Entry])
    assert "split it" not in "".join(each.suggestion for each in entries if each.code == "QSC201")


def test_without_a_fix_the_help_is_the_general_cure(refused: Path) -> None:
    entries = msgspec.json.decode(_call("check", "--output-format", "json").stdout, type=list[Entry])
    (cached,) = [each for each in entries if each.code == "QSC101"]
    assert cached.suggestion.startswith("split it: recent_items() without @cache_memoize(60) returns the QuerySet")


def test_a_check_of_unsafe_fixes_shows_those_that_would_be_applied(project: Path) -> None:
    safe = _call("fix", "--check").stdout
    assert "fix: extract-builder (qscache-lint fix):" in safe
    unsafe = _call("fix", "--check", "--unsafe-fixes").stdout
    assert "fix: split-function (qscache-lint fix --unsafe-fixes):" in unsafe
    assert "or: extract-builder (qscache-lint fix):" in unsafe
    assert "fix: extract-builder" not in unsafe


def test_what_stays_unresolved_is_counted(project: Path) -> None:
    (project / "shop/late.py").write_text(
        "from functools import lru_cache\n\nfrom nowhere import wrapped\n\n\n"
        "@lru_cache\ndef rows(items):\n    return items.order_by('pk')\n\n\n@wrapped\ndef other():\n    return 1\n",
        encoding="utf-8",
    )
    stderr = _call("check", "--show-unknown").stderr
    assert re.search(r": 2 values unresolved in \d+ files$", stderr, re.MULTILINE)
    assert re.search(r"^ +1 the parameter items$", stderr, re.MULTILINE)
    assert re.search(r"^ +1 the result of the decorator nowhere\.wrapped$", stderr, re.MULTILINE)


EMPTY = {"json": ("[]",), "gitlab": ("[]",)}
"""What formats that have no text for people make of no findings."""


@pytest.mark.parametrize("form", ["full", "concise", "json", "json-lines", "github", "gitlab"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--select", ""], "No rules selected", id="an-empty-selection"),
        pytest.param(["--ignore", "QSC"], "No rules selected", id="everything-ignored"),
        pytest.param(["docs"], "No Python files found under docs", id="a-directory-without-python"),
        pytest.param(["env"], "No Python files found under env", id="a-directory-that-is-left-out"),
    ],
)
def test_where_nothing_is_checked_that_is_said_and_not_praised(
    project: Path, arguments: list[str], said: str, form: str
) -> None:
    for path in ("docs/index.rst", "env/pyvenv.cfg", "env/lib/x.py"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("", encoding="utf-8")
    result = _call("check", "--output-format", form, *arguments)
    assert (result.exit_code, result.stderr) == (0, f"qscache-lint: warning: {said}\n")
    assert result.stdout.strip() in EMPTY.get(form, ("",))


def test_where_one_of_two_directories_is_empty_the_other_is_checked(project: Path) -> None:
    (project / "docs").mkdir()
    result = _call("check", "shop/models.py", "docs")
    assert result.output == "No problems found in 1 file.\nqscache-lint: warning: No Python files found under docs\n"


def test_text_is_as_wide_as_the_terminal(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    for columns in (60, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = [line for line in _call("check").output.splitlines() if line.startswith("  ") and "|" not in line]
        assert columns - 25 < max(map(len, lines)) <= columns
    written = _call("check", "--output-file", "report.txt")
    assert written.exit_code == 1
    monkeypatch.delenv("COLUMNS")
    assert (project / "report.txt").read_text(encoding="utf-8") == _call("check").output


def test_a_path_stays_in_one_piece_however_narrow_the_terminal(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    lines = _call("check").output.splitlines()
    assert "  2. shop/queries.py:6:2:" in lines
    assert lines[lines.index("  2. shop/queries.py:6:2:") + 1] == "      cached here by"


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        pytest.param({}, False, id="a-pipe"),
        pytest.param({"FORCE_COLOR": "1"}, True, id="force"),
        pytest.param({"FORCE_COLOR": ""}, False, id="force-with-no-value"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="no-wins"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": ""}, True, id="no-with-no-value"),
        pytest.param({"FORCE_COLOR": "1", "TERM": "dumb"}, True, id="force-on-a-dumb-terminal"),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["fix", "--unsafe-fixes", "--diff"]], ids=["report", "patch"])
def test_colours_are_as_the_environment_says(
    project: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool, command: list[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in _call(*command).stdout) is coloured
    _call(*command, "--output-file", "report.txt")
    assert "\x1b" not in (project / "report.txt").read_text(encoding="utf-8")


# -- selection


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        pytest.param(["--select", "QSC9"], [], id="select-another"),
        pytest.param(["--ignore", "QSC"], [], id="ignore-all"),
        pytest.param(["--select", "QSC2"], ["QSC201"], id="select-a-prefix"),
        pytest.param(["--select", "qsc101, QSC9"], ["QSC101"], id="select-a-list-in-lower-case"),
        pytest.param(["--ignore", "QSC201"], ["QSC101"], id="ignore-a-code"),
        pytest.param(["--extend-ignore", "QSC1"], ["QSC201"], id="extend-ignore"),
        pytest.param(["--select", "QSC"], ["QSC101", "QSC201"], id="select-all-that-is-on"),
    ],
)
def test_rules_are_selected(project: Path, arguments: list[str], codes: list[str]) -> None:
    result = _call("check", "--output-format", "concise", *arguments)
    assert [head.split()[1] for head in _heads(result.stdout)] == codes
    assert result.exit_code == bool(codes)


def test_a_rule_that_is_off_by_default_is_on_when_selected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture("cached_property", tmp_path))
    heads = _heads(_call("check", "--output-format", "concise", "--extend-select", "QSC103").output)
    assert [head.split()[1] for head in heads] == ["QSC103"]


# -- standard input


def test_stdin_stands_for_the_file_that_it_is_named(project: Path) -> None:
    clean = _call("check", "--stdin-filename", "shop/refiner.py", stdin=READER.encode())
    assert (clean.exit_code, clean.output) == (0, "No problems found in 1 file.\n")
    text = "# one line more\n" + REFINER
    found = _call("check", "--output-format", "concise", "--stdin-filename", "shop/refiner.py", stdin=text.encode())
    assert _heads(found.output) == ["shop/refiner.py:6:32: QSC201"]


def test_stdin_may_be_a_file_that_is_not_there_yet(project: Path) -> None:
    process = run(
        "qscache-lint", "check", "--output-format", "concise", "--stdin-filename", "shop/fresh.py",
        cwd=project, stdin=REFINER.encode(),
    )  # fmt: skip
    assert _heads(process.stdout.decode()) == ["shop/fresh.py:5:32: QSC201"]
    assert process.returncode == 1
    assert not (project / "shop/fresh.py").exists()


def test_a_syntax_error_on_stdin_is_a_finding(project: Path) -> None:
    result = _call("check", "--output-format", "concise", "--stdin-filename", "x.py", stdin=b"x = 1\nx = = 2\n")
    assert [head.rpartition(":")[0].rpartition(":")[0] for head in _heads(result.output)] == ["x.py:2"]


# -- completion


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("che", ["check"]),
        ("check --output-format sa", ["sarif"]),
        ("check --select QSC24", ["QSC241", "QSC242", "QSC243"]),
        ("check --select QSC101,qsc30", ["QSC101,QSC301", "QSC101,QSC302", "QSC101,QSC303"]),
        ("check --write-b", ["--write-baseline"]),
        ("rule QSC90", ["QSC900", "QSC901"]),
        ("check --wit", ["--witness"]),
        ("witness sh", ["show"]),
    ],
)
def test_a_shell_completes_what_there_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: str, completed: list[str]
) -> None:
    monkeypatch.setenv("_QSCACHE_LINT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"qscache-lint {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    process = run("qscache-lint", cwd=project)
    assert process.stdout.decode().splitlines() == [f"plain,{each}" for each in completed]


# -- rule


def test_every_rule_is_listed() -> None:
    lines = _call("rule").output.splitlines()
    assert [re.findall(r"QSC\d{3}", line)[0] for line in lines if "QSC" in line] == [rule.code for rule in RULES]


@pytest.mark.parametrize("code", ["QSC201", "qsc201"])
def test_a_rule_is_explained(code: str) -> None:
    result = _call("rule", code)
    assert result.exit_code == 0
    assert "refined-pickled-queryset" in result.output
    assert re.findall(r"^## (.+)$", result.output, re.MULTILINE) == [
        *["Why", "Bad", "Good", "Fix safety", "Not seen", "What it costs"]
    ]


@pytest.mark.parametrize(
    ("named", "codes"),
    [
        pytest.param(["memoized-queryset"], ["QSC102"], id="a-name"),
        pytest.param(["qsc24"], ["QSC241", "QSC242", "QSC243"], id="a-prefix"),
        pytest.param(["QSC303", "Frozen-Clock-Filter", "QSC104"], ["QSC303", "QSC104"], id="each-once-in-that-order"),
        pytest.param(["QSC"], [rule.code for rule in RULES], id="all"),
    ],
)
def test_rules_are_explained_by_names_and_prefixes(named: list[str], codes: list[str]) -> None:
    assert re.findall(r"^# .+ \((\w+)\)$", _call("rule", *named).output, re.MULTILINE) == codes


@pytest.mark.parametrize("words", [["rule"], ["rule", "QSC"]], ids=["all-listed", "all-explained"])
@pytest.mark.parametrize("width", [50, 70, 140])
def test_rules_are_as_wide_as_the_terminal(words: list[str], width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = re.sub(r"^```.*?^```$", "", _call(*words).output, flags=re.MULTILINE | re.DOTALL)
    wide = [line for line in text.splitlines() if len(line) > width and " " in line.strip("- ")]
    assert wide == []
    assert max(map(len, text.splitlines())) > width - 12


@pytest.mark.parametrize(
    ("named", "near"), [("QSC777", ""), ("frozen-clock-filtre", "frozen-clock-filter"), ("", "")]
)
def test_an_unknown_rule_is_one_line_and_2(named: str, near: str) -> None:
    result = _call("rule", named)
    assert (result.exit_code, result.stdout) == (2, "")
    assert repr(named) in result.stderr
    assert near in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_version_is_told() -> None:
    assert _call("--version").output == f"qscache-lint, version {__version__}\n"


# -- fix


@pytest.mark.parametrize("name", [name for name in sorted(FINDINGS) if name.endswith("_clean")])
def test_nothing_to_fix_is_0_and_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture(name, tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    for options in ([], ["--check"], ["--diff"], ["--unsafe-fixes"], ["--unsafe-fixes", "--diff"]):
        assert _call("fix", *options).exit_code == 0
    assert contents(root) == before


WAITS = "1 unsafe fix available; preview it with --unsafe-fixes --diff (2 files).\n"


def test_unsafe_fixes_are_written_when_they_are_asked_for_and_the_files_are_counted(project: Path) -> None:
    result = _call("fix", "--unsafe-fixes")
    assert b"def cached_recent_items():" in (project / "shop/queries.py").read_bytes()
    assert result.exit_code == 0
    assert result.stderr.startswith("split-function: ")
    assert result.stderr.endswith(f"\nChanged 2 files in {project}.\n")


def test_without_the_option_unsafe_fixes_wait_and_the_files_are_counted(project: Path) -> None:
    take_builder_name(project)
    before = contents(project)
    result = _call("fix")
    assert contents(project) == before
    assert result.exit_code == 1
    assert result.stderr == WAITS


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_diff_and_check_write_nothing(project: Path, option: str) -> None:
    take_builder_name(project)
    before = contents(project)
    waiting = _call("fix", option)
    nothing = "" if option == "--diff" else "Nothing would change.\n"
    assert (waiting.exit_code, waiting.stdout, waiting.stderr) == (0, nothing, WAITS)
    result = _call("fix", "--unsafe-fixes", option)
    assert result.exit_code == 1
    if option == "--diff":
        assert "+def cached_recent_items():\n" in result.stdout
        assert result.stderr == f"Would change 2 files in {project}.\n"
    else:
        assert "Would fix 2 problems in 2 files.\n" in result.stdout
    assert contents(project) == before


def test_a_fix_that_was_killed_is_finished_by_the_next_one(project: Path) -> None:
    queries, reader = project / "shop/queries.py", project / "shop/reader.py"
    before = contents(project)
    killed = "import os, sys; replace = os.replace; done = []\n"
    killed += "os.replace = lambda a, b: os._exit(9) if done else done.append(replace(a, b))\n"
    killed += "from qscache_lint.__main__ import run; run()\n"
    process = subprocess.run(
        [sys.executable, "-c", killed, "fix", "--no-cache", "--unsafe-fixes"], cwd=project, check=False
    )
    assert process.returncode == 9
    assert (queries.read_bytes() == before["shop/queries.py"]) != (reader.read_bytes() == before["shop/reader.py"])
    for option in ("--diff", "--check"):
        looked = _call("fix", option)
        assert looked.exit_code == 2
        assert "run fix without --diff and --check to finish or undo it" in looked.stderr
    result = _call("fix", "--no-cache", "--unsafe-fixes")
    assert result.exit_code == 0
    assert result.stderr == f"qscache-lint: warning: {project}: finished an interrupted fix, in 2 files\n"
    assert contents(project).keys() == before.keys()
    assert b"def cached_recent_items():" in queries.read_bytes()
    assert b"cached_recent_items()" in reader.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("function", "is_written"),
    [("qscache_lint.fixing.journal.Journal.move", True), ("qscache_lint.api.plan_fixes", False)],
)
def test_a_signal_ends_the_command_with_the_code_of_a_shell(
    project: Path, number: signal.Signals, function: str, is_written: bool
) -> None:
    """While files are moved, that is done first; before, nothing is written. Workers end with the command."""
    before = contents(project)
    script = (
        "import os, signal, sys; from unittest import mock; from pkgutil import resolve_name\n"
        "import qscache_lint.fixing.journal, qscache_lint.api\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it is ignored below nohup\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # and this one in the background\n"
        f"function = resolve_name({function!r})\n"
        "def call(*arguments, **named):\n"
        f"    os.kill(os.getpid(), {number:d})\n"
        "    return function(*arguments, **named)\n"
        f"mock.patch({function!r}, call).start()\n"
        "from qscache_lint.__main__ import run; run()\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, "fix", "--no-cache", "--unsafe-fixes", "--jobs", "2"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 128 + number, process.stderr
    assert "Traceback" not in process.stderr
    assert (contents(project) != before) == is_written
    assert contents(project).keys() == before.keys()


def test_a_link_out_of_the_project_is_left_and_said(project: Path, tmp_path: Path) -> None:
    take_builder_name(project)
    outside = tmp_path.parent / f"{tmp_path.name}-outside.py"
    (project / "shop/reader.py").rename(outside)
    (project / "shop/reader.py").symlink_to(outside)
    before = contents(project)
    result = _call("fix", "--unsafe-fixes")
    assert result.exit_code == 1
    assert f"no automatic fix: shop/reader.py is a link to {outside}, outside of the project" in result.stderr
    assert contents(project) == before
    assert outside.read_text(encoding="utf-8") == READER


def test_a_second_name_of_a_file_is_left_and_said(project: Path) -> None:
    take_builder_name(project)
    (project / "shop/again.py").symlink_to("reader.py")
    before = contents(project)
    result = _call("fix", "--unsafe-fixes")
    assert "shop/again.py is a link to shop/reader.py, which is a file of the project, too" in result.stderr
    assert contents(project) == before


@pytest.mark.parametrize("option", ["--diff", "--check"])
@pytest.mark.parametrize("form", ["concise", "json"])
def test_what_would_be_fixed_is_listed_in_the_format_that_was_asked_for(
    project: Path, option: str, form: str
) -> None:
    take_builder_name(project)
    unused = QUERIES.replace("recent_items", "all_items").replace("\n\n\n@", "\n\n\n\n@")
    (project / "shop/other.py").write_text(unused, encoding="utf-8")
    common = ["--output-format", form]
    assert "shop/other.py" in _call("check", *common).stdout, "it is found, and nothing can be done"
    result = _call("fix", "--unsafe-fixes", option, *common)
    assert result.exit_code == 1
    if form == "concise":
        assert _heads(result.stdout) == FOUND
    else:
        entries = msgspec.json.decode(result.stdout, type=list[Entry])
        assert [entry.code for entry in entries] == ["QSC101", "QSC201"]
        assert all(entry.fix is not None and entry.fix.edits for entry in entries)
    nothing = _call("fix", option, *common)
    assert (nothing.stdout.strip(), nothing.exit_code) == ({"concise": "", "json": "[]"}[form], 0)


def test_a_patch_goes_into_the_output_file(project: Path) -> None:
    shown = _call("fix", "--unsafe-fixes", "--diff")
    written = _call("fix", "--unsafe-fixes", "--diff", "--output-file", "fix.patch")
    assert (written.stdout, written.exit_code) == ("", 1)
    assert (project / "fix.patch").read_text(encoding="utf-8") == shown.stdout


def test_the_diff_is_the_fix(tmp_path: Path) -> None:
    root, twin = fixture("recent_stories", tmp_path / "a"), fixture("recent_stories", tmp_path / "b")
    shown = run("qscache-lint", "fix", "--unsafe-fixes", "--diff", cwd=root)
    assert shown.returncode == 1
    subprocess.run(["git", "apply", "-"], cwd=root, input=shown.stdout, capture_output=True, check=True)
    fixed = run("qscache-lint", "fix", "--unsafe-fixes", cwd=twin)
    assert fixed.returncode == 0
    assert contents(root) == contents(twin)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("recent_stories", ["archive/views.py", "stories/queries.py"]),
        ("lru_cache", ["catalogue/navigation.py", "catalogue/queries.py"]),
    ],
)
def test_after_a_fix_check_is_clean_and_a_second_fix_changes_nothing(
    name: str, changed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fixture(name, tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    assert _call("fix", "--unsafe-fixes").exit_code == 0
    fixed = contents(root)
    assert [path for path in fixed if fixed[path] != before[path]] == changed
    assert fixed.keys() == before.keys()
    assert _call("check").exit_code == 0
    assert _call("fix", "--unsafe-fixes").exit_code == 0
    assert contents(root) == fixed


def test_what_stays_of_the_story_is_what_a_person_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    before = (root / "stories/queries.py").read_text(encoding="utf-8").splitlines()
    _call("fix", "--unsafe-fixes")
    after = (root / "stories/queries.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in before if line not in after] == []


def test_a_fix_that_is_refused_is_1_and_gives_the_reason(project: Path) -> None:
    take_builder_name(project)
    taken = READER + "\n\ncached_recent_items = None\n"
    (project / "shop/reader.py").write_text(taken, encoding="utf-8")
    before = contents(project)
    result = _call("fix", "--unsafe-fixes")
    assert result.exit_code == 1
    assert "the name cached_recent_items is already used on line 8 of shop/reader.py" in result.stderr
    assert contents(project) == before


def test_refusals_name_files_as_seen_from_here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "shop/reader.py").write_text(READER + "\n\ncached_recent_items = None\n", encoding="utf-8")
    monkeypatch.chdir(project / "shop")
    assert "\nqueries.py: no automatic fix" in "\n" + _call("fix", "--unsafe-fixes", "queries.py").stderr


def test_the_cached_name_may_be_kept(project: Path) -> None:
    assert _call("fix", "--unsafe-fixes", "--keep-cached-name").exit_code == 0
    assert b"def recent_items_queryset():" in (project / "shop/queries.py").read_bytes()
    assert (project / "shop/reader.py").read_text(encoding="utf-8") == READER


def test_safe_fixes_are_written_without_the_option_and_the_files_are_counted(project: Path) -> None:
    """What else was possible waits no more: it was for the same findings."""
    result = _call("fix")
    assert b"def recent_items_queryset():" in (project / "shop/queries.py").read_bytes()
    assert (project / "shop/reader.py").read_text(encoding="utf-8") == READER
    assert result.exit_code == 0
    told, count = result.stderr.splitlines()
    assert told.startswith("extract-builder: callers that refine the QuerySet call recent_items_queryset()")
    assert count == f"Changed 2 files in {project}."


def test_what_is_refused_for_all_callers_is_not_left_when_the_refining_ones_are_repaired(project: Path) -> None:
    (project / "shop/again.py").symlink_to("reader.py")
    assert "shop/again.py is a link to shop/reader.py" in " ".join(_call("check").stdout.split())
    result = _call("fix", "--unsafe-fixes")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 2)
    assert result.stderr.startswith("extract-builder: ")


def test_after_safe_fixes_check_is_clean_and_unsafe_ones_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fixture("recent_stories", tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    assert _call("fix").exit_code == 0
    fixed = contents(root)
    assert [path for path in fixed if fixed[path] != before[path]] == ["archive/views.py", "stories/queries.py"]
    assert _call("check").exit_code == 0
    assert _call("fix", "--unsafe-fixes").exit_code == 0
    assert contents(root) == fixed


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_safe_fixes_are_shown_without_the_option_and_not_written(project: Path, option: str) -> None:
    before = contents(project)
    result = _call("fix", option)
    shown = "+def recent_items_queryset():\n" if option == "--diff" else "Would fix 1 problem in 2 files.\n"
    assert shown in result.stdout
    assert result.exit_code == 1
    assert contents(project) == before
    (refined,) = msgspec.json.decode(_call("fix", option, "--output-format", "json").stdout, type=list[Entry])
    assert refined.fix is not None
    assert (refined.code, refined.fix.applicability) == ("QSC201", "safe")


def test_what_python_warns_about_in_the_source_is_not_shown(project: Path) -> None:
    """An invalid escape in a string of the project is not our business."""
    (project / "shop" / "queries.py").write_text(QUERIES + '\nPATTERN = "\\w+"\n', encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "always", "-m", "qscache_lint", "check", "--quiet", "--select", "QSC901", "."],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
