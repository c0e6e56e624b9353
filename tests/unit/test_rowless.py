"""Rows of a foreign key carry the object that was asked: a safe repair needs that none are made, or that none do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.projects import plan, write

MODELS = """
from django.core.cache import cache
from django.db import models


class Section(models.Model):
    name = models.CharField(max_length=50)
    tags = models.ManyToManyField("news.Tag", related_name="sections")

    def long_ones(self):
        key = f"stories-of-{self.pk}"
        rows = cache.get(key)
        if rows is None:
            rows = self.stories.filter(words__gt=9)
            cache.set(key, rows)
        return rows

    def shown_tags(self):
        key = f"tags-of-{self.pk}"
        rows = cache.get(key)
        if rows is None:
            rows = self.tags.exclude(name="")
            cache.set(key, rows)
        return rows


class Tag(models.Model):
    name = models.CharField(max_length=50)


class StoryQuerySet(models.QuerySet):
    def exists(self):
        return bool([story.section.name for story in self])


class Story(models.Model):
    words = models.IntegerField(default=0)
    section = models.ForeignKey(Section, models.CASCADE, related_name="stories")
    {objects}
"""

PAGES = """
from django.db.models import Exists, Prefetch, Q, Subquery

from news.models import Section, Story


def page(section: Section, other):
    {use}
"""

WITHOUT_ROWS = [
    'return list(section.long_ones().values("pk"))',
    'return list(section.long_ones().values_list("section__name", flat=True).order_by("pk"))',
    "return section.long_ones().filter(words=12).exists()",
    "return section.long_ones().order_by().filter(words=12).count()",
    'names = section.long_ones().order_by("pk")\n    return list(names.values_list("pk"))',
    "return Story.objects.filter(pk__in=section.long_ones())",
    "return Story.objects.exclude(Q(pk__in=section.long_ones()))",
    "return Story.objects.filter(pk__in=section.long_ones().filter(words=12))",
    "return Story.objects.filter(Exists(section.long_ones()))",
    'return list(section.shown_tags().filter(name="new"))',
]

WITH_ROWS = [
    "return section.long_ones().filter(words=12)",
    "return [each.section.name for each in section.long_ones().order_by('pk')]",
    "return section.long_ones().get(words=12)",
    "return other(section.long_ones().filter(words=12))",
    "rows = section.long_ones().filter(words=12)\n    return rows if other else rows.count()",
    "return section.long_ones().filter(words=12).first()",
    "return section.long_ones().in_bulk()",
    "return section.long_ones().filter(words=12)[0]",
    "return Section.objects.prefetch_related(Prefetch('stories', queryset=section.long_ones()))",
]

OTHERS = {
    "prefetched by a query": "def every():\n"
    '    return Section.objects.prefetch_related(Prefetch("tags", Tag.objects.filter(name="a")))\n',
    "prefetched below": "def every():\n"
    '    return Story.objects.prefetch_related(Prefetch("section__tags", queryset=Tag.objects.filter(name="a")))\n',
    "prefetched by what is put together": "def every(what):\n"
    '    return Section.objects.prefetch_related(Prefetch(f"{what}s", Tag.objects.filter(name="a")))\n',
    "prefetched by a class of its own": "class Few(Prefetch):\n    pass\n\n\ndef every():\n"
    '    return Section.objects.prefetch_related(Few("tags", Tag.objects.filter(name="a")))\n',
    "prefetched by a class that is handed on": "def every(lookups, rows):\n"
    "    return Section.objects.prefetch_related(*map(Prefetch, lookups, rows))\n",
    "prefetched under no other name": "def every():\n"
    '    return Section.objects.prefetch_related(Prefetch("tags", Tag.objects.filter(name="a"), to_attr=None))\n',
    "put there by hand": "def every(section):\n"
    '    section._prefetched_objects_cache = {"tags": Tag.objects.none()}\n    return section\n',
    "in another database": 'def old():\n    return [each.shown_tags() for each in Section.objects.using("old")]\n',
}

HARMLESS = {
    "prefetched as it is": 'def every():\n    return Section.objects.prefetch_related("tags", Prefetch("tags"))\n',
    "prefetched elsewhere": "def every():\n"
    '    return Section.objects.prefetch_related(Prefetch("tags", Tag.objects.filter(name="a"), to_attr="shown"))\n',
    "another relation": "def every():\n"
    '    return Section.objects.prefetch_related(Prefetch("stories", Story.objects.filter(words=1)))\n',
}

HEAD = "from django.db.models import Prefetch\n\nfrom news.models import Section, Story, Tag\n\n\n"
TAGS = 'return list(section.shown_tags().filter(name="new"))'


def safe(root: Path, use: str, objects: str = "", more: Mapping[str, str] | None = None) -> bool:
    """Whether the refining call of the page gets a builder by a safe repair."""
    files = {"manage.py": "", "news/__init__.py": "", "news/models.py": MODELS.replace("{objects}", objects)}
    write(root, {**files, "news/pages.py": PAGES.replace("{use}", use), **(more or {})})
    changes = plan(root, unsafe=False).changes
    return "_queryset()" in "".join(change.new for change in changes if change.path == "news/pages.py")


@pytest.mark.parametrize("use", WITHOUT_ROWS)
def test_no_row_is_made(use: str, tmp_path: Path) -> None:
    assert safe(tmp_path, use)


@pytest.mark.parametrize("use", WITH_ROWS)
def test_rows_are_made(use: str, tmp_path: Path) -> None:
    assert not safe(tmp_path, use)


def test_a_method_of_the_project_may_make_rows(tmp_path: Path) -> None:
    objects = "objects = StoryQuerySet.as_manager()"
    assert not safe(tmp_path, "return section.long_ones().filter(words=12).exists()", objects)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_the_object_decides_which_rows_there_are(other: str, tmp_path: Path) -> None:
    assert not safe(tmp_path, TAGS, more={"news/old.py": HEAD + other})


@pytest.mark.parametrize("other", HARMLESS.values(), ids=HARMLESS)
def test_what_is_prefetched_elsewhere_is_harmless(other: str, tmp_path: Path) -> None:
    assert safe(tmp_path, TAGS, more={"news/old.py": HEAD + other})


def test_what_is_refined_behind_a_branch_stays_and_the_rest_is_repaired(tmp_path: Path) -> None:
    use = """rows = section.long_ones()
    numbers = list(rows.values_list("pk")) if other else []
    if numbers:
        rows = Story.objects.filter(words=12)
    return rows.order_by("pk")"""
    assert safe(tmp_path, use)
    (pages,) = [each for each in plan(tmp_path, unsafe=False).changes if each.path == "news/pages.py"]
    assert pages.new == pages.old.replace("list(rows.values_list", "list(section.long_ones_queryset().values_list")
