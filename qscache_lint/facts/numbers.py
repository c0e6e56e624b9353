"""The numbers of terms and functions: what is read apart has numbers that follow from the function it stands in.

So they do not depend on the order of reading. Number 0 and those after it are of a module's own fragment.
"""

from __future__ import annotations

TERM_BITS = 24
"""Bits for the place of a term among those that were read with it; the ones above tell what that was."""
PLACE = (1 << TERM_BITS) - 1
_FUNCTION_BITS = 16


def first_term(function: int) -> int:
    """The number of the first term in the body of an outermost function that is read apart."""
    return (function + 1) << TERM_BITS


def first_function(function: int) -> int:
    """The number of the first function inside an outermost function that is read apart."""
    return (function + 1) << _FUNCTION_BITS


def read_with(ref: int) -> int:
    """The function with whose body a term was read; 0 when it is in the module's own fragment."""
    return max((ref >> TERM_BITS) - 1, 0)


def outermost(function: int) -> int:
    """The function with whose body another one was read; a function of the module's own fragment itself."""
    return (function >> _FUNCTION_BITS) - 1 if function >> _FUNCTION_BITS else function
