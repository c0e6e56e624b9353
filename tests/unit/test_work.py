"""How much work a run does on a fixed tree, in counts: a guard that no timing can give."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths
from qscache_lint.finding.tree import read_tree
from qscache_lint.run_statistics import RunStatistics
from tests.unit.trees import grow

APPS = 50
FILES = 6 * APPS
CACHED = APPS // 10
FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    grow(root, APPS)
    return root


def _work(tree: Path, *, cached: bool = False) -> Counter[str]:
    read_tree(b"#" * 200_000)  # no tree is left of what other tests have parsed: their files may be the same
    statistics = RunStatistics()
    report = check_paths([tree], means=Means(cached=cached, statistics=statistics))
    assert report.count == 2 * CACHED
    return statistics.counts


def test_a_cold_run_parses_only_what_matters(tree: Path) -> None:
    work = _work(tree)
    assert work["read"] <= FILES + 1
    assert work["scouted"] <= 3 * APPS
    assert work["parsed"] <= 3 * CACHED, "the definition, its model, its user"
    assert work["visited"] == work["parsed"]
    assert work["parsed by ast"] <= 3 * APPS
    assert work["parsed by libcst"] == 2 * CACHED, "the definition and its user"
    assert 0 < work["bytes parsed by libcst"] < 1000 * CACHED


@pytest.mark.parametrize("name", ["get_miss_set_clean", "lru_cache_clean", "recent_stories_clean"])
def test_what_holds_no_finding_is_never_parsed_by_libcst(name: str) -> None:
    statistics = RunStatistics()
    report = check_paths([FIXTURES / name], means=Means(cached=False, statistics=statistics))
    assert report.count == 0
    assert statistics.counts["parsed by ast"] > 0
    assert statistics.counts["parsed by libcst"] == statistics.counts["bytes parsed by libcst"] == 0


def test_later_runs_parse_nothing(tree: Path) -> None:
    _work(tree, cached=True)
    work = _work(tree, cached=True)
    assert work["scouted"] == work["parsed"] == work["visited"] == 0
    (tree / "app1" / "apps.py").write_text("NAME = 'another'\n", encoding="utf-8")
    work = _work(tree, cached=True)
    assert work["parsed"] == 0
    assert work["scouted"] <= 1
    (tree / "app0" / "queries.py").write_bytes(b"# new\n" + (tree / "app0" / "queries.py").read_bytes())
    assert _work(tree, cached=True)["parsed"] == 2, "to see whether it states something else, and by the scout"


def test_phases_do_not_count_what_runs_inside_them() -> None:
    now = iter([0.0, 1.0, 3.0, 6.0, 10.0])
    statistics = RunStatistics(lambda: next(now))
    with statistics.phase("outer"), statistics.phase("inner"):
        pass
    assert statistics.seconds == {"outer": 2.0 + 4.0, "inner": 3.0}
