"""How the settings of the projects are found that are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qscache_lint.settings import Settings
from qscache_lint.settings_table import load_settings, misspelt_table
from qscache_lint.source.discover import has_table


@dataclass(frozen=True)
class Options:
    """How settings are found: an explicit file, none at all (`isolated`), or that of each project; then overrides."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] | None = None

    def settings_for(self, root: Path) -> Settings:
        """The settings of a project. Raises UsageError when they are wrong."""
        return load_settings(self.pyproject_of(root), self.overrides or {})

    def misspelt_table(self, root: Path) -> str:
        """A warning about a table that was meant for us and is not read; empty where there is none."""
        return "" if self.isolated or self.config is not None else misspelt_table(root / "pyproject.toml")

    def pyproject_of(self, root: Path) -> Path | None:
        """The file from which the settings of a project are read; None for the defaults."""
        if self.isolated:
            return None
        if self.config is not None:
            return self.config
        pyproject = root / "pyproject.toml"
        return pyproject if has_table(pyproject) else None
