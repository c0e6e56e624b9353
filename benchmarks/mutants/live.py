"""Changes functions that are there already: the code of each is replaced by that of the mutated file.

A function is what its code is, under whichever name it is kept, behind a decorator or in a class. What a module
does when it is imported cannot be changed like this.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType

Changes = Sequence[tuple[CodeType, CodeType]]
"""Code and what it becomes, from the outermost function to the innermost."""


def changes(path: str, before: str, after: str) -> Changes | None:
    """Which functions of a file are others in a changed text; None where what runs at import is.

    Nothing for texts that compile to the same.
    """
    old, new = (compile(text, path, "exec", dont_inherit=True) for text in (before, after))
    found = [*_differing(old, new)]
    return found if all(_is_function(each) for each, _ in found) else None


def _differing(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    if old == new:
        return
    inner_old, inner_new = _inner(old), _inner(new)
    if _is_function(old) or len(inner_old) != len(inner_new) or _own(old) != _own(new):
        yield old, new
    for one, other in zip(inner_old, inner_new, strict=False):
        yield from _differing(one, other)


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """What a code is without the functions in it."""
    constants = [(type(each), each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, constants


def live_functions(folder: str) -> Mapping[CodeType, Sequence[FunctionType]]:
    """All functions whose code is from a file below a folder, by their code."""
    found: dict[CodeType, list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename.startswith(folder):
            found.setdefault(each.__code__, []).append(each)
    return found


def change(functions: Mapping[CodeType, Sequence[FunctionType]], wanted: Changes) -> bool:
    """Change all functions that have such code; False where there is none, or one cannot be changed."""
    matching = [(function, new) for old, new in wanted for function in functions.get(old, ())]
    try:
        for function, new in matching:
            function.__code__ = new
    except ValueError:  # other variables of the function around it
        return False
    return bool(matching)
