"""What is sent to a type checker: which settings, which modules from which directories, which places."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from qscache_lint.oracles import Asked
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed import mypy_oracle
from qscache_lint.typed.django_settings import configuration, settings_module
from qscache_lint.typed.modules import Modules
from qscache_lint.typed.mypy_oracle import MypyOracle
from qscache_lint.typed.places import places
from qscache_lint.values import Position, Span
from tests.literate import write_files

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'depot.settings')\n"
TOML = '[tool.django-stubs]\ndjango_settings_module = "depot.typed"\n'
INI = "[mypy.plugins.django-stubs]\ndjango_settings_module = 'depot.ini'\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"web/manage.py": MANAGE}, "depot.settings", id="manage.py"),
        pytest.param({"web/manage.py": MANAGE.replace("setdefault(", "__setitem__(")}, "depot.settings", id="a call"),
        pytest.param({"web/manage.py": 'environ["DJANGO_SETTINGS_MODULE"] = "depot.live"\n'}, "depot.live", id="item"),
        pytest.param({"web/manage.py": MANAGE, "pyproject.toml": TOML}, "depot.typed", id="pyproject.toml above"),
        pytest.param({"web/pyproject.toml": TOML, "mypy.ini": INI}, "depot.typed", id="the nearest directory"),
        pytest.param({"setup.cfg": INI}, "depot.ini", id="setup.cfg"),
        pytest.param({"web/manage.py": MANAGE, "setup.cfg": "[tool", "mypy.ini": "="}, "depot.settings", id="broken"),
        pytest.param({"web/manage.py": MANAGE, "pyproject.toml": "tool = 1\n"}, "depot.settings", id="no table"),
    ],
)
def test_settings_module(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    write_files(tmp_path, {"pyproject.toml": "", **files})
    assert settings_module(tmp_path, "web") == expected


def test_the_configuration_is_an_input(tmp_path: Path) -> None:
    write_files(tmp_path, {"web/manage.py": MANAGE, "pyproject.toml": TOML, "web/mypy.ini": INI})
    tree = SourceTree(tmp_path, ("web/manage.py",))
    assert sorted(configuration(tree)) == ["pyproject.toml", "web/mypy.ini"]


def _tree(*paths: str) -> SourceTree:
    return SourceTree(Path(), paths, dict.fromkeys(paths, b""))


@pytest.mark.parametrize(
    ("paths", "site", "path", "module"),
    [
        pytest.param(("shop/__init__.py", "shop/views.py"), "", "shop/views.py", "shop.views", id="package"),
        pytest.param(("shop/__init__.py",), "", "shop/__init__.py", "shop", id="the package itself"),
        pytest.param(("src/shop/__init__.py", "src/shop/a.py"), "", "src/shop/a.py", "shop.a", id="src"),
        pytest.param(("web/manage.py", "web/shop/a.py"), "web", "web/shop/a.py", "a", id="never imported"),
        pytest.param(("web/manage.py", "web/a/__init__.py", "web/a/b.py"), "web", "web/a/b.py", "a.b", id="site"),
        pytest.param(("lib/tools.py", "web/manage.py"), "web", "lib/tools.py", "tools", id="beside the site"),
    ],
)
def test_modules(paths: tuple[str, ...], site: str, path: str, module: str) -> None:
    modules = Modules(_tree(*paths))
    (batch,) = modules.batches(site, [path])
    assert batch[path].module == module


def test_a_namespace_package_that_is_imported_has_its_name() -> None:
    tree = _tree("web/manage.py", "web/shop/a.py").with_overlay({"web/run.py": b"from shop.a import price\n"})
    (batch,) = Modules(tree).batches("web", ["web/shop/a.py"])
    assert (batch["web/shop/a.py"].module, batch["web/shop/a.py"].path) == ("shop.a", "shop/a.py")


def test_files_of_one_name_are_checked_one_after_the_other() -> None:
    modules = Modules(_tree("jobs/run.py", "scripts/run.py", "jobs/other.py"))
    batches = list(modules.batches("", ["jobs/run.py", "scripts/run.py", "jobs/other.py"]))
    assert [list(batch) for batch in batches] == [["jobs/run.py", "jobs/other.py"], ["scripts/run.py"]]
    assert modules.search_path("", ["jobs/run.py", "scripts/run.py"]) == (".", "jobs", "scripts")


def test_each_django_project_is_checked_by_itself() -> None:
    modules = Modules(_tree("one/manage.py", "one/a.py", "two/manage.py", "two/a.py", "tools.py"))
    found = modules.by_site(["one/a.py", "two/a.py", "tools.py"])
    assert found == {"one": ["one/a.py", "tools.py"], "two": ["two/a.py"]}


@pytest.mark.parametrize(
    ("source", "start", "column"),
    [
        pytest.param(b"x = rows", (1, 5), 4, id="plain"),
        pytest.param("ä = rows".encode(), (1, 5), 5, id="two bytes"),
        pytest.param("\N{BYTE ORDER MARK}🚢 = rows".encode(), (1, 5), 7, id="four bytes, and a mark"),
        pytest.param(b"a\r\x0c\nx = rows", (3, 5), 4, id="rows as Python counts them"),
        pytest.param("# coding: latin-1\nä = rows".encode("latin-1"), (2, 5), 5, id="another encoding"),
    ],
)
def test_places_are_in_bytes(source: bytes, start: tuple[int, int], column: int) -> None:
    asked = Asked("a.py", Span(Position(*start), Position(start[0], start[1] + 4)), "value")
    (place,) = places([asked], source, "a.py")
    assert (place.row, place.column, place.last, place.end) == (start[0], column, start[0], column + 4)


def test_a_place_behind_the_end_is_not_asked_about() -> None:
    assert list(places([Asked("a.py", Span(Position(9, 1), Position(9, 2)), "value")], b"x = 1\n", "a.py")) == []


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(mypy_oracle, "version", missing)
    answers = MypyOracle().ask([], SourceTree(Path(), ()))
    assert answers.failure == "mypy and django-stubs not installed (pip install 'qscache-lint[mypy]')"
