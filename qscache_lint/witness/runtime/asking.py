"""Who asks a QuerySet for something, and by which operation: read from the stack."""

from __future__ import annotations

from inspect import unwrap
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

from qscache_lint.witness.runtime.limits import STACK
from qscache_lint.witness.runtime.places import Places, first_argument, outwards

SPELLED = {
    "__iter__": "iter()",
    "__aiter__": "async for",
    "generator": "async for",  # inside `__aiter__`
    "__len__": "len()",
    "__bool__": "bool()",
    "__repr__": "repr()",
    "__or__": "|",
    "__and__": "&",
    "__xor__": "^",
    "__deepcopy__": "copy.deepcopy()",
    "__getstate__": "copy.copy()",
}
"""How code spells special methods; names of other methods stay."""

_DJANGO = "django.db.models.query"

_FOR_THE_PROJECT = ("django.template", "jinja2", "copy")
"""What does to an object what the project's code, that of its templates included, says itself."""


_PROXIES = frozenset({("django.db.models.manager", "manager_method")})
"""Functions, by module and name, that stand for a method of another object: the code spells the name of that one."""


class Asked(NamedTuple):
    """The outermost method of the object that is running, and the frame that called it."""

    operation: str
    caller: FrameType | None


def asked_of(owner: Any, frame: FrameType | None, operation: str) -> Asked:
    """Who asked an object, from a frame inside it outwards; `operation` where no method of it has a frame."""
    for each in outwards(frame):
        if first_argument(each) is not owner or not _is_of_class(each, type(owner)):
            return Asked(operation, each)
        operation = each.f_code.co_name
    return Asked(operation, None)


def _is_of_class(frame: FrameType, kind: type) -> bool:
    """Whether a frame runs a method, and no function that was given the object first."""
    if frame.f_globals.get("__name__") == _DJANGO:
        return True
    methods = (vars(each).get(frame.f_code.co_name) for each in kind.__mro__)
    return any(getattr(unwrap(method), "__code__", None) is frame.f_code for method in methods if callable(method))


def is_direct(asked: Asked, places: Places) -> bool:
    """Whether the project's own code asked, that of templates included, and no library that was given the object."""
    if asked.caller is None:
        return True
    module = str(asked.caller.f_globals.get("__name__", ""))
    return places.path(asked.caller.f_code.co_filename) is not None or module.startswith(_FOR_THE_PROJECT)


def taker(asked: Asked, places: Places) -> str:
    """What the project called that asked: the function of a library, or its class."""
    taken = asked.caller
    for frame in islice(outwards(asked.caller), STACK):
        if places.path(frame.f_code.co_filename) is not None:
            break
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) not in _PROXIES:
            taken = frame
    else:
        taken = asked.caller
    if taken is None:
        return asked.operation
    name = taken.f_code.co_name
    return type(first_argument(taken)).__name__ if name == "__init__" else name


def spelled(operation: str, arguments: tuple[Any, ...]) -> str:
    if operation == "__getitem__":
        return "[:]" if isinstance(arguments[0], slice) else "[]"
    return SPELLED.get(operation, operation)
