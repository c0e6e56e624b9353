"""What agents are told, without the protocol."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import Means, Options, check_paths
from qscache_lint.errors import UsageError
from qscache_lint.mcp_server.answers import Answers
from qscache_lint.reports.json import finding_entry
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.serving.open_projects import OpenProjects
from tests.entry.console import fixture


def test_the_project_stays_open_between_questions(tmp_path: Path) -> None:
    root, statistics = fixture("recent_stories", tmp_path), RunStatistics()
    answers = Answers(OpenProjects(means=Means(statistics=statistics)), root)
    assert len(answers.check().findings) == 2
    parsed = statistics.counts["parsed by ast"]
    views = root / "archive/views.py"
    views.write_text("\n" + views.read_text(encoding="utf-8"), encoding="utf-8")
    first, _ = answers.check().findings
    assert (first.path, first.row) == ("archive/views.py", 12)
    assert statistics.counts["parsed by ast"] - parsed < parsed / 2
    assert answers.preview(unsafe=True).fixes
    assert "QSC201" in answers.explain_place("archive/views.py", 12)


def test_wrong_settings_are_the_answer(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    answers = Answers(OpenProjects(Options(config=root / "absent.toml")), root)
    with pytest.raises(UsageError, match=r"absent\.toml"):
        answers.check()
    assert answers.explain_rule("refined-pickled-queryset") == answers.explain_rule("QSC201")


def test_an_agent_is_told_what_json_says(tmp_path: Path) -> None:
    root = fixture("recent_stories", tmp_path)
    (cold,) = check_paths([root]).projects
    entries = [finding_entry(cold, each, root) for each in cold.findings]
    told = Answers(OpenProjects(), root).check().findings
    assert [(str(root / each.path), each.code, each.name, each.message) for each in told] == [
        (each["filename"], each["code"], each["name"], each["message"]) for each in entries
    ]
    assert [({"row": each.row, "column": each.column}, each.confidence, each.suggestion) for each in told] == [
        (each["location"], each["confidence"], each["suggestion"]) for each in entries
    ]
    assert any(cold.help_for(each) != each.suggestion for each in cold.findings), "a fix says what it does"
