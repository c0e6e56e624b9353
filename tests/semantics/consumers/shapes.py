"""The QuerySets that are shared: all of a model's rows, with a mark, and what probes make of that."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from tests.semantics.newsroom.models import Note, Reader, Story

MARK = '"id" >= '
"""Stands in every statement that comes from the shared QuerySet, and in no other."""


def all_stories() -> Any:
    return Story.objects.filter(pk__gte=0)


def notes(_: Any = None) -> Any:
    """The note on a new reader, where stories have no place."""
    readers = ContentType.objects.get_for_model(Reader)
    reader = Reader.objects.create(name="Dora")
    Note.objects.create(text="Story 01", content_type=readers, object_id=reader.pk)
    return Note.objects.filter(pk__gte=0)


def titles(stories: Any) -> Any:
    return stories.values_list("title", flat=True)


def numbers(stories: Any) -> Any:
    return stories.values_list("pk", flat=True)


def choices(stories: Any) -> Any:
    return stories.values_list("pk", "title")


def records(stories: Any) -> Any:
    return stories.values("title")


def one_title(stories: Any) -> Any:
    return stories.values("title")[:1]
