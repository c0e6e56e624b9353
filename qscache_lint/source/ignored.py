"""What `.gitignore` files leave out: those of a project, and those above it up to the top of its checkout.

What a checkout or a user ignores by other means is not looked at: it would be another project on another machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from qscache_lint.source.files import read_regular

NAME = ".gitignore"

Pattern: TypeAlias = tuple[bool, str]
"""Whether what matches is ignored, or not ignored after all, and a regular expression for its path."""

Translate: TypeAlias = Callable[[bytes], Sequence[Pattern]]
"""What a file says, as patterns in its order."""

_OF_DIRECTORY = re.compile(r"\(\?P<\w+>/\)")
"""How the library marks the end of a directory, below which everything is ignored as well."""


def translated(source: bytes) -> tuple[Pattern, ...]:
    """The patterns of a `.gitignore` file, as git reads them. Those that git cannot read say nothing."""
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    found: list[Pattern] = []
    for line in source.decode(errors="surrogateescape").splitlines():
        try:
            pattern = GitIgnoreSpecPattern(line)
        except GitIgnorePatternError:
            continue
        if pattern.include is not None and pattern.regex is not None:
            found.append((pattern.include, _of_one(pattern.regex.pattern)))
    return tuple(found)


def _of_one(regex: str) -> str:
    """An expression that matches what is named, and nothing below it: directories are looked at one by one."""
    own = _OF_DIRECTORY.sub(r"/\\Z", regex)
    return f"{own}(?!\\Z)" if own.endswith("/") else own


class IgnoreFile:
    """One file: `prefix` is its directory as a path from the root of the project, `beyond` that of the root from it."""

    def __init__(self, patterns: Iterable[Pattern], prefix: str = "", beyond: str = "") -> None:
        self._patterns = [*patterns]
        self._prefix = prefix
        self._beyond = beyond

    def says(self, path: str) -> bool | None:
        """Whether a path is ignored, with a slash at the end if it is a directory; None where nothing is said."""
        within = self._beyond + path[len(self._prefix) :]
        if self._any is None or not self._any.search(within):
            return None
        return next((include for include, regex in reversed(self._compiled) if regex.search(within)), None)

    @cached_property
    def _any(self) -> re.Pattern[str] | None:
        return re.compile("|".join(f"(?:{regex})" for _, regex in self._patterns)) if self._patterns else None

    @cached_property
    def _compiled(self) -> list[tuple[bool, re.Pattern[str]]]:
        return [(include, re.compile(regex)) for include, regex in self._patterns]


class Ignored:
    """What is ignored in one directory of a project, by the files of it and of those above, the nearest last."""

    def __init__(self, translate: Translate, files: tuple[IgnoreFile, ...] = ()) -> None:
        self._translate = translate
        self._files = files

    @staticmethod
    def around(root: Path, checkout: Path | None, translate: Translate = translated) -> Ignored:
        """What the files above the root of a project say, up to the top of its checkout."""
        if checkout is None or checkout == root or not root.is_relative_to(checkout):
            return Ignored(translate)
        above = [each for each in reversed(root.parents) if each.is_relative_to(checkout)]
        files = [
            IgnoreFile(translate(source), beyond=f"{root.relative_to(each).as_posix()}/")
            for each in above
            for source in _read(str(each))
        ]
        return Ignored(translate, tuple(files))

    def inside(self, directory: str, prefix: str) -> Ignored:
        """The same with the file of a directory, which is there."""
        files = (IgnoreFile(self._translate(source), prefix) for source in _read(directory))
        return Ignored(self._translate, (*self._files, *files))

    def __call__(self, path: str) -> bool:
        """Whether a path is ignored, with a slash at the end if it is a directory. What is around it is not."""
        return next((said for file in reversed(self._files) if (said := file.says(path)) is not None), False)


def _read(directory: str) -> Iterator[bytes]:
    """What the file of a directory says; nothing where it cannot be read."""
    try:
        yield read_regular(f"{directory}/{NAME}")
    except OSError:
        return
