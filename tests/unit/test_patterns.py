"""Whether two keys may be the same text."""

from __future__ import annotations

import pytest

from qscache_lint.fixing.repeatability.patterns import differ_but_for_settings, may_be_equal
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
    ("unsaved-row-for-a-number", [text("stories:None")], [text("stories:"), NUMBER], True),
    ("digest", [Piece(hashed=True)], [text("stories:"), ANY], False),
    ("digest-and-anything", [Piece(hashed=True)], [ANY], True),
    ("two-digests", [Piece(hashed=True)], [Piece("stories", is_constant=True, hashed=True), ANY], True),
    ("many-numbers", [NUMBER] * 9, [text("stories:"), NUMBER], True),
]


@pytest.mark.parametrize(("one", "other", "may"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_keys_differ_where_their_texts_do(one: list[Piece], other: list[Piece], may: bool) -> None:
    assert may_be_equal(one, other) is may
    assert may_be_equal(other, one) is may


APART = Piece(written=("django.conf.settings.PREFIX",), is_constant=True, is_apart=True)

SETTINGS = [
    ("words-of-both", [APART, text("-stories-"), NUMBER], [text("rate_of_tax_"), ANY], True),
    ("no-word-of-the-other", [APART, text("-stories-"), NUMBER], [text("stories-"), ANY], False),
    ("no-word-of-its-own", [APART, text("-"), NUMBER], [text("rate_of_tax_"), ANY], False),
    ("anything-else-in-it", [APART, text("-stories-"), ANY], [text("rate_of_tax_"), ANY], False),
    ("set-by-code", [SETTING, text("-stories-"), NUMBER], [text("rate_of_tax_"), ANY], False),
    ("set-to-a-text", [Piece(texts=("rate",)), text("-stories-"), NUMBER], [text("rate_of_tax_"), ANY], False),
    ("half-a-word-before", [text("ta"), APART, text("-stories-"), NUMBER], [text("tax"), ANY], False),
    ("half-a-word-behind", [APART, text("ax-stories-"), NUMBER], [text("tax"), ANY], False),
]


@pytest.mark.parametrize(("ours", "other", "do"), [each[1:] for each in SETTINGS], ids=[each[0] for each in SETTINGS])
def test_a_setting_has_no_words_of_other_keys(ours: list[Piece], other: list[Piece], do: bool) -> None:
    assert differ_but_for_settings(ours, other) is do
