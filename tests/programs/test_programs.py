"""Whatever a program is: no error, a bounded time, and the same findings twice, under other names, in another order.

The examples are the same in every run. For a long exploration with other ones, say how many, or `nox -s programs`:

    QSCACHE_LINT_PROGRAMS=5000 pytest tests/programs
"""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings

from qscache_lint import api
from qscache_lint.codes import CODES
from tests.drawing import some
from tests.literate import write_files
from tests.metamorphic.surprises import surprises
from tests.programs import arbitrary, grammar

EXPLORED = os.environ.get("QSCACHE_LINT_PROGRAMS")
ALL_RULES = f"extend-select = {[*CODES]}\n"
SECONDS = 20.0
"""Seconds of CPU for one program in all variants, and its repairs; most take a quarter of one."""

explored = settings(
    max_examples=int(EXPLORED) if EXPLORED else some(100),
    derandomize=not EXPLORED,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@explored
@given(grammar.projects())
def test_a_program_of_the_grammar(files: dict[str, str]) -> None:
    for text in files.values():
        ast.parse(text)
    _try(files)


@explored
@given(arbitrary.PROJECTS)
def test_an_arbitrary_program(files: dict[str, str]) -> None:
    _try(files)


def _try(files: Mapping[str, str]) -> None:
    started = time.process_time()
    with TemporaryDirectory() as directory:
        assert surprises(files, ALL_RULES, Path(directory, "variants")) == {}
        _repair(files, Path(directory, "repaired"))
    assert time.process_time() - started < SECONDS


def _repair(files: Mapping[str, str], root: Path) -> None:
    """Repair it in memory: what was syntax stays syntax."""
    write_files(root, files, ALL_RULES)
    (project,) = api.check_paths([root]).projects
    for change in api.plan_fixes(project, unsafe=True).changes:
        ast.parse(change.after)
