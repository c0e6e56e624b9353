"""A grammar of small Django projects that cache a QuerySet: frozen descriptions, and their files as text.

A `Project` has one cached callable and a few callers; `project.files()` is what lies on the disk, `project.calls()`
what can be called. All of it reads and nothing writes: what a call returns depends on the rows and the cache alone.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qscache_lint.naming import cached_name

MODELS = '''\
from django.db import models


class Section(models.Model):
    name = models.CharField(max_length=50)


class Story(models.Model):
    title = models.CharField(max_length=200)
    section = models.ForeignKey(Section, on_delete=models.CASCADE)
    words = models.PositiveIntegerField(default=0)
    published = models.BooleanField(default=True)
'''

MEMOIZER = '''\
"""Keep what functions return in Django's cache."""

import functools

from django.core.cache import cache

_MISSING = object()


def memoize(timeout=300):
    """Remember each result of a function for ``timeout`` seconds."""

    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            key = f"{function.__qualname__}:{args!r}:{sorted(kwargs.items())!r}"
            value = cache.get(key, _MISSING)
            if value is _MISSING:
                value = function(*args, **kwargs)
                cache.set(key, value, timeout)
            return value

        return wrapper

    return decorator


def remember(function):
    """Remember each result of a function for an hour."""
    return memoize(3600)(function)


def memoize_by_name(timeout=300):
    """Remember each result of a function under its name and the text of its arguments."""

    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            key = ":".join([function.__name__, *map(str, args), *map(str, sorted(kwargs.items()))])
            value = cache.get(key, _MISSING)
            if value is _MISSING:
                value = function(*args, **kwargs)
                cache.set(key, value, timeout)
            return value

        return wrapper

    return decorator


def forget_by_name(*names):
    """Forget what functions without arguments have returned."""
    for name in names:
        cache.delete(name)


