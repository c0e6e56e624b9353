"""A project that stays open finds after any edits what a command does, with a cache and without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.api import check_paths
from qscache_lint.run import Means
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.serving.living import LivingProject
from qscache_lint.values import Finding
from tests.drawing import EVERYTHING, some
from tests.literate import read_cases, write_files, write_project
from tests.unit.generated import projects

TEXTS = ("", "\n", "def broken(:\n", "from functools import lru_cache\n", "import django.db\n", "LIMIT = 3\n")


def _found(root: Path, cache: Path | None = None, statistics: RunStatistics | None = None) -> list[Finding]:
    means = Means(cached=cache is not None, cache_dir=cache, statistics=statistics or RunStatistics())
    return [finding for project in check_paths([root], means=means).projects for finding in project.findings]


def _write(root: Path, files: Mapping[str, bytes | None]) -> None:
    for path, source in files.items():
        if source is None:
            (root / path).unlink(missing_ok=True)
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(source)


def _assert_all_agree(
    root: Path, cache: Path, living: LivingProject, files: Mapping[str, bytes | None]
) -> RunStatistics:
    """Returns what the command with a cache has done."""
    warm = RunStatistics()
    found = living.edit(files)
    _write(root, files)
    assert found == _found(root)
    assert found == _found(root, cache, warm)
    return warm


def _edits(paths: list[str], others: Mapping[str, str]) -> st.SearchStrategy[dict[str, bytes | None]]:
    """Edits of one file: it becomes that of another project, gets a text in front or behind, goes, or is new."""
    foreign = st.sampled_from(sorted(others)).map(lambda path: {path: others[path].encode()})
    placed = st.tuples(st.sampled_from(paths), st.sampled_from(TEXTS))
    return st.one_of(
        foreign,
        placed.map(lambda each: {each[0]: (each[1] + others.get(each[0], "")).encode()}),
        placed.map(lambda each: {each[0]: (others.get(each[0], "") + each[1]).encode()}),
        st.sampled_from(paths).map(lambda path: {path: None}),
        st.just({"fleet/added.py": b"from fleet.models import Ship\n"}),
    )


@given(data=st.data(), first=projects(), second=projects())
@settings(max_examples=some(30), derandomize=True, database=None, deadline=None)
def test_after_edits_of_generated_projects(data: st.DataObject, first: dict[str, str], second: dict[str, str]) -> None:
    with TemporaryDirectory() as directory, TemporaryDirectory() as kept:
        root, cache = Path(directory), Path(kept)
        write_files(root, first)
        living = LivingProject(root)
        assert living.findings == _found(root, cache)
        for files in data.draw(st.lists(_edits(sorted(first), second), min_size=2, max_size=6)):
            _assert_all_agree(root, cache, living, files)


def test_after_edits_of_the_cases(tmp_path: Path) -> None:
    """In a part of the cases, each file in turn loses its second half, and gets it back."""
    cases = [*read_cases()][:: 12 if EVERYTHING else 36]
    assert len(cases) > 12
    edits = on_kept_answers = 0
    for number, case in enumerate(cases):
        root, cache = tmp_path / str(number), tmp_path / f"cache-{number}"
        write_project(case, root)
        living = LivingProject(root)
        assert living.findings == _found(root, cache)
        for path, text in case.files.items():
            if path.endswith(".py"):
                lines = text.encode().splitlines(keepends=True)
                for source in (b"".join(lines[: len(lines) // 2]), text.encode()):
                    warm = _assert_all_agree(root, cache, living, {path: source})
                    edits += 1
                    on_kept_answers += warm.counts["answers kept"] > 0
    assert on_kept_answers > edits / 2
