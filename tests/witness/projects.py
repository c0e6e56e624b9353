"""A small Django project with tests of its own, which are run in other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from qscache_lint.witness.records import Recording, decode

FILES = {
    "settings.py": """
        SECRET_KEY = "of a test"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        INSTALLED_APPS = ["garden"]
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        USE_TZ = True
        ROOT_URLCONF = "garden.urls"
        """,
    "manage.py": """
        import os
        import sys

        from django.core.management import execute_from_command_line

        if __name__ == "__main__":
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
            execute_from_command_line(sys.argv)
        """,
    "garden/__init__.py": "",
    "garden/models.py": """
        from django.db import models


        class Bed(models.Model):
            name = models.CharField(max_length=20)
        """,
    "garden/beds.py": """
        from functools import lru_cache

        from django.core.cache import cache

        from garden.models import Bed

        _kept = {}


        @lru_cache(maxsize=None)
        def all_beds():
            return Bed.objects.order_by("name")


        def cached_beds():
            beds = cache.get("beds")
            if beds is None:
                beds = Bed.objects.order_by("name")
                cache.set("beds", beds)
            return beds


        def kept_beds():
            if "beds" not in _kept:
                _kept["beds"] = Bed.objects.order_by("pk")
            return _kept["beds"]
        """,
    "garden/views.py": """
        from django.http import HttpResponse

        from garden.beds import all_beds, cached_beds, kept_beds


        def names(request):
            return HttpResponse(", ".join(bed.name for bed in cached_beds()))


        def first(request):
            return HttpResponse(cached_beds().filter(name="A").first())


        def longest(request):
            return HttpResponse(all_beds().exclude(name="A").count())


        def backwards(request):
            return HttpResponse(", ".join(bed.name for bed in all_beds().reverse()))


        def plain(request):
            return HttpResponse("nothing")


        async def waiting(request):
            return HttpResponse(await all_beds().acount())


        def newest():
            return kept_beds().last()
        """,
    "garden/urls.py": """
        from django.urls import path

        from garden import views

        shown = (views.names, views.first, views.longest, views.backwards, views.waiting, views.plain)
        urlpatterns = [path(view.__name__, view) for view in shown]
        """,
}
"""What every project has."""

REFINED, COUNTED, LAST = "first", "longest", "newest"
"""The functions of `views.py` that refine a pickled QuerySet, one of a memo, one of a memo made by hand."""


def make(root: Path, files: Mapping[str, str]) -> Path:
    """Write the project, and more files."""
    for name, text in {**FILES, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a project."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "DJANGO_SETTINGS_MODULE": "settings", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def read(file: Path) -> Recording:
    return decode(file.read_bytes())


def uses(recording: Recording) -> set[tuple[str, str, str]]:
    """Effect, operation and function of each use."""
    return {(use.effect, use.operation, use.place.function) for use in recording.uses}


def unexpected(recording: Recording) -> list[str]:
    """What could not be recorded, but for what Python only tells since 3.12."""
    is_told = sys.version_info >= (3, 12)
    return [each for each in recording.incomplete if is_told or "lru_cache before" not in each]
