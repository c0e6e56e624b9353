"""What a finding says that a use costs: a query of its own, or a part of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import check

QUERIES = """\
from functools import lru_cache

from cache_memoize import cache_memoize
from django.db import models
from django.db.models import Exists, Subquery


class Author(models.Model):
    name = models.CharField(max_length=80)


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)


@{decorator}
def books():
    return Book.objects.all()


def use(flag):
    {body}
"""
MEMO, PICKLED = "lru_cache", "cache_memoize(60)"
QUERY = {MEMO: "it runs a new query each time, so the memo saves nothing", PICKLED: "this runs a second query"}
SUBQUERY = {
    MEMO: "it becomes a subquery, so the memo saves nothing",
    PICKLED: "this becomes a subquery that uses none of them",
}


@pytest.mark.parametrize("decorator", [MEMO, PICKLED])
@pytest.mark.parametrize(
    ("body", "cost"),
    [
        pytest.param("return books().filter(pk=1)", QUERY, id="a query that is returned"),
        pytest.param("return list(books().values('pk'))", QUERY, id="values that are read"),
        pytest.param("return books().get(author__in=Author.objects.all())", QUERY, id="a row"),
        pytest.param(
            "rows = books().values('pk'); return rows, Author.objects.filter(book__in=rows)", QUERY, id="used twice"
        ),
        pytest.param("return Author.objects.filter(book__in=books())", SUBQUERY, id="__in"),
        pytest.param("return Author.objects.filter(book__in=books().values('pk'))", SUBQUERY, id="__in of values"),
        pytest.param(
            "pks = books().filter(pk__gt=5).values_list('pk', flat=True); return Author.objects.filter(book__in=pks)",
            SUBQUERY,
            id="__in of a longer chain, by name",
        ),
        pytest.param("return Author.objects.annotate(n=Subquery(books()))", SUBQUERY, id="Subquery"),
        pytest.param("return Author.objects.filter(Exists(books().all()))", SUBQUERY, id="Exists of a refinement"),
    ],
)
def test_what_a_use_costs(tmp_path: Path, decorator: str, body: str, cost: dict[str, str]) -> None:
    (tmp_path / "queries.py").write_text(QUERIES.format(decorator=decorator, body=body), encoding="utf-8")
    found = [each for project in check([tmp_path]).projects for each in project.findings]
    (use,) = [each for each in found if each.code.startswith("QSC2")]
    assert cost[decorator] in use.message
