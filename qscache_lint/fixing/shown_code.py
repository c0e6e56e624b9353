"""Code that is shown as text where it runs: an edit inside `f"{…=}"` changes what is written."""

from __future__ import annotations

import re

import libcst.matchers as m

from qscache_lint.fixing.parsed import Parsed
from qscache_lint.values import Position

_SELF_DOCUMENTING = re.compile(rb"=\s*[!:}]")
"""What an `f"{…=}"` has in any case."""


def is_shown(source: bytes, at: Position) -> bool:
    """Whether a place of a file stands in an `f"{…=}"`, which writes its code down as text."""
    if not _SELF_DOCUMENTING.search(source):
        return False
    parsed = Parsed.read(source)
    fields = m.findall(parsed.module, m.FormattedStringExpression(equal=m.AssignEqual()))
    spans = (parsed.positions.span(each) for each in fields)
    return any(span.start <= at < span.end for span in spans)
