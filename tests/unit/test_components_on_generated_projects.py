"""A tree of several projects has the findings of each of them by itself; one that is spread over it loses none."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.api import check_paths
from tests.drawing import some
from tests.unit.generated import projects
from tests.unit.projects import write


@given(st.lists(projects(), min_size=2, max_size=3), st.sampled_from(["fleet", "navy"]))
@settings(max_examples=some(40), derandomize=True, database=None, deadline=None)
def test_finds_the_same_side_by_side(several: list[dict[str, str]], name: str) -> None:
    """The packages have the same name, or the last one another."""
    several[-1] = {path.replace("fleet", name): text.replace("fleet", name) for path, text in several[-1].items()}
    alone = {f"site{number}/{each}" for number, files in enumerate(several) for each in _found(files)}
    sites = {f"site{number}/{path}": text for number, files in enumerate(several) for path, text in files.items()}
    sites |= {f"site{number}/LICENSE": "" for number in range(len(several))}
    assert _found(sites) == alone


@given(projects(), st.booleans())
@settings(max_examples=some(40), derandomize=True, database=None, deadline=None)
def test_finds_the_same_when_every_module_stands_on_its_own_ground(files: dict[str, str], is_package: bool) -> None:
    """`fleet.models` is a part of a namespace package, or a package `models`."""
    place = "{0}/fleet/{0}.py" if is_package else "home_of_{0}/{0}/__init__.py"
    modules = {Path(path).stem: text for path, text in files.items() if text}
    if not is_package:
        modules = {name: _without_package(text) for name, text in modules.items()}
    spread = {place.format(name): text for name, text in modules.items()}
    spread |= {path.partition("/")[0] + "/LICENSE": "" for path in spread}
    assert _short(_found(spread)) == _short(_found(files))


def _without_package(code: str) -> str:
    return code.replace("from fleet.", "from ").replace("from fleet import", "import")


def _short(found: set[str]) -> set[str]:
    """Findings by the name of the module."""
    return {each.replace("/__init__.py", ".py").rpartition("/")[2] for each in found}


def _found(files: Mapping[str, str]) -> set[str]:
    """The findings in a project, by place and code."""
    with tempfile.TemporaryDirectory() as directory:
        write(Path(directory), files)
        (report,) = check_paths([Path(directory)]).projects
        return {f"{each.path}:{each.span.start.row} {each.code} {each.confidence.value}" for each in report.findings}
