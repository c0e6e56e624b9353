"""What stands around the modules of a project and may name things of it: templates, settings, code that is not read."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path

from qscache_lint.source.discover import code_files, setting_files, template_files


class RelatedFiles:
    """The files below `root`, by their path relative to it, but for those in directories `without` anything to do."""

    def __init__(self, root: Path, without: Collection[str] = ()) -> None:
        self.without = frozenset(without)
        self._root = root

    def again(self) -> RelatedFiles:
        """The same, of which nothing has been looked at."""
        return RelatedFiles(self._root, self.without)

    @cached_property
    def templates(self) -> tuple[str, ...]:
        return tuple(template_files(self._root, self.without))

    def templates_in(self, directories: Sequence[str]) -> tuple[str, ...]:
        """The templates, with those in directories whose paths end so."""
        return tuple(template_files(self._root, self.without, directories)) if directories else self.templates

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """The files that may hold settings."""
        return tuple(setting_files(self._root, self.without))

    @property
    def code(self) -> tuple[str, ...]:
        """Everything that people write Python in, the modules of the project among it."""
        return self._code[0]

    @property
    def unlisted(self) -> tuple[str, ...]:
        """The directories that cannot be listed."""
        return self._code[1]

    @cached_property
    def _code(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        unlisted: list[OSError] = []
        found = tuple(code_files(self._root, self.without, unlisted.append))
        return found, tuple(os.path.relpath(error.filename, self._root) for error in unlisted)
