"""What stands around the modules of a project and may name things of it: templates, settings, code that is not read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from qscache_lint.source.discover import DEFAULT_EXCLUDE, code_files, setting_files, template_files


class Surroundings:
    """The files below `root`, by their path relative to it; those that `left_out` says belong to something else."""

    def __init__(self, root: Path, left_out: Sequence[str] = ()) -> None:
        """`left_out` has patterns (see `discover`), besides those that are always left out."""
        self.left_out = tuple(left_out)
        self._root = root
        self._excluded = (*DEFAULT_EXCLUDE, *left_out)

    @cached_property
    def templates(self) -> tuple[str, ...]:
        return tuple(template_files(self._root, self._excluded))

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """The files that may hold settings."""
        return tuple(setting_files(self._root, self._excluded))

    @cached_property
    def code(self) -> tuple[str, ...]:
        """Everything that people write Python in, the modules of the project among it."""
        return tuple(code_files(self._root, self._excluded))
