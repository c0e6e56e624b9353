"""The rules: one module each, named after its code and the thing it finds. `RULES` lists them all."""

from __future__ import annotations

from qscache_lint.rules import (
    qsc101_pickled_queryset,
    qsc102_memoized_queryset,
    qsc103_scoped_queryset,
    qsc106_serialized_queryset,
    qsc201_refined_pickled_queryset,
    qsc202_refined_memoized_queryset,
    qsc203_refined_scoped_queryset,
    qsc211_part_of_pickled_queryset,
    qsc212_part_of_memoized_queryset,
    qsc221_pickled_queryset_passed_on,
    qsc222_memoized_queryset_passed_on,
    qsc223_scoped_queryset_passed_on,
    qsc900_unreadable_file,
)
from qscache_lint.rules.base import Rule

__all__ = ["RULES", "Rule"]

RULES: tuple[Rule, ...] = (
    qsc101_pickled_queryset.RULE,
    qsc102_memoized_queryset.RULE,
    qsc103_scoped_queryset.RULE,
    qsc106_serialized_queryset.RULE,
    qsc201_refined_pickled_queryset.RULE,
    qsc202_refined_memoized_queryset.RULE,
    qsc203_refined_scoped_queryset.RULE,
    qsc211_part_of_pickled_queryset.RULE,
    qsc212_part_of_memoized_queryset.RULE,
    qsc221_pickled_queryset_passed_on.RULE,
    qsc222_memoized_queryset_passed_on.RULE,
    qsc223_scoped_queryset_passed_on.RULE,
    qsc900_unreadable_file.RULE,
)
