"""The cache as users meet it: it changes how long a run takes, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qscache_lint import codemod
from qscache_lint.api import Means, Options, check_paths, plan_fixes
from qscache_lint.fixing.run import Repaired
from qscache_lint.project import components, workspace
from qscache_lint.run_statistics import RunStatistics
from tests.entry.console import contents, fixture, run
from tests.unit.projects import QUERIES, READER, REFINER, lay, side_by_side, take_builder_name, write
from tests.unit.trees import grow

PROJECT = {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/reader.py": READER}
READS = """from shop.models import Item

ALL = Item.objects.filter(sold=False)


def size():
    return f"{len(ALL)=}"
"""
CACHE = ".qscache_lint_cache"
FOUND = ["shop/queries.py QSC101", "shop/refiner.py QSC201"]


def _check(root: Path, *arguments: str) -> tuple[int, bytes, bytes]:
    process = run("qscache-lint", "check", "--output-format", "json", *arguments, cwd=root)
    return process.returncode, process.stdout, process.stderr


def _counted(*paths: Path, overrides: Mapping[str, object] | None = None) -> tuple[list[str], RunStatistics]:
    """The findings of a run with a cache, and what it had to do."""
    statistics = RunStatistics()
    report = check_paths(paths, Options(overrides=overrides), means=Means(cached=True, statistics=statistics))
    found = [f"{each.path} {each.code}" for project in report.projects for each in project.findings]
    return found, statistics


def test_a_second_run_reads_and_parses_nothing(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    first, work = _counted(tmp_path)
    assert first == FOUND
    assert work.counts["parsed"] > 0
    time.sleep(2.1)  # until then the files are too young to be trusted by their state
    for _ in range(2):
        again, work = _counted(tmp_path)
        assert again == FOUND
        assert work.counts["parsed"] == work.counts["scouted"] == work.counts["from the cache"] == 0
        assert work.counts["runs from the cache"] == 1
    assert work.counts["read"] == 0


TWO = [
    *("site_mart/mart/queries.py QSC101", "site_mart/mart/refiner.py QSC201"),
    *("site_shop/shop/queries.py QSC101", "site_shop/shop/refiner.py QSC201"),
]
SEARCH = "from mart.queries import recent_items\n\n\ndef named(name):\n    return recent_items().filter(title=name)\n"
MORE = sorted([*TWO, "site_mart/mart/reader.py QSC201"])
SHELF = """
from cache_memoize import cache_memoize

from shop.models import Item


class Shelf:
    @property
    @cache_memoize(60)
    def sold_items(self):
        return Item.objects.filter(sold=True)
