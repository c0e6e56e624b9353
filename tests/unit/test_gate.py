"""Gate and scout only skip: what is found does not depend on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.knowledge import load_knowledge
from qscache_lint.project.analysis import analyse
from qscache_lint.rules import RULES
from qscache_lint.source.discover import python_files
from qscache_lint.source.gate import Wanted
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Finding
from tests.literate import Case, read_cases, write_project


def _findings(tree: SourceTree, *, everything: bool = False) -> set[Finding]:
    found = analyse(tree, load_knowledge(), everything=everything)
    return {finding for rule in RULES for finding in rule.check(rule, found)}


@pytest.mark.parametrize("case", list(read_cases()), ids=lambda case: case.name)
def test_finds_the_same_without_gate(case: Case, tmp_path: Path) -> None:
    write_project(case, tmp_path)
    tree = SourceTree(tmp_path, tuple(python_files(tmp_path)))
    assert _findings(tree) == _findings(tree, everything=True)


@pytest.mark.parametrize(
    ("wanted", "source", "expected"),
    [
        pytest.param(Wanted(["rows"]), b"x = rows()", True, id="a word"),
        pytest.param(Wanted(["rows"]), b"arrows = rows_of", False, id="a part of a word"),
        pytest.param(Wanted([], ["rows"]), b"x.rows", True, id="an attribute"),
        pytest.param(Wanted([], ["rows"]), b"getattr(x, 'rows')", True, id="an attribute by its name"),
        pytest.param(Wanted([], ["rows"]), b"rows = 1", False, id="a variable"),
        pytest.param(Wanted([], [], ["save"]), b"x.save(\n    rows)", True, id="a call with an argument"),
        pytest.param(Wanted([], [], ["save"]), b"x.save()", False, id="a call without arguments"),
    ],
)
def test_wanted(wanted: Wanted, source: bytes, expected: bool) -> None:
    assert wanted.is_in(source) is expected
    assert bool(wanted.named_in(source)) is expected
