"""The reader of literate repairs refuses what it would otherwise pass over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repairs_reader import ExpectedRepair, RepairCase, read_repairs

BEFORE = "```python shop/a.py\nx = 1\n```\n"
AFTER = "```python shop/a.py\nx = 2\n```\n"
STATED = "```repair\nsplit-function safe: a\n```\n"
REFUSED = "```repair\nsplit-function display-only: a\n```\n"


def _read(tmp_path: Path, text: str) -> list[RepairCase]:
    (tmp_path / "subject.md").write_text(text, encoding="utf-8")
    return list(read_repairs(tmp_path))


def test_a_case_has_the_files_of_the_head_and_its_own_before_and_after(tmp_path: Path) -> None:
    head = f"# Subject\n\n```python shop/b.py\ny = 1\n```\n{STATED}```python shop/b.py\ny = 2\n```\n\n"
    (case,) = _read(tmp_path, f"{head}## One\n\n{BEFORE}{STATED}{AFTER}")
    assert case.name == "subject: One"
    assert case.before == {"shop/a.py": "x = 1\n", "shop/b.py": "y = 1\n"}
    assert case.after == {"shop/a.py": "x = 2\n", "shop/b.py": "y = 2\n"}
    assert case.repairs == (ExpectedRepair("split-function", "safe", "a"),)
    assert not case.keep_cached_name


def test_a_concern_is_stated_as_one(tmp_path: Path) -> None:
    stated = STATED.replace(" safe:", " unsafe because:")
    (case,) = _read(tmp_path, f"# S\n\n## One\n\n{BEFORE}{stated}{AFTER}")
    assert case.repairs == (ExpectedRepair("split-function", "unsafe", "a", has_concerns=True),)
    assert str(case.repairs[0]) == "split-function unsafe because: a"


def test_a_refusal_changes_nothing_whatever_the_head_says(tmp_path: Path) -> None:
    head = f"# Subject\n\n{BEFORE}{STATED}{AFTER}\n"
    (case,) = _read(tmp_path, f"{head}## One\n\n```python shop/b.py\ny = 1\n```\n{REFUSED}")
    assert case.is_refused
    assert case.after == {}


def test_the_option_stands_on_the_fence(tmp_path: Path) -> None:
    stated = STATED.replace("```repair", "```repair --keep-cached-name")
    (case,) = _read(tmp_path, f"# S\n\n## One\n\n{BEFORE}{stated}{AFTER}")
    assert case.keep_cached_name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BEFORE, id="no-repair"),
        pytest.param(STATED + AFTER, id="no-files"),
        pytest.param(BEFORE + STATED, id="a-repair-that-changes-nothing"),
        pytest.param(BEFORE + REFUSED + AFTER, id="a-refusal-that-changes-something"),
        pytest.param(BEFORE + STATED + BEFORE, id="a-changed-file-as-it-was"),
        pytest.param(BEFORE + STATED + AFTER + STATED, id="two-repairs"),
        pytest.param(BEFORE + STATED.replace("repair\n", "repair --keep\n") + AFTER, id="unknown-option"),
        pytest.param(BEFORE + STATED.replace(": a", "") + AFTER, id="no-message"),
        pytest.param(BEFORE + STATED.replace("safe", "sure") + AFTER, id="unknown-applicability"),
        pytest.param(BEFORE + "```repair\n```\n" + AFTER, id="nothing-stated"),
        pytest.param(BEFORE + STATED + AFTER + "```python shop/b.py\ny = 2\n", id="block-that-is-not-closed"),
    ],
)
def test_what_would_be_passed_over_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        _read(tmp_path, f"# S\n\n## One\n\n{text}")
