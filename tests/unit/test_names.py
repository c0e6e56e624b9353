"""Names of attributes as code writes them."""

from __future__ import annotations

import pytest

from qscache_lint.facts.names import mangled_name, written_name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        pytest.param("rows", "rows", id="a plain name"),
        pytest.param("_rows", "_rows", id="one underscore"),
        pytest.param("__call__", "__call__", id="a special method"),
        pytest.param("_Board__rows", "__rows", id="a name with its class"),
        pytest.param("_Board__my__rows", "__my__rows", id="two underscores inside"),
        pytest.param("<12>", "setattr", id="a name that is put together"),
    ],
)
def test_written_name(name: str, written: str) -> None:
    assert written_name(name) == written


@pytest.mark.parametrize("owner", ["Board", "_Board", "__Board"])
def test_mangled_names_are_written_as_before(owner: str) -> None:
    assert written_name(mangled_name(owner, "__rows")) == "__rows"
