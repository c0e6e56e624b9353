"""What the witness adds to a pickle that Django's cache makes: a few letters that stand for its store.

They are the same in every process, so that a hit finds the store that another process has recorded.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from pickle import PROTO, dumps
from typing import Any

import msgspec

from qscache_lint.witness.merging import identity
from qscache_lint.witness.records import RecordedStore
from qscache_lint.witness.runtime.marks import MARK

_BYTES = 6
_LETTERS = 8


def label_of(store: RecordedStore) -> str:
    """The letters for a store."""
    content = msgspec.json.encode(identity(store))
    return urlsafe_b64encode(blake2b(content, digest_size=_BYTES).digest()).decode()


def label_in(state: dict[str, Any]) -> str:
    """The letters in what a QuerySet was pickled as; none where it was made without the witness, or by an older one."""
    label = state.get(MARK)
    return label if type(label) is str and len(label) == _LETTERS else ""


def length_without(data: bytes, labels: Sequence[str]) -> int:
    """The length of a pickle, as it would be without the labels of the QuerySets in it."""
    if not labels:
        return len(data)
    protocol = data[1] if data[:1] == PROTO else 0
    states = [{"a": 0, "b": 0} for _ in labels]
    marked = [{**state, MARK: label} for state, label in zip(states, labels, strict=True)]
    return len(data) - (len(dumps(marked, protocol)) - len(dumps(states, protocol)))
