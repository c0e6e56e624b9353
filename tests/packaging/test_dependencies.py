"""Each dependency has bounds, a reason for them, and a licence, all in ARCHITECTURE.md."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement

from noxfile import lowest_versions

ROOT = Path(__file__).parents[2]
PROJECT = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["project"]
REQUIRED = [Requirement(each) for each in PROJECT["dependencies"]]
DEVELOPMENT = ("test", "benchmark")
EXTRAS = [
    Requirement(each)
    for extra, several in PROJECT["optional-dependencies"].items()
    if extra not in DEVELOPMENT
    for each in several
]
TABLES = re.findall(r"^\| ([\w-]+)[^|]* \| (.+) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
ROWS = {name: [cell.strip() for cell in cells.split("|")] for name, cells in TABLES}


@pytest.mark.parametrize("required", [*REQUIRED, *EXTRAS], ids=lambda required: required.name)
def test_it_has_bounds_with_a_reason_and_a_licence(required: Requirement) -> None:
    _, bounds, licence = ROWS[required.name]
    assert any(each.operator == ">=" for each in required.specifier)
    for each in required.specifier:
        assert each.version in bounds, f"{each} has no reason"
    try:
        about = metadata(required.name)
    except PackageNotFoundError:
        assert required.marker is not None or required in EXTRAS
        return
    fields = (about.get("License-Expression"), about.get("License"), *(about.get_all("Classifier") or ()))
    said = " ".join(filter(None, fields))
    assert re.search(rf"\b{licence.partition('-')[0]}\b", said)


def test_the_lowest_versions_are_those_of_the_bounds() -> None:
    lowest = [Requirement(each) for each in lowest_versions()]
    assert [each.name for each in lowest] == [each.name for each in REQUIRED]
    assert {each.operator for bounds in lowest for each in bounds.specifier} == {"=="}


def test_nothing_else_is_needed() -> None:
    assert len(REQUIRED) <= 10
    assert all(required.url is None for required in REQUIRED)
