"""The baseline: what is known is hidden, and what is new or gone is told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qscache_lint.serving.living import LivingProject
from tests.entry.console import call, contents, edit, found, run
from tests.unit.projects import REFINER

OTHER = REFINER.replace("def named", "def other")
CHANGED = REFINER.replace("filter", "exclude")


@pytest.fixture
def known(project: Path) -> Path:
    """The baseline of the project as it is."""
    result = call("check", "--write-baseline", "known.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "2 findings written to known.json.\n"
    return project / "known.json"


def test_what_is_known_is_not_reported(known: Path) -> None:
    result = call("check", "--baseline", "known.json")
    assert (result.exit_code, result.stdout) == (0, "No problems found in 5 files.\n")
    assert result.stderr == "2 findings hidden by known.json.\n"
    assert call("check", "-q", "--baseline", "known.json").output == ""


def test_a_baseline_is_for_people_to_compare(known: Path) -> None:
    document = msgspec.json.decode(known.read_bytes())
    assert document["findings"][1] == {
        "path": "shop/refiner.py",
        "code": "QSC201",
        "scope": "named",
        "line": "return list(recent_items().filter(title=word))",
        "count": 1,
    }
    assert len(known.read_text(encoding="utf-8").splitlines()) > 10


def test_a_baseline_holds_while_code_moves_and_from_wherever_one_stands(
    project: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = f"# moved\n\n{REFINER.replace('    return', '    word = word.strip()' + chr(10) + '    return')}"
    edit(project, "shop/refiner.py", moved)
    assert found("--baseline", "known.json") == []
    monkeypatch.chdir(project / "shop")
    assert found("--baseline", "../known.json") == []
    monkeypatch.chdir(project.parent)
    assert found("project", "--baseline", "project/known.json") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(REFINER.replace("title=word", "title=word.lower()"), id="another-line"),
        pytest.param(REFINER.replace("def named", "def renamed"), id="another-function"),
    ],
)
def test_what_is_new_is_reported(project: Path, known: Path, text: str) -> None:
    edit(project, "shop/refiner.py", text)
    assert found("--baseline", "known.json") == ["shop/refiner.py:5:32:QSC201"]


def test_an_entry_is_for_as_many_findings_as_it_counts(project: Path, known: Path) -> None:
    line = REFINER.splitlines()[-1]
    edit(project, "shop/refiner.py", REFINER.replace(line, f"    if word:\n    {line}\n{line}"))
    assert found("--baseline", "known.json") == ["shop/refiner.py:7:32:QSC201"]


def test_what_is_no_longer_found_is_said_and_can_be_removed(project: Path, known: Path) -> None:
    edit(project, "shop/refiner.py", CHANGED)
    stale = call("check", "--baseline", "known.json")
    before = known.read_bytes()
    assert "known.json: 1 stale entry: QSC201 in shop/refiner.py; remove with --prune-baseline" in stale.stderr
    pruned = call("check", "--baseline", "known.json", "--prune-baseline")
    assert "1 entry removed from known.json.\n" in pruned.stderr
    assert known.read_bytes() != before
    assert "stale" not in call("check", "--baseline", "known.json").stderr
    edit(project, "shop/refiner.py", REFINER)
    assert found("--baseline", "known.json") == ["shop/refiner.py:5:32:QSC201"]


def test_a_file_that_is_gone_is_out_of_date(project: Path, known: Path) -> None:
    (project / "shop/refiner.py").unlink()
    assert "QSC201 in shop/refiner.py" in call("check", "--baseline", "known.json").stderr


@pytest.mark.parametrize("arguments", [["shop/models.py"], ["--select", "QSC9"], ["shop/queries.py"]])
def test_what_was_not_looked_for_is_not_out_of_date(project: Path, known: Path, arguments: list[str]) -> None:
    edit(project, "shop/refiner.py", CHANGED)
    assert "stale" in call("check", "--baseline", "known.json").stderr
    assert "stale" not in call("check", "--baseline", "known.json", *arguments).stderr


def test_fix_repairs_what_is_reported(project: Path, known: Path) -> None:
    before = contents(project)
    assert call("fix", "--baseline", "known.json").exit_code == 0
    assert contents(project) == before
    edit(project, "shop/other.py", OTHER)
    result = call("fix", "--baseline", "known.json")
    assert "recent_items_queryset()" in (project / "shop/other.py").read_text(encoding="utf-8")
    assert (result.exit_code, result.stdout) == (0, "No problems found in 6 files.\n")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "known.json: there is no such baseline; make one with --write-baseline", id="gone"),
        pytest.param("[]", "known.json: not a baseline: Expected `object`, got `array`", id="another-shape"),
        pytest.param("{", "known.json: not a baseline: ", id="no-json"),
        pytest.param('{"version": 2, "findings": []}', "a baseline: version 2 is not supported, only 1", id="newer"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_one_line_and_2(project: Path, content: str | None, reason: str) -> None:
    if content is not None:
        edit(project, "known.json", content)
    result = call("check", "--baseline", "known.json")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert reason in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--prune-baseline"], "--prune-baseline requires a baseline: --baseline FILE, or the setting"),
        (["--baseline", "a", "--no-baseline"], "--no-baseline cannot be combined with --baseline"),
        (
            ["--write-baseline", "shop/queries.py"],
            "shop/queries.py: not overwritten: it exists and is not a baseline",
        ),
        (["--write-baseline", "a", "--add-noqa"], "--write-baseline cannot be combined with --add-noqa"),
        (["--write-baseline", "gone/a"], "gone/a: cannot be written: No such file or directory"),
        (["--add-noqa=a\nb"], "--add-noqa: the reason must be a single line of text"),
        (["--repositories", "list", "--since", "HEAD"], "--repositories cannot be combined with --since"),
    ],
)
def test_what_does_not_go_together_is_2_and_changes_nothing(
    project: Path, arguments: list[str], reason: str
) -> None:
    before = contents(project)
    result = call("check", *arguments)
    assert (result.exit_code, result.stderr) == (2, f"qscache-lint: error: {reason}\n")
    assert contents(project) == before


def _set(project: Path, table: str) -> None:
    edit(project, "pyproject.toml", f"[tool.qscache-lint]\n{table}")


@pytest.fixture
def told(project: Path, known: Path) -> Path:
    """A baseline that the settings name, and one more finding."""
    _set(project, 'baseline = "known.json"\n')
    edit(project, "shop/other.py", OTHER)
    return known


def test_the_settings_may_name_the_baseline(project: Path, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = "shop/other.py:5:32:QSC201"
    assert found() == [new]
    assert call("check").stderr == "2 findings hidden by known.json.\n"
    assert len(found("--no-baseline")) == len(found("--isolated")) == 3
    monkeypatch.chdir(project / "shop")
    assert found() == [new.removeprefix("shop/")]
    flake8 = run("flake8", "--select", "QSC", cwd=project).stdout.decode()
    assert [line.partition(" ")[0] for line in flake8.splitlines()] == ["./shop/other.py:5:32:"]
    assert [(each.path, each.code) for each in LivingProject(project).findings] == [("shop/other.py", "QSC201")]


def test_an_option_wins_over_the_baseline_of_the_settings(project: Path, told: Path) -> None:
    assert call("check", "--write-baseline", "all.json").exit_code == 0
    assert found("--baseline", "all.json") == []
    assert len(msgspec.json.decode((project / "all.json").read_bytes())["findings"]) == 3


def test_the_baseline_of_the_settings_is_pruned_and_fix_repairs_what_is_reported(project: Path, told: Path) -> None:
    edit(project, "shop/refiner.py", CHANGED)
    assert "1 entry removed from known.json.\n" in call("check", "--prune-baseline").stderr
    assert call("fix").exit_code == 0
    assert "recent_items_queryset()" in (project / "shop/other.py").read_text(encoding="utf-8")


def test_a_baseline_of_the_settings_that_is_gone_is_2_for_all_entries(project: Path) -> None:
    _set(project, 'baseline = "known.json"\n')
    reason = f"{project / 'known.json'}: there is no such baseline; make one with --write-baseline"
    result = call("check")
    assert (result.exit_code, result.stderr) == (2, f"qscache-lint: error: {reason}\n")
    assert reason in run("flake8", "--select", "QSC", "-j", "1", cwd=project).stdout.decode()
