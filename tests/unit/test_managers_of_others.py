"""Managers and relations that a package makes may read a setting or send a query while a QuerySet is built."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.unit.test_repeatability import said

BOARD = """
from functools import lru_cache

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.sites.managers import CurrentSiteManager
from django.db import models
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from polymorphic.managers import PolymorphicManager


class NamedField(models.ManyToManyField):
    description = "notes by name"


class CheckedField(models.ManyToManyField):
    def contribute_to_class(self, cls, name, **kwargs):
        super().contribute_to_class(cls, name, **kwargs)


class CheckedRelation(GenericRelation):
    pass


class Note(models.Model):
    words = models.IntegerField()


class Tack(models.Model):
    words = models.IntegerField()
    board = models.ForeignKey("Board", models.CASCADE)


class Label(models.Model):
    words = models.IntegerField()
    board = ParentalKey("Board", models.CASCADE, related_name="labels")


class Poster(models.Model):
    words = models.IntegerField()
    boards = ParentalManyToManyField("Board")


class Board(models.Model):
    section = models.ForeignKey(Section, models.CASCADE)
    notes = GenericRelation(Note)
    checked = CheckedRelation(Note)
    tags = models.ManyToManyField(Note)
    named = NamedField(Note)
    own = CheckedField(Note)
    parental = ParentalManyToManyField(Note)
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


@pytest.mark.parametrize("query", ["self.{}.filter(words=1)", "related.filter(words=1)"], ids=["attribute", "variable"])
@pytest.mark.parametrize(
    ("relation", "maker"),
    [
        pytest.param("tags", "", id="Django's own"),
        pytest.param("named", "", id="Django's own by another name"),
        pytest.param("tack_set", "", id="at the other end of Django's own"),
        pytest.param("notes", "GenericRelation", id="of any model"),
        pytest.param("checked", "GenericRelation", id="derived from that"),
        pytest.param("own", "CheckedField", id="with code of its own"),
        pytest.param("parental", "ParentalManyToManyField", id="of a package"),
        pytest.param("labels", "ParentalKey", id="at the other end of one of a package"),
        pytest.param("poster_set", "ParentalManyToManyField", id="at the other end of several of a package"),
    ],
)
def test_a_relation_is_one_of_djangos_models(tmp_path: Path, relation: str, maker: str, query: str) -> None:
    method = f"""
        def stories(self):
            related = self.{relation}
            key = "board:%d" % self.pk
            rows = cache.get(key)
            if rows is None:
                rows = {query.format(relation)}
                cache.set(key, rows)
            return rows
    """
    found = [each for each in said(tmp_path, f"{BOARD}\n{indent(dedent(method), '    ')}") if "manager" in each]
    assert bool(found) == bool(maker), found
    assert f"the manager of a {maker}" in "; ".join(found) or not maker
