"""Which settings module a Django project has, as its own configuration says. Nothing of it is executed here."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qscache_lint.project.project_roots import above
from qscache_lint.source.files import read_regular
from qscache_lint.source.text import decode
from qscache_lint.source.tree import SourceTree

_INI = ("mypy.ini", ".mypy.ini", "setup.cfg")
_SECTION, _KEY = "mypy.plugins.django-stubs", "django_settings_module"
_ASSIGNED = re.compile(rb"""DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]""")

_FILES = (*_INI, "pyproject.toml")


def configuration(tree: SourceTree) -> tuple[str, ...]:
    """The files, relative to the root of a tree, that may say it, besides those of the tree."""
    sites = (path.rpartition("/")[0] for path in tree.files if path.rpartition("/")[2] == "manage.py")
    directories = dict.fromkeys(("", *(around for site in sites for around in (site, *above(site)))))
    named = (f"{directory}/{name}".lstrip("/") for directory in directories for name in _FILES)
    return tuple(path for path in named if (tree.root / path).is_file())


def settings_module(root: Path, site: str) -> str:
    """The settings of the Django project in directory `site` below `root`; empty when nothing says which.

    What is said for django-stubs counts before what `manage.py` says, and the nearest directory first.
    """
    top = Path(site)
    directories = [root / each for each in (top, *top.parents)]
    found = (name for directory in directories for name in _configured(directory))
    return next(found, "") or _of_manage(root / site / "manage.py")


def _configured(directory: Path) -> Iterator[str]:
    for name in _INI:
        yield from _from_ini(_read(directory / name))
    yield from _from_toml(_read(directory / "pyproject.toml"))


def _from_ini(source: bytes) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(decode(source))
    except configparser.Error:
        return
    name = parser.get(_SECTION, _KEY, fallback="").strip("'\" ")
    if name:
        yield name


def _from_toml(source: bytes) -> Iterator[str]:
    try:
        table = msgspec.toml.decode(source).get("tool", {}).get("django-stubs", {})
    except (ValueError, AttributeError):
        return
    name = table.get(_KEY) if isinstance(table, dict) else None
    if isinstance(name, str) and name:
        yield name


def _of_manage(path: Path) -> str:
    found = _ASSIGNED.search(_read(path))
    return "" if found is None else found[1].decode()


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError:
        return b""
