"""Repairs: planned from facts, written by libcst transformers, checked before anything touches the disk.

`plan_fixes` gives the repair of each finding as data; `repair_project` applies repairs in memory, one after the other,
and analyses the result; `write_changes` is the only function that writes.
"""

from __future__ import annotations

from qscache_lint.fixing.planning import plan_fixes, plan_repairs

__all__ = ["plan_fixes", "plan_repairs"]
