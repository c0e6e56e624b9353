"""The gate and the scout only skip: without them the same is found, in the fixtures and in generated projects.

`python -m benchmarks.gate PATH` does the same for real trees.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.gate import compare
from tests.drawing import some

from .grammar import Project
from .harness import FIXTURES
from .laws import lay
from .test_grammar import projects

NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize("fixture", sorted(path.parent.name for path in FIXTURES.glob("*/scenario.toml")))
def test_fixtures_give_the_same_without_the_gate(fixture: str) -> None:
    assert compare(FIXTURES / fixture) == (NOTHING, NOTHING)


@settings(
    max_examples=some(40),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(project=projects())
def test_generated_projects_give_the_same_without_the_gate(project: Project) -> None:
    with tempfile.TemporaryDirectory() as directory:
        lay(Path(directory), project.files())
        assert compare(Path(directory)) == (NOTHING, NOTHING)