"""
JOINS = "from shop.queries import recent_items\n"


def test_an_edit_concerns_one_component(tmp_path: Path) -> None:
    write(tmp_path, side_by_side("shop", "mart"))
    assert _counted(tmp_path)[0] == TWO
    again, work = _counted(tmp_path)
    assert again == TWO
    assert work.counts["runs from the cache"] == 2
    write(tmp_path, {"site_mart/mart/reader.py": SEARCH})
    again, work = _counted(tmp_path)
    assert again == MORE
    assert work.counts["runs from the cache"] == 1
    assert work.counts["parsed"] == 1
    write(tmp_path, {"site_mart/mart/reader.py": JOINS})
    again, work = _counted(tmp_path)
    assert again == TWO
    assert work.counts["runs from the cache"] == 0


def test_a_project_that_is_none_any_more_joins_all(tmp_path: Path) -> None:
    write(tmp_path, side_by_side("shop", "mart"))
    _counted(tmp_path)
    (tmp_path / "site_mart/LICENSE").unlink()
    found, work = _counted(tmp_path)
    assert found == TWO
    assert work.counts["runs from the cache"] == 0


def test_components_are_those_of_the_files_as_they_are_whatever_the_settings(tmp_path: Path) -> None:
    """A run with other settings has seen the files in between, and found them apart."""
    desk = "def leads(thing):\n    return thing.sold_items.filter(pk=1)\n"
    write(tmp_path, {**side_by_side("shop", "mart"), "site_shop/shop/shelf.py": SHELF})
    write(tmp_path, {"site_mart/mart/desk.py": JOINS + desk})
    first = _counted(tmp_path)[0]
    assert "site_mart/mart/desk.py QSC201" in first
    write(tmp_path, {"site_mart/mart/desk.py": desk})
    assert "site_mart/mart/desk.py QSC201" not in _counted(tmp_path, overrides={"django_version": "4.2"})[0]
    write(tmp_path, {"site_mart/mart/desk.py": JOINS + desk})
    assert _counted(tmp_path)[0] == first


def test_a_file_that_changes_while_components_are_told_is_seen_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, side_by_side("shop", "mart"))
    find = components.part

    def and_an_edit(*given: Any) -> Any:
        found = find(*given)
        write(tmp_path, {"site_mart/mart/reader.py": SEARCH})
        return found

    with monkeypatch.context() as patch:
        patch.setattr(components, "part", and_an_edit)
        _counted(tmp_path)
    assert _counted(tmp_path)[0] == MORE


def test_an_edit_evaluates_what_rests_on_its_file(tmp_path: Path) -> None:
    grow(tmp_path, 20)
    before, _ = _counted(tmp_path)
    edited = tmp_path / before[0].partition(" ")[0]
    for number in range(2):  # what is kept serves for later edits, too
        edited.write_bytes(edited.read_bytes() + b"\n\nLIMIT%d = 3\n" % number)
        found, work = _counted(tmp_path)
        assert found == before
        assert 0 < work.counts["answers evaluated"] < work.counts["answers kept"]
        assert work.counts["parsed by ast"] == 2, "to see what it states now, and by the scout"


def test_other_files_or_other_settings_are_analysed_from_the_beginning(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    assert _counted(tmp_path)[0] == FOUND
    write(tmp_path, {"shop/more.py": QUERIES})
    found, work = _counted(tmp_path)
    assert len(found) > len(FOUND)
    assert work.counts["answers kept"] == 0
    (tmp_path / "shop/more.py").unlink()
    found, work = _counted(tmp_path)
    assert (found, work.counts["answers kept"]) == (FOUND, 0)
    write(tmp_path, {"shop/reader.py": f"{READER}\n# a comment\n"})
    found, work = _counted(tmp_path, overrides={"django_version": "4.2"})
    assert (found, work.counts["answers kept"]) == (FOUND, 0)
    assert _counted(tmp_path)[1].counts["answers kept"] > 0


def test_an_edit_parses_one_file(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    _counted(tmp_path)
    (tmp_path / "shop/reader.py").write_text(REFINER, encoding="utf-8")
    found, work = _counted(tmp_path)
    assert found == ["shop/queries.py QSC101", "shop/reader.py QSC201", "shop/refiner.py QSC201"]
    assert work.counts["parsed"] == 0, "the text is one that is known"
    (tmp_path / "shop/reader.py").write_text("# new\n" + READER, encoding="utf-8")
    assert _counted(tmp_path)[1].counts["parsed"] == 1


@pytest.mark.parametrize(
    ("asked", "overrides", "expected"),
    [
        pytest.param("shop/refiner.py", {}, FOUND[1:], id="a-file"),
        pytest.param("shop/models.py", {}, [], id="a-file-without-findings"),
        pytest.param("shop", {}, FOUND, id="a-directory"),
        pytest.param(".", {"select": ("QSC1",)}, FOUND[:1], id="a-selection"),
        pytest.param(".", {"ignore": ("QSC1", "QSC2")}, [], id="nothing-selected"),
    ],
)
def test_one_run_answers_for_its_parts(
    tmp_path: Path, asked: str, overrides: dict[str, object], expected: list[str]
) -> None:
    lay(tmp_path, PROJECT)
    _counted(tmp_path)
    found, work = _counted(tmp_path / asked, overrides=overrides)
    assert found == expected
    assert work.counts["runs from the cache"] == 1


def test_a_named_file_that_nothing_else_reads_is_read_once(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, "tools/broken.py": "def (:\n"})
    assert _counted(tmp_path)[0] == FOUND
    assert _counted(tmp_path / "tools/broken.py")[0] == ["tools/broken.py QSC900"]
    found, work = _counted(tmp_path / "tools/broken.py")
    assert found == ["tools/broken.py QSC900"]
    assert work.counts["parsed"] == 0
    assert _counted(tmp_path)[0] == FOUND


BROKEN = "def f(:\n"


def test_a_file_that_breaks_is_reported_by_name_whatever_is_kept(tmp_path: Path) -> None:
    reads = tmp_path / "shop/reads.py"
    lay(tmp_path, {**PROJECT, "shop/reads.py": READS})
    _counted(tmp_path)
    overlay = {reads: BROKEN.encode()}
    report = check_paths([reads], overlay=overlay, means=Means(cached=True))
    assert [each.code for each in report.projects[0].findings] == ["QSC900"]
    reads.write_text(BROKEN, encoding="utf-8")
    plain = [each.code for each in check_paths([reads]).projects[0].findings]
    for _ in range(2):
        assert _counted(reads)[0] == ["shop/reads.py QSC900"]
    assert plain == ["QSC900"]
    reads.write_text(READS, encoding="utf-8")
    assert _counted(reads)[0] == ["shop/reads.py QSC302"]


def test_a_name_that_is_no_text_is_no_crash(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    with open(os.fsencode(tmp_path) + b"/shop/caf\xe9.py", "wb") as file:  # noqa: PTH123
        file.write(REFINER.encode())
    for _ in range(2):
        assert [each.partition(" ")[2] for each in _counted(tmp_path)[0]].count("QSC201") == 2


def test_the_django_that_is_pinned_belongs_to_what_is_kept(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, "requirements.txt": "django==4.2\n"})
    first = check_paths([tmp_path], means=Means(cached=True)).projects[0].django
    (tmp_path / "requirements.txt").write_text("django==5.2\n", encoding="utf-8")
    second = check_paths([tmp_path], means=Means(cached=True)).projects[0].django
    assert (first.version, second.version) == ((4, 2), (5, 2))


def test_fixes_are_kept_while_templates_are_the_same(tmp_path: Path) -> None:
    page = (
        "from django.shortcuts import render\nfrom shop.queries import recent_items\n\n\n"
        'def page(request):\n    return render(request, "page.html", {"items": recent_items()})\n'
    )
    template = "{% for item in items %}{{ item.title }}{% endfor %}"
    lay(tmp_path, {**PROJECT, "shop/page.py": page, "shop/templates/page.html": template})
    plain = check_paths([tmp_path]).projects[0].fixes
    assert "split-function" in {fix.name for fix in plain.values()}
    for _ in range(2):
        assert check_paths([tmp_path], means=Means(cached=True)).projects[0].fixes == plain
    (tmp_path / "shop/templates/page.html").write_text("{{ items.count }}", encoding="utf-8")
    changed = check_paths([tmp_path], means=Means(cached=True)).projects[0].fixes
    assert changed == check_paths([tmp_path]).projects[0].fixes != plain


def test_text_from_stdin_uses_the_facts_and_keeps_no_run(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    _counted(tmp_path)
    statistics = RunStatistics()
    edited = {tmp_path / "shop/reader.py": b"# new\n" + REFINER.encode()}
    report = check_paths([tmp_path / "shop/reader.py"], overlay=edited, means=Means(cached=True, statistics=statistics))
    assert [each.code for each in report.projects[0].findings] == ["QSC201"]
    assert statistics.counts["parsed"] == 1
    found, statistics = _counted(tmp_path)
    assert found == FOUND
    assert statistics.counts["runs from the cache"] == 1


def test_text_from_stdin_that_is_on_disk_needs_no_run(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    _counted(tmp_path)
    statistics = RunStatistics()
    same = {tmp_path / "shop/refiner.py": REFINER.encode()}
    report = check_paths([tmp_path / "shop/refiner.py"], overlay=same, means=Means(cached=True, statistics=statistics))
    assert [each.code for each in report.projects[0].findings] == ["QSC201"]
    assert statistics.counts["runs from the cache"] == 1


# -- the command


def test_the_command_says_the_same_with_and_without(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    plain = _check(root, "--no-cache")
    assert not (root / CACHE).exists()
    assert plain == _check(root) == _check(root) == _check(root, "--jobs", "1")
    assert (root / CACHE).is_dir()


@pytest.mark.parametrize("form", ["full", "gitlab", "sarif", "html"])
def test_what_stands_around_a_finding_is_the_same_with_and_without(tmp_path: Path, form: str) -> None:
    root = fixture("recent_stories", tmp_path)
    runs: tuple[list[str], ...] = (["--no-cache"], [], [], ["--jobs", "1"])
    reports = {run("qscache-lint", "check", "--output-format", form, *each, cwd=root).stdout for each in runs}
    assert len(reports) == 1


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        pytest.param(["--cache-dir", "kept"], "", id="option"),
        pytest.param([], 'cache-dir = "kept"\n', id="setting"),
    ],
)
def test_the_cache_is_where_it_is_asked_for(tmp_path: Path, arguments: list[str], table: str) -> None:
    lay(tmp_path, PROJECT, table)
    before = _check(tmp_path, *arguments)
    assert before == _check(tmp_path, *arguments)
    assert (tmp_path / "kept" / "CACHEDIR.TAG").exists()
    assert not (tmp_path / CACHE).exists()


def test_one_directory_keeps_several_projects_apart(tmp_path: Path) -> None:
    for name, files in (("one", PROJECT), ("two", {"shop/queries.py": QUERIES})):
        lay(tmp_path / name, files)
    shared = ["--cache-dir", str(tmp_path / "kept")]
    plain = [_check(tmp_path / name, "--no-cache") for name in ("one", "two")]
    for _ in range(2):
        assert [_check(tmp_path / name, *shared) for name in ("one", "two")] == plain


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="truncated"),
        pytest.param(lambda content: content[:-9] + bytes(9), id="zeros-at-the-end"),
        pytest.param(lambda content: b"\x80\x04N.", id="a-pickle"),
    ],
)
def test_a_damaged_cache_is_made_anew_with_one_warning(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    root = fixture("recent_stories", tmp_path)
    code, output, _ = _check(root)
    for path in (root / CACHE).rglob("*"):
        if path.is_file() and path.name not in (".gitignore", "CACHEDIR.TAG"):
            path.write_bytes(damage(path.read_bytes()))
    again, repeated, said = _check(root)
    assert (again, repeated) == (code, output)
    assert said.decode().splitlines() == [
        f"qscache-lint: warning: the cache in {root / CACHE} was damaged; it is made anew"
    ]
    assert _check(root) == (code, output, b"")


def test_a_directory_that_cannot_be_written_is_mentioned_where_it_is_asked(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    plain = _check(root, "--no-cache")
    (tmp_path / "file").write_bytes(b"")
    unwritable = ["--cache-dir", str(tmp_path / "file" / "cache")]
    assert _check(root, *unwritable) == plain
    code, output, said = _check(root, *unwritable, "-v")
    assert (code, output) == plain[:2]
    assert b"results are not cached" in said


def test_runs_at_the_same_time_share_a_cache(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    code, output, _ = _check(root, "--no-cache")
    command = [str(Path(sys.executable).with_name("qscache-lint")), "check", "--output-format", "json"]
    running = [subprocess.Popen(command, cwd=root, stdout=-1, stderr=-1) for _ in range(3)]
    assert [(*process.communicate(), process.returncode) for process in running] == [(output, b"", code)] * 3
    assert _counted(root)[1].counts["runs from the cache"] == 1


def test_a_run_that_is_killed_spoils_nothing(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    plain = _check(root, "--no-cache")
    command = [str(Path(sys.executable).with_name("qscache-lint")), "check", "--jobs", "1", "-q"]
    for tenths in (2, 4, 6):
        shutil.rmtree(root / CACHE, ignore_errors=True)
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert _check(root) == plain


def test_repairs_are_made_from_files_and_not_from_the_cache(tmp_path: Path) -> None:
    root, twin = fixture("lru_cache", tmp_path / "a"), fixture("lru_cache", tmp_path / "b")
    _check(root)
    _check(root)
    assert run("qscache-lint", "fix", "--unsafe-fixes", cwd=root).returncode == 0
    assert run("qscache-lint", "fix", "--unsafe-fixes", "--no-cache", cwd=twin).returncode == 0
    assert contents(root) == contents(twin)
    assert _check(root) == _check(root, "--no-cache")


UNREAD = "shop/words.py"
"""A file of the project that no run has to read in full."""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def plural(word):\n    return f'{word}s'\n", id="another body"),
        pytest.param("import re\n\nVOWEL = re.compile('[aeiou]')\n", id="other names"),
        pytest.param("", id="nothing at all"),
        pytest.param("# rows of recent_items() are cached\n", id="a comment that speaks of caches"),
    ],
)
def test_an_edit_that_answers_nothing_else_needs_no_analysis(tmp_path: Path, text: str) -> None:
    lay(tmp_path, {**PROJECT, UNREAD: "def plural(word):\n    return word + 's'\n"})
    assert _counted(tmp_path)[0] == FOUND
    (tmp_path / UNREAD).write_text(text, encoding="utf-8")
    found, work = _counted(tmp_path)
    assert found == FOUND
    assert work.counts["runs from the cache"] == 1
    assert work.counts["parsed"] == work.counts["from the cache"] == 0


def test_an_edit_to_a_file_that_is_asked_for_by_name_parses_that_one(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, UNREAD: "def plural(word):\n    return word + 's'\n"})
    assert _counted(tmp_path / UNREAD)[0] == []
    (tmp_path / UNREAD).write_text("def plural(word:\n", encoding="utf-8")
    found, work = _counted(tmp_path / UNREAD)
    assert found == ["shop/words.py QSC900"]
    assert work.counts["parsed"] == 1
    (tmp_path / UNREAD).write_text("def plural(word): ...\n", encoding="utf-8")
    found, work = _counted(tmp_path / UNREAD)
    assert found == []
    assert (work.counts["parsed"], work.counts["runs from the cache"]) == (1, 1)


def test_fixes_outlive_an_edit_elsewhere(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, UNREAD: "def plural(word):\n    return word + 's'\n"})
    first = _check(tmp_path)
    assert b'"fix"' in first[1]
    lay(tmp_path, {UNREAD: "def plural(word):\n    return word\n"})
    statistics = RunStatistics()
    report = check_paths([tmp_path], means=Means(cached=True, statistics=statistics))
    assert [fix for project in report.projects for fix in project.fixes.values()]
    assert "evaluate" not in statistics.seconds
    assert _check(tmp_path) == first


# -- fixes after a check


def _repaired(root: Path, *, unsafe: bool, cached: bool = True) -> tuple[Repaired, RunStatistics]:
    """The repairs of a project, without their analysis, and what was done for them."""
    statistics = RunStatistics()
    (project,) = check_paths([root], means=Means(cached=cached, statistics=statistics)).projects
    return replace(plan_fixes(project, unsafe=unsafe), analyses=()), statistics


def _is_unevaluated(statistics: RunStatistics) -> bool:
    parsed = ("parsed", "parsed by ast", "parsed by libcst", "bytes parsed by libcst")
    return "evaluate" not in statistics.seconds and not any(statistics.counts[each] for each in parsed)


@pytest.mark.parametrize("form", ["full", "json"])
def test_a_fix_after_a_check_starts_from_its_plan(tmp_path: Path, form: str) -> None:
    """Without unsafe fixes nothing is parsed; with them the files as they would be are, to prove that it helps."""
    lay(tmp_path, PROJECT)
    take_builder_name(tmp_path)
    cold = {unsafe: _repaired(tmp_path, unsafe=unsafe, cached=False)[0] for unsafe in (False, True)}
    assert run("qscache-lint", "check", "--output-format", form, cwd=tmp_path).returncode == 1
    repaired, work = _repaired(tmp_path, unsafe=False)
    assert repaired == cold[False]
    assert [each.name for each in repaired.waiting] == ["split-function"]
    assert _is_unevaluated(work)
    repaired, work = _repaired(tmp_path, unsafe=True)
    assert repaired == cold[True]
    assert len(repaired.changes) == work.counts["parsed"] == 2
    assert "evaluate" not in work.seconds, "the project as it is was not evaluated again"


def test_a_fix_after_a_check_that_shows_no_fixes_keeps_the_plan_it_makes(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    take_builder_name(tmp_path)
    assert run("qscache-lint", "check", "--output-format", "concise", cwd=tmp_path).returncode == 1
    first, work = _repaired(tmp_path, unsafe=False)
    assert work.counts["parsed"] == 0
    assert "evaluate" in work.seconds
    again, work = _repaired(tmp_path, unsafe=False)
    assert again == first
    assert _is_unevaluated(work)


@pytest.mark.drawn("name", "options")
@pytest.mark.parametrize("options", [(), ("--unsafe-fixes",), ("--unsafe-fixes", "--keep-cached-name")])
@pytest.mark.parametrize("name", ["recent_stories", "lru_cache", "get_miss_set", "cached_property"])
def test_a_patch_is_the_same_after_a_check(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    root = fixture(name, tmp_path)
    patch = ("qscache-lint", "fix", "--diff", *options)
    cold = run(*patch, "--no-cache", cwd=root)
    run("qscache-lint", "check", cwd=root)
    for _ in range(2):
        warm = run(*patch, cwd=root)
        assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_a_file_that_has_become_a_link_out_of_the_project_is_not_repaired(tmp_path: Path) -> None:
    root = tmp_path / "project"
    lay(root, PROJECT)
    take_builder_name(root)
    assert check_paths([root], means=Means(cached=True)).projects[0].fixes
    (root / "shop/reader.py").rename(tmp_path / "reader.py")
    (root / "shop/reader.py").symlink_to(tmp_path / "reader.py")
    repaired, _ = _repaired(root, unsafe=True)
    assert repaired.changes == ()
    refused, _ = repaired.refused
    assert refused.message.startswith("no automatic fix: shop/reader.py is a link to ")


def test_the_codemod_starts_from_the_plan_of_a_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, PROJECT)
    take_builder_name(tmp_path)
    cold = codemod.plan([str(tmp_path)], unsafe=False)
    assert _check(tmp_path)[0] == 1

    def refuse(*given: Any, **named: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(workspace.Workspace, "_analyse", refuse)
    assert codemod.plan([str(tmp_path)], unsafe=False) == cold
    shutil.rmtree(tmp_path / CACHE)
    with pytest.raises(AssertionError):
        codemod.plan([str(tmp_path)], unsafe=False)
