"""What is planned for some findings is what is planned for all of them, where these are all that is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths, plan_fixes
from tests.entry.console import fixture


@pytest.mark.parametrize("name", ["recent_stories_mixed", "lru_cache", "get_miss_set", "read_and_refined"])
def test_each_finding_alone(name: str, tmp_path: Path) -> None:
    root = fixture(name, tmp_path)
    (whole,) = check_paths([root], means=Means(cached=True)).projects
    assert whole.fixes
    for finding in whole.findings:
        (one,) = (replace(each, findings=(finding,)) for each in check_paths([root]).projects)
        assert one.fixes.get(finding) == whole.fixes.get(finding)
        of_whole = plan_fixes(replace(whole, findings=(finding,)), unsafe=True)
        planned = plan_fixes(one, unsafe=True)
        assert (planned.changes, planned.ended) == (of_whole.changes, of_whole.ended)
        assert [each.message for each in planned.refused] == [each.message for each in of_whole.refused]
