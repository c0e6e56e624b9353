"""Lazy objects that the witness comes across stay lazy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from django.db.models import Prefetch
from django.utils.functional import SimpleLazyObject

from qscache_lint.witness.runtime.witness import Witness
from tests.witness.projects import unexpected
from tests.witness.recorded import pickled, stories


class View:
    def __init__(self, user: Any) -> None:
        self.user = user

    def get(self) -> Any:
        return pickled().filter(pk=1).first()


def _page_of(user: Any) -> Any:
    return View(user).get(), pickled().first()


def _of_closure(user: Any) -> Any:
    return (lambda: (pickled().first(), user is None))()


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda lazy: View(lazy).get(), id="attribute"),
        pytest.param(_page_of, id="argument"),
        pytest.param(_of_closure, id="closure"),
        pytest.param(lambda lazy: functools.cache(lambda: lazy)(), id="memoized"),
        pytest.param(lambda lazy: View(lazy).user, id="read"),
        pytest.param(lambda lazy: Prefetch("story_set", queryset=lazy), id="taken"),
    ],
)
def test_lazy_objects_stay_lazy(witness: Witness, use: Callable[[Any], Any]) -> None:
    def times() -> int:
        load = Mock(side_effect=lambda: stories().first())
        use(SimpleLazyObject(load))
        return load.call_count

    during = times()
    witness.stop()
    assert during == times()
    assert unexpected(witness.recording()) == []
