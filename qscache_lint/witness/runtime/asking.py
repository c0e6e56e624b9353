"""The code that asks a QuerySet for something, and by which operation: read from the stack."""

from __future__ import annotations

from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

from qscache_lint.witness.runtime.foreign import is_a, is_method
from qscache_lint.witness.runtime.limits import STACK
from qscache_lint.witness.runtime.places import ProjectPlaces, name_of, outwards

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

_FOR_THE_PROJECT = ("django.template", "jinja2", "copy")
"""What does to an object what the project's code, that of its templates included, says itself."""


_PROXIES = frozenset({("django.db.models.manager", "manager_method")})
"""Functions, by module and name, that stand for a method of another object: the code spells the name of that one."""


class Asked(NamedTuple):
    """The outermost method of the object that is running, and the frame behind it."""

    operation: str
    behind: FrameType | None

    @property
    def caller(self) -> FrameType | None:
        """The code that called it; None where nothing did that belongs to the same work."""
        return next(outwards(self.behind), None)


def asked_of(owner: Any, frame: FrameType | None, operation: str) -> Asked:
    """The code that asked an object, from a frame inside it outwards; `operation` where no method of it has a frame."""
    behind = frame
    for each in outwards(frame):
        if not is_method(each.f_code, type(owner)):
            return Asked(operation, each)
        operation, behind = each.f_code.co_name, each.f_back
    return Asked(operation, behind)


def is_direct(asked: Asked, places: ProjectPlaces) -> bool:
    """Whether the project's own code asked, that of templates and of a console included, and no library that was given
    the object.
    """
    if asked.caller is None:
        return True
    file, module = asked.caller.f_code.co_filename, str(asked.caller.f_globals.get("__name__", ""))
    return places.path(file) is not None or file.startswith("<") or module.startswith(_FOR_THE_PROJECT)


def taker(asked: Asked, places: ProjectPlaces) -> str:
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
    names = name_of(taken.f_code).split(".")
    return names[-2] if names[-1] == "__init__" and len(names) > 1 else names[-1]


def spelled(operation: str, arguments: tuple[Any, ...]) -> str:
    if operation == "__getitem__":
        return "[:]" if is_a(arguments[0], slice) else "[]"
    return SPELLED.get(operation, operation)
