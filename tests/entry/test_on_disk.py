"""A project that stays open follows what happens on disk: the same is found as by a cold run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths, plan_fixes
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.serving.changes import Changes
from qscache_lint.serving.living import LivingProject
from qscache_lint.serving.open_projects import OpenProjects
from tests.entry.console import fixture
from tests.literate import write_files
from tests.unit.projects import MODELS, QUERIES, READER

REFINER = READER.replace("in recent_items()", "in recent_items().filter(sold=True)")


@pytest.fixture
def shop(tmp_path: Path) -> LivingProject:
    write_files(tmp_path, {**MODELS, "shop/queries.py": QUERIES, "shop/reader.py": REFINER})
    living = LivingProject(tmp_path)
    living.prepare()
    assert [finding.code for finding in living.findings] == ["QSC101", "QSC201"]
    return living


def _assert_agrees(living: LivingProject) -> list[str]:
    living.refresh()
    (cold,) = check_paths([living.root]).projects
    report = living.report(for_fixes=True)
    assert (report.findings, report.django, report.fixes) == (cold.findings, cold.django, cold.fixes)
    return [f"{each.path} {each.code}" for each in cold.findings]


def test_files_that_come_go_and_change(shop: LivingProject) -> None:
    reader = shop.root / "shop/reader.py"
    reader.write_text(READER, encoding="utf-8")
    assert _assert_agrees(shop) == []
    (shop.root / "shop/other.py").write_text(REFINER, encoding="utf-8")
    assert "shop/other.py QSC201" in _assert_agrees(shop)
    reader.unlink()
    assert "shop/other.py QSC201" in _assert_agrees(shop)
    (shop.root / ".gitignore").write_text("other.py\n", encoding="utf-8")
    _assert_agrees(shop)
    (shop.root / "requirements.txt").write_text("Django==4.2.1\n", encoding="utf-8")
    _assert_agrees(shop)
    assert shop.report().django.version == (4, 2)


def test_a_file_that_leads_nowhere_for_a_while(shop: LivingProject) -> None:
    queries = shop.root / "shop/queries.py"
    source = queries.read_bytes()
    queries.unlink()
    queries.symlink_to("absent.py")
    _assert_agrees(shop)
    queries.unlink()
    queries.write_bytes(source)
    assert "shop/reader.py QSC201" in _assert_agrees(shop)


def test_the_same_size_at_the_same_time_is_looked_at(shop: LivingProject) -> None:
    reader = shop.root / "shop/reader.py"
    before = reader.stat()
    reader.write_bytes(REFINER.replace("filter(sold=True)", "filter(sold=None)").encode())
    os.utime(reader, ns=(before.st_atime_ns, before.st_mtime_ns))
    _assert_agrees(shop)


def test_wrong_settings_leave_those_of_before(shop: LivingProject) -> None:
    pyproject = shop.root / "pyproject.toml"
    pyproject.write_text('[tool.qscache-lint]\nselect = ["QSC2"]\n', encoding="utf-8")
    assert _assert_agrees(shop) == ["shop/reader.py QSC201"]
    pyproject.write_text("[tool.qscache-lint]\nselect = 3\n", encoding="utf-8")
    shop.refresh()
    assert "select" in shop.problem
    assert [finding.code for finding in shop.findings] == ["QSC201"]
    pyproject.write_text("[tool.qscache-lint]\n", encoding="utf-8")
    assert len(_assert_agrees(shop)) == 2
    assert shop.problem == ""


def test_a_buffer_that_is_given_back_is_what_is_on_disk(shop: LivingProject) -> None:
    assert shop.edit({"shop/reader.py": READER.encode()}) == []
    shop.refresh()
    assert shop.findings == [], "a buffer stands for its file"
    shop.refresh(["shop/reader.py"])
    assert len(shop.findings) == 2
    assert len(shop.edit({".venv/reader.py": REFINER.encode(), "shop/notes.txt": b"x"})) == 2


def test_components_stay_apart_while_an_edit_joins_none(tmp_path: Path) -> None:
    for name in ("recent_stories", "lru_cache", "get_miss_set"):
        fixture(name, tmp_path)
        (tmp_path / name / "LICENSE").touch()
    statistics = RunStatistics()
    living = LivingProject(tmp_path, means=Means(statistics=statistics))
    living.prepare()
    assert len(living.report().run.parts) == 3
    read = statistics.counts["read"]
    name = "lru_cache/catalogue/sitemap.py"
    source = (tmp_path / name).read_bytes()
    for edited in (b"\n" + source, source + b"\nimport stories.queries\n", None, source):
        found = living.edit({name: edited})
        overlay = {} if edited is None else {tmp_path / name: edited}
        if edited is not None:
            (cold,) = check_paths([tmp_path], overlay=overlay).projects
            assert found == list(cold.findings)
        if edited == b"\n" + source:
            assert statistics.counts["read"] - read < 10, "the other components are not read again"


def test_an_error_begins_a_project_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture("recent_stories", tmp_path)
    projects = OpenProjects()
    projects.apply(Changes((root,)))
    assert [len(report.findings) for report in projects.reports()] == [2]
    with monkeypatch.context() as broken:
        broken.setattr(LivingProject, "refresh", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            projects.apply(Changes(disk=True))
    assert list(projects.reports()) == []
    projects.apply(Changes(disk=True))
    assert [len(report.findings) for report in projects.reports()] == [2]


def test_nothing_around_a_folder_is_read(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    (tmp_path / ".git").mkdir()
    settings = (".gitignore", "pyproject.toml", "setup.cfg", "requirements.txt", ".flake8")
    for name in (*settings, "around.py", "templates/a.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    read: set[Path] = set()
    is_on = [True]

    def hook(event: str, given: tuple[object, ...]) -> None:
        if is_on[0] and event in ("open", "os.scandir", "os.listdir") and isinstance(given[0], (str, Path)):
            read.add(Path(given[0]))

    sys.addaudithook(hook)
    projects = OpenProjects()
    projects.apply(Changes((root,), {root / "archive/views.py": b"", tmp_path / "around.py": b"x"}, disk=True))
    projects.apply(Changes(None, {root / "archive/views.py": None}, disk=True))
    (report,) = projects.reports(for_fixes=True)
    assert len(report.fixes) == 2
    assert len(plan_fixes(report).changes) == 2
    is_on[0] = False
    inside = {path for path in read if path.is_relative_to(root)}
    assert root / "stories/queries.py" in inside
    around = {path.name for path in read - inside if path.is_relative_to(tmp_path)}
    assert around <= {".gitignore"}, "what git leaves out of the checkout"


@pytest.mark.parametrize("another", ["comes", "goes"])
def test_an_open_buffer_stays_while_its_file_is_gone(shop: LivingProject, another: str) -> None:
    queries = shop.root / "shop/queries.py"
    source = queries.read_bytes()
    shop.edit({"shop/queries.py": source})
    found = shop.findings
    queries.unlink()
    shop.refresh()
    assert shop.findings == found
    if another == "comes":
        (shop.root / "shop/other.py").write_text("LIMIT = 3\n", encoding="utf-8")
    else:
        (shop.root / "shop/__init__.py").unlink()
    shop.refresh()
    assert shop.findings == found
    report = shop.report(for_fixes=True)
    assert report.text("shop/queries.py") == source.decode()
    assert report.fixes.keys() == set(found)
    shop.refresh(["shop/queries.py"])
    assert _assert_agrees(shop) == []
