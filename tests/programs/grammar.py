"""Projects that are derived from the grammar in `grammar.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from qscache_lint.knowledge.tables import Knowledge


def _decorators() -> Iterator[str]:
    """Every decorator of the cache tables that can be written as a decorator, after the import that it needs."""
    for name, row in Knowledge().memoizers.items():
        if re.fullmatch(r"[\w.]+(\(\))?", name):
            bare = name.removesuffix("()")
            yield f"{bare}(60)" if name != bare and row.form == "called" else name


DECORATORS = tuple(_decorators())
MODULES = tuple(sorted({name.partition("(")[0].rpartition(".")[0] for name in DECORATORS} - {""}))


def _rules() -> dict[str, tuple[str, ...]]:
    """The texts of each symbol."""
    rows = msgspec.toml.decode((Path(__file__).parent / "grammar.toml").read_bytes(), type=dict[str, tuple[str, ...]])
    return {**rows, "table": DECORATORS}


RULES = _rules()

MODELS = """
from django.db import models


class Books(models.QuerySet):
    def recent(self, word=None):
        return self.order_by("-pk")[:5] if word else self.filter(title=word)


class Shelf(models.Model):
    owner = models.CharField(max_length=40)


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, related_name="books", on_delete=models.CASCADE)
    title = models.CharField(max_length=40)
    objects = models.Manager()
    kept = Books.as_manager()
"""

_IMPORTS = """
import pickle
from contextlib import contextmanager
from copy import copy
from functools import cached_property, lru_cache, partial, wraps
from typing import TYPE_CHECKING

from django import forms
from django.core.cache import cache, caches
from django.db import models
from django.db.models import Count, Prefetch, Q, QuerySet
from django.shortcuts import render
from django.views.generic import ListView, View

from library import helpers
from library.helpers import *
from library.models import Book, Books, Shelf
"""

HEADER = "".join((_IMPORTS, *(f"import {module}\n" for module in MODULES), "\n_KEPT = {}\n_rows = None\n\n\n"))
FILES = ("helpers", "queries", "views", "tasks")
DEPTH = 7
"""Symbols inside one another; beyond that only texts are taken that end."""

_SYMBOL = re.compile(r"<([a-z_]+)>")


def derived(draw: st.DrawFn, symbol: str, depth: int = DEPTH) -> str:
    """A text of a symbol."""
    texts = RULES[symbol] if depth > 0 else RULES[symbol][:1]
    text = draw(st.sampled_from(texts))
    return "\n".join(_line(draw, line, depth - 1) for line in text.split("\n"))


def _line(draw: st.DrawFn, line: str, depth: int) -> str:
    indent = "\n" + " " * (len(line) - len(line.lstrip()))
    return _SYMBOL.sub(lambda found: derived(draw, found[1], depth).replace("\n", indent), line)


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """A project whose modules are derived from the grammar, by path."""
    names = draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=3, unique=True))
    modules = {f"library/{name}.py": f"{HEADER}{derived(draw, 'module_body')}\n" for name in names}
    return {"library/__init__.py": "", "library/models.py": MODELS, **modules}
