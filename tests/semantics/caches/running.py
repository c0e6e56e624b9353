"""Executes one claim: in a place of its own, with what its family wants around it."""

from __future__ import annotations

import multiprocessing
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.semantics.caches.claims import ADDRESSES, Claim
from tests.semantics.caches.families import Family
from tests.semantics.caches.names import Place
from tests.semantics.caches.observe import Loop, Subject, looping


class Stage:
    """What a row is executed with."""

    def __init__(self, claim: Claim, place: Place, loop: Loop) -> None:
        self.claim = claim
        self.place = place
        self.loop = loop

    @property
    def family(self) -> Family:
        return self.claim.family

    def object(self) -> Any:
        return self.family.object(self.claim.name, self.place)

    def method(self, receiver: Any) -> Callable[..., Any]:
        """The method of the claim, which gives what is awaited when it is a coroutine function."""
        found = getattr(receiver, self.claim.method)
        return lambda *arguments, **keywords: self.loop.settle(found(*arguments, **keywords))

    def subject(self, *, called: bool, asynchronous: bool | None = None) -> Subject:
        """A function that the decorator of the claim decorates."""
        name = f"{self.claim.name}()" if called else self.claim.name
        decorate = self.family.object(name, self.place)
        return Subject(self.claim.row, decorate, self.family, self.place, self.loop, self.claim.name, asynchronous)


@contextmanager
def staged(claim: Claim) -> Iterator[Stage]:
    # Some caches still write when the folder goes.
    with TemporaryDirectory(prefix="newsroom-", ignore_cleanup_errors=True) as folder, looping() as loop:
        place = Place(folder, ADDRESSES["redis"], ADDRESSES["memcached"], claim.backend)
        with claim.family.around(place):
            yield Stage(claim, place, loop)


def run(claim: Claim, check: Callable[[Stage], None]) -> None:
    """Execute a claim and check it: here, or in a child process where its package changes Django."""
    if claim.family.alone:
        _in_a_child(claim, check)
    else:
        _run_here(claim, check)


def _run_here(claim: Claim, check: Callable[[Stage], None]) -> None:
    with staged(claim) as stage:
        check(stage)


def _in_a_child(claim: Claim, check: Callable[[Stage], None]) -> None:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def work() -> None:
        report = "the child ended early"
        try:
            _run_here(claim, check)
            report = ""
        finally:
            there.send(report and traceback.format_exc())

    with warnings.catch_warnings():
        # Threads of other caches do not come along; none of them is used there.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = context.Process(target=work)
        child.start()
    report = here.recv()
    child.join()
    if report:
        pytest.fail(report)
