"""A project with many findings: baselines, comments that silence them, and what changed lines have to do with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from qscache_lint.changed_lines import changed_rows
from qscache_lint.serving.living import LivingProject
from tests.entry.console import call, contents, run
from tests.unit.projects import QUERIES, REFINER

OTHER = REFINER.replace("def named", "def other")
CHANGED = REFINER.replace("filter", "exclude")


def _found(*arguments: str) -> list[str]:
    output = call("check", "--output-format", "concise", *arguments).stdout
    return [line.split(" ")[0] + line.split(" ")[1] for line in output.splitlines()]


def _edit(project: Path, path: str, text: str) -> None:
    (project / path).write_text(text, encoding="utf-8")


# -- baselines


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
    _edit(project, "shop/refiner.py", moved)
    assert _found("--baseline", "known.json") == []
    monkeypatch.chdir(project / "shop")
    assert _found("--baseline", "../known.json") == []
    monkeypatch.chdir(project.parent)
    assert _found("project", "--baseline", "project/known.json") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(REFINER.replace("title=word", "title=word.lower()"), id="another-line"),
        pytest.param(REFINER.replace("def named", "def renamed"), id="another-function"),
    ],
)
def test_what_is_new_is_reported(project: Path, known: Path, text: str) -> None:
    _edit(project, "shop/refiner.py", text)
    assert _found("--baseline", "known.json") == ["shop/refiner.py:5:32:QSC201"]


def test_an_entry_is_for_as_many_findings_as_it_counts(project: Path, known: Path) -> None:
    line = REFINER.splitlines()[-1]
    _edit(project, "shop/refiner.py", REFINER.replace(line, f"    if word:\n    {line}\n{line}"))
    assert _found("--baseline", "known.json") == ["shop/refiner.py:7:32:QSC201"]


def test_what_is_no_longer_found_is_said_and_can_be_removed(project: Path, known: Path) -> None:
    _edit(project, "shop/refiner.py", CHANGED)
    stale = call("check", "--baseline", "known.json")
    before = known.read_bytes()
    assert "known.json: 1 stale entry: QSC201 in shop/refiner.py; remove with --prune-baseline" in stale.stderr
    pruned = call("check", "--baseline", "known.json", "--prune-baseline")
    assert "1 entry removed from known.json.\n" in pruned.stderr
    assert known.read_bytes() != before
    assert "stale" not in call("check", "--baseline", "known.json").stderr
    _edit(project, "shop/refiner.py", REFINER)
    assert _found("--baseline", "known.json") == ["shop/refiner.py:5:32:QSC201"]


def test_a_file_that_is_gone_is_out_of_date(project: Path, known: Path) -> None:
    (project / "shop/refiner.py").unlink()
    assert "QSC201 in shop/refiner.py" in call("check", "--baseline", "known.json").stderr


@pytest.mark.parametrize("arguments", [["shop/models.py"], ["--select", "QSC9"], ["shop/queries.py"]])
def test_what_was_not_looked_for_is_not_out_of_date(project: Path, known: Path, arguments: list[str]) -> None:
    _edit(project, "shop/refiner.py", CHANGED)
    assert "stale" in call("check", "--baseline", "known.json").stderr
    assert "stale" not in call("check", "--baseline", "known.json", *arguments).stderr


def test_fix_repairs_what_is_reported(project: Path, known: Path) -> None:
    before = contents(project)
    assert call("fix", "--baseline", "known.json").exit_code == 0
    assert contents(project) == before
    _edit(project, "shop/other.py", OTHER)
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
        _edit(project, "known.json", content)
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
    _edit(project, "pyproject.toml", f"[tool.qscache-lint]\n{table}")


@pytest.fixture
def told(project: Path, known: Path) -> Path:
    """A baseline that the settings name, and one more finding."""
    _set(project, 'baseline = "known.json"\n')
    _edit(project, "shop/other.py", OTHER)
    return known


def test_the_settings_may_name_the_baseline(project: Path, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = "shop/other.py:5:32:QSC201"
    assert _found() == [new]
    assert call("check").stderr == "2 findings hidden by known.json.\n"
    assert len(_found("--no-baseline")) == len(_found("--isolated")) == 3
    monkeypatch.chdir(project / "shop")
    assert _found() == [new.removeprefix("shop/")]
    flake8 = run("flake8", "--select", "QSC", cwd=project).stdout.decode()
    assert [line.partition(" ")[0] for line in flake8.splitlines()] == ["./shop/other.py:5:32:"]
    assert [(each.path, each.code) for each in LivingProject(project).findings] == [("shop/other.py", "QSC201")]


def test_an_option_wins_over_the_baseline_of_the_settings(project: Path, told: Path) -> None:
    assert call("check", "--write-baseline", "all.json").exit_code == 0
    assert _found("--baseline", "all.json") == []
    assert len(msgspec.json.decode((project / "all.json").read_bytes())["findings"]) == 3


def test_the_baseline_of_the_settings_is_pruned_and_fix_repairs_what_is_reported(project: Path, told: Path) -> None:
    _edit(project, "shop/refiner.py", CHANGED)
    assert "1 entry removed from known.json.\n" in call("check", "--prune-baseline").stderr
    assert call("fix").exit_code == 0
    assert "recent_items_queryset()" in (project / "shop/other.py").read_text(encoding="utf-8")


def test_a_baseline_of_the_settings_that_is_gone_is_2_for_all_entries(project: Path) -> None:
    _set(project, 'baseline = "known.json"\n')
    reason = f"{project / 'known.json'}: there is no such baseline; make one with --write-baseline"
    result = call("check")
    assert (result.exit_code, result.stderr) == (2, f"qscache-lint: error: {reason}\n")
    assert reason in run("flake8", "--select", "QSC", "-j", "1", cwd=project).stdout.decode()


# -- comments


def test_comments_silence_what_is_reported(project: Path) -> None:
    result = call("check", "--add-noqa")
    assert (result.exit_code, result.stderr) == (0, "2 findings silenced in 2 files.\n")
    assert "@cache_memoize(60)  # noqa: QSC101\n" in (project / "shop/queries.py").read_text(encoding="utf-8")
    assert _found() == []
    assert run("flake8", "--select", "QSC", cwd=project).stdout == b""
    assert call("fix").exit_code == 0


def test_a_reason_stands_behind_the_code_and_a_path_is_no_reason(project: Path) -> None:
    assert call("check", "--add-noqa=QSC1 is known, see #12", "shop/queries.py").exit_code == 0
    text = (project / "shop/queries.py").read_text(encoding="utf-8")
    assert "@cache_memoize(60)  # noqa: QSC101 - QSC1 is known, see #12\n" in text
    assert call("check", "--add-noqa", "shop/refiner.py").exit_code == 0
    assert "filter(title=word))  # noqa: QSC201\n" in (project / "shop/refiner.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "silenced"),
    [
        pytest.param(
            "recent_items().get(pk=1)  # why", "recent_items().get(pk=1)  # why  # noqa: QSC201", id="comment"
        ),
        pytest.param(
            "recent_items().filter(pk=1)  # noqa: E501  # why",
            "recent_items().filter(pk=1)  # noqa: E501, QSC201  # why",
            id="another-code",
        ),
        pytest.param(
            "recent_items().filter(\n        pk=1,  # noqa: E501, \n    )",
            "recent_items().filter(\n        pk=1,  # noqa: E501, QSC201, \n    )",
            id="another-code-on-another-row",
        ),
        pytest.param(
            "recent_items().filter(\n        pk=1,\n    )",
            "recent_items().filter(  # noqa: QSC201\n        pk=1,\n    )",
            id="several-rows",
        ),
        pytest.param(
            "recent_items().filter(title='''\n    a''')",
            "recent_items().filter(title='''\n    a''')  # noqa: QSC201",
            id="a-string-goes-on",
        ),
        pytest.param(
            "recent_items() \\\n        .filter(pk=1) \\\n        .exclude(pk=2)",
            "recent_items() \\\n        .filter(pk=1) \\\n        .exclude(pk=2)  # noqa: QSC201",
            id="a-backslash",
        ),
        pytest.param(
            "recent_items().filter(pk=1), recent_items().exclude(pk=2)",
            "recent_items().filter(pk=1), recent_items().exclude(pk=2)  # noqa: QSC201",
            id="two-in-a-row",
        ),
        pytest.param(
            "(  # noqa: E501\n        rows9, recent_items().filter(pk=1))",
            "(  # noqa: E501, QSC201\n        rows9, recent_items().filter(pk=1))",
            id="a-name-that-reads-like-a-code",
        ),
        pytest.param(
            "recent_items().filter(\n        title='# noqa: E501')  # why",
            "recent_items().filter(  # noqa: QSC201\n        title='# noqa: E501')  # why",
            id="before-a-string-that-reads-like-a-mark",
        ),
        pytest.param(
            "recent_items().filter(pk=1).exclude(  # noqa: W1\n        title='# noqa: E501')",
            "recent_items().filter(pk=1).exclude(  # noqa: W1, QSC201\n        title='# noqa: E501')",
            id="a-mark-before-a-string-that-reads-like-one",
        ),
    ],
)  # fmt: skip
def test_a_comment_stands_where_it_silences(project: Path, line: str, silenced: str) -> None:
    text = f"from shop.queries import recent_items\n\n\ndef named():\n    return {line}"
    _edit(project, "shop/refiner.py", text)  # without an end of the last line
    assert call("check", "--add-noqa", "shop/refiner.py").exit_code == 0
    assert (project / "shop/refiner.py").read_text(encoding="utf-8") == text.replace(line, silenced)
    assert _found("shop/refiner.py") == []
    assert run("flake8", "--select", "QSC", "shop/refiner.py", cwd=project).stdout == b""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("recent_items().filter(title='# noqa: E501')", id="a-string"),
        pytest.param("recent_items().filter(title='# noqa: E501')  # noqa: E501", id="a-comment-behind-it"),
        pytest.param("recent_items().filter(title=b'# noqa: E501'.decode())  # noqa", id="bytes"),
        pytest.param("recent_items().filter(title='''\n''' '# noqa: E501')", id="a-string-of-several-rows"),
        pytest.param("recent_items().filter(title='\\\n# noqa: E501\\\n')", id="a-string-with-backslashes"),
        pytest.param("recent_items().filter(title=f'''{1}\n# noqa: E501 {2}\n''')", id="a-formatted-string"),
    ],
)
def test_a_string_is_never_edited(project: Path, line: str) -> None:
    text = f"from shop.queries import recent_items\n\n\ndef named():\n    return {line}\n"
    _edit(project, "shop/refiner.py", text)
    result = call("check", "--output-format", "concise", "--add-noqa", "shop/refiner.py")
    assert (project / "shop/refiner.py").read_text(encoding="utf-8") == text
    assert result.exit_code == 1
    assert "QSC201" in result.stdout
    assert "shop/refiner.py:5: QSC201 stays: no comment can silence it and leave the program as it is" in result.stderr


def test_a_reason_that_the_file_cannot_hold_leaves_it(project: Path) -> None:
    before = ("# coding: latin-1\n" + REFINER).encode("latin-1")
    (project / "shop/refiner.py").write_bytes(before)
    assert call("check", "--add-noqa=\u0142", "shop/refiner.py").exit_code == 1
    assert (project / "shop/refiner.py").read_bytes() == before


def test_line_ends_and_encodings_stay(project: Path) -> None:
    before = ("# coding: latin-1\n" + REFINER).replace("\n", "\r\n").replace("word", "wört").encode("latin-1")
    (project / "shop/refiner.py").write_bytes(before)
    call("check", "--add-noqa", "shop/refiner.py")
    marked = before.replace(b"wort))", b"").replace(b"))\r\n", b"))  # noqa: QSC201\r\n")
    assert (project / "shop/refiner.py").read_bytes() == marked


def test_what_no_comment_silences_is_left(project: Path) -> None:
    _edit(project, "shop/broken.py", "from shop.queries import recent_items\nx = (\n")
    before = (project / "shop/broken.py").read_bytes()
    result = call("check", "--output-format", "concise", "--add-noqa")
    assert result.exit_code in (0, 1)
    left = [line.split(" ")[1] for line in result.stdout.splitlines()]
    assert (result.exit_code == 1) is (left == ["QSC900"])
    assert ((project / "shop/broken.py").read_bytes() == before) is (left == ["QSC900"])


# -- since


def _git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *identity, *arguments], cwd=project, env=environment, check=True, capture_output=True)


@pytest.fixture
def checkout(project: Path) -> Path:
    _edit(project, ".gitignore", ".qscache_lint_cache\n")
    _git(project, "init", "-q", "-b", "main")
    _git(project, "add", "-A")
    _git(project, "commit", "-qm", "first")
    return project


def test_without_a_change_nothing_is_reported(checkout: Path) -> None:
    assert _found("--since", "HEAD") == []


def test_a_finding_in_a_changed_line_is_reported(checkout: Path) -> None:
    _edit(checkout, "shop/refiner.py", f"# new\n{REFINER.replace('title=word', 'title=word.lower()')}")
    assert _found("--since", "HEAD") == ["shop/refiner.py:6:32:QSC201"]
    _edit(checkout, "shop/refiner.py", f"# new\n{REFINER}")
    assert _found("--since", "HEAD") == []


@pytest.mark.parametrize("changed", [False, True])
def test_of_a_file_that_was_moved_the_lines_that_differ_have_changed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    (checkout / "store").mkdir()
    _git(checkout, "mv", "shop/refiner.py", "store/finding.py")
    if changed:
        _edit(checkout, "store/finding.py", REFINER.replace("title=word", "title=word.lower()"))
    expected = ["store/finding.py:5:32:QSC201"] if changed else []
    assert _found("--since", "HEAD") == expected
    _git(checkout, "add", "-A")
    _git(checkout, "commit", "-qm", "moved")
    assert _found("--since", "HEAD~") == expected


def test_a_file_that_was_moved_into_the_project_is_followed(checkout: Path) -> None:
    _edit(checkout, "refiner.py", REFINER)
    _git(checkout, "add", "-A")
    _git(checkout, "commit", "-qm", "beside")
    _git(checkout, "mv", "refiner.py", "shop/moved.py")
    (checkout / "shop/pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    assert changed_rows(checkout / "shop", "HEAD") == {"pyproject.toml": ((1, 2**31),)}


def test_a_finding_whose_trail_passes_a_changed_line_is_reported(checkout: Path) -> None:
    _edit(checkout, "shop/queries.py", QUERIES.replace("sold=False", "sold=True"))
    assert _found("--since", "HEAD") == ["shop/queries.py:6:2:QSC101", "shop/refiner.py:5:32:QSC201"]


def test_a_line_that_is_gone_counts_for_those_around_it(checkout: Path) -> None:
    _edit(checkout, "shop/queries.py", QUERIES.replace("def recent", "# why\ndef recent"))
    _git(checkout, "commit", "-qam", "second")
    _edit(checkout, "shop/queries.py", QUERIES)
    assert "shop/queries.py:6:2:QSC101" in _found("--since", "HEAD")


def test_a_new_file_is_changed_as_a_whole(checkout: Path) -> None:
    _edit(checkout, "shop/ü \"x.py", OTHER)
    untracked = call("check", "--output-format", "json", "--since", "HEAD").stdout
    _git(checkout, "add", "-A")
    assert [each["location"]["row"] for each in msgspec.json.decode(untracked)] == [5]
    assert call("check", "--output-format", "json", "--since", "HEAD").stdout == untracked


def test_what_others_have_changed_meanwhile_does_not_count(checkout: Path) -> None:
    _git(checkout, "checkout", "-qb", "mine")
    _git(checkout, "checkout", "-q", "main")
    _edit(checkout, "shop/queries.py", QUERIES.replace("sold=False", "sold=True"))
    _git(checkout, "commit", "-qam", "theirs")
    _git(checkout, "checkout", "-q", "mine")
    assert _found("--since", "main") == []


def test_a_project_below_the_top_of_the_checkout(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _edit(project.parent, ".gitignore", ".qscache_lint_cache\n")
    _git(project.parent, "init", "-q")
    _git(project.parent, "add", "-A")
    _git(project.parent, "commit", "-qm", "first")
    _edit(project, "shop/refiner.py", REFINER.replace("title=word", "title=word.lower()"))
    monkeypatch.chdir(project.parent)
    assert _found("project", "--since", "HEAD") == ["project/shop/refiner.py:5:32:QSC201"]


@pytest.mark.parametrize("revision", ["gone", "--output=x", "HEAD:shop", ""])
def test_a_revision_that_git_does_not_know_is_one_line_and_2(checkout: Path, revision: str) -> None:
    before = contents(checkout)
    result = call("check", f"--since={revision}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"qscache-lint: error: --since {revision}: {checkout}: no such revision\n"
    assert contents(checkout) == before


def test_outside_of_a_checkout_is_one_line_and_2(project: Path) -> None:
    result = call("check", "--since", "HEAD")
    assert result.exit_code == 2
    assert result.stderr == f"qscache-lint: error: --since HEAD: {project}: not a git checkout\n"


def test_without_git_is_one_line_and_2(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(checkout))
    result = call("check", "--since", "HEAD")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "qscache-lint: error: --since: git cannot be run: No such file or directory\n"


def test_what_a_hook_says_of_its_checkout_does_not_count(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _edit(checkout, "shop/refiner.py", REFINER.replace("title=word", "title=word.lower()"))
    monkeypatch.setenv("GIT_DIR", os.fspath(checkout.parent / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(checkout.parent / "index"))
    assert _found("--since", "HEAD") == ["shop/refiner.py:5:32:QSC201"]


def test_nothing_that_the_checkout_configures_is_executed(checkout: Path) -> None:
    trap = checkout / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch executed\n", encoding="utf-8")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.x.textconv"):
        _git(checkout, "config", name, "./trap.sh")
    _edit(checkout, ".gitattributes", "*.py diff=x\n")
    _edit(checkout, "shop/refiner.py", OTHER)
    assert _found("--since", "HEAD") == []
    assert not (checkout / "executed").exists()