def memoize_later(timeout=300):
    """Remember each result of a coroutine function for ``timeout`` seconds."""

    def decorator(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            key = f"{function.__qualname__}:{args!r}:{sorted(kwargs.items())!r}"
            value = await cache.aget(key, _MISSING)
            if value is _MISSING:
                value = await function(*args, **kwargs)
                await cache.aset(key, value, timeout)
            return value

        return wrapper

    return decorator
'''

CONTEXT = '''\
"""What is around a call: whose it is, and what the site is set to."""

import os
import threading
from contextvars import ContextVar

from django.conf import settings

LEAST = 0
CHOSEN = [0]
here = threading.local()
tenant = ContextVar("tenant", default=0)
settings.SHOP_LEAST = 0
os.environ["SHOP_LEAST"] = "0"
here.least = 0


def least():
    return CHOSEN[0]


def change():
    """Every kind of it becomes something else."""
    global LEAST
    LEAST = CHOSEN[0] = here.least = settings.SHOP_LEAST = 30
    os.environ["SHOP_LEAST"] = "30"
    tenant.set(30)
'''

SURROUNDINGS = {
    "setting": ("from django.conf import settings", "settings.SHOP_LEAST"),
    "environment": ("import os", 'int(os.environ["SHOP_LEAST"])'),
    "thread": ("from shop.context import here", "here.least"),
    "tenant": ("from shop.context import tenant", "tenant.get()"),
    "global": ("from shop import context", "context.LEAST"),
    "list": ("from shop.context import CHOSEN", "CHOSEN[0]"),
    "helper": ("from shop.context import least", "least()"),
}
"""What a query may be made of beside its arguments: an import, and the expression."""

MANAGED = '''\
"""Stories by managers and QuerySet classes of their own."""

from django.db import models

from catalogue.models import Section, Story
from shop import context


class StoryQuerySet(models.QuerySet):
    def out(self):
        return self.filter(published=True)

    def long(self):
        lengths = sorted(story.words for story in self)
        return self.filter(words__gte=lengths[len(lengths) // 2] if lengths else 0)


class OutManager(models.Manager.from_queryset(StoryQuerySet)):
    def get_queryset(self):
        return super().get_queryset().out()


class AroundManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(words__gte=context.LEAST)


class AskingManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(section__in=list(Section.objects.all()))


class Managed(Story):
    out = OutManager()
    around = AroundManager()
    asking = AskingManager()
    by_method = StoryQuerySet.as_manager()

    class Meta:
        proxy = True
        app_label = "catalogue"
'''

SOURCES = (
    *("Story.objects", "Managed.out", "Managed.around", "Managed.asking"),
    *("Managed.by_method.out()", "Managed.by_method.long()"),
)
"""Where stories come from: managers, and methods of QuerySet classes."""

HELPERS = '''\
"""What several pages do with stories."""


def titles_of(stories):
    return [story.title for story in stories]


def lead_of(stories):
    # The first one leads.
    for story in stories:
        return story.title
    return None


def long_ones(stories, words=30):
    return [story.title for story in stories.filter(words__gt=words)]


def lead_and_rest(stories):
    lead = stories[0].title if stories else None
    return lead, [story.pk for story in stories.exclude(title=lead)]


def how_many(stories):
    return stories.count()


def empty(stories):
    stories.query.set_empty()
'''

READS = {
    "for": "titles = []\nfor story in ROWS:\n    titles.append(story.title)\nreturn titles",
    "comprehension": "return [story.title for story in ROWS]",
    "generator": "return ', '.join(story.title for story in ROWS)",
    "set": "return sorted({story.words for story in ROWS})",
    "length": "return len(ROWS)",
    "truth": "if ROWS:\n    return 'some'\nreturn 'none'",
    "untruth": "if not ROWS:\n    return None\nreturn 'some'",
    "choice": "return 'some' if ROWS else 'none'",
    "item": "return ROWS[0].title",
    "tried item": "try:\n    return ROWS[2].title\nexcept IndexError:\n    return None",
    "part": "return [story.title for story in ROWS[:3]]",
    "ten": "return [story.pk for story in ROWS[:10]]",
    "middle": "return list(ROWS[1:4])",
    "every other": "return [story.pk for story in ROWS[::2]]",
    "sorted": "return sorted(ROWS, key=lambda story: (story.words, story.pk))",
    "reversed": "return [story.pk for story in reversed(ROWS)]",
    "list": "return list(ROWS)",
    "in": "return Story.objects.get(pk=3) in ROWS",
    "enumerate": "return [f'{number}. {story.title}' for number, story in enumerate(ROWS, 1)]",
    "any": "return any(story.words > 40 for story in ROWS)",
    "next": "story = next(iter(ROWS), None)\nreturn story and story.title",
    "page": "return [story.pk for story in Paginator(ROWS, 4).page(1)]",
    "nested": "def titles():\n    return [story.title for story in ROWS]\n\nreturn titles()",
    "lambda": "titles = lambda: [story.title for story in ROWS]\nreturn titles()",
    "helper": "return titles_of(ROWS)",
    "helper by keyword": "return lead_of(stories=ROWS)",
    "starred": "return [*ROWS]",
    "first and others": "first, *others = ROWS\nreturn first.pk, len(others)",
    "extend": "found = []\nfound.extend(ROWS)\nreturn found",
    "plus": "found = []\nfound += ROWS\nreturn found",
    "zip": "return [story.pk for story, _ in zip(ROWS, range(3))]",
    "map": "return list(map(str, [len(ROWS)])) + [story.pk for story in filter(None, ROWS)]",
    "dict": "return {story.pk: story.title for story in ROWS}",
    "text": "return f'{len(ROWS)} stories'",
    "walrus": "if found := ROWS:\n    return found[0].title\nreturn None",
    "semicolons": "found = ROWS; titles = [story.title for story in found]; return titles",
    "one line": "if ROWS: return 'some'\nreturn 'none'",
    "line breaks": "return len(\n    ROWS  # all of them\n)",
    "backslash": "titles = \\\n    [story.title for story in ROWS]\nreturn titles",
    "calls in a loop": "total = 0\nfor _ in range(2):\n    total += len(ROWS)\nreturn total",
    "either": "stories = ROWS if Story.objects.exists() else []\nreturn [story.title for story in stories]",
    "default argument": "def titles(stories=ROWS):\n    return [story.title for story in stories]\n\nreturn titles()",
    "at last": "titles = []\ntry:\n    titles.append(str(len(ROWS)))\nfinally:\n    titles.append('.')\nreturn titles",
}

REFINES = {
    "filter": "return list(ROWS.filter(words__gt=20))",
    "filter lazily": "return ROWS.filter(words__gt=20)",
    "exclude": "return [story.pk for story in ROWS.exclude(published=False)]",
    "order": "return [story.title for story in ROWS.order_by('-words', 'pk')]",
    "get": "return ROWS.get(pk=3).title",
    "filter and count": "return ROWS.filter(words__gt=20).count()",
    "filter and first": "return ROWS.filter(words__gt=20).first()",
    "filter and item": "return ROWS.filter(words__lt=20)[0]",
    "values": "return sorted(ROWS.values_list('title', flat=True))",
    "or": "return sorted(story.pk for story in ROWS | Story.objects.filter(pk=2))",
    "within": "return sorted(story.pk for story in Story.objects.filter(pk__in=ROWS))",
    "all": "return list(ROWS.all())",
    "sum": "return ROWS.aggregate(total=Sum('words'))",
    "related": "return [story.section.name for story in ROWS.select_related('section')]",
    "distinct": "return ROWS.distinct().count()",
    "iterator": "return [story.pk for story in ROWS.iterator()]",
    "helper": "return long_ones(ROWS)",
    "helper by keyword": "return long_ones(words=10, stories=ROWS)",
    "404": "return get_object_or_404(ROWS, pk=3).title",
    "within values": "return sorted(each.pk for each in Story.objects.filter(pk__in=ROWS.values('pk')))",
    "and": "return [story.pk for story in ROWS & Story.objects.filter(words__gt=20)]",
    "union": "return sorted(story.pk for story in ROWS.union(Story.objects.filter(pk=2)))",
    "text": "return f'{ROWS.filter(words__gt=20).count()} long ones'",
    "chain": "return (\n    ROWS\n    # The long ones.\n    .filter(words__gt=20)\n    .count()\n)",
    "name": "found = ROWS\nfound = found.filter(words__gt=20)\nreturn [story.pk for story in found]",
    "either": "found = ROWS if Story.objects.exists() else Story.objects\nreturn list(found.filter(words__gt=20))",
    "subquery": "return Story.objects.filter(Exists(ROWS.filter(pk=OuterRef('pk')))).count()",
    "try": "try:\n    return ROWS.get(title='An extra').pk\nexcept Story.DoesNotExist:\n    return None",
}

BOTH = {
    "read and refine": "titles = [story.title for story in ROWS]\nreturn titles, list(ROWS.filter(words__gt=20))",
    "refine and read": "long = ROWS.filter(words__gt=20).count()\nreturn long, len(ROWS)",
    "refine if some": "if ROWS:\n    return [story.pk for story in ROWS.order_by('words', 'pk')]\nreturn []",
    "refine in a loop": "found = []\nfor story in ROWS:\n    found += ROWS.filter(words=story.words)\nreturn found",
    "branches": "if Story.objects.filter(words=0).exists():\n    return len(ROWS)\nreturn ROWS.exclude(pk=1).count()",
    "one expression": "return [story.pk for story in ROWS if ROWS.filter(title=story.title).exists()]",
    "keep it": "kept = ROWS\ntotal = len(kept)\nreturn total, kept.filter(pk=3).exists()",
    "helper": "return lead_and_rest(ROWS)",
    "walrus": "if (found := ROWS) and found.filter(words__gt=20).exists():\n    return found[0].title\nreturn None",
    "twice": "return len(ROWS), [story.title for story in ROWS], list(ROWS.filter(words__gt=20))",
    "lazy": "found = ROWS\nlong = found.filter(words__gt=20)\nreturn len(found), [each.pk for each in long]",
    "two helpers": "return titles_of(ROWS), long_ones(ROWS)",
}

DOUBTFUL = {
    "count": "return ROWS.count()",
    "exists": "return ROWS.exists()",
    "first": "return ROWS.first()",
    "last": "return ROWS.last()",
    "returned": "return ROWS",
    "in a dict": "return {'stories': ROWS}",
    "text": "return str(ROWS)",
    "equal": "return ROWS == []",
    "type": "return isinstance(ROWS, QuerySet)",
    "attribute": "return hasattr(ROWS, 'filter')",
    "last item": "return ROWS[-1].title",
    "default": "return [story.pk for story in ROWS or []]",
    "bound name": "found = ROWS\nif found:\n    found = found.filter(words__gt=20)\nreturn [each.pk for each in found]",
    "counted part": "return ROWS[:3].count()",
    "refined part": "return list(ROWS[:3].filter(words__gt=20))",
    "part of parts": "return ROWS[:5][0].title",
    "counting helper": "return how_many(ROWS)",
    "stored": "class Page:\n    pass\n\npage = Page()\npage.stories = ROWS\nreturn [each.pk for each in page.stories]",
    "called alone": "ROWS\nreturn 'warm'",
    "changed query": "ROWS.query.add_q(Q(words__gt=30))\nreturn 'changed'",
    "changed and refined": "found = ROWS\nfound.query.add_q(Q(words__gt=30))\nreturn list(found.filter(pk__lt=9))",
    "emptied": "empty(ROWS)\nreturn 'emptied'",
    "changed attribute": "ROWS.query = Story.objects.none().query\nreturn 'changed'",
    "changed later": "pages = [ROWS]\nfor found in pages:\n    found.query.set_empty()\nreturn 'emptied'",
    "changed rows": "for story in ROWS:\n    story.title = story.title.upper()\nreturn [story.title for story in ROWS]",
}

USES = {
    f"{kind}: {name}": text
    for kind, table in [("read", READS), ("refine", REFINES), ("both", BOTH), ("doubtful", DOUBTFUL)]
    for name, text in table.items()
}

ASYNC_USES = {
    "read: for": "titles = []\nasync for story in ROWS:\n    titles.append(story.title)\nreturn titles",
    "read: comprehension": "return [story.title async for story in ROWS]",
    "read: plain comprehension": "return [story.title for story in ROWS]",
    "read: length": "return len(ROWS)",
    "read: choice": "return 'some' if ROWS else 'none'",
    "read: part": "return [story.title for story in ROWS[:3]]",
    "read: helper": "return titles_of(ROWS)",
    "refine: filter": "return [story.title async for story in ROWS.filter(words__gt=20)]",
    "refine: count": "return await ROWS.filter(words__gt=20).acount()",
    "refine: get": "return (await ROWS.aget(pk=3)).title",
    "refine: first": "return await ROWS.order_by('title', 'pk').afirst()",
    "both: read and refine": "titles = [story.title async for story in ROWS]\n"
    "return titles, await ROWS.exclude(pk=1).acount()",
    "both: refine if some": "if ROWS:\n    return [story.pk async for story in ROWS.order_by('pk')]\nreturn []",
    "doubtful: count": "return await ROWS.acount()",
    "doubtful: first": "return await ROWS.afirst()",
    "doubtful: returned": "return ROWS",
}

IMPORTS_BY_NAME = {
    "Paginator": "from django.core.paginator import Paginator",
    "Q": "from django.db.models import Q",
    "Sum": "from django.db.models import Sum",
    "QuerySet": "from django.db.models import QuerySet",
    "Exists": "from django.db.models import Exists, OuterRef",
    "get_object_or_404": "from django.shortcuts import get_object_or_404",
    "Story": "from catalogue.models import Story",
    **{
        name: f"from shop.helpers import {name}"
        for name in ("titles_of", "lead_of", "long_ones", "lead_and_rest", "how_many", "empty")
    },
}


@dataclass(frozen=True)
class Spelling:
    """One way to write a decorator: an import, and the decorator."""

    imported: str
    decorator: str


DECORATORS = {
    "memoizer": (
        Spelling("from shop.caching import memoize", "memoize()"),
        Spelling("from shop.caching import memoize", "memoize(timeout=60)"),
        Spelling("from shop.caching import remember", "remember"),
        Spelling("from shop import caching", "caching.memoize(60)"),
    ),
    "named": (
        Spelling("from shop.caching import memoize_by_name", "memoize_by_name()"),
        Spelling("from shop import caching", "caching.memoize_by_name(60)"),
    ),
    "lru_cache": (
        Spelling("from functools import lru_cache", "lru_cache"),
        Spelling("from functools import lru_cache", "lru_cache(maxsize=None)"),
        Spelling("from functools import lru_cache, partial", "lru_cache()"),
        Spelling("import functools", "functools.lru_cache(maxsize=32)"),
    ),
    "cache": (
        Spelling("from functools import cache", "cache"),
        Spelling("import functools", "functools.cache"),
        Spelling("from functools import cache as keep", "keep"),
    ),
    "cached_property": (
        Spelling("from functools import cached_property", "cached_property"),
        Spelling("from django.utils.functional import cached_property", "cached_property"),
        Spelling("import functools", "functools.cached_property"),
    ),
}
ASYNC_MEMOIZER = Spelling("from shop.caching import memoize_later", "memoize_later(60)")
STORES = ("miss and set", "early return", "get_or_set", "get_or_set later", "walrus", "falsy", "default")
STORE_SPELLINGS = (
    Spelling("from django.core.cache import cache", "cache"),
    Spelling("from django.core.cache import cache as store", "store"),
    Spelling("from django.core.cache import caches", 'caches["default"]'),
)
"""Ways to name a cache: an import, and the expression."""

CACHES = (*DECORATORS, *STORES)
PICKLED = ("memoizer", "named", *STORES)
SHAPES = ("function", "method", "classmethod", "staticmethod", "property")

NAMES = (
    *("getRecentStories", "findStories", "get_recent_stories", "fetch_stories", "recent_stories"),
    *("stories_of_today", "_recent_stories", "_getStories", "get_cached_stories", "cachedStories"),
)
ANNOTATIONS = ("", " -> QuerySet", " -> QuerySet[Story]", ' -> "QuerySet[Story]"')
DOCSTRINGS = (
    "",
    '"""The stories that readers may see."""',
    '"""\nThe stories that readers may see.\n\nReturns a QuerySet, to be refined.\n"""',
    "'''Return the stories.'''",
    'r"""Stories \\ news."""',
    '"""Stories.\n\n:returns: QuerySet of stories"""',
)


@dataclass(frozen=True)
class Parameter:
    """A parameter of the cached callable; `default` and the values that callers give are expressions."""

    name: str
    values: tuple[str, ...]
    default: str | None = None
    keyword_only: bool = False

    def __str__(self) -> str:
        return self.name if self.default is None else f"{self.name}={self.default}"


SECTION = Parameter("section", ('"City"', '"Arts"'))
ANY_SECTION = Parameter("section", ('"Sports"', "None"), "None")
NUMBER = Parameter("num", ("0", "3"), "0")
FLAG = Parameter("as_list", ("False", "True"), "False")
LIMIT = Parameter("limit", ("None", "4"), "None", keyword_only=True)
PARAMETERS = (
    (),
    (SECTION,),
    (Parameter("section", ('"City"', '"Arts"'), '"City"'),),
    (ANY_SECTION,),
    (NUMBER,),
    (Parameter("num", ("0", "3", "40"), "5"),),
    (LIMIT,),
    (Parameter("section", ('"City"', '"Arts"'), keyword_only=True),),
    (SECTION, NUMBER),
    (SECTION, LIMIT),
    (ANY_SECTION, NUMBER),
    (FLAG,),
    (SECTION, FLAG),
)

CHAINS = (
    ".all()",
    ".filter(published=True)",
    '.filter(published=True).order_by("-words", "pk")',
    '.order_by("title", "pk")',
)
BOUNDS = ("", "[:10]", "[:100]")
LAYOUTS = ("expression", "parentheses", "name", "several returns")


@dataclass(frozen=True)
class Cached:
    """The callable that hands out one QuerySet to all code."""

    shape: str
    cache: str
    spelling: int
    name: str
    parameters: tuple[Parameter, ...]
    annotation: str
    docstring: str
    chain: str
    bound: str
    layout: str
    is_async: bool = False
    source: str = "Story.objects"
    surrounding: str = ""
    is_keyed: bool = False
    """Whether the key has what is around, as well."""

    @property
    def owner(self) -> str:
        """The object that says which section it is about, inside a method."""
        return {"method": "self", "property": "self", "classmethod": "cls"}.get(self.shape, "")

    @property
    def is_property(self) -> bool:
        return self.shape == "property"

    @property
    def in_a_class(self) -> bool:
        return self.shape != "function"

    @property
    def decorator(self) -> Spelling | None:
        if self.is_async and self.cache in ("memoizer", "named"):
            return ASYNC_MEMOIZER
        spellings = DECORATORS.get(self.cache)
        return spellings[self.spelling % len(spellings)] if spellings else None

    @property
    def store(self) -> Spelling:
        return STORE_SPELLINGS[self.spelling % len(STORE_SPELLINGS)]

    @property
    def imports(self) -> list[str]:
        found = ["from catalogue.models import Story"]
        if self.source.startswith("Managed"):
            found.append("from shop.managed import Managed")
        if self.surrounding:
            found.append(SURROUNDINGS[self.surrounding][0])
        if "QuerySet" in self.annotation:
            found.append("from django.db.models import QuerySet")
        found.append((self.decorator or self.store).imported)
        return found

    def lines(self, notes: Notes) -> list[str]:
        """The definition, at the indentation of its module or class."""
        return [
            *self._decorators(notes),
            f"{_async(self)}def {self.name}({self._signature()}){self.annotation}:",
            *_indented([*self.docstring.splitlines(), *notes.line("body"), *self._body(notes)]),
        ]

    def _decorators(self, notes: Notes) -> list[str]:
        found = [] if self.shape in ("function", "method") else [f"@{self.shape}"]
        if self.cache == "cached_property":
            found = []
        if self.decorator is not None:
            found.append(f"@{self.decorator.decorator}{notes.behind('decorator')}")
            found += notes.line("below the decorator")
        return found

    def _signature(self) -> str:
        parameters = [self.owner] if self.owner else []
        parameters += [str(parameter) for parameter in self.parameters if not parameter.keyword_only]
        keywords = [str(parameter) for parameter in self.parameters if parameter.keyword_only]
        return ", ".join([*parameters, *(["*", *keywords] if keywords else [])])

    def _body(self, notes: Notes) -> list[str]:
        lines, value = self._building()
        if self.decorator is not None:
            return [*lines, *notes.line("return"), f"return {value}{notes.behind('return')}"]
        key = self._key()
        cache = f"{'await ' if self.is_async else ''}{self.store.decorator}.{'a' if self.is_async else ''}"
        get = f"{cache}get({key}{', 0' if self.cache == 'default' else ''})"
        kept = f"{cache}set({key}, stories, 600){notes.behind('return')}"
        built = [*notes.line("miss"), *lines, f"stories = {value}", kept]
        missing = {"falsy": "not stories", "default": "stories == 0"}.get(self.cache, "stories is None")
        later = "lambda: " if self.cache == "get_or_set later" else ""
        if self.cache.startswith("get_or_set"):
            return [*lines, f"return {cache}get_or_set({key}, {later}{value}, 600){notes.behind('return')}"]
        if self.cache == "early return":
            opening = [f"kept = {get}{notes.behind('get')}", "if kept is not None:", "    return kept"]
            return [*opening, *built, "return stories"]
        opening = [f"stories = {get}{notes.behind('get')}", f"if {missing}:{notes.behind('if')}"]
        if self.cache == "walrus":
            opening = [f"if (stories := {get}) is None:{notes.behind('if')}"]
        return [*opening, *_indented(built), *notes.line("last"), f"return stories{notes.behind('last')}"]

    def _key(self) -> str:
        names = [f"{self.owner}.section"] if self.owner else []
        names += [parameter.name for parameter in self.parameters]
        around = SURROUNDINGS[self.surrounding][1] if self.surrounding and self.is_keyed else ""
        names += [around] if around and '"' not in around else []
        if not names:
            return '"shop:stories"'
        return 'f"stories:' + ":".join(f"{{{name}}}" for name in names) + '"'

    def _building(self) -> tuple[list[str], str]:
        """The statements that make the QuerySet, and the expression that is it."""
        whole = f"{self.source}{self.chain}"
        if self.surrounding:
            whole += f".filter(words__gte={SURROUNDINGS[self.surrounding][1]})"
        if self.owner:
            whole += f".filter(section__name={self.owner}.section)"
        given = {parameter.name: parameter for parameter in self.parameters}
        section = given.get("section")
        lines: list[str] = []
        if section is not None and section.default == "None":
            if self.layout == "several returns" and self.decorator is not None and len(given) == 1:
                lines = ["if section is None:", f"    return {whole}"]
            else:
                lines = [f"found = {whole}", "if section:", "    found = found.filter(section__name=section)"]
                whole = "found"
        if section is not None and whole != "found":
            whole += ".filter(section__name=section)"
        if "as_list" in given:
            lines += [f"found = {whole}"] if whole != "found" else []
            return lines, "list(found) if as_list else found"
        if "num" in given:
            lines += [f"found = {whole}"] if whole != "found" else []
            return [*lines, "if num:  # 0 is all of them", "    found = found[:num]"], "found"
        whole += "[:limit]" if "limit" in given else self.bound
        if self.layout == "name" and whole != "found":
            return [*lines, f"chosen = {whole}"], "chosen"
        if self.layout == "parentheses" and self.decorator is not None:
            return lines, "(\n    " + whole.replace(".filter", "\n    .filter") + "\n)"
        return lines, whole


BINDINGS = ("inline", "name", "annotated name", "new name", "local function", "module name")
PASSINGS = ("constant", "parameter", "global", "local", "rebound", "expression", "unpacked")
STYLES = (
    *("from", "alias", "module", "package", "module alias", "package alias", "relative", "relative module"),
    *("re-export", "inside", "lines"),
)
MODULES = ("shop.pages", "shop.feeds", "news.api", "shop.queries")
CALLERS = ("front_page", "sidebar", "archive", "feed")
RECEIVERS = ("shared", "fresh", "name", "parameter", "sibling")


@dataclass(frozen=True)
class Caller:
    """One function that uses what the cached callable gives."""

    module: str
    style: str
    use: str
    binding: str
    passing: str
    by_keyword: bool
    omits_defaults: bool
    value: int
    receiver: str
    commented: bool


@dataclass(frozen=True)
class Notes:
    """The comments of a project, each at a place with a name."""

    places: frozenset[str]

    def line(self, place: str) -> list[str]:
        return [f"# About the {place}: see the handbook."] if place in self.places else []

    def behind(self, place: str) -> str:
        return f"  # the {place}, as agreed" if place in self.places else ""


NOTES = (
    *("top", "imports", "decorator", "below the decorator", "above", "body", "return", "end"),
    *("get", "if", "miss", "last"),
)
EXTRAS = (
    *("mention", "dotted", "forget", "taken", "neighbour", "subclass", "override", "__all__", "future"),
    *("blank lines", "distribution", "model", "mixin", "calling override", "mock", "mocked object", "signal"),
)
INDENTS = ("    ", "  ", "\t")
NEWLINES = ("\n", "\r\n")


@dataclass(frozen=True)
class Project:
    """A cached callable, what calls it, and how all that is written down."""

    cached: Cached
    callers: tuple[Caller, ...]
    notes: frozenset[str] = frozenset()
    extras: frozenset[str] = frozenset()
    indent: str = "    "
    newline: str = "\n"
    final_newline: bool = True
    rows: int = 25

    @property
    def named_callers(self) -> Iterator[tuple[str, Caller]]:
        yield from zip(CALLERS, self.callers, strict=False)

    def files(self) -> dict[str, bytes]:
        """Every file of the project, by its path."""
        sources = {
            "catalogue/__init__.py": "",
            "catalogue/models.py": MODELS,
            "news/__init__.py": "",
            "shop/__init__.py": self._package(),
            "shop/caching.py": MEMOIZER,
            "shop/helpers.py": HELPERS,
            **self._around(),
            **{f"{module.replace('.', '/')}.py": self._module(module) for module in self._modules()},
        }
        build = '[build-system]\nrequires = ["hatchling"]\n\n' if "distribution" in self.extras else ""
        return {
            "pyproject.toml": f"{build}[tool.qscache-lint]\n".encode(),
            **{path: self._written(source) for path, source in sources.items()},
        }

    def calls(self) -> list[dict[str, Any]]:
        """What can be called, as keyword arguments for ``measure.Call``."""
        return [
            {"name": name, "target": f"{caller.module}:{name}", "args": self._use(name, caller).outer_values}
            for name, caller in self.named_callers
        ] + self._patched_calls

    @property
    def change(self) -> dict[str, Any] | None:
        """The call that changes what is around, if the query is made of that."""
        is_around = self.cached.surrounding or self.cached.source == "Managed.around"
        return {"name": "change", "target": "shop.context:change"} if is_around else None

    def _around(self) -> dict[str, str]:
        """The modules that only some projects have."""
        files = {}
        if self.cached.surrounding or self.cached.source != "Story.objects":
            files["shop/context.py"] = CONTEXT
        if self.cached.source != "Story.objects":
            files["shop/managed.py"] = MANAGED
        if self._mock:
            files["shop/tests.py"] = self._tests()
        return files

    @property
    def _mock(self) -> str:
        """What a test replaces the cached function in: the module of the first caller, if that has its name."""
        _, first = next(self.named_callers)
        is_named = first.style == "from" and not self.cached.in_a_class and not self.cached.is_async
        return first.module if is_named and {"mock", "mocked object"} & self.extras else ""

    def _tests(self) -> str:
        name, module = self.cached.name, self._mock
        caller, _ = next(self.named_callers)
        patch = f'mock.patch("{module}.{name}", some)'
        if "mock" not in self.extras:
            patch = f'mock.patch.object({module}, "{name}", some)'
        return (
            f"from unittest import mock\n\nimport {module}\nfrom catalogue.models import Story\n\n\n"
            "def some(*args, **kwargs):\n    return Story.objects.filter(pk__lt=9)\n\n\n"
            f"def patched(*args):\n    with {patch}:\n        return {module}.{caller}(*args)\n"
        )

    @property
    def _patched_calls(self) -> list[dict[str, Any]]:
        if not self._mock:
            return []
        name, caller = next(self.named_callers)
        return [{"name": "patched", "target": "shop.tests:patched", "args": self._use(name, caller).outer_values}]

    @property
    def forget(self) -> dict[str, Any] | None:
        """The call that empties the cache, if the project has one."""
        return {"name": "forget", "target": "shop.queries:forget"} if self._forget() else None

    def _written(self, source: str) -> bytes:
        source = re.sub(r"^( {4})+", lambda match: self.indent * (len(match[0]) // 4), source, flags=re.MULTILINE)
        if not self.final_newline:
            source = source.rstrip("\n")
        return source.replace("\n", self.newline).encode()

    def _modules(self) -> list[str]:
        return sorted({"shop.queries", *(caller.module for caller in self.callers)})

    def _module(self, module: str) -> str:
        own = module == "shop.queries"
        uses = [self._use(name, caller) for name, caller in self.named_callers if caller.module == module]
        imports = [line for use in uses for line in use.imports]
        parts = [part for use in uses for part in use.parts]
        if own:
            section = ["from catalogue.models import Section"] if self.is_model else []
            imports = [*section, *self.cached.imports, *self._forgetting, *imports]
            parts = [*self._definitions(), *parts]
        notes = Notes(self.notes)
        head = [
            *(notes.line("top") if own else []),
            *(['"""Pages."""'] if not own else []),
            *(["from __future__ import annotations"] if "future" in self.extras else []),
            *(notes.line("imports") if own else []),
            *dict.fromkeys(imports),
        ]
        if own and notes.behind("imports"):
            head[-1] += notes.behind("imports")
        gap = "\n\n\n\n" if "blank lines" in self.extras else "\n\n\n"
        blocks = ["\n".join(head), *("\n".join(part) for part in parts)]
        return gap.join(blocks) + "\n" + "".join(f"{line}\n" for line in (notes.line("end") if own else []))

    @property
    def symbols(self) -> list[str]:
        """What the module of the cached callable offers to others."""
        return ["Desk", "DESK"] if self.cached.in_a_class else [self.cached.name]

    def _package(self) -> str:
        if not any(caller.style == "re-export" for caller in self.callers):
            return ""
        exports = "".join(f"from shop.queries import {name}\n" for name in self.symbols)
        return exports + (f"\n__all__ = {self.symbols!r}\n" if "__all__" in self.extras else "")

    def _definitions(self) -> Iterator[list[str]]:
        notes = Notes(self.notes)
        if "__all__" in self.extras:
            forget = ["forget"] if self._forget() else []
            yield [f"__all__ = {[*self.symbols, *forget]!r}"]
        if "mention" in self.extras:
            yield [f'HELP = "{self.cached.name} is what most pages show"']
        if "dotted" in self.extras:
            yield [f'ENTRY = "shop.queries.{self.cached.name}"']
        definition = [*notes.line("above"), *self.cached.lines(notes)]
        if self.cached.in_a_class:
            siblings = [line for name, caller in self.named_callers for line in self._use(name, caller).sibling]
            lines = [*self._attributes(), "", *definition, *self._in_the_class(), *siblings]
            if self._has_mixin:
                yield ["class Stories:", *_indented(definition)]
                lines = [*self._attributes(), *self._in_the_class(), *siblings]
            bases = "(Section)" if self.is_model else "(Stories)" if self._has_mixin else ""
            yield [f"class Desk{bases}:", *_indented(lines)]
            yield from self._subclasses() if not self.is_model else ()
            yield [f"DESK = Desk({self.desk_arguments})"]
        else:
            yield definition
            yield from self._beside()
        if self._forget():
            signal = ["@receiver(post_save, sender=Story)"] if "signal" in self.extras else []
            arguments = "*args, **kwargs" if signal else ""
            yield [*signal, f"def forget({arguments}):", f"    {self._forget()}"]

    @property
    def _has_mixin(self) -> bool:
        return "mixin" in self.extras and self.cached.in_a_class and not self.is_model

    @property
    def is_model(self) -> bool:
        """Is the class of the cached method or property a model?"""
        return "model" in self.extras and self.cached.owner == "self"

    @property
    def desk_arguments(self) -> str:
        return 'pk=1, name="City"' if self.is_model else '"City"'

    def _attributes(self) -> list[str]:
        if self.is_model:
            meta = ["class Meta:", "    proxy = True", '    app_label = "catalogue"']
            return [*meta, "", "@property", "def section(self):", "    return self.name"]
        return [
            *(['section = "City"', ""] if self.cached.shape == "classmethod" else []),
            "def __init__(self, section):",
            "    self.section = section",
            "",
            "def __repr__(self):",
            '    return f"Desk({self.section!r})"',
        ]

    def _in_the_class(self) -> list[str]:
        if "taken" not in self.extras:
            return []
        return ["", f"def {cached_name(self.cached.name)}(self):", "    return 7"]

    def _beside(self) -> Iterator[list[str]]:
        if "taken" in self.extras:
            yield [f"def {cached_name(self.cached.name)}():", "    return 7"]
        if "neighbour" in self.extras and self.cached.decorator is not None:
            yield [f"@{self.cached.decorator.decorator}", "def total():", "    return 7"]

    def _subclasses(self) -> Iterator[list[str]]:
        if {"override", "calling override"} & self.extras:
            signature = f"self{', *args, **kwargs' if not self.cached.is_property else ''}"
            decorator = ["@property"] if self.cached.is_property else []
            call = "" if self.cached.is_property else "(*args, **kwargs)"
            value = "[]" if "override" in self.extras else f"super().{self.cached.name}{call}.filter(words__gt=10)"
            body = [*decorator, f"def {self.cached.name}({signature}):", f"    return {value}"]
            yield ["class NightDesk(Desk):", *_indented(body)]
        elif "subclass" in self.extras:
            yield ["class NightDesk(Desk):", "    pass"]

    def _forget(self) -> str:
        """The statement that empties the cache; empty where there is none."""
        if not {"forget", "signal"} & self.extras:
            return ""
        if self.cached.cache in ("lru_cache", "cache") and not self.cached.is_property:
            return f"{'Desk.' if self.cached.in_a_class else ''}{self.cached.name}.cache_clear()"
        if self.cached.owner or self.cached.parameters:
            return ""
        if self.cached.cache == "named" and not self.cached.is_async:
            return f'forget_by_name("{self.cached.name}")'
        return f'{self.cached.store.decorator}.delete("shop:stories")' if self.cached.cache in STORES else ""

    @property
    def _forgetting(self) -> list[str]:
        """The imports of what empties the cache."""
        if not self._forget():
            return []
        signal = ["from django.db.models.signals import post_save", "from django.dispatch import receiver"]
        named = ["from shop.caching import forget_by_name"] if self.cached.cache == "named" else []
        return [*(signal if "signal" in self.extras else []), *named]

    def _use(self, name: str, caller: Caller) -> _Use:
        return _Use(self, name, caller)


@dataclass(frozen=True)
class _Use:
    """A caller within its project: its imports, its definition, its arguments."""

    project: Project
    name: str
    caller: Caller

    @property
    def imports(self) -> list[str]:
        words = set(re.findall(r"\w+", self._text))
        if self._binding == "annotated name":
            words.add("QuerySet")
        found = [line for word, line in IMPORTS_BY_NAME.items() if word in words]
        return found if self._is_local or self._imports_inside else [*found, *self._import_lines]

    @property
    def _text(self) -> str:
        return (ASYNC_USES if self._async else USES)[self.caller.use]

    @property
    def _async(self) -> str:
        return _async(self.project.cached)

    @property
    def _await(self) -> str:
        return "await " if self._async else ""

    @property
    def parts(self) -> Iterator[list[str]]:
        """The top-level pieces of the caller's module."""
        for parameter, value in self._given:
            if self.caller.passing == "global":
                yield [f"{self._constant(parameter)} = {value}"]
        if self._binding == "module name":
            yield [f"{self._variable} = {self._call}"]
        if self._binding == "local function":
            yield self._function(f"_{self.name}", self._parameter_names, [*self._before, f"return {self._call}"])
        if self._is_sibling:
            given = ", ".join(self._parameter_names)
            yield self._function(self.name, self._parameter_names, [f"return {self._await}DESK.{self.name}({given})"])
        elif self._takes_desk:
            at = f"_{self.name}_at"
            yield self._function(at, [f"desk: {self._class}", *self._parameter_names], self._body)
            given = ", ".join([f'{self._class}({self.project.desk_arguments})', *self._parameter_names])
            yield self._function(self.name, self._parameter_names, [f"return {self._await}{at}({given})"])
        else:
            yield self._function(self.name, self._parameter_names, self._body)

    def _function(self, name: str, parameters: Sequence[str], body: Iterable[str]) -> list[str]:
        return [f"{self._async}def {name}({', '.join(parameters)}):", *_indented(body)]

    @property
    def sibling(self) -> list[str]:
        """The method of the class that has the cached callable, where the caller is one."""
        if not self._is_sibling:
            return []
        return ["", *self._function(self.name, ["self", *self._parameter_names], self._body)]

    @property
    def _is_sibling(self) -> bool:
        return (
            self._is_local
            and self.project.cached.in_a_class
            and self.caller.receiver == "sibling"
            and self._binding != "local function"
        )

    @property
    def outer_values(self) -> list[Any]:
        """The arguments that the caller itself is called with."""
        if self.caller.passing != "parameter":
            return []
        known = {"None": None, "True": True}
        return [known.get(value, value.strip('"')) if not value.isdigit() else int(value) for _, value in self._given]

    @property
    def _binding(self) -> str:
        """How the value gets a name, as far as that can be done here."""
        at_import = self.caller.passing in ("constant", "global") and self.caller.receiver in ("shared", "fresh")
        if self.caller.binding == "module name" and (self._async or not at_import):
            return "name"
        return self.caller.binding

    @property
    def _body(self) -> list[str]:
        comment = ["# Only what readers may see."] if self.caller.commented else []
        behind = "  # cached" if self.caller.commented else ""
        if self._binding == "inline":
            return [*self._before, *comment, *self._used(f"({self._call})" if self._async else self._call)]
        if self._binding == "local function":
            call = f"{self._await}_{self.name}({', '.join(self._parameter_names)})"
            return [*comment, *self._used(f"({call})" if self._async else call)]
        if self._binding == "module name":
            return [*comment, *self._used(self._variable)]
        annotation = ": QuerySet" if self._binding == "annotated name" else ""
        named = f"{self._variable}{annotation} = {self._call}{behind}"
        return [*self._before, *comment, named, *self._after, *self._used(self._variable)]

    def _used(self, rows: str) -> list[str]:
        return self._text.replace("ROWS", rows).splitlines()

    @property
    def _variable(self) -> str:
        return {
            "module name": f"{self.name}_stories".upper(),
            "new name": cached_name(self.project.cached.name),
        }.get(self._binding, "stories")

    @property
    def _before(self) -> list[str]:
        """What happens before the call: imports, arguments, the object."""
        lines = self._import_lines if self._imports_inside and not self._is_local else []
        if self.caller.passing in ("local", "rebound"):
            lines = [*lines, *(f"{parameter.name} = {value}" for parameter, value in self._given)]
        if self.caller.receiver == "name" and self._needs_desk:
            lines = [*lines, f'desk = {self._class}({self.project.desk_arguments})']
        return lines

    @property
    def _after(self) -> list[str]:
        if self.caller.passing != "rebound":
            return []
        return [f"{parameter.name} = {parameter.values[self.caller.value - 1]}" for parameter, _ in self._given]

    @property
    def _given(self) -> list[tuple[Parameter, str]]:
        """The parameters that the caller gives, with their values."""
        return [
            (parameter, parameter.values[self.caller.value % len(parameter.values)])
            for parameter in self.project.cached.parameters
            if parameter.default is None or not self.caller.omits_defaults
        ]

    @property
    def _parameter_names(self) -> list[str]:
        return [parameter.name for parameter, _ in self._given] if self.caller.passing == "parameter" else []

    @property
    def _call(self) -> str:
        cached = self.project.cached
        callee = f"{self._desk}.{cached.name}" if cached.in_a_class else f"{self._prefix}{self._imported(cached.name)}"
        return callee if cached.is_property else f"{self._await}{callee}({', '.join(self._arguments)})"

    @property
    def _arguments(self) -> Iterator[str]:
        if self.caller.passing == "unpacked" and self._given:
            yield "**{" + ", ".join(f'"{parameter.name}": {value}' for parameter, value in self._given) + "}"
            return
        for parameter, value in self._given:
            given = {
                "constant": value,
                "unpacked": value,
                "global": self._constant(parameter),
                "expression": f"[{value}, None][0]",
            }.get(self.caller.passing, parameter.name)
            yield f"{parameter.name}={given}" if self.caller.by_keyword or parameter.keyword_only else given

    def _constant(self, parameter: Parameter) -> str:
        return f"{self.name}_{parameter.name}".upper()

    @property
    def _needs_desk(self) -> bool:
        return self.project.cached.shape in ("method", "property")

    @property
    def _takes_desk(self) -> bool:
        return (
            self._needs_desk
            and self.caller.receiver == "parameter"
            and self._binding != "local function"
            and not self._imports_inside
        )

    @property
    def _desk(self) -> str:
        if self._is_sibling:
            return "self"
        if not self._needs_desk:
            return self._class
        if self._takes_desk or self.caller.receiver == "name":
            return "desk"
        if self.caller.receiver == "fresh":
            return f'{self._class}({self.project.desk_arguments})'
        return f"{self._prefix}DESK"

    @property
    def _class(self) -> str:
        return f"{self._prefix}{self._imported('Desk')}"

    @property
    def _is_local(self) -> bool:
        return self.caller.module == "shop.queries"

    @property
    def _imports_inside(self) -> bool:
        return self._style == "inside" and self._binding != "module name"

    @property
    def _style(self) -> str:
        """The style of the import, as far as it can be used here."""
        style, symbols = self.caller.style, self.project.symbols
        if style.startswith("relative") and not self.caller.module.startswith("shop."):
            return "from"
        if style == "star" and symbols[0].startswith("_") and "__all__" not in self.project.extras:
            return "from"
        return style

    @property
    def _prefix(self) -> str:
        if self._is_local:
            return ""
        return {
            "module": "shop.queries.",
            "package": "queries.",
            "module alias": "selection.",
            "package alias": "chosen_by.",
            "relative module": "queries.",
        }.get(self._style, "")

    def _imported(self, name: str) -> str:
        """The name that something from the module of the cached callable has here."""
        if self._style != "alias" or self._is_local:
            return name
        return {"Desk": "Bureau", "DESK": "DESK"}.get(name, "chosen_stories")

    @property
    def _import_lines(self) -> list[str]:
        names = ", ".join(
            name if self._imported(name) == name else f"{name} as {self._imported(name)}"
            for name in self.project.symbols
        )
        return {
            "lines": [f"from shop.queries import (\n    {names},  # chosen there\n)"],
            "module": ["import shop.queries"],
            "package": ["from shop import queries"],
            "module alias": ["import shop.queries as selection"],
            "package alias": ["from shop import queries as chosen_by"],
            "relative": [f"from .queries import {names}"],
            "relative module": ["from . import queries"],
            "re-export": [f"from shop import {names}"],
            "star": ["from shop.queries import *"],
        }.get(self._style, [f"from shop.queries import {names}"])


def _async(cached: Cached) -> str:
    return "async " if cached.is_async else ""


def _indented(lines: Iterable[str]) -> list[str]:
    return [textwrap.indent(line, "    ") for line in lines]
