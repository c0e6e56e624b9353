"""Our own repairs on copies of the fixtures, ready to be compared with the originals.

    copy = repaired_copy("lru_cache", directory)
    assert [repair.name for repair in copy.repaired.applied] == ["split-function"]
    assert compare(copy.original, copy.root).problems == []
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint import api

from .harness import FIXTURES, load_scenario
from .measure import ExpectedRepair

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired


@dataclass(frozen=True)
class RepairedCopy:
    """A fixture and its repaired copy; ``before`` is what was found in the copy at first."""

    original: Path
    root: Path
    before: api.ProjectReport
    repaired: Repaired


def expected_repairs() -> dict[str, ExpectedRepair]:
    """The fixtures that are examples of a repair, by name."""
    scenarios = {path.parent.name: load_scenario(path.parent) for path in sorted(FIXTURES.glob("*/scenario.toml"))}
    return {name: scenario.repair for name, scenario in scenarios.items() if scenario.repair is not None}


def repaired_copy(name: str, directory: Path) -> RepairedCopy:
    """Copy a fixture below `directory` and write every repair there, unsafe ones included."""
    original = FIXTURES / name
    root = Path(shutil.copytree(original, directory / name, ignore=shutil.ignore_patterns("__pycache__")))
    project = check(root)
    repaired = api.repair(project, unsafe=True)
    api.write(project, repaired)
    return RepairedCopy(original, root, project, repaired)


def check(root: Path) -> api.ProjectReport:
    """Check a project as its scenario wants it repaired."""
    repair = load_scenario(root).repair
    options = api.Options(overrides={"keep_cached_name": repair is not None and repair.keep_cached_name})
    (project,) = api.check([root], options).projects
    return project
