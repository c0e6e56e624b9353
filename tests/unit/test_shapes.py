"""Code of unusual shapes is checked to its end, with the findings of a small one; what is given up is said."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from qscache_lint import limits
from qscache_lint.api import Report, check_paths
from qscache_lint.source import gate
from qscache_lint.source.gate import NamePattern
from qscache_lint.values import Confidence
from tests.unit import shapes
from tests.unit.projects import lay

Work = Callable[[], object]
ONE_USE = {"QSC102": 1, "QSC202": 1}
_MORE_ACTIVATIONS = limits.ACTIVATIONS + 50


def _checked(root: Path, files: shapes.Files) -> Report:
    lay(root, files)
    return check_paths([root])


def _found(report: Report) -> Counter[str]:
    return Counter(finding.code for project in report.projects for finding in project.findings)


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        pytest.param(shapes.inheritance, 180, ONE_USE, id="classes of classes"),
        pytest.param(shapes.diamonds, 60, ONE_USE, id="diamonds: each would double the ways up"),
        pytest.param(shapes.refinements, 150, ONE_USE, id="a chain deeper than questions may be"),
        pytest.param(shapes.branches, 300, {"QSC102": 1, "QSC202": 301}, id="branches: each adds a way"),
        pytest.param(shapes.parts, 400, {"QSC102": 1, "QSC202": 1, "QSC212": 400}, id="parts of many values"),
        pytest.param(shapes.star_mesh, 25, ONE_USE, id="star imports on very many ways"),
        pytest.param(shapes.keys, 300, {"QSC101": 1}, id="a key of very many parts"),
        pytest.param(shapes.callers, 60, {"QSC102": 1, "QSC202": 60}, id="callers of many functions"),
        pytest.param(
            shapes.overrides, _MORE_ACTIVATIONS, {"QSC102": _MORE_ACTIVATIONS, "QSC202": 1}, id="calls of one method"
        ),
        pytest.param(shapes.flags, _MORE_ACTIVATIONS, {"QSC102": 1, "QSC202": 2}, id="flags of many calls"),
        pytest.param(shapes.entries, 200, {"QSC101": 200, "QSC201": 200}, id="entries of a cache"),
    ],
)
def test_finds_all(
    shape: Callable[[int], shapes.Files], size: int, expected: dict[str, int], tmp_path: Path
) -> None:
    report = _checked(tmp_path, shape(size))
    assert _found(report) == expected
    assert report.notes == ()


def test_the_callers_of_every_function_are_seen(tmp_path: Path) -> None:
    """None of them is believed by its name alone because others were asked about before it."""
    report = _checked(tmp_path, shapes.callers(60))
    assert {finding.confidence for project in report.projects for finding in project.findings} == {Confidence.HIGH}


def test_what_is_given_up_is_said_with_its_place(tmp_path: Path) -> None:
    report = _checked(tmp_path, shapes.inheritance(202))
    row = shapes.inheritance(202)["shop/big.py"].splitlines().index("class C199(C198):") + 1
    assert report.notes == (
        f"shop/big.py:{row}: findings may be missing: a class with more than 200 ancestors (and 2 more places)",
    )


@pytest.mark.parametrize(
    ("calling", "expected"),
    [(limits.FILES_WITH_CALLERS, {"QSC101": 1, "QSC201": 1}), (limits.FILES_WITH_CALLERS + 1, {"QSC101": 1})],
)
def test_what_very_many_files_give_is_unknown(calling: int, expected: dict[str, int], tmp_path: Path) -> None:
    """Nothing is said of it: there is nothing for the user to do about a function that all of the project calls."""
    report = _checked(tmp_path, shapes.calling_files(calling))
    assert _found(report) == expected
    assert report.notes == ()


def test_an_expression_that_libcst_finds_too_deep_is_followed(tmp_path: Path) -> None:
    report = _checked(tmp_path, shapes.conditions(1500))
    assert _found(report) == ONE_USE
    assert report.notes == ()


def test_a_chain_that_no_parser_takes_is_one_finding(tmp_path: Path) -> None:
    files = shapes.refinements(3)
    report = _checked(tmp_path, {**shapes.refinements(5000), "shop/small.py": files["shop/big.py"]})
    assert _found(report) == {"QSC900": 1, **ONE_USE}


def test_too_many_memoizers_are_said(tmp_path: Path) -> None:
    report = _checked(tmp_path, {"shop/big.py": shapes.HEAD + "@lru_cache\n" * 300 + shapes.CACHED + shapes.USE})
    assert _found(report).keys() == {"QSC102"}
    assert ["too many decorators" in note for note in report.notes] == [True]


def _starring(count: int) -> dict[str, str]:
    """Modules that take all names of one another in a chain, and one that uses what the last of them has."""
    chain = {f"shop/c{i}.py": f"from shop.c{i - 1} import *\n" for i in range(1, count)}
    return {**chain, "shop/big.py": f"from shop.c{count - 1} import *\n{shapes.USE}"}


def test_a_chain_of_any_length_is_followed(tmp_path: Path) -> None:
    report = _checked(tmp_path, {**_starring(300), "shop/c0.py": shapes.HEAD + shapes.CACHED})
    assert _found(report) == ONE_USE
    assert report.notes == ()


def test_a_ring_that_is_too_deep_is_said(tmp_path: Path) -> None:
    ring = {"shop/c0.py": f"{shapes.HEAD}{shapes.CACHED}from shop.c299 import *\n"}
    report = _checked(tmp_path, {**_starring(300), **ring})
    assert report.notes == ("shop/big.py:4: findings may be missing: too deep to follow (and 1 more place)",)


class TestWords:
    """The words of a file are looked up in an index when many names are sought, with the same answers."""

    @pytest.mark.parametrize("others", [0, 200], ids=["few names", "many names"])
    @pytest.mark.parametrize(
        ("wanted", "source", "expected"),
        [
            ({"words": ["rows"]}, "rows = 1; x.rows = rows_of(arrows, rows)", [0, 12, 35]),
            ({"words": ["rows"]}, "érows = rowsé", []),
            ({"attributes": ["rows"]}, "rows.rows, 'rows', x . rows", [5, 12, 23]),
            ({"calls": ["save"]}, "x.save(1), x.save(), save(1), x. save (\n1)", [2, 33]),
            ({"entries": ["kept"]}, "kept[1] = 2; kept[1] == 2; x.kept [ 1 ] = 3", [0, 29]),
            ({"elsewhere": ["rows"]}, "import shop\nshop.rows(), rows", [17, 25]),
            ({"elsewhere": ["rows"]}, "shop = load()\ngetattr(shop, 'rows')", [29]),
            ({"elsewhere": ["rows"]}, "shop: Any = 1\nshop.rows", [19]),
            ({"elsewhere": ["rows"]}, "self.rows", []),
        ],
    )
    def test_places(self, wanted: dict[str, list[str]], source: str, expected: list[int], others: int) -> None:
        names = {form: [*given, *(f"other{number}" for number in range(others))] for form, given in wanted.items()}
        assert list(NamePattern(**names).places_in(source.encode())) == expected

    def test_are_counted_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Thousands of names in one file of thousands of words: no name is looked for by itself."""
        names = [f"name{number}" for number in range(3000)]
        source = "".join(f"{name} = 1\n" for name in names).encode()
        monkeypatch.setattr(gate._Source, "_found", None)
        assert len(list(NamePattern(names).places_in(source))) == len(names)


def _calls(work: Work) -> int:
    """How many functions written in Python some work calls."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _planned(root: Path, files: shapes.Files) -> int:
    """The work of planning the fixes of a project."""
    report = _checked(root, files)
    found: list[object] = []
    calls = _calls(lambda: found.extend(fix for project in report.projects for fix in project.fixes.values()))
    assert len(found) == sum(_found(report).values())
    return calls


def test_a_fix_looks_only_at_what_it_changes_in_a_file_of_many(tmp_path: Path) -> None:
    small = _planned(tmp_path / "small", shapes.cached_functions(15))
    large = _planned(tmp_path / "large", shapes.cached_functions(45))
    assert large < 4 * small


def test_a_chain_of_helpers_is_followed_a_link_at_a_time_without_looking_at_the_others(tmp_path: Path) -> None:
    reports: list[Report] = []
    small = _calls(lambda: reports.append(_checked(tmp_path / "small", shapes.helpers(150))))
    large = _calls(lambda: reports.append(_checked(tmp_path / "large", shapes.helpers(600))))
    assert [_found(report)["QSC202"] for report in reports] == [2, 2]
    assert large < 5 * small
