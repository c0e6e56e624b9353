"""Generated projects in which cached QuerySets are handed on in many ways."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

MODELS = """
from django.db import models


class Ship(models.Model):
    name = models.CharField(max_length=40)
    harbour = models.CharField(max_length=40)
"""

HELPERS = """
from functools import lru_cache

from django.core.cache import caches

store = caches["default"]
_kept = {}


def remember(key, rows):
    store.set(key, rows)


def keep(build):
    def kept():
        if build not in _kept:
            _kept[build] = build()
        return _kept[build]

    return kept


def memo():
    return lru_cache(maxsize=None)
"""

DEFINERS = (
    "@lru_cache\ndef {name}():\n    return Ship.objects.all()",
    "@helpers.keep\ndef {name}():\n    return Ship.objects.filter(name='x')",
    "@memo()\ndef {name}():\n    return Ship.objects.all()",
    """
def {name}():
    rows = cache.get('{name}')
    if rows is None:
        rows = Ship.objects.all()
        cache.set('{name}', rows)
    return rows
    """,
    "def {name}():\n    return cache.get_or_set('{name}', Ship.objects.all)",
    "def {name}():\n    rows = Ship.objects.all()\n    helpers.remember('{name}', rows)\n    return rows",
    """
_{name} = None


def {name}():
    global _{name}
    if _{name} is None:
        _{name} = Ship.objects.all()
    return _{name}
    """,
    """
class _{name}:
    @cached_property
    def rows(self):
        return Ship.objects.all()


def {name}():
    return _{name}().rows
    """,
    """
class _{name}:
    def __call__(self):
        if not hasattr(self, '__rows'):
            self.__rows = Ship.objects.all()
        return self.__rows


{name} = _{name}()
    """,
    """
class _{name}:
    @lru_cache
    def __call__(self):
        return Ship.objects.all()


{name} = _{name}()
    """,
    """
class {name}:
    @lru_cache
    def __enter__(self):
        return Ship.objects.all()
    """,
    "def {name}():\n    return Ship.objects.order_by('name')",
)
"""Ways to make a function that gives a QuerySet; most of them put it into a cache."""

CARRIERS = (
    "def {name}():\n    return {of}()",
    "def {name}():\n    return {of}",
    "{name} = {of}",
    "{name} = [{of}]",
    "{name} = {{'ships': {of}}}",
    "def {name}():\n    return {{'ships': {of}()}}",
    """
class {name}:
    def __init__(self):
        self.{of}_of = {of}()

    def again(self):
        return self.{of}_of
    """,
    "class {name}:\n    ships = staticmethod({of})\n\n    def __enter__(self):\n        return self.ships()",
    "class {name}:\n    def __call__(self):\n        return {of}()",
    "class {name}({of}):\n    pass",
    "{name} = {of}()",
    "def {name}(rows=None):\n    return {of}() if rows is None else rows",
    "{name} = partial({of})",
    "def {name}():\n    def inner():\n        return {of}()\n\n    return inner",
)
"""Ways to hand a function on, or what it gives, under another name."""

EXPRESSIONS = (
    "{of}().filter(name=word)",
    "{of}.filter(name=word)",
    "{of}()().filter(name=word)",
    "{of}[0]().filter(name=word)",
    "{of}['ships']().exclude(name=word)",
    "{of}()['ships'].exclude(name=word)",
    "{of}().again().order_by('name')",
    "{of}()()[:3]",
    "list({of}())",
    "narrow({of}(), word)",
    "[rows.filter(name=word) for rows in [{of}()]]",
)
"""Ways to use it; some of them make no sense for what they are given, and nothing may come of it."""

USES = (*(f"return {each}" for each in EXPRESSIONS), "with {of}() as rows:\n        return rows.filter(name=word)")

IMPORTS = """
from functools import cached_property, lru_cache, partial

from django.core.cache import cache

from fleet import helpers
from fleet.helpers import memo
from fleet.models import Ship
"""


@dataclass(frozen=True)
class Part:
    """One definition: its name, its code, and whether it goes into a module of its own."""

    name: str
    code: str
    apart: bool


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """A project in which cached QuerySets are handed on, in one module or from module to module."""
    parts: list[Part] = []
    for number in range(draw(st.integers(1, 3))):
        code = draw(st.sampled_from(DEFINERS))
        parts.append(Part(f"ships{number}", code.strip().format(name=f"ships{number}"), draw(st.booleans())))
    for number in range(draw(st.integers(0, 4))):
        of = draw(st.sampled_from(parts)).name
        code = draw(st.sampled_from(CARRIERS))
        parts.append(Part(f"Way{number}", code.strip().format(name=f"Way{number}", of=of), draw(st.booleans())))
    used = draw(st.lists(st.tuples(st.sampled_from(parts), st.sampled_from(USES)), min_size=1, max_size=4))
    for number, (part, use) in enumerate(used):
        body = f"def use{number}(word):\n    {use.format(of=part.name)}"
        parts.append(Part(f"use{number}", body, draw(st.booleans())))
    return _laid_out(parts)


def _laid_out(parts: list[Part]) -> dict[str, str]:
    """The files: what is not apart stands together, and every module imports what stood before."""
    narrow = "def narrow(rows, word):\n    return rows.filter(name=word)"
    files = {"models": MODELS, "helpers": HELPERS, "common": IMPORTS + "\n\n" + narrow + "\n"}
    known: dict[str, str] = {"narrow": "common"}
    for part in parts:
        module = part.name.lower() if part.apart else "common"
        others = [f"from fleet.{home} import {name}" for name, home in known.items() if home != module]
        header = "" if module in files else IMPORTS
        imports = "\n".join(others)
        files[module] = files.get(module, "") + f"{header}\n{imports}\n\n\n{part.code}\n"
        known[part.name] = module
    return {f"fleet/{name}.py": text for name, text in files.items()} | {"fleet/__init__.py": ""}
