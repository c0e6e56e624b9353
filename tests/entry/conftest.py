"""What tests of the command have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.projects import SHOP, lay


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a cached QuerySet that is refined, which is the working directory."""
    root = tmp_path / "project"
    lay(root, SHOP)
    monkeypatch.chdir(root)
    return root
