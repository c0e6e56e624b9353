"""The models on which the claims of the knowledge tables are executed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Author(models.Model):
    name: models.CharField[str, str] = models.CharField(max_length=40)


class StoryQuerySet(models.QuerySet["Story"]):
    """Methods of a project's own: one that refines, one that queries, one that reads rows."""

    def of_kind(self, kind: str) -> StoryQuerySet:
        return self.filter(kind=kind)

    def newest(self) -> Story | None:
        return self.order_by("-published").first()

    def titles(self) -> list[str]:
        return [story.title for story in self]


class Story(models.Model):
    """A story; its QuerySets have no order of their own."""

    author: models.ForeignKey[Any, Any] = models.ForeignKey(Author, models.CASCADE)
    kind: models.CharField[str, str] = models.CharField(max_length=10)
    title: models.CharField[str, str] = models.CharField(max_length=40)
    body: models.TextField[str, str] = models.TextField(default="")
    published: models.DateField[Any, Any] = models.DateField()
    seen: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)

    objects = StoryQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class Report(models.Model):
    """Like a story, and nothing else points at it: a deletion is one statement."""

    author: models.ForeignKey[Any, Any] = models.ForeignKey(Author, models.DO_NOTHING, related_name="+")
    kind: models.CharField[str, str] = models.CharField(max_length=10)
    title: models.CharField[str, str] = models.CharField(max_length=40)
    body: models.TextField[str, str] = models.TextField(default="")
    published: models.DateField[Any, Any] = models.DateField()
    seen: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)


class RankedReport(Report):
    """The same reports, in an order of the model's own."""

    class Meta:
        proxy = True
        ordering = ("title",)


class Column(models.Model):
    """Like a story, in an order of its own."""

    title: models.CharField[str, str] = models.CharField(max_length=40)

    class Meta:
        ordering = ("title",)


class Reader(models.Model):
    """A reader that likes stories: the other side of a relation to many."""

    name: models.CharField[str, str] = models.CharField(max_length=40)
    favourites: models.ManyToManyField[Any, Any] = models.ManyToManyField(Story)
    notes = GenericRelation("Note")


class Note(models.Model):
    """A note on anything; it has a story, too, so that it can choose one."""

    text: models.CharField[str, str] = models.CharField(max_length=40)
    story: models.ForeignKey[Any, Any] = models.ForeignKey(Story, models.CASCADE, null=True)
    content_type: models.ForeignKey[Any, Any] = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    subject = GenericForeignKey()


ROWS = 12


def fill() -> None:
    """Two authors with `ROWS` stories between them, and as many columns and reports."""
    authors = [Author.objects.create(name=name) for name in ("Ada", "Ben")]
    for number in range(ROWS):
        Story.objects.create(
            author=authors[number % 2],
            kind="news" if number % 3 else "essay",
            title=f"Story {number:02}",
            published=date(2020, 1, 1) + timedelta(days=number),
        )
        Column.objects.create(title=f"Column {number:02}")
        Report.objects.create(
            author=authors[number % 2],
            kind="news" if number % 3 else "essay",
            title=f"Report {number:02}",
            published=date(2020, 1, 1) + timedelta(days=number),
            seen=datetime(2020, 1, 2, tzinfo=timezone.utc) + timedelta(days=number),
        )
