"""What can be done about the findings of a component, as data that can be kept and applied in another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from qscache_lint.fixing.edits import Stretch, stretches_between, with_stretches
from qscache_lint.fixing.model import Change, Place, Repair
from qscache_lint.project.identities import FunctionId
from qscache_lint.run_result import PlannedFindings


class KeptRepair(msgspec.Struct, frozen=True, array_like=True):
    """A repair without the contents of its files: what it rewrites in each of them."""

    repair: Repair
    files: tuple[tuple[str, tuple[Stretch, ...]], ...]

    @classmethod
    def of(cls, repair: Repair) -> KeptRepair:
        files = tuple((change.path, stretches_between(change.before, change.after)) for change in repair.changes)
        return cls(replace(repair, changes=()), files)

    def over(self, read: Callable[[str], bytes]) -> Repair:
        """The repair of files that are as they were when it was planned; `read` gives their bytes."""
        sources = ((path, read(path), stretches) for path, stretches in self.files)
        changes = tuple(Change(path, before, with_stretches(before, stretches)) for path, before, stretches in sources)
        return replace(self.repair, changes=changes)


class FixPlan(PlannedFindings, frozen=True, array_like=True):
    """The findings with their fixes, the repairs behind these, and the function that caches, by place."""

    repairs: tuple[KeptRepair, ...] = ()
    places: tuple[tuple[Place, FunctionId], ...] = ()
