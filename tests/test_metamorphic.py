"""Finds in every literate case the same, whatever its files are called, and in which order it is written and examined.

An answer that depends on what was asked before it shows here: another name gives a file another turn.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from tests.drawing import some
from tests.literate import Case, read_cases
from tests.metamorphic.renaming import renamed
from tests.metamorphic.reordering import reordered
from tests.metamorphic.surprises import surprises
from tests.unit.generated import projects


@pytest.mark.drawn(share=12)
@pytest.mark.parametrize("case", list(read_cases()), ids=lambda case: case.name)
def test_a_case_means_the_same(case: Case, tmp_path: Path) -> None:
    assert surprises(case.files, case.settings, tmp_path) == {}


@given(projects())
@settings(max_examples=some(60), derandomize=True, database=None, deadline=None)
def test_a_generated_project_means_the_same(files: dict[str, str]) -> None:
    with TemporaryDirectory() as directory:
        assert surprises(files, "", Path(directory)) == {}


def test_most_cases_have_variants() -> None:
    changed = [case for case in read_cases() if reordered(case.files, "").files != case.files]
    assert len(changed) >= 450
    unnamed = [case for case in read_cases() if renamed(case.files, "", "a").files.keys() == case.files.keys()]
    assert all(any("%(app_label)" in text for text in case.files.values()) for case in unnamed)
