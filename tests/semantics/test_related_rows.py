"""What related managers give besides the rows of a query: what `fixing.repeatability.related` takes for granted."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield


def _author() -> Any:
    from tests.semantics.newsroom.models import Author

    found = Author.objects.filter(story__isnull=False).first()
    assert found is not None
    return found


def test_rows_of_a_foreign_key_carry_the_object() -> None:
    author = _author()
    author.name = "not saved"
    (story, *_) = author.story_set.filter(pk__gt=0)
    with metered() as meter:
        assert story.author is author
    assert meter.queries == 0


def test_pickled_ones_carry_a_copy_also_when_refined() -> None:
    author = _author()
    kept = pickle.dumps(author.story_set.all())
    author.name = "not saved"
    assert pickle.loads(kept).filter(pk__gt=0)[0].author.name != author.story_set.filter(pk__gt=0)[0].author.name


def test_values_and_counts_carry_nothing() -> None:
    author = _author()
    kept = pickle.dumps(author.story_set.all())
    author.name = "not saved"
    for rows in (pickle.loads(kept), author.story_set.all()):
        assert set(rows.values_list("author__name", flat=True)) == {_author().name}
        assert rows.filter(author__name="not saved").count() == 0


def test_rows_of_a_many_to_many_field_carry_nothing() -> None:
    from tests.semantics.newsroom import models

    owner = next(model for model in vars(models).values() if hasattr(model, "favourites"))
    related = owner.favourites.rel.get_accessor_name()
    one = owner.objects.create()
    one.favourites.add(models.Story.objects.all()[0])
    for rows in (one.favourites.filter(pk__gt=0), getattr(one.favourites.all()[0], related).filter(pk__gt=0)):
        assert rows._known_related_objects == {}


def test_both_begin_with_what_was_prefetched() -> None:
    from django.db.models import Prefetch

    from tests.semantics.newsroom.models import Author, Story

    none = Prefetch("story_set", Story.objects.none())
    for author in Author.objects.prefetch_related(none):
        assert not author.story_set.filter(pk__gt=0).exists()


def test_a_relation_that_is_prefetched_as_it_is_gives_the_same_rows() -> None:
    from django.db.models import Prefetch

    from tests.semantics.newsroom.models import Author, Story

    pk = _author().pk
    elsewhere = Prefetch("story_set", Story.objects.none(), to_attr="no_stories")
    for lookups in (["story_set"], [Prefetch("story_set")], [elsewhere], [elsewhere, "story_set"]):
        author = Author.objects.prefetch_related(*lookups).get(pk=pk)
        with metered() as meter:
            assert list(author.story_set.filter(pk__gt=0)) == list(_author().story_set.filter(pk__gt=0))
        assert meter.queries == 3
