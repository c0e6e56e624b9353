"""Types that have another name by a statement of their own, which is new in Python 3.12."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.workspace import analyse
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Confidence

SOURCE = """\
from functools import lru_cache

from django.db import models


class Song(models.Model):
    title = models.CharField(max_length=40)


class Choir(models.Model):
    @lru_cache(maxsize=8)
    def known(self):
        return Song.objects.filter(choir=self)


class Missing:
    pass


{alias}


def short(choir: MaybeChoir):
    return choir.known().filter(title="Amen")
"""
STATEMENTS = ["type MaybeChoir = Choir | Missing"] if sys.version_info >= (3, 12) else []


@pytest.mark.parametrize("alias", ["MaybeChoir = Choir | Missing", *STATEMENTS])
def test_what_a_name_of_a_type_stands_for(alias: str) -> None:
    source = SOURCE.format(alias=alias).encode()
    uses = analyse(SourceTree(Path(), (), {"songs/models.py": source}), load_knowledge()).uses
    assert [use.demand.operation for use in uses] == [".filter()"]
    assert [use.queryset.confidence for use in uses] == [Confidence.HIGH]
