"""Generated projects of any size: apps alike, of which one in ten caches a QuerySet that another app refines."""

from __future__ import annotations

from pathlib import Path

_MODELS = """from django.db import models


class Entry{n}(models.Model):
    title = models.CharField(max_length=100)
    public = models.BooleanField(default=False)
    parent = models.ForeignKey("app{n}.Entry{n}", models.CASCADE, related_name="children{n}")
"""

_CACHED = """from django.core.cache import cache
from django.utils.functional import cached_property

from app{n}.models import Entry{n}


def shown_entries_{n}():
    entries = cache.get("entries{n}")
    if entries is None:
        entries = Entry{n}.objects.filter(public=True)
        cache.set("entries{n}", entries)
    return entries
"""

_PLAIN = """from app{n}.models import Entry{n}


def shown_entries_{n}():
    return Entry{n}.objects.filter(public=True)
"""

_VIEWS = """from django.shortcuts import render

from app{m}.queries import shown_entries_{m}


def index(request):
    return render(request, "index.html", {{"entries": shown_entries_{m}().filter(title=request.GET["title"])}})
"""

def grow(root: Path, apps: int) -> None:
    """Lay out a project with six files for each app."""
    (root / "pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    for number in range(apps):
        other = (number + 1) % apps
        files = {
            "__init__.py": "",
            "models.py": _MODELS.format(n=number),
            "queries.py": (_PLAIN if number % 10 else _CACHED).format(n=number),
            "views.py": _VIEWS.format(m=other),
            "helpers.py": _helpers(number),
            "apps.py": f"NAME = 'app{number}'\n",
        }
        directory = root / f"app{number}"
        directory.mkdir()
        for name, text in files.items():
            (directory / name).write_text(text, encoding="utf-8")


def _helpers(number: int) -> str:
    functions = [f"def step_{each}(value):\n    return value + {each}\n" for each in range(number % 7 + 3)]
    return "# no lru_cache here\n\n\n" + "\n\n".join(functions)
