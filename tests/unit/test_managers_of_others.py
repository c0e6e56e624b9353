"""Managers and relations that a package makes may read a setting or send a query while a QuerySet is built."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.unit.test_repeatability import said

BOARD = """
from functools import lru_cache

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.sites.managers import CurrentSiteManager
from django.db import models
from polymorphic.managers import PolymorphicManager


class Note(models.Model):
    words = models.IntegerField()


class Board(models.Model):
    section = models.ForeignKey(Section, models.CASCADE)
    notes = GenericRelation(Note)
    tags = models.ManyToManyField(Note)
"""


@pytest.mark.parametrize(
    ("manager", "what"),
    [
        pytest.param("models.Manager()", "", id="Django's own"),
        pytest.param("CurrentSiteManager()", "manager shown of", id="of the current site"),
        pytest.param("PolymorphicManager()", "manager shown of", id="of a package"),
    ],
)
def test_a_manager_is_one_of_djangos_own(tmp_path: Path, manager: str, what: str) -> None:
    function = "@lru_cache\ndef stories(number):\n    return Board.shown.filter(pk=number)\n"
    found = said(tmp_path, f"{BOARD}    shown = {manager}\n\n\n{function}")
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


@pytest.mark.parametrize(("relation", "is_others"), [("notes", True), ("tags", False)])
def test_a_relation_is_one_of_djangos_models(tmp_path: Path, relation: str, is_others: bool) -> None:
    method = f"""
        def stories(self):
            key = "board:%d" % self.pk
            rows = cache.get(key)
            if rows is None:
                rows = self.{relation}.filter(words=1)
                cache.set(key, rows)
            return rows
    """
    found = said(tmp_path, f"{BOARD}\n{dedent(method).replace(chr(10), chr(10) + '    ')}")
    assert ("the manager of a GenericRelation" in "; ".join(found)) == is_others
