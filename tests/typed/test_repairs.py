"""Repairs of what only a type checker knows: none is called safe, and what they make does the same."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.entry.console import contents, run
from tests.literate import write_files

TOOLS = """\
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def handled(make: Callable[[], T]) -> T:
    return getattr(make, "__call__")()


def nearest(things: dict[int, T], at: int) -> T:
    return eval(f"things[{at}]", {"things": things})
"""
MODELS = """\
from functools import lru_cache

from django.db import models


class Boat(models.Model):
    name = models.CharField(max_length=60)
    afloat = models.BooleanField(default=True)

    class Meta:
        app_label = "harbour"


class Pier:
    @staticmethod
    @lru_cache(maxsize=None)
    def moored():
        return Boat.objects.filter(afloat=True)
"""
LISTING = """\
from __future__ import annotations

from functools import lru_cache

from harbour.models import Boat, Pier
from harbour.tools import handled, nearest


@lru_cache(maxsize=None)
def afloat():
    return handled(lambda: Boat.objects.filter(afloat=True))


def named(name: str):
    return afloat().filter(name=name)


def everything():
    return [boat.name for boat in afloat()], [boat.name for boat in Pier.moored()]


def at(piers: dict[int, Pier], name: str):
    return [boat.name for boat in nearest(piers, 3).moored().filter(name=name)]
"""
SETTINGS = """\
SECRET_KEY = "no secret"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
FILES = {
    "harbour/__init__.py": "",
    "harbour/tools.py": TOOLS,
    "harbour/models.py": MODELS,
    "harbour/listing.py": LISTING,
    "harbour/settings.py": SETTINGS,
    "pyproject.toml": "",
}
SCRIPT = """\
import os
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "harbour.settings"
django.setup()
from django.db import connection
from harbour import listing
from harbour.models import Boat, Pier

with connection.schema_editor() as editor:
    editor.create_model(Boat)
for name, afloat in (("Anna", True), ("Berta", False), ("Anna", False)):
    Boat.objects.create(name=name, afloat=afloat)
print([boat.pk for boat in listing.named("Anna")], listing.everything(), listing.at({3: Pier()}, "Anna"))
"""
ENGINES = [engine for engine, package in (("mypy", "mypy_django_plugin"), ("pyrefly", "pyrefly")) if find_spec(package)]


def _shown(root: Path) -> str:
    """What a program that uses the project prints."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_what_rests_on_types_is_not_safe(tmp_path: Path, engine: str) -> None:
    write_files(tmp_path, FILES)
    fixed = ("qscache-lint", "fix", "--engine", engine, "--no-settings", "--no-cache", "--select", "QSC1,QSC2")
    before, shown = contents(tmp_path), _shown(tmp_path)
    run(*fixed, cwd=tmp_path)
    assert contents(tmp_path) == before
    run(*fixed, "--unsafe-fixes", cwd=tmp_path)
    assert "afloat_queryset().filter(" in tmp_path.joinpath("harbour/listing.py").read_text()
    assert "def cached_moored(" in tmp_path.joinpath("harbour/models.py").read_text()
    assert _shown(tmp_path) == shown == "[1] (['Anna'], ['Anna']) ['Anna']\n"
    done = tmp_path.joinpath("harbour/listing.py").read_bytes()
    run(*fixed, "--unsafe-fixes", cwd=tmp_path)
    assert tmp_path.joinpath("harbour/listing.py").read_bytes() == done
