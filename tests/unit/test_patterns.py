"""Whether two keys may be the same text."""

from __future__ import annotations

import pytest

from qscache_lint.fixing.repeatability.patterns import may_be_equal
from qscache_lint.fixing.repeatability.pieces import Piece

ANY = Piece()
NUMBER = Piece(has_digits=True)
SETTING = Piece(written=("django.conf.settings.PREFIX",), is_constant=True)
OTHER_SETTING = Piece(written=("django.conf.settings.OTHER",), is_constant=True)


def text(constant: str) -> Piece:
    return Piece(constant, is_constant=True)


CASES = [
    ("nothing-known", [ANY], [text("stories:"), ANY], True),
    ("other-beginning", [text("counts:"), ANY], [text("stories:"), ANY], False),
    ("longer-beginning", [text("stories:new:"), ANY], [text("stories:"), ANY], True),
    ("beginning-in-pieces", [text("sto"), ANY], [text("stories:"), ANY], True),
    ("other-end", [ANY, text(":count")], [ANY, text(":rows")], False),
    ("other-middle", [NUMBER, text(":count:"), NUMBER], [NUMBER, text(":rows:"), NUMBER], False),
    ("word-for-a-number", [text("stories:all")], [text("stories:"), NUMBER], False),
    ("number-for-a-number", [text("stories:-7")], [text("stories:"), NUMBER], True),
    ("dash-in-a-number", [text("stories:2-"), ANY], [text("stories:"), NUMBER], False),
    ("truth-for-a-number", [text("stories:True")], [text("stories:"), NUMBER], True),
    ("longer", [text("stories:"), NUMBER, text(":"), NUMBER], [text("stories:"), NUMBER], False),
    ("one-of-several", [Piece(texts=("counts", "stories")), text(":"), ANY], [text("stories:"), ANY], True),
    ("none-of-several", [Piece(texts=("counts", "names")), text(":"), ANY], [text("stories:"), ANY], False),
    ("behind-one-setting", [SETTING, text("counts")], [SETTING, text("stories"), ANY], False),
    ("behind-two-settings", [SETTING, text("counts"), ANY], [OTHER_SETTING, text("stories"), ANY], True),
    ("digest", [Piece(hashed=True)], [text("stories:"), ANY], False),
    ("digest-and-anything", [Piece(hashed=True)], [ANY], True),
    ("two-digests", [Piece(hashed=True)], [Piece("stories", is_constant=True, hashed=True), ANY], True),
    ("many-numbers", [NUMBER] * 9, [text("stories:"), NUMBER], True),
]


@pytest.mark.parametrize(("one", "other", "may"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_keys_differ_where_their_texts_do(one: list[Piece], other: list[Piece], may: bool) -> None:
    assert may_be_equal(one, other) is may
    assert may_be_equal(other, one) is may
