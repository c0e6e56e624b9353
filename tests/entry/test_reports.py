"""Reports of the command: formats, output files, what is said beside the findings, width and colours."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from qscache_lint.formats import FORMATS
from tests.entry.console import call, contents, run
from tests.entry.json_shape import Entry, Reason
from tests.unit.projects import QUERIES, REFINER, lay, take_builder_name

FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]
BROKEN = "from shop.queries import recent_items\n\n\ndef f(:\n"


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_can_show_an_unreadable_file(project: Path, output_format: str) -> None:
    (project / "shop" / "broken.py").write_bytes(BROKEN.encode() + b"\xff")
    assert "QSC900" in call("check", "--output-format", output_format).output



def test_concise_is_one_line_for_each_finding(project: Path) -> None:
    lines = call("check", "--output-format", "concise").output.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"\S+\.py:\d+:\d+: QSC\d{3} \S.*", line) for line in lines)


def test_full_shows_the_line_that_python_counts(project: Path) -> None:
    """A form feed ends a page, not a row."""
    (project / "shop/refiner.py").write_text(REFINER.replace("\n\n\ndef", "\n\x0c\n\ndef"), encoding="utf-8")
    output = call("check", "shop/refiner.py").output
    assert "  5 |     return list(recent_items().filter(title=word))\n" in output


def test_full_prints_no_colour_into_a_pipe_or_a_file(project: Path) -> None:
    process = run("qscache-lint", "check", cwd=project)
    assert b"\x1b" not in process.stdout
    call("check", "--output-file", "report.txt")
    assert (project / "report.txt").read_bytes() == process.stdout


@pytest.mark.parametrize("output_format", FORMATS)
def test_an_output_file_gets_what_the_terminal_would(project: Path, output_format: str) -> None:
    shown = call("check", "--output-format", output_format)
    written = call("check", "--output-format", output_format, "--output-file", "report.txt")
    assert (written.stdout, written.exit_code) == ("", shown.exit_code)
    assert (project / "report.txt").read_text(encoding="utf-8") == shown.stdout


def test_several_reports_at_once(project: Path) -> None:
    forms = ["--output-format", "sarif:out.sarif", "--output-format", "concise", "--output-format", "junit:j.xml"]
    result = call("check", *forms)
    assert result.stdout == call("check", "--output-format", "concise").stdout
    for form, path in (("sarif", "out.sarif"), ("junit", "j.xml")):
        assert (project / path).read_text(encoding="utf-8") == call("check", "--output-format", form).stdout
    assert {path for path in contents(project) if path.startswith(".")} == set()


def test_a_report_in_a_file_prints_nothing(project: Path) -> None:
    result = call("check", "--output-format", "full:report.txt")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert (project / "report.txt").read_text(encoding="utf-8") == call("check").stdout


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
    result = call(command, *(word for each in arguments for word in ("--output-format", each)))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert reason in result.stderr
    assert contents(project) == before


def test_an_output_file_for_no_report_is_2(project: Path) -> None:
    result = call("check", "--output-format", "json:a", "--output-file", "b")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert not (project / "b").exists()


def test_quiet_prints_findings_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    assert call("check", "-q").output == ""


def test_statistics_count_by_rule_cache_and_confidence(project: Path) -> None:
    (project / "shop/guessed.py").write_text(
        "from functools import cached_property\n\nfrom shop.models import Item\n\n\nclass Shelf:\n"
        "    @cached_property\n    def sold_items(self):\n        return Item.objects.all()\n\n\n"
        "def found(shelf):\n    return list(shelf.sold_items), list(shelf.sold_items.filter(pk=1))\n",
        encoding="utf-8",
    )
    assert call("check", "--statistics").stderr == (
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
    lines = call(*command, "--statistics").stderr.splitlines()
    assert [line for line in lines if "no fix: " in line] == ["     1 no fix: queryset-method"]
    assert [line for line in lines if "unsafe: " in line][:1] == ["     1 unsafe: may-differ"]


def test_statistics_leave_out_what_is_repaired(refused: Path) -> None:
    stderr = call("fix", "--unsafe-fixes", "--statistics").stderr
    assert "no fix: queryset-method" in stderr
    assert "unsafe: " not in stderr


def test_json_has_the_reasons_with_their_data(refused: Path) -> None:
    entries = msgspec.json.decode(call("check", "--output-format", "json").stdout, type=list[Entry])
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
    lines = call("check").stdout.splitlines()
    assert "  no fix for 2 findings [name-taken]: The new function would replace something, or be replaced." in lines


def test_the_help_says_what_the_fix_does(project: Path) -> None:
    stdout = call("check").stdout
    assert "help: refine an uncached QuerySet: move the query to a function of its own" in stdout
    entries = msgspec.json.decode(call("check", "--output-format", "json").stdout, type=list[Entry])
    assert "split it" not in "".join(each.suggestion for each in entries if each.code == "QSC201")


def test_without_a_fix_the_help_is_the_general_cure(refused: Path) -> None:
    entries = msgspec.json.decode(call("check", "--output-format", "json").stdout, type=list[Entry])
    (cached,) = [each for each in entries if each.code == "QSC101"]
    assert cached.suggestion.startswith("split it: recent_items() without @cache_memoize(60) returns the QuerySet")


def test_a_check_of_unsafe_fixes_shows_those_that_would_be_applied(project: Path) -> None:
    safe = call("fix", "--check").stdout
    assert "fix: extract-builder (qscache-lint fix):" in safe
    unsafe = call("fix", "--check", "--unsafe-fixes").stdout
    assert "fix: split-function (qscache-lint fix --unsafe-fixes):" in unsafe
    assert "or: extract-builder (qscache-lint fix):" in unsafe
    assert "fix: extract-builder" not in unsafe


def test_what_stays_unresolved_is_counted(project: Path) -> None:
    (project / "shop/late.py").write_text(
        "from functools import lru_cache\n\nfrom nowhere import wrapped\n\n\n"
        "@lru_cache\ndef rows(items):\n    return items.order_by('pk')\n\n\n@wrapped\ndef other():\n    return 1\n",
        encoding="utf-8",
    )
    stderr = call("check", "--show-unknown").stderr
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
    result = call("check", "--output-format", form, *arguments)
    assert (result.exit_code, result.stderr) == (0, f"qscache-lint: warning: {said}\n")
    assert result.stdout.strip() in EMPTY.get(form, ("",))


def test_where_one_of_two_directories_is_empty_the_other_is_checked(project: Path) -> None:
    (project / "docs").mkdir()
    result = call("check", "shop/models.py", "docs")
    assert result.output == "No problems found in 1 file.\nqscache-lint: warning: No Python files found under docs\n"


def test_text_is_as_wide_as_the_terminal(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    for columns in (60, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = [line for line in call("check").output.splitlines() if line.startswith("  ") and "|" not in line]
        assert columns - 25 < max(map(len, lines)) <= columns
    written = call("check", "--output-file", "report.txt")
    assert written.exit_code == 1
    monkeypatch.delenv("COLUMNS")
    assert (project / "report.txt").read_text(encoding="utf-8") == call("check").output


def test_a_path_stays_in_one_piece_however_narrow_the_terminal(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    lines = call("check").output.splitlines()
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
    assert ("\x1b[" in call(*command).stdout) is coloured
    call(*command, "--output-file", "report.txt")
    assert "\x1b" not in (project / "report.txt").read_text(encoding="utf-8")
