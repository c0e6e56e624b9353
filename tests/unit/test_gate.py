"""Gate and scout only skip: what is found does not depend on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.workspace import analyse
from qscache_lint.rules import RULES
from qscache_lint.source.discover import python_files
from qscache_lint.source.gate import NamePattern, may_memoize
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Finding
from tests.literate import Case, read_cases, write_project


def _findings(tree: SourceTree, *, everything: bool = False) -> set[Finding]:
    found = analyse(tree, load_knowledge(), everything=everything)
    return {finding for rule in RULES for finding in rule.check(rule, found)}


_GLOBAL = NamePattern(elsewhere=["rows"])


@pytest.mark.drawn(share=6)
@pytest.mark.parametrize("case", list(read_cases()), ids=lambda case: case.name)
def test_finds_the_same_without_gate(case: Case, tmp_path: Path) -> None:
    write_project(case, tmp_path)
    tree = SourceTree(tmp_path, tuple(python_files(tmp_path)))
    assert _findings(tree) == _findings(tree, everything=True)


@pytest.mark.parametrize(
    ("wanted", "source", "expected"),
    [
        pytest.param(NamePattern(["rows"]), b"x = rows()", True, id="a word"),
        pytest.param(NamePattern(["rows"]), b"arrows = rows_of", False, id="a part of a word"),
        pytest.param(NamePattern([], ["rows"]), b"x.rows", True, id="an attribute"),
        pytest.param(NamePattern([], ["rows"]), b"getattr(x, 'rows')", True, id="an attribute by its name"),
        pytest.param(NamePattern([], ["rows"]), b"rows = 1", False, id="a variable"),
        pytest.param(NamePattern([], [], ["save"]), b"x.save(\n    rows)", True, id="a call with an argument"),
        pytest.param(NamePattern([], [], ["save"]), b"x.save()", False, id="a call without arguments"),
        pytest.param(_GLOBAL, b"from queries import rows", True, id="a global that is imported"),
        pytest.param(_GLOBAL, b"from queries import (\n    more,  # (all)\n    rows,\n)", True, id="one of several"),
        pytest.param(_GLOBAL, b"from queries import more, \\\n    rows", True, id="on the next row"),
        pytest.param(_GLOBAL, b"from queries import *\nrows()", True, id="a star"),
        pytest.param(_GLOBAL, b"import shop.queries\nshop.queries.rows()", True, id="by way of its module"),
        pytest.param(_GLOBAL, b"source = load()\nsource.rows()", True, id="by way of a variable"),
        pytest.param(_GLOBAL, b"load('queries').rows()", True, id="by way of a call"),
        pytest.param(_GLOBAL, b"patch('shop.queries.rows')", True, id="in a string"),
        pytest.param(_GLOBAL, b"getattr(queries, 'rows')", True, id="by its name"),
        pytest.param(_GLOBAL, b"import queries\n\ndef f(self, rows):\n    self.rows or rows", False, id="others"),
        pytest.param(_GLOBAL, b"rows = 1\nx = 'rows of queries.py'", False, id="a variable of the file"),
    ],
)
def test_wanted(wanted: NamePattern, source: bytes, expected: bool) -> None:
    assert wanted.is_in(source) is expected
    assert bool(wanted.named_in(source)) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(b"from shop.queries import rows", True, id="a module of the project"),
        pytest.param(b"from library import rows", False, id="another package"),
        pytest.param(b"from library import (  # )\n    rows,\n)", False, id="another package, in brackets"),
        pytest.param(b"from library \\\n  import rows", False, id="another package, on two rows"),
        pytest.param(b"from . import rows", True, id="relative"),
        pytest.param(b"from .library import rows", True, id="a relative module called like another package"),
        pytest.param(b"from library import *\nrows()", False, id="all of another package"),
        pytest.param(b"from library import *\nfrom shop import *\nrows()", True, id="all of both"),
        pytest.param(b"import library\nlibrary.rows()", False, id="by way of another package"),
        pytest.param(b"import library, \\\n    shop.queries as made\nmade.rows()", True, id="one of two modules"),
        pytest.param(b"raise Stop from library\nimport shop\nshop.rows()", True, id="another word of that name"),
        pytest.param("from gr\u00f6\u00dfe import rows".encode(), True, id="a name beyond ASCII"),
        pytest.param(b"import library as shop\nlibrary = load()\nlibrary.rows()", True, id="a variable"),
    ],
)
def test_imports_of_other_packages(source: bytes, expected: bool) -> None:
    assert _GLOBAL.is_in(source, packages={b"shop", b"queries"}) is expected


def test_requests_are_looked_for_by_a_part_of_their_names() -> None:
    assert all("req" in name for name in load_knowledge().functions.handmade.requests)


def test_a_long_row_is_no_trouble() -> None:
    """A string of a megabyte, such as of an image: a pattern that tries every start of a word would take for ever."""
    source = b"import queries\nICON = '" + b"a" * 1_000_000 + b"'\nqueries.rows()\n"
    assert _GLOBAL.is_in(source)
    assert not may_memoize(b"lambda: '" + b"a" * 1_000_000 + b"'")
