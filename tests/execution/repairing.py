"""Our own repairs on copies of the fixtures, ready to be compared with the originals.

    copy = repaired_copy("lru_cache", directory)
    assert [repair.name for repair in copy.repaired.applied] == ["split-function"]
    assert copy.compared().problems == []
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint import api
from tests.literate import TWINS

from .harness import FIXTURES, CallMeasurement, Comparison, compare_measured, load_scenario, measure_project
from .measure import ExpectedRepair

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired


@dataclass(frozen=True)
class RepairedCopy:
    """The copy of a fixture below ``root``; ``before`` is what was found there at first."""

    name: str
    root: Path
    before: api.ProjectReport
    repaired: Repaired

    def compared(self) -> Comparison:
        """Measure the copy as it is now, and compare it with the fixture."""
        return compare_measured(measured(self.name), measure_project(self.root))


@cache
def measured(name: str) -> dict[str, CallMeasurement]:
    """What the calls of a fixture cost."""
    return measure_project(FIXTURES / name)


def expected_repairs() -> dict[str, ExpectedRepair]:
    """The fixtures that are examples of a repair, by name."""
    scenarios = {path.parent.name: load_scenario(path.parent) for path in sorted(FIXTURES.glob("*/scenario.toml"))}
    return {name: scenario.repair for name, scenario in scenarios.items() if scenario.repair is not None}


def repaired_copy(name: str, directory: Path, *, unsafe: bool = True) -> RepairedCopy:
    """Copy a fixture below `directory` and write every repair there, unsafe ones included or not."""
    root = Path(shutil.copytree(FIXTURES / name, directory / name, ignore=shutil.ignore_patterns("__pycache__")))
    project = check(root)
    repaired = api.plan_fixes(project, unsafe=unsafe)
    api.write(project, repaired)
    return RepairedCopy(name, root, project, repaired)


def check(root: Path) -> api.ProjectReport:
    """Check a project as its scenario wants it repaired."""
    repair = load_scenario(root).repair
    keeps_name = repair is not None and repair.keep_cached_name
    options = api.Options(overrides={"keep_cached_name": keeps_name, "extend_select": TWINS})
    (project,) = api.check_paths([root], options).projects
    return project


def local_applicabilities(project: api.ProjectReport) -> set[str]:
    """How far the local repairs can be trusted that are offered for the refining calls of a project."""
    offered = (each for fix in project.fixes.values() for each in (fix, *fix.alternatives))
    known = {fix.applicability.value for fix in offered if fix.name == "extract-builder" and fix.edits}
    return known or {"display-only"}
