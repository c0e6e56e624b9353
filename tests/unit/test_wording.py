"""What a finding says that a use costs: a query of its own, or a part of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import check_paths

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
    PICKLED: "this becomes a subquery and discards those rows",
}
COMBINED = {
    MEMO: "it becomes part of another query, so the memo saves nothing",
    PICKLED: "this becomes part of another query and discards those rows",
}
PART = {
    MEMO: "it becomes a subquery each time until the shared object is iterated",
    PICKLED: "and all rows are unpickled for it",
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
        pytest.param("return Author.objects.filter(pk__in=books().all()[:5])", SUBQUERY, id="__in of a slice"),
        pytest.param("return Author.objects.filter(pk__in=list(books().all()[:5]))", QUERY, id="__in of rows"),
        pytest.param("return Author.objects.filter(pk__in=books().all()[:50:5])", QUERY, id="a slice with a step"),
        pytest.param("return Author.objects.filter(pk=books().all()[0].author_id)", QUERY, id="an index"),
        pytest.param("return Author.objects.filter(pk__in=books().in_bulk())", QUERY, id="__in of what has been read"),
        pytest.param("return books().values('pk')[:5]", QUERY, id="a slice that is returned"),
        pytest.param(
            "return Author.objects.annotate(x=Subquery(books().values('pk')[:1]))", SUBQUERY, id="Subquery of a slice"
        ),
        pytest.param("return Author.objects.filter(pk__in=books()[:5])", PART, id="__in of a part"),
        pytest.param(
            "return Author.objects.filter(pk__in=books().filter(pk=1) | Book.objects.all())", SUBQUERY, id="|, before"
        ),
        pytest.param("return Author.objects.filter(pk__in=books() & Book.objects.all())", SUBQUERY, id="& itself"),
        pytest.param("return books() | Book.objects.all()", QUERY, id="| that is returned"),
        pytest.param(
            "return Author.objects.filter(pk__in=books().union(Book.objects.all()))", SUBQUERY, id="__in of a union"
        ),
        pytest.param(
            "return Author.objects.filter(pk__in=Book.objects.union(books()))", COMBINED, id="an argument of a union"
        ),
        pytest.param("return Book.objects.difference(books())", COMBINED, id="an argument of a difference"),
        pytest.param(
            "return Book.objects.intersection(books().filter(pk=1)[:5])", COMBINED, id="a refined argument"
        ),
    ],
)
def test_what_a_use_costs(tmp_path: Path, decorator: str, body: str, cost: dict[str, str]) -> None:
    (tmp_path / "queries.py").write_text(QUERIES.format(decorator=decorator, body=body), encoding="utf-8")
    found = [each for project in check_paths([tmp_path]).projects for each in project.findings]
    (use,) = [each for each in found if each.code.startswith("QSC2")]
    assert cost[decorator] in use.message


SPARING = """\
from functools import lru_cache

from django.db import models


class Edition(models.Model):
    year = models.IntegerField()


class Book(models.Model):
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE)


def newest():
    return {body}


@lru_cache
def books():
    edition = newest()
    return Book.objects.filter(edition__in=[edition])


def use():
    return books().get(pk=1)
"""


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        pytest.param("Edition.objects.latest('year')", "the memo saves only the queries that build it", id="a query"),
        pytest.param("Edition(year=1)", "so the memo saves nothing", id="no query"),
    ],
)
def test_what_a_memo_is_good_for(tmp_path: Path, body: str, cost: str) -> None:
    """Where building the value queries, a hit spares that, whatever callers do with the QuerySet."""
    (tmp_path / "queries.py").write_text(SPARING.format(body=body), encoding="utf-8")
    found = {each.code: each for project in check_paths([tmp_path]).projects for each in project.findings}
    assert cost in found["QSC202"].message
    assert ("drop @lru_cache" in found["QSC102"].suggestion) is (body == "Edition(year=1)")
