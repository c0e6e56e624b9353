"""The functions that a running wrapper has at hand: the one thing for which variables of the project are read.

Before Python 3.13, asking a frame for its variables makes a dict of them that stays with the frame, and keeps alive
what is in it. It is emptied at once, and code that may have such a dict of its own is left alone.
"""

from __future__ import annotations

import sys
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

from qscache_lint.witness.runtime.foreign import attributes_of

_SEES_ITS_VARIABLES = frozenset({"locals", "vars", "dir", "eval", "exec", "breakpoint"})
_OURS_ALONE = 3
"""References to a dict that no other code has: the frame's, the variable's and that of the count itself."""


def at_hand(frame: FrameType) -> dict[str, Any]:
    """What a running function has from the function around it, or was given, and what its first argument holds: as
    its code spells it."""
    code = frame.f_code
    given = code.co_varnames[: code.co_argcount]
    names = (*code.co_freevars, *given)
    if not names or not code.co_flags & CO_OPTIMIZED or frame.f_trace is not None:
        return {}
    if not _SEES_ITS_VARIABLES.isdisjoint(code.co_names):
        return {}
    held = _variables(frame, names)
    first = given[0] if given else "self"
    return {**held, **{f"{first}.{name}": value for name, value in attributes_of(held.get(first)).items()}}


def _variables(frame: FrameType, names: tuple[str, ...]) -> dict[str, Any]:
    variables = frame.f_locals
    held = {name: variables[name] for name in names if name in variables}
    if sys.version_info < (3, 13) and sys.getrefcount(variables) == _OURS_ALONE:
        variables.clear()
    return held
