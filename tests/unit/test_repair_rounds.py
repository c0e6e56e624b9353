"""Rounds: repairs of one file are taken together where they touch different parts of it, and one by one elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from qscache_lint import api
from qscache_lint.api import selecting
from qscache_lint.fixing import run
from qscache_lint.fixing.run import Draft, Repaired
from qscache_lint.limits import REPAIR_ROUNDS
from qscache_lint.project.analysis import Analysis
from qscache_lint.values import Finding
from tests.unit import shapes
from tests.unit.projects import QUERIES, lay, plan, repair

SIZE = REPAIR_ROUNDS + 5


def _written(repaired: Repaired) -> Mapping[str, str]:
    return {change.path: change.new for change in repaired.changes}


def test_more_repairs_of_one_file_than_rounds_are_applied_at_once(tmp_path: Path) -> None:
    lay(tmp_path, shapes.cached_functions(SIZE))
    assert len(repair(tmp_path)) == SIZE
    text = (tmp_path / "shop/big.py").read_text(encoding="utf-8")
    assert [f"def cached_rows{number}()" in text for number in range(SIZE)] == [True] * SIZE


def test_an_import_goes_when_all_repairs_together_leave_it_without_a_user(tmp_path: Path) -> None:
    files = shapes.cached_functions(3)
    refining = {path: text.partition("\n\n\ndef all")[0] + "\n" for path, text in files.items() if "user" in path}
    lay(tmp_path, {**files, **refining})
    assert [each.name for each in repair(tmp_path)] == ["drop-cache"] * 3
    assert "lru_cache" not in (tmp_path / "shop/big.py").read_text(encoding="utf-8")


def test_repairs_of_the_same_function_are_applied_one_after_the_other(tmp_path: Path) -> None:
    both = (
        "from shop.big import rows0, rows1\n\n\ndef both():\n    first = rows0().filter(sold=True)\n"
        "    second = rows1().filter(sold=True)\n    return [first, second, list(rows0()), list(rows1())]\n"
    )
    lay(tmp_path, {"shop/big.py": shapes.cached_functions(2)["shop/big.py"], "shop/both.py": both})
    assert len(repair(tmp_path)) == 2
    assert (tmp_path / "shop/both.py").read_text(encoding="utf-8") == (
        "from shop.big import cached_rows0, cached_rows1, rows0, rows1\n\n\ndef both():\n"
        "    first = rows0().filter(sold=True)\n    second = rows1().filter(sold=True)\n"
        "    return [first, second, list(cached_rows0()), list(cached_rows1())]\n"
    )


def test_two_repairs_do_not_write_the_same_new_name(tmp_path: Path) -> None:
    method = "class {name}:\n    @staticmethod\n    @lru_cache\n    def rows():\n        return Item.objects.all()\n\n"
    users = "def f():\n    return {name}.rows().filter(sold=True)\n\n\ndef g():\n    return list({name}.rows())\n\n\n"
    text = shapes.HEAD + "".join(part.format(name=name) for name in ("One", "Two") for part in (method, users))
    lay(tmp_path, {"shop/big.py": text.rstrip("\n") + "\n"})
    repaired = plan(tmp_path)
    of_one, *of_two = repaired.applied
    assert (of_one.name, [each.name for each in of_two]) == ("split-function", ["extract-builder", "materialise"])
    assert repaired.refused == ()


@pytest.mark.parametrize("bad", [0, 7, SIZE - 1])
def test_one_that_does_not_help_is_found_among_many(bad: int, tmp_path: Path) -> None:
    lay(tmp_path, shapes.cached_functions(SIZE))
    (project,) = api.check_paths([tmp_path]).projects
    (analysis,) = project.run.analyses()

    def find(current: Analysis) -> list[Finding]:
        found = selecting.find(current, project.settings)
        is_bad = f"cached_rows{bad}()" in current.evaluator.project.tree.read("shop/big.py").decode()
        return [*found, *(msgspec.structs.replace(each, path="other.py") for each in project.findings if is_bad)]

    reported = {(finding.path, finding.span) for finding in project.findings}
    functions = {(path, f"rows{number}") for path in ("shop/big.py",) for number in range(SIZE)}
    draft = Draft.of(analysis, find(analysis), functions, named=False)
    repaired = run.repair_project(draft, find, reported, unsafe=True)
    split = [each.target.index for each in repaired.applied if each.name == "split-function"]
    assert len(split) == SIZE - 1
    others = [each.name for each in repaired.applied if each.name != "split-function"]
    assert others == ["extract-builder", "materialise"]
    text = _written(repaired)["shop/big.py"]
    assert [f"cached_rows{number}()" in text for number in range(SIZE)] == [number != bad for number in range(SIZE)]


_PART = """
from shop.queries import recent_items


def handed(send):
    send(recent_items())


def chosen(word, sold):
    rows = recent_items()
    if word:
        rows = rows.filter(title=word)
    if sold:
        rows = rows.filter(sold=True)
    return rows
"""


def test_a_part_of_a_call_that_can_be_trusted_is_repaired_by_itself_unless_the_whole_call_goes(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/pages.py": _PART})
    found = {unsafe: plan(tmp_path, unsafe=unsafe) for unsafe in (False, True)}
    written = {unsafe: _written(repaired)["shop/pages.py"] for unsafe, repaired in found.items()}
    assert "rows = recent_items()\n" in written[False]
    assert "rows = recent_items_queryset().filter(title=word)\n" in written[False]
    assert "rows = recent_items_queryset()\n" in written[True]
    assert "rows = rows.filter(title=word)\n" in written[True]
    ended = {
        unsafe: {
            place[1].start.row: by.value for place, (_, by) in repaired.ended.items() if place[0] == "shop/pages.py"
        }
        for unsafe, repaired in found.items()
    }
    assert ended == {False: {12: "safe"}, True: {12: "unsafe", 14: "unsafe"}}
