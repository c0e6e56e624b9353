"""The file of the witness."""

from __future__ import annotations

import pytest

from qscache_lint.witness.records import (
    VERSION,
    Executed,
    RecordedPlace,
    RecordedStore,
    RecordedUse,
    Recording,
    decode,
    encode,
)

PLACE = RecordedPlace("stories/queries.py", 9, 10, None, "Stories.recent")
RECORDING = Recording(
    tool="0.1.0",
    django="6.1",
    python="3.12.1",
    processes=2,
    incomplete=("Django 9.0 is not known.",),
    stores=(
        RecordedStore(1, "pickled", "django cache", PLACE, via=(PLACE,), times=214, rows=385_414, milliseconds=812.5),
    ),
    uses=(RecordedUse(1, "refined", "filter", PLACE, times=12, queries=12),),
    files={"stories/queries.py": "0123456789abcdef"},
    executed={"stories/queries.py": (Executed(9, "Stories.recent"),)},
)


def test_what_is_written_is_read() -> None:
    assert decode(encode(RECORDING)) == RECORDING


def test_a_field_of_a_later_version_is_let_through() -> None:
    content = encode(RECORDING).replace(b'"times":214', b'"times":214,"colour":"red"')
    assert decode(content) == RECORDING


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"[]", "Expected `object`", id="a list"),
        pytest.param(b'{"tool": "1"}', "missing required field `django`", id="a field is missing"),
        pytest.param(encode(RECORDING).replace(b'"memo"', b'"x"').replace(b'"pickled"', b'"x"'), "x", id="a lifetime"),
        pytest.param(
            encode(RECORDING).replace(f'"version":{VERSION}'.encode(), b'"version":7'), "version 7", id="a version"
        ),
    ],
)
def test_another_file_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decode(content)
