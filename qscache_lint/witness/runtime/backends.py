"""Which running code is that of a cache backend of Django, or of one derived from them."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

from django.core.cache.backends.base import BaseCache

from qscache_lint.witness.runtime.foreign import is_method

_KEYS = frozenset({"make_key", "make_and_validate_key"})


def is_of_backend(code: CodeType) -> bool:
    """Whether code is that of a method of a cache backend."""
    return any(is_method(code, kind) for kind in _backends(BaseCache))


def makes_keys(code: CodeType) -> bool:
    """Whether a method of a backend makes keys, and stores nothing."""
    return code.co_name in _KEYS


def _backends(kind: type[BaseCache]) -> Iterator[type[BaseCache]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _backends(each)
