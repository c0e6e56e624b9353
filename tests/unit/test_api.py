"""The Python API, as its page shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.api import check_paths, check_source
from qscache_lint.source.text import encoded
from qscache_lint.witness.records import RecordedStore, encode
from tests.entry.console import fixture
from tests.unit.witness.recordings import at, recording

PAGE = Path(__file__).parents[2].joinpath("docs/api.md").read_text(encoding="utf-8")


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    root = fixture("recent_stories", tmp_path)
    printed = subprocess.run([sys.executable, "-c", example], cwd=root, capture_output=True, text=True, check=True)
    first, *others = printed.stdout.splitlines()
    assert first.startswith("archive/views.py:11: QSC201 ")
    assert others == ["0 findings in the edited file", "archive/views.py changes", "stories/queries.py changes"]
    assert check_paths([root]).count == 0


def test_all_names_are_there_and_on_the_page() -> None:
    assert all(getattr(api, name) for name in api.__all__)
    for name in ("check_paths", "check_source", "plan_fixes", "write", "Options", "Means", "with_witness"):
        assert f"`{name}(" in PAGE


def test_a_report_with_a_recording_has_what_was_seen(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    function = at("stories/queries.py", 12, "getRecentStories")
    store = RecordedStore(1, "pickled", "django cache", at("caching/memo.py", 25, "wrapper"), function, times=2)
    (tmp_path / "w.json").write_bytes(encode(recording((store,))))
    (project,) = api.with_witness(check_paths([root]), api.read_recordings([tmp_path / "w.json"])).projects
    verdicts = [told.verdict.value for finding in project.findings if (told := project.testimony(finding)) is not None]
    assert verdicts == ["confirmed", "unknown"]
    assert project.missed == ()


def test_what_a_library_stores_is_missed_for_that_reason(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    place = at("archive/views.py", 11, "story_before")
    store = RecordedStore(1, "pickled", "django cache", place, by="shelves.tags.keep", times=2)
    (tmp_path / "w.json").write_bytes(encode(recording((store,))))
    (project,) = api.with_witness(check_paths([root]), api.read_recordings([tmp_path / "w.json"])).projects
    reasons = [(missed.row, missed.reason) for missed in project.missed]
    assert reasons == [(11, "shelves.tags.keep() stores it, which is no code of the project")]


def test_a_source_has_the_findings_of_its_file_alone(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    views = root / "archive/views.py"
    assert [each.code for each in check_source(views.read_bytes(), views).projects[0].findings] == ["QSC201"]
    assert check_source("", views).count == 0
    fresh = check_source(views.read_text(encoding="utf-8"), str(root / "archive/fresh.py"))
    assert [each.path for each in fresh.projects[0].findings] == ["archive/fresh.py"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("x = 'é'\n", "x = 'é'\n".encode(), id="utf-8"),
        pytest.param("# coding: latin-1\nx = 'é'\n", b"# coding: latin-1\nx = '\xe9'\n", id="declared"),
        pytest.param("# coding: latin-1\nx = '→'\n", "# coding: latin-1\nx = '→'\n".encode(), id="not-in-it"),
        pytest.param("# coding: nonsense\nx = 'é'\n", "# coding: nonsense\nx = 'é'\n".encode(), id="unknown"),
        pytest.param("\ufeffx = 1\n", b"\xef\xbb\xbfx = 1\n", id="mark"),
        pytest.param("x = '\ud800'\n", b"x = '\xed\xa0\x80'\n", id="surrogate"),
    ],
)
def test_a_text_is_what_an_editor_would_save(text: str, source: bytes) -> None:
    assert encoded(text) == source
