"""Objects of the project, looked at without asking them anything: a lazy one has to stay as it is.

`isinstance`, `getattr` and `hasattr` ask the object, which may be a proxy that then loads what it stands for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import getattr_static
from itertools import islice
from types import CodeType, FunctionType, GetSetDescriptorType, MethodType
from typing import Any

from django.db.models import QuerySet

from qscache_lint.witness.runtime.limits import INSIDE, WRAPPED


def is_a(value: Any, kind: type) -> bool:
    """Whether the object itself is one of a class, whatever it claims to be."""
    return issubclass(type(value), kind)


_CONTAINERS: tuple[tuple[type, Callable[[Any], Iterable[Any]]], ...] = (
    (dict, dict.values),
    (list, list.__iter__),
    (tuple, tuple.__iter__),
)
"""What holds other values, and what of Python's own gives these: classes derived from one are not asked."""


HOLDERS = (QuerySet, *(kind for kind, _ in _CONTAINERS))
"""Of which classes a value is that is a QuerySet, or in which there may be some."""


def querysets_in(value: Any) -> Iterator[Any]:
    """A QuerySet, or those in a container and the containers in it, the outer ones first."""
    pending = deque([value])
    for _ in range(INSIDE):
        if not pending:
            return
        each = pending.popleft()
        if is_a(each, QuerySet):
            yield each
        inside = next((values(each) for kind, values in _CONTAINERS if is_a(each, kind)), ())
        pending.extend(islice(inside, INSIDE))


def attributes_of(value: Any) -> Mapping[str, Any]:
    """What an object holds itself; nothing where its class computes that."""
    for kind in type(value).__mro__:
        held = vars(kind).get("__dict__")
        if held is not None:
            return held.__get__(value) if type(held) is GetSetDescriptorType else {}
    return {}


def code_of(function: Any) -> CodeType | None:
    """The code of what may be a function, or something that wraps one and says so by `__wrapped__`."""
    for _ in range(WRAPPED):
        if type(function) is MethodType:
            function = function.__func__
        inner = getattr_static(function, "__wrapped__", None)
        if inner is None:
            return function.__code__ if type(function) is FunctionType else None
        function = inner
    return None


_INSIDE = {"generator": "__aiter__"}
"""Functions inside methods of Django that run for these."""


def is_method(code: CodeType, kind: type) -> bool:
    """Whether code is that of a method of a class."""
    name = _INSIDE.get(code.co_name, code.co_name)
    methods = (code_of(vars(each).get(name)) for each in kind.__mro__)
    return any(method is code or code in method.co_consts for method in methods if method is not None)
