"""Which rules the settings leave out in which files: `per-file-ignores` and `extend-per-file-ignores`.

The patterns are ruff's: each is compared with the name of a file and with its path from the project's root, `*` matches
across directories, `**/` any number of them, `{a,b}` either, and `!` in front turns it round. Beyond that, one that
ends with a slash speaks of all that is in a directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain, product

from qscache_lint import limits
from qscache_lint.codes import names_rule
from qscache_lint.errors import UsageError
from qscache_lint.settings import TEST_CODE, Settings

_DIRECTORIES = re.compile(r"(?<![^/])\*\*/")


def ignores(settings: Settings, path: str, code: str) -> bool:
    """Whether the settings leave out a rule in a file, by its path from the project's root.

    Raises UsageError for a pattern that stands for too many.
    """
    return any(
        covers(pattern, path)
        for table in (settings.per_file_ignores, settings.extend_per_file_ignores)
        for pattern, prefixes in table.items()
        if any(names_rule(prefix, code, enabled=True) for prefix in prefixes)
    )


def is_test(path: str) -> bool:
    """Whether a file is one of those that tests are in, by its path from the project's root."""
    return any(covers(pattern, path) for pattern in TEST_CODE)


@lru_cache(maxsize=4096)
def covers(pattern: str, path: str) -> bool:
    """Whether a pattern speaks of a file. Raises UsageError for one that stands for too many."""
    name = path.rpartition("/")[2]
    found = any(fnmatchcase(path, each) or fnmatchcase(name, each) for each in _expanded(pattern.removeprefix("!")))
    return found is not pattern.startswith("!")


@lru_cache(maxsize=256)
def _expanded(pattern: str) -> tuple[str, ...]:
    """The shell patterns that a pattern stands for: one for each choice of its braces, with and without directories."""
    return tuple(_expand(pattern.removeprefix("./")))


def _expand(pattern: str) -> Iterator[str]:
    for each in _chosen(f"{pattern}*" if pattern.endswith("/") else pattern):
        first, *others = _DIRECTORIES.split(each)
        if 2 ** len(others) > limits.PATTERN_CHOICES:
            raise _stands_for_too_many(pattern)
        for between in product(("", "*/"), repeat=len(others)):
            yield first + "".join(chain.from_iterable(zip(between, others, strict=True)))


def _chosen(pattern: str) -> Iterator[str]:
    """A pattern with one of the choices of each of its braces."""
    if "{" not in pattern:
        yield pattern
        return
    from bracex import ExpansionLimitException, iexpand

    try:
        yield from iexpand(pattern, limit=limits.PATTERN_CHOICES)
    except ExpansionLimitException:
        raise _stands_for_too_many(pattern) from None


def _stands_for_too_many(pattern: str) -> UsageError:
    return UsageError(f"per-file-ignores: {pattern!r} stands for more than {limits.PATTERN_CHOICES} patterns")
