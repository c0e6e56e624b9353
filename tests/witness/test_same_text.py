"""Functions with the same text on the same rows of two files, whose code is equal to Python."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qscache_lint.witness.records import RecordedStore, RecordedUse
from qscache_lint.witness.runtime.functions import BY_HAND, Known
from qscache_lint.witness.runtime.memos import LRU_CACHE
from qscache_lint.witness.runtime.witness import witnessed
from tests.witness.recorded import stories

ROOT = Path(__file__).parent
FEATURED, TOPSELLERS = "featured.py", "topsellers.py"
IS_TOLD = sys.version_info >= (3, 12)
"""Whether Python tells what functions return, so that memos made by hand are seen."""


pytestmark = pytest.mark.usefixtures("database")


def in_both_files(text: str, **names: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What is called `made` in a text, as two files have it."""
    first, second = (_run(text, path, names) for path in (FEATURED, TOPSELLERS))
    assert first.__code__ == second.__code__
    return first, second


def _run(text: str, path: str, names: dict[str, Any]) -> Any:
    namespace = dict(names)
    exec(compile(text, str(ROOT / path), "exec"), namespace)
    return namespace["made"]


def files(records: tuple[RecordedStore, ...] | tuple[RecordedUse, ...]) -> list[str]:
    return sorted(each.place.path for each in records if each.place is not None)


def test_uses_have_their_own_file() -> None:
    featured, topsellers = in_both_files("def made(rows):\n    return rows.order_by('title')\n")
    with witnessed(ROOT) as witness:
        rows = functools.lru_cache(maxsize=None)(stories)()
        featured(rows)
        topsellers(rows)
        assert files(witness.recording().uses) == [FEATURED, TOPSELLERS]


def test_memos_made_by_hand_have_their_own_file() -> None:
    featured, topsellers = in_both_files("def made():\n    return rows()\n", rows=stories)
    known = {path: [Known(2, "memo")] for path in (FEATURED, TOPSELLERS)}
    with witnessed(ROOT, known) as witness:
        for made in (featured, topsellers, featured):
            made()
        stores = witness.recording().stores
    seen = [([FEATURED], 2), ([TOPSELLERS], 1)] if IS_TOLD else []
    assert [(files((store,)), store.times) for store in stores] == seen


def test_a_memo_made_by_hand_is_not_taken_for_one_of_functools() -> None:
    featured, topsellers = in_both_files("def made():\n    return rows()\n", rows=stories)
    with witnessed(ROOT, {TOPSELLERS: [Known(2, "memo")]}) as witness:
        functools.lru_cache(maxsize=None)(featured)()
        topsellers()
        stores = witness.recording().stores
    assert [store.store for store in stores] == ([LRU_CACHE, BY_HAND] if IS_TOLD else [LRU_CACHE])
