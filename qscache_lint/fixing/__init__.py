"""Repairs: planned from facts, written by libcst transformers, checked before anything touches the disk.

`plan_fixes` gives the repair of each finding as data, with what people may do instead; `repair_project` applies repairs
in memory and analyses the result; `write_changes` is the only function that writes.
"""

from __future__ import annotations

from qscache_lint.fixing.planning import plan_fixes, plan_repairs

__all__ = ["plan_fixes", "plan_repairs"]
