"""What is counted: uses by the way to their place, as far as these are few."""

from __future__ import annotations

from qscache_lint.witness.records import RecordedStore
from qscache_lint.witness.runtime.ledger import Ledger
from qscache_lint.witness.runtime.limits import WAYS
from tests.unit.witness.recordings import at


def test_ways_to_a_place_are_told_apart_by_their_next_row_alone_where_they_are_many() -> None:
    ledger = Ledger()
    number = ledger.entered(RecordedStore(0, "pickled", "django cache", at("a.py", 3)))
    assert number is not None
    ways = [(at("helper.py", 2), at("views.py", 1 + row % 2), at("test.py", row)) for row in range(1, WAYS + 8)]
    for way in (*ways, *ways):
        ledger.used(number, "refined", "filter", way)
    full, cut = [[each for each in ledger.uses() if each.is_cut is is_cut] for is_cut in (False, True)]
    assert [(use.via, use.times) for use in full] == [(way[1:], 2) for way in ways[:WAYS]]
    assert {use.via[0].row: use.times for use in cut} == {1: 6, 2: 8}
    assert all(use.via[1:] == () for use in cut)
