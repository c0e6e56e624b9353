"""A witness that runs in this very process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.semantics.django_project import prepare
from tests.witness.recorded import ROOT


@pytest.fixture(scope="session")
def database() -> None:
    prepare()


@pytest.fixture
def witness(database: None) -> Iterator[Witness]:
    with witnessed(ROOT) as witness:
        yield witness
    cache.clear()
