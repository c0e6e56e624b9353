"""What may have been meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], at_least: float = 0) -> str:
    """The known name that is most like one; empty where none is so much like it, from 0 to 1."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=at_least)), "")


LIKELY = 0.6
"""How much names are like one another where one may be a slip for the other."""
