"""The report for people: what is told once for all uses of a value, in which order, and how wide it is."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from qscache_lint import api
from qscache_lint.reports.full import full
from qscache_lint.reports.text import frame
from qscache_lint.values import Position, Span
from tests.unit.projects import QUERIES, READER, REFINER, lay

USE = "from shop.queries import recent_items\n\n\ndef {name}(word{request}):\n    {code}\n"


def _use(name: str, code: str, request: str = "") -> str:
    return USE.format(name=name, code=code, request=request)


PROJECT = {
    "shop/queries.py": QUERIES,
    "shop/reader.py": READER,
    "shop/refiner.py": REFINER,
    "shop/looking.py": _use("found", "return [recent_items().get(pk=word) for word in 'abc']"),
    "shop/showing.py": _use("shown", "return recent_items().exclude(title=word)", ", request"),
    "shop/lazy.py": "from functools import cached_property\n\nfrom shop.models import Item\n\n\n"
    "class Shelf:\n    @cached_property\n    def rows(self):\n        return Item.objects.all()\n\n"
    "    def first(self):\n        return list(self.rows), self.rows.filter(sold=True).count()\n",
}


def _lines(root: Path, width: int = 80) -> list[str]:
    return [click.unstyle(line) for line in full(api.check_paths([root]), root, width)]


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    lay(tmp_path, PROJECT)
    return _lines(tmp_path)


def test_uses_of_one_value_stand_together_and_what_holds_for_all_is_told_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    (group, *others) = text.split("\n\n")
    assert [line.split()[-1] for line in group.splitlines() if ": QSC" in line] == [
        *["pickled-queryset", "refined-pickled-queryset", "refined-pickled-queryset", "refined-pickled-queryset"]
    ]
    assert group.count("1. shop/queries.py:8:12: the QuerySet is built here") == 1
    assert group.count("2. shop/queries.py:6:2: cached here by @cache_memoize(60)") == 1
    assert " ".join(group.split()).count("this runs a second query") == 1
    assert group.count("fix: extract-builder") == 1
    assert "  used in 3 places:" in group.splitlines()
    assert "shop/lazy.py:12:" in "".join(others)


def test_what_is_repeated_by_a_loop_comes_first_then_what_answers_requests(lines: list[str]) -> None:
    uses = [line.split(":")[0].strip() for line in lines if "QSC201 " in line]
    assert uses == ["shop/looking.py", "shop/showing.py", "shop/refiner.py"]
    assert [line.strip() for line in lines if "(in a loop)" in line] == ["query and discards those rows (in a loop)"]


def test_a_table_that_is_pickled_comes_before_what_lives_as_long_as_an_object(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, "shop/a_first.py": PROJECT["shop/lazy.py"]})
    heads = [line.split()[0] for line in _lines(tmp_path) if ": QSC" in line and not line.startswith(" ")]
    assert heads[0].startswith("shop/queries.py")
    assert heads[1].startswith("shop/a_first.py")


def test_a_file_that_was_not_analysed_comes_before_all(tmp_path: Path) -> None:
    lay(tmp_path, {**PROJECT, "shop/zebra.py": "from shop.queries import recent_items\nx = (\n"})
    assert _lines(tmp_path)[0].startswith("shop/zebra.py:2:5: QSC900 ")


def test_a_use_whose_definition_is_not_shown_is_told_as_a_whole(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT, 'select = ["QSC201"]\n')
    lines = _lines(tmp_path)
    assert lines[0].startswith("shop/looking.py:5:")
    assert "  2. shop/queries.py:6:2: cached here by @cache_memoize(60)" in lines
    assert "  also used in 2 places:" in lines


def test_the_way_to_a_further_use_leaves_out_what_is_known(tmp_path: Path) -> None:
    held = _use("named", "rows = recent_items()\n    return rows.filter(title=word)")
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/held.py": held})
    assert [line for line in _lines(tmp_path) if " via " in line] == [
        "    via shop/held.py:5:5 assigned to rows"
    ]


def test_where_some_have_no_fix_it_is_said_for_which(tmp_path: Path) -> None:
    counted = "from shop.queries import recent_items\n\n\ndef f():\n    return recent_items().count()\n"
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/counted.py": counted})
    lines = _lines(tmp_path)
    assert [line for line in lines if line.startswith("  no automatic fix for QSC101")]
    assert not [line for line in lines if line.startswith("  no automatic fix: ")]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_but_long_names_is_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    long = _use("named", f"return [recent_items().filter(title=word, sold={'True or ' * 30}False), {[*range(40)]}]")
    lay(tmp_path, {**PROJECT, "shop/long.py": long})
    wide = [line for line in _lines(tmp_path, width) if len(line) > width]
    assert all(len(max(line.split(), key=len)) > width - 25 or ": QSC" in line for line in wide)
    assert not [line for line in wide if "|" in line]


def _frame(root: Path, source: str, column: int, end: int, width: int) -> list[str]:
    lay(root, {"shop/x.py": source})
    (project,) = api.check_paths([root / "shop"]).projects
    span = Span(Position(1, column), Position(1, end))
    return [click.unstyle(line) for line in frame(project, "shop/x.py", span, width)][1:]


@pytest.mark.parametrize(
    ("source", "place", "width", "shown"),
    [
        pytest.param("rows.filter(a)\n", (6, 12), 40, ["rows.filter(a)", "     ^^^^^^"], id="fits"),
        pytest.param("\trows.all()\n", (7, 10), 40, ["\trows.all()", "\t     ^^^"], id="tab"),
        pytest.param("x = '日本'.all()\n", (10, 13), 40, ["x = '日本'.all()", "           ^^^"], id="wide"),
        pytest.param("x = 'e\u0301'.all()\n", (10, 13), 40, ["x = 'e\u0301'.all()", "        ^^^"], id="combining"),
        pytest.param(
            f"{'a' * 30}.b(){'c' * 30}\n", (32, 33), 36, ["…aaaaaaaaaaaaaaaaa.b()ccccccc…", f"{'':19}^"], id="cut"
        ),
    ],
)
def test_a_mark_stands_below_what_it_marks(
    tmp_path: Path, source: str, place: tuple[int, int], width: int, shown: list[str]
) -> None:
    lines = _frame(tmp_path, source, *place, width)
    assert [line.partition("| ")[2] for line in lines] == shown
