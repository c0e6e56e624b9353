"""Gate, scout, units and leads only skip: on generated projects, the findings are those of an analysis without them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings

from benchmarks.gate import compare
from tests.drawing import some
from tests.unit.generated import projects
from tests.unit.projects import lay


@given(projects())
@settings(max_examples=some(100), derandomize=True, database=None, deadline=None)
def test_finds_the_same_without_gate(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        lay(root, files)
        assert compare(root) == (frozenset(), frozenset())
