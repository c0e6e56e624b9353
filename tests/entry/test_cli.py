"""The command `qscache-lint`: what it finds, how it ends, and what it is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qscache_lint import __version__
from qscache_lint.rules import RULES
from tests.entry.console import FINDINGS, SILENT_FIRST, call, contents, fixture, heads, run
from tests.unit.projects import READER, REFINER, SHOP, lay, take_builder_name

FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]


# -- the fixtures


@pytest.mark.parametrize("name", SILENT_FIRST)
def test_a_fixture_has_exactly_these_findings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture(name, tmp_path))
    result = call("check", "--output-format", "concise")
    assert heads(result.output) == FINDINGS[name]
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
    result = call("check", "recent_stories", "--output-format", "concise")
    assert heads(result.output) == [f"recent_stories/{each}" for each in FINDINGS["recent_stories"]]


def test_messages_name_files_as_seen_from_where_one_stands(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_builder_name(project)
    (project / "shop" / "asking.py").write_text(
        "from shop import queries\n\n\ndef rows():\n    return list(getattr(queries, 'recent_items')())\n", "utf-8"
    )
    reason = "passes the name of the function to getattr()"
    assert f"line 5 of shop/asking.py {reason}" in " ".join(call("check").output.split())
    monkeypatch.chdir(project.parent)
    for command in (("check",), ("check", "--output-format", "json"), ("fix",)):
        told = " ".join(call(*command, "project").output.split())
        assert f"line 5 of project/shop/asking.py {reason}" in told
    monkeypatch.chdir(project / "shop")
    assert f"line 5 of asking.py {reason}" in " ".join(call("check").output.split())


def test_paths_narrow_what_is_reported_not_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture("recent_stories", tmp_path))
    for path in ("archive", "archive/views.py"):
        assert heads(call("check", path, "--output-format", "concise").output) == ["archive/views.py:11:32: QSC201"]
    assert call("check", "caching", "stories/sidebar.py").exit_code == 0


def test_two_projects_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixture("recent_stories", tmp_path)
    fixture("recent_stories_clean", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = call("check", "recent_stories_clean", "recent_stories", "--output-format", "concise")
    assert heads(result.output) == [f"recent_stories/{each}" for each in FINDINGS["recent_stories"]]


# -- exit codes and errors


def test_nothing_found_is_0(tmp_path: Path) -> None:
    lay(tmp_path, {})
    process = run("qscache-lint", "check", cwd=tmp_path)
    assert (process.returncode, process.stdout, process.stderr) == (0, b"No problems found in 2 files.\n", b"")


def test_findings_are_1_and_0_when_asked(project: Path) -> None:
    assert call("check").exit_code == 1
    assert call("check", "--exit-zero").exit_code == 0


@pytest.mark.parametrize("look", ["--diff", "--check"])
def test_what_would_change_is_1_and_0_when_asked(project: Path, look: str) -> None:
    assert call("fix", "--unsafe-fixes", look).exit_code == 1
    assert call("fix", "--unsafe-fixes", look, "--exit-zero").exit_code == 0


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
    result = call(command, *arguments)
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
    lay(tmp_path, SHOP, table)
    process = run("qscache-lint", "check", cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, b"")
    assert process.stderr.startswith(b"qscache-lint: error: ")
    assert reason in process.stderr.decode()
    assert process.stderr.count(b"\n") == 1


def test_a_wrong_table_does_not_matter_in_isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, SHOP, "selct = []\n")
    monkeypatch.chdir(tmp_path)
    assert heads(call("check", "--isolated", "--output-format", "concise").output) == FOUND


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
    result = call("check", "--output-format", "concise", *arguments)
    assert [head.split()[1] for head in heads(result.stdout)] == codes
    assert result.exit_code == bool(codes)


def test_a_rule_that_is_off_by_default_is_on_when_selected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fixture("cached_property", tmp_path))
    found = heads(call("check", "--output-format", "concise", "--extend-select", "QSC103").output)
    assert [head.split()[1] for head in found] == ["QSC103"]


# -- standard input


def test_stdin_stands_for_the_file_that_it_is_named(project: Path) -> None:
    clean = call("check", "--stdin-filename", "shop/refiner.py", stdin=READER.encode())
    assert (clean.exit_code, clean.output) == (0, "No problems found in 1 file.\n")
    text = "# one line more\n" + REFINER
    found = call("check", "--output-format", "concise", "--stdin-filename", "shop/refiner.py", stdin=text.encode())
    assert heads(found.output) == ["shop/refiner.py:6:32: QSC201"]


def test_stdin_may_be_a_file_that_is_not_there_yet(project: Path) -> None:
    process = run(
        "qscache-lint", "check", "--output-format", "concise", "--stdin-filename", "shop/fresh.py",
        cwd=project, stdin=REFINER.encode(),
    )  # fmt: skip
    assert heads(process.stdout.decode()) == ["shop/fresh.py:5:32: QSC201"]
    assert process.returncode == 1
    assert not (project / "shop/fresh.py").exists()


def test_a_syntax_error_on_stdin_is_a_finding(project: Path) -> None:
    result = call("check", "--output-format", "concise", "--stdin-filename", "x.py", stdin=b"x = 1\nx = = 2\n")
    assert [head.rpartition(":")[0].rpartition(":")[0] for head in heads(result.output)] == ["x.py:2"]


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
    lines = call("rule").output.splitlines()
    assert [re.findall(r"QSC\d{3}", line)[0] for line in lines if "QSC" in line] == [rule.code for rule in RULES]


@pytest.mark.parametrize("code", ["QSC201", "qsc201"])
def test_a_rule_is_explained(code: str) -> None:
    result = call("rule", code)
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
    assert re.findall(r"^# .+ \((\w+)\)$", call("rule", *named).output, re.MULTILINE) == codes


@pytest.mark.parametrize("words", [["rule"], ["rule", "QSC"]], ids=["all-listed", "all-explained"])
@pytest.mark.parametrize("width", [50, 70, 140])
def test_rules_are_as_wide_as_the_terminal(words: list[str], width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = re.sub(r"^```.*?^```$", "", call(*words).output, flags=re.MULTILINE | re.DOTALL)
    wide = [line for line in text.splitlines() if len(line) > width and " " in line.strip("- ")]
    assert wide == []
    assert max(map(len, text.splitlines())) > width - 12


@pytest.mark.parametrize(
    ("named", "near"), [("QSC777", ""), ("frozen-clock-filtre", "frozen-clock-filter"), ("", "")]
)
def test_an_unknown_rule_is_one_line_and_2(named: str, near: str) -> None:
    result = call("rule", named)
    assert (result.exit_code, result.stdout) == (2, "")
    assert repr(named) in result.stderr
    assert near in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_version_is_told() -> None:
    assert call("--version").output == f"qscache-lint, version {__version__}\n"
