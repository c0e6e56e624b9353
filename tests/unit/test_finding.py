"""The libcst visitor has every place that the evaluation knows, in the order of the code; else that is an error."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from msgspec.structs import replace

from qscache_lint.errors import InternalError
from qscache_lint.finding.located import found_in_trees
from qscache_lint.finding.tree import read_tree
from qscache_lint.finding.visitor import FindingVisitor, order_of
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.workspace import analyse
from qscache_lint.rules.findings import all_findings
from qscache_lint.source.discover import python_files
from qscache_lint.source.syntax import parsed
from qscache_lint.source.tree import SourceTree
from qscache_lint.source.units import layout_of
from qscache_lint.values import Position, Span
from tests.unit.projects import QUERIES, REFINER, lay


def _analysis(root: Path, refiner: str = REFINER) -> Analysis:
    note = f"# {root}\n"  # so that no other test has parsed the same
    lay(root, {"shop/queries.py": QUERIES + note, "shop/refiner.py": refiner + note})
    return analyse(SourceTree(root, tuple(python_files(root))), load_knowledge(MEASURED[-1]))


def _at(row: int, start: int, end: int) -> Span:
    return Span(Position(row, start), Position(row, end))


def test_what_both_sides_know_is_found(tmp_path: Path) -> None:
    analysis = _analysis(tmp_path)
    found = found_in_trees(analysis)
    assert (found.definitions, found.uses) == (analysis.definitions, analysis.uses)
    assert analysis.evaluator.project.statistics.counts["parsed by libcst"] == 2


def test_a_place_that_the_tree_lacks_is_an_error(tmp_path: Path) -> None:
    analysis = _analysis(tmp_path)
    (use,) = analysis.uses
    moved = replace(use, demand=replace(use.demand, span=_at(1, 2, 4)))
    with pytest.raises(InternalError, match=r"nothing at row 1, column 2; .* bug in qscache-lint, please report it$"):
        all_findings(replace(analysis, uses=(moved,)))


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("TOTAL = " + " + ".join("1" * 1200) + "\n", id="an expression too deep for libcst"),
        pytest.param("if x:\n    pass\n" + "elif x:\n    pass\n" * 1000, id="branches that no visitor walks"),
    ],
)
def test_what_only_python_reads_stands_where_python_says(tmp_path: Path, tail: str) -> None:
    plain, deep = _analysis(tmp_path / "plain"), _analysis(tmp_path / "deep", REFINER + tail)
    assert all_findings(deep) == all_findings(plain)


def test_libcst_drops_form_feeds(tmp_path: Path) -> None:
    plain = all_findings(_analysis(tmp_path / "plain", REFINER))
    fed = all_findings(_analysis(tmp_path / "fed", REFINER.replace("def ", "\x0cdef ").replace("import", "\x0cimport")))
    assert [(each.code, each.span.start.row) for each in fed] == [(each.code, each.span.start.row) for each in plain]


def test_the_outer_place_comes_before_the_inner_one() -> None:
    tree = read_tree(b"rows = items().filter(a=1) | (others(), more)\n")
    assert not isinstance(tree, str)
    known = [_at(1, 30, 47), _at(1, 31, 39), _at(1, 28, 29), _at(1, 16, 22), _at(1, 8, 27)]
    visitor = FindingVisitor(known, tree)
    tree.module.visit(visitor)
    assert visitor.missing == {_at(1, 30, 47)}
    assert visitor.found == [_at(1, 8, 27), _at(1, 16, 22), _at(1, 28, 29), _at(1, 31, 39)]


APART = b"""\
TEXT = '''
class Board:
def rows(): pass
'''
first = rows(a)
if TEXT: second = rows(b)
else: third = rows(c)
class Board(rows(d)):
    fourth = rows(e)
    @rows(f)
    def one(self):
        return rows(g)

    if TEXT:
        def two(self): return rows(h)
    else:
        def two(self): return rows(i)
last = rows(j)
"""


@pytest.mark.parametrize("number", range(1, 2**10, 37))
def test_the_places_are_found_in_parts_as_in_the_whole(number: int) -> None:
    tree = read_tree(APART)
    assert not isinstance(tree, str)
    calls = [tree.positions.span(each) for each in tree.every(cst.Call)]
    assert len(calls) == 10
    known = frozenset(span for place, span in enumerate(calls) if number & 1 << place)
    module = parsed(APART)
    assert module is not None
    in_parts = order_of(APART, known, layout_of(module))
    assert in_parts == order_of(APART, known) == tuple(span for span in calls if span in known)


def test_only_the_statements_with_a_place_are_parsed(tmp_path: Path) -> None:
    analysis = _analysis(tmp_path, REFINER + "def other():\n    pass\n" * 500)
    found_in_trees(analysis)
    assert 0 < analysis.evaluator.project.statistics.counts["bytes parsed by libcst"] < 1000
