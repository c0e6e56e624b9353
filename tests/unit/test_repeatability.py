"""The whitelist for builders: small projects, and whether calling the builder again is known to be harmless."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from qscache_lint.fixing.cached_function import find_cached_function
from qscache_lint.fixing.repeatability import concerns
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.naming import builder_name
from qscache_lint.project.workspace import analyse
from qscache_lint.source.discover import python_files
from qscache_lint.source.tree import SourceTree

MODELS = """
from django.db import models
from django.utils import timezone


class Section(models.Model):
    KIND = "section"
    kind = "plain"
    name = models.CharField(max_length=50)
    slug = models.SlugField()
    parent = models.ForeignKey("self", models.CASCADE, null=True)

    @property
    def label(self):
        return self.name.upper()

    @property
    def now(self):
        return timezone.now()

    def is_root(self):
        return self.pk is None


class Special(Section):
    kind = "special"


class Recent(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(words__gt=9)


class Dated(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(date__lt=timezone.now())


class Counted(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(words__gt=Story.objects.count())


class StoryQuerySet(models.QuerySet):
    def long(self):
        return self.filter(words__gt=99)

    def first_ones(self):
        return [each for each in self]

    def fresh(self):
        return self.filter(date__lt=timezone.now())


class Patient(models.QuerySet):
    def _clone(self):
        return super()._clone()


class Story(models.Model):
    title = models.CharField(max_length=50)
    words = models.IntegerField(default=0)
    date = models.DateField()
    section = models.ForeignKey(Section, models.CASCADE, related_name="stories")
    objects = StoryQuerySet.as_manager()
    recent = Recent()
    dated = Dated()
    counted = Counted()
    patient = Patient.as_manager()


class Plain(models.Model):
    title = models.CharField(max_length=50)
"""

HEAD = """
import hashlib
import logging
import random
import threading
from functools import lru_cache, partial, wraps

from cache_memoize import cache_memoize
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, F, Prefetch, Q, Value
from django.db.models.functions import Lower, Now, Random
from django.utils import timezone
from django.utils.translation import gettext as _

from news.keep import keep
from news.models import Plain, Section, Story

logger = logging.getLogger(__name__)
User = get_user_model()
LIMIT = 5
TITLES = ["a", "b"]
CHANGED = ["a"]
VISIBLE = Q(words__gt=1) & ~Q(title="x")
DATED = Q(date__lt=timezone.now())
BASE = Story.objects.filter(words__gt=1)
MINIMUM = settings.MINIMUM
HOUR = 60 * 60
state = threading.local()


def grow():
    CHANGED.append("b")


def published(rows):
    return rows.filter(words__gt=1)


def dated(rows):
    return rows.filter(date=timezone.now())


def current():
    return getattr(state, "section", None)


def logged(rows):
    logger.info("rows: %s", rows)
    return rows


def on_day(name):
    return Story.objects.filter(section__name=name, date=timezone.now())


def make_key(name):
    return f"by-name-{name}"
"""

KEEP = """
from functools import wraps

from django.core.cache import cache


def keep(seconds=60):
    def decorate(function):
        @wraps(function)
        def call(*args):
            key = "-".join([function.__module__, function.__name__, *map(str, args)])
            result = cache.get(key)
            if result is None:
                result = function(*args)
                cache.set(key, result, seconds)
            return result

        return call

    return decorate
"""

CALLER = """
from news.queries import stories


def titles(section):
    return [each.title for each in stories({given}).filter(title="x")]
"""


def said(root: Path, queries: str, files: dict[str, str] | None = None, name: str = "stories") -> tuple[str, ...]:
    """What the whitelist says of the one function that caches."""
    texts = {
        "manage.py": "",
        "news/__init__.py": "",
        "news/models.py": MODELS,
        "news/keep.py": KEEP,
        "news/queries.py": f"{HEAD}\n\n{queries}",
        **(files or {}),
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    analysis = analyse(SourceTree(root, tuple(python_files(root))), load_knowledge(MEASURED[-1]))
    found = [find_cached_function(analysis, each) for each in analysis.definitions]
    (cached_function,) = [each for each in found if each.name == name]
    said_of_it = concerns(analysis, cached_function, builder_name(cached_function.name))
    return tuple(each.message for each in said_of_it)


def memoized(body: str, parameters: str = "", decorator: str = "@lru_cache") -> str:
    return f"{decorator}\ndef stories({parameters}):\n{indent(dedent(body).strip(), '    ')}\n"


def stored(query: str, key: str = '"all-of-them"', parameters: str = "", before: str = "") -> str:
    """A function that stores in its body."""
    lines = [*before.splitlines(), f"key = {key}", "rows = cache.get(key)", "if rows is None:", f"    rows = {query}"]
    lines += ["    cache.set(key, rows, 60)", "return rows"]
    return "\n".join([f"def stories({parameters}):", *(f"    {line}" for line in lines)]) + "\n"


BODIES = [
    ("all", "return Story.objects.all()", "", ""),
    ("filter-order-slice", 'return Story.objects.filter(words=3).order_by("-date")[:50]', "", ""),
    ("implicit-manager", 'return Plain.objects.exclude(title="x")', "", ""),
    ("condition", "return Story.objects.filter(Q(words=1) | ~Q(words=2), words__gt=F('section'))", "", ""),
    ("annotate", 'return Story.objects.annotate(n=Count("section"), low=Lower("title"), one=Value(1))', "", ""),
    ("prefetch", 'return Section.objects.prefetch_related(Prefetch("stories", Story.objects.filter(words=1)))', "", ""),
    ("subquery", "mine = Section.objects.filter(slug='a')\nreturn Story.objects.filter(section__in=mine)", "", ""),
    ("combined", "return Story.objects.filter(words=1) | Story.objects.filter(words=2)", "", ""),
    ("own-manager", "return Story.recent.all()", "", ""),
    ("own-method", "return Story.objects.long().distinct()", "", ""),
    ("constant", "return Story.objects.filter(words__lt=LIMIT, title__in=TITLES, section__name=Section.KIND)", "", ""),
    ("helper", "return published(Story.objects.all())", "", ""),
    ("none", 'if section == "x":\n    return Story.objects.none()\nreturn Story.objects.filter(words=1)', "section",
     ""),
    ("keywords", "given = {}\ngiven['words'] = 3\nreturn Story.objects.filter(**given)", "", ""),
    ("branch", "rows = Story.objects.all()\nif long:\n    rows = rows.filter(words__gt=9)\nreturn rows", "long=False",
     ""),
    ("loop", "rows = Story.objects.all()\nfor each in TITLES:\n    rows = rows.exclude(title=each)\nreturn rows", "",
     ""),
    ("text", "return Story.objects.filter(title=name.strip().lower())", "name: str", ""),
    ("local-import", "from news.models import Plain\nreturn Plain.objects.all()", "", ""),
    ("parameter", "return Story.objects.filter(section__name=name)[:number]", "name, number", ""),
    ("row", "return Story.objects.filter(section=section)", "section", ""),
    ("key-of-row", "return Story.objects.filter(section_id=section.pk)", "section", ""),
    ("related", "return section.stories.filter(words=1)", "section: Section", "carries the object"),
    ("method-of-row", "return Story.objects.filter(words=1) if section.is_root() else Story.objects.all()",
     "section: Section", ""),
    ("user", "return User.objects.filter(is_active=True)", "", ""),
    ("conditions-in-a-loop",
     "found = Q()\nfor each in TITLES:\n    found |= Q(title=each)\nreturn Story.objects.filter(found)",
     "", ""),
    ("inner-function", "def build():\n    return Story.objects.filter(words=1)\nreturn build()", "", ""),
    ("inner-clock", "def build():\n    return Story.objects.filter(date=timezone.now())\nreturn build()", "",
     "timezone.now()"),
    ("rows-as-arguments", "return Story.objects.values_list(*Section.objects.values_list('name', flat=True))", "",
     "with all rows"),
    ("walrus", "if (rows := Story.objects.filter(words=1)):\n    return rows\nreturn Story.objects.all()", "",
     "the test of"),
    ("either", "return Story.objects.filter(words=1) or Story.objects.all()", "", "the test of"),
    ("text-of-rows", "rows = Story.objects.all()\nreturn Story.objects.filter(title=f'{rows}')", "",
     "the text that is made"),
    ("deletes", "del section.name\nreturn Story.objects.all()", "section", "del statement"),
    ("thread-of-helper", "return Story.objects.filter(section=current())", "", "state on line"),
    ("iterates-argument", "return Story.objects.filter(title=next(titles))", "titles", "next() on line"),
    ("constant-condition", "return BASE.filter(VISIBLE, words__lt=HOUR)", "", ""),
    ("logged-by-the-helper", "return logged(Story.objects.all())", "", "logger.info() on line"),
    ("frozen-condition", "return Story.objects.filter(DATED)", "", "DATED on line"),
    ("frozen-setting", "return Story.objects.filter(words__gt=MINIMUM)", "", "MINIMUM on line"),
    ("translated", 'return Story.objects.filter(title=_("x"))', "", "_() on line"),
    ("overridden", "return Story.objects.filter(section__name=section.kind)", "section: Section",
     ".kind, which derived"),
    ("yielded", "return Story.objects.filter(pk__in=(x for x in numbers))", "numbers", "numbers on line"),
    ("written", "Story.objects.update(words=1)\nreturn Story.objects.all()", "", ".update()"),
    ("clock", "return Story.objects.filter(date__lt=timezone.now())", "", "timezone.now() on line"),
    ("clock-of-database", "return Story.objects.filter(date__lt=Now())", "", "Now() on line"),
    ("random", 'return Story.objects.filter(words__gt=random.random())', "", "random.random() on line"),
    ("random-order", 'return Story.objects.order_by("?")', "", 'order_by("?")'),
    ("random-expression", "return Story.objects.order_by(Random())", "", "Random() on line"),
    ("given-order", "return Story.objects.order_by(order)", "order", "order_by(order)"),
    ("settings", "return Story.objects.filter(words__gt=settings.MINIMUM)", "", "django.conf.settings.MINIMUM"),
    ("thread", "return Story.objects.filter(words__gt=state.minimum)", "", "minimum on line"),
    ("environment", "import os\nreturn Story.objects.filter(title=os.environ['X'])", "", "environ"),
    ("len", "rows = Story.objects.all()\nif len(rows) > 3:\n    return rows\nreturn rows.all()", "", "len() on line"),
    ("truth", "rows = Story.objects.all()\nif not rows:\n    rows = Story.recent.all()\nreturn rows", "",
     "the test of"),
    ("comprehension", "own = [each.pk for each in Story.objects.all()]\nreturn Story.objects.filter(pk__in=own)", "",
     "runs a query of its own"),
    ("count", "return Story.objects.filter(words__gt=Story.objects.count())", "", ".count()"),
    ("get", "return Story.objects.filter(section=Section.objects.get(slug='a'))", "", ".get()"),
    ("index", "return Story.objects.filter(words=Story.objects.all()[0].words)", "", "an index"),
    ("step", "return Story.objects.filter(pk__in=Story.objects.all()[::2])", "", "a slice with a step"),
    ("membership", "if 3 in Story.objects.all():\n    return Story.objects.all()\nreturn Story.recent.all()", "",
     "the operator in"),
    ("clock-in-manager", "return Story.dated.all()", "", "timezone.now() on line"),
    ("query-in-manager", "return Story.counted.all()", "", ".count()"),
    ("clock-in-method", "return Story.objects.fresh()", "", "timezone.now() on line"),
    ("own-clone", "return Story.patient.all()", "", "Patient._clone()"),
    ("clock-in-helper", "return dated(Story.objects.all())", "", "timezone.now() on line"),
    ("changed-global", "return Story.objects.filter(title__in=CHANGED)", "", "CHANGED on line"),
    ("try", "try:\n    return Story.objects.all()\nexcept ValueError:\n    return Story.objects.none()", "",
     "try statement"),
    ("try-rows",
     "try:\n    return Story.objects.all()\nexcept (Story.DoesNotExist, Section.DoesNotExist):\n    return None", "",
     ""),
    ("try-rows-or-numbers",
     "try:\n    return Story.objects.filter(words=name)\nexcept (Story.DoesNotExist, ValueError):\n    return None",
     "name", "try statement"),
    ("try-anything", "try:\n    return Story.objects.all()\nexcept:\n    return None", "", "try statement"),
    ("try-rows-finally",
     "try:\n    return Story.objects.all()\nexcept Story.DoesNotExist:\n    return None\nfinally:\n    grow()", "",
     "try statement"),
    ("try-other-of-the-name",
     "DoesNotExist = ValueError\ntry:\n    return Story.objects.all()\nexcept DoesNotExist:\n    return None",
     "", "try statement"),
    ("try-get",
     "try:\n    return Section.objects.get(slug=name).stories.all()\nexcept Section.DoesNotExist:\n    return None",
     "name", ".get() on line"),
    ("raise", "if not name:\n    raise ValueError(name)\nreturn Story.objects.all()", "name", "raise statement"),
    ("global", "global LIMIT\nLIMIT = 6\nreturn Story.objects.all()", "", "global statement"),
    ("print", "print('building')\nreturn Story.objects.all()", "", "print() on line"),
    ("lock", "with threading.Lock():\n    return Story.objects.all()", "", "with statement"),
    ("attribute", "rows = Story.objects.all()\nrows.label = 'x'\nreturn rows", "", "the assignment to label"),
    ("mutable-default", "return Story.objects.exclude(title__in=seen)", "seen=[]", "the default of seen"),
    ("default-clock", "return Story.objects.filter(date=day)", "day=timezone.now()", "the default of day"),
    ("iterator", "return Story.objects.filter(title__in=titles)", "titles", "may be an iterator"),
    ("consumed", "return Story.objects.filter(title__in=list(titles))", "titles", "titles on line"),
    ("field-of-equal-row", "return Story.objects.filter(section__slug=section.slug)", "section: Section",
     "does not contain section.slug unchanged"),
    ("foreign-key", "return Story.objects.filter(section=section.parent)", "section: Section", ".parent"),
    ("property-with-clock", "return Story.objects.filter(date=section.now)", "section: Section", "timezone.now()"),
    ("raw", 'return Story.objects.extra(where=["random() > 1"])', "", ".extra()"),
    ("time zone", 'return Story.objects.datetimes("at", "day")', "", ".datetimes()"),
    ("other-cache", "return Story.objects.filter(words=cache.get('words'))", "", "a cache of its own"),
    ("closure", "word = 'a'\ndef build():\n    return Story.objects.filter(title=word)\nword = 'b'\nreturn build()", "",
     "which changes around"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "parameters", "what"), [each[1:] for each in BODIES], ids=[each[0] for each in BODIES]
)
def test_what_a_body_does_is_known_or_a_concern(tmp_path: Path, body: str, parameters: str, what: str) -> None:
    found = said(tmp_path, memoized(body, parameters))
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


BY_NAME = "Story.objects.filter(section__name=name)"
BY_ROW = "Story.objects.filter(section=section)"

KEYS = [
    ("constant", "Story.objects.all()", '"all"', "", ""),
    ("formatted", BY_NAME, 'f"by-name-{name}"', "name", ""),
    ("percent", BY_NAME, '"by-name-%s" % name', "name", ""),
    ("percent-several", BY_NAME, '"%s-by-name-%s" % (settings.PREFIX, name)', "name", ""),
    ("format", BY_NAME, '"by-name-{}".format(name)', "name", ""),
    ("join", BY_NAME, '"-".join(["by-name", str(name)])', "name", ""),
    ("plus", BY_NAME, '"by-name-" + name', "name", ""),
    ("hash", BY_NAME, '"by-name-" + hashlib.md5(name.encode()).hexdigest()', "name", ""),
    ("helper", BY_NAME, "make_key(name)", "name", ""),
    ("primary-key", BY_ROW, 'f"of-{section.pk}"', "section", ""),
    ("id", "section.stories.all()", 'f"of-{section.id}"', "section: Section", "carries the object"),
    ("field-itself", "Story.objects.filter(section__slug=section.slug)", 'f"of-{section.slug}"', "section: Section",
     ""),
    ("annotated", "Story.objects.filter(section=section)", 'f"of-{section}"', "section: int", ""),
    ("number-and-text", "Story.objects.filter(section__name=name)[:number]", 'f"by-{name}-{number}"',
     "name: str, number: int", ""),
    ("unread", "Story.objects.all()", '"all-for-anybody"', "request", ""),
    ("left-out", BY_NAME, '"by-name"', "name", "does not contain name unchanged"),
    ("object", BY_ROW, 'f"of-{section}"', "section", "does not contain section unchanged"),
    ("cut", BY_NAME, 'f"by-name-{name[:3]}"', "name", "does not contain name unchanged"),
    ("lowered", BY_NAME, 'f"by-name-{name.lower()}"', "name", "does not contain name unchanged"),
    ("padded", "Story.objects.filter(words=number)", 'f"by-{number:.1f}"', "number", "contain number unchanged"),
    ("rounded", "Story.objects.filter(words=number)", '"by-%.1f" % number', "number", "contain number unchanged"),
    ("other-field", "Story.objects.filter(section__slug=section.slug)", 'f"of-{section.name}"', "section: Section",
     "does not contain section.slug unchanged"),
    ("key-for-field", "Story.objects.filter(section__slug=section.slug)", 'f"of-{section.pk}"', "section: Section",
     "does not contain section.slug unchanged"),
    ("adjacent", "Story.objects.filter(words=a, date=b)", 'f"by-{a}{b}"', "a: int, b: int", "without a separator"),
    ("run-together", "Story.objects.filter(title=a, section__name=b)", 'f"by-{a}-{b}"', "a: str, b: str",
     "several texts in a row"),
    ("no-text", BY_NAME, 'f"{name}"', "name", "no text that distinguishes it"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "key", "parameters", "what"), [each[1:] for each in KEYS], ids=[each[0] for each in KEYS]
)
def test_the_key_has_what_the_query_is_made_of(
    tmp_path: Path, query: str, key: str, parameters: str, what: str
) -> None:
    found = said(tmp_path, stored(query, key, parameters))
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


BODY_STORES = [
    ("early-return", """
        def stories(name):
            key = f"by-name-{name}"
            rows = cache.get(key)
            if rows is not None:
                return rows
            rows = Story.objects.filter(section__name=name)
            cache.set(key, rows)
            return rows
     """, ""),
    ("get-or-set", """
        def stories(name):
            return cache.get_or_set(f"by-name-{name}", Story.objects.filter(section__name=name), 60)
     """, ""),
    ("get-or-set-lambda", """
        def stories(name):
            return cache.get_or_set(f"by-name-{name}", lambda: Story.objects.filter(section__name=name), 60)
     """, ""),
    ("get-or-set-clock", """
        def stories():
            return cache.get_or_set("by-date", lambda: Story.objects.filter(date__lt=timezone.now()), 60)
     """, "timezone.now() on line"),
    ("flag", """
        def stories():
            rows = Story.objects.all()
            if settings.CACHE_ENABLED:
                kept = cache.get("by-flag")
                if kept is None:
                    kept = rows
                    cache.set("by-flag", kept)
                return kept
            return rows
     """, ""),
    ("logged-miss", """
        def stories():
            rows = cache.get("by-log")
            if rows is None:
                logger.info("missed at %s", timezone.now())
                rows = Story.objects.all()
                cache.set("by-log", rows, settings.SECONDS)
            return rows
     """, ""),
    ("version-in-key", """
        def stories():
            key = "by-version-%s" % cache.get("version")
            rows = cache.get(key)
            if rows is None:
                rows = Story.objects.all()
                cache.set(key, rows)
            return rows
     """, ""),
    ("past-the-cache", """
        def stories(name):
            if name == "none":
                return Story.objects.none()
            rows = cache.get(f"by-name-{name}")
            if rows is None:
                rows = Story.objects.filter(section__name=name)
                cache.set(f"by-name-{name}", rows)
            return rows
     """, ""),
    ("awaited", """
        async def stories():
            rows = await cache.aget("by-await")
            if rows is None:
                rows = Story.objects.all()
                await cache.aset("by-await", rows)
            return rows
     """, ""),
    ("flag-around", """
        def stories():
            if not settings.CACHE_ENABLED:
                return Story.objects.all()
            rows = cache.get("by-flag")
            if rows is None:
                rows = Story.objects.all()
                cache.set("by-flag", rows)
            return rows
     """, ""),
    ("container-of-rows", """
        def stories():
            rows = cache.get("by-loop")
            if rows is None:
                own = []
                for each in Section.objects.all():
                    own.append(each.pk)
                rows = Story.objects.filter(section__in=own)
                cache.set("by-loop", rows)
            return rows
     """, "runs a query of its own"),
    ("default-of-lambda", """
        def stories(name):
            return cache.get_or_set("by-lambda", lambda each=name: Story.objects.filter(section__name=each))
     """, "the parameter of an inner function"),
    ("partial", """
        def stories(name):
            return cache.get_or_set(f"by-name-{name}", partial(on_day, name))
     """, "timezone.now() on line"),
    ("other-key", """
        def stories(name):
            rows = cache.get(f"by-name-{name}")
            if rows is None:
                rows = Story.objects.filter(section__name=name)
                cache.set(f"by-names-{name}", rows)
            return rows
     """, "is not known to be the key stored"),
    ("other-version", """
        def stories():
            rows = cache.get("by-version", version=2)
            if rows is None:
                rows = Story.objects.all()
                cache.set("by-version", rows)
            return rows
     """, "is not known to be the key stored"),
    ("refined-at-once", """
        def stories(word):
            rows = cache.get("by-word")
            if rows is None:
                rows = Story.objects.all()
                cache.set("by-word", rows)
            return rows.filter(title=word)
     """, "is built from the cached value"),
    ("default-rows", """
        def stories():
            rows = cache.get("by-default", Story.recent.all())
            if rows is None:
                rows = Story.objects.all()
                cache.set("by-default", rows)
            return rows
     """, "has a default that is not stored"),
    ("work-at-each-call", """
        def stories():
            grow()
            rows = cache.get("by-work")
            if rows is None:
                rows = Story.objects.all()
                cache.set("by-work", rows)
            return rows
     """, "grow() on line"),
    ("changed-before-it-is-stored", """
        def stories():
            rows = cache.get("by-change")
            if rows is None:
                rows = Story.objects.all()
                setattr(rows, "label", "x")
                cache.set("by-change", rows)
            return rows
     """, "label"),
    ("try-around", """
        def stories():
            rows = cache.get("by-try")
            if rows is None:
                try:
                    rows = Story.objects.all()
                    cache.set("by-try", rows)
                except ValueError:
                    return None
            return rows
     """, "try statement"),
    ("try-around-for-rows", """
        def stories():
            rows = cache.get("by-try")
            if rows is None:
                try:
                    rows = Story.objects.all()
                    cache.set("by-try", rows)
                    return rows
                except Story.DoesNotExist:
                    return None
            else:
                return rows
     """, ""),
    ("loads-on-miss", """
        def stories():
            rows = cache.get("by-truth")
            if rows is None:
                rows = Story.objects.all()
                if not rows:
                    rows = Story.recent.all()
                cache.set("by-truth", rows)
            return rows
     """, "the test of"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what"), [each[1:] for each in BODY_STORES], ids=[each[0] for each in BODY_STORES])
def test_only_what_computes_the_value_moves(tmp_path: Path, code: str, what: str) -> None:
    found = said(tmp_path, dedent(code))
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


WRAPPER = """
        def call(*args, **kwargs):
            key = "-".join([function.__module__, function.__name__, repr((args, kwargs))])
            result = cache.get(key)
            if result is None:
                result = function(*args, **kwargs)
                cache.set(key, result, 60)
            return result
"""

MEMOIZERS = [
    ("plain", WRAPPER, "", ""),
    ("sentinel", WRAPPER.replace("get(key)", "get(key, MISSING)").replace("is None", "is MISSING"),
     "MISSING = object()", ""),
    ("falsy", WRAPPER.replace("result is None", "not result"), "", ""),
    ("dict", """
        def call(*args):
            if args not in memo:
                memo[args] = function(*args)
            return memo[args]
     """, "", ""),
    ("get-or-set", """
        def call(*args):
            key = "-".join([function.__module__, function.__name__, repr(args)])
            return cache.get_or_set(key, lambda: function(*args), 60)
     """, "", ""),
    ("hashed", WRAPPER.replace("cache.get(key)", "cache.get(md5(key.encode()).hexdigest())").replace(
        "cache.set(key", "cache.set(md5(key.encode()).hexdigest()"), "from hashlib import md5", ""),
    ("named-before", """
        name = f"{function.__module__}.{function.__name__}"

        def call(*args):
            key = "%s-%r" % (name, args)
            result = cache.get(key)
            if result is None:
                result = function(*args)
                cache.set(key, result)
            return result
     """, "", ""),
    ("other-cache", WRAPPER.replace("cache.set", "caches['other'].set"), "from django.core.cache import caches",
     "has several keys"),
    ("keywords-taken", WRAPPER.replace("repr((args, kwargs))", "str(args), str(kwargs.pop('x'))"), "",
     "changes the arguments"),
    ("stores-otherwise", WRAPPER.replace("cache.set(key, result", "cache.set(key, result and 1"), "",
     "does more with what the function returns"),
    ("logged", WRAPPER.replace("    result = f", "    logger.info('missed %s', key)\n                result = f"),
     "import logging\n\nlogger = logging.getLogger(__name__)", ""),
    ("read", WRAPPER.replace("    cache.set", "    len(result)\n                cache.set"), "", "calls len() on line"),
    ("first-argument", WRAPPER.replace("repr((args, kwargs))", "str(args[0])"), "", "does not contain name unchanged"),
    ("keywords-left-out", WRAPPER.replace("repr((args, kwargs))", "repr(args)"), "", "does not contain name unchanged"),
    ("lowered", WRAPPER.replace("            key =",
     "            args = tuple(a.lower() for a in args)\n            key ="),
     "", "changes the arguments"),
    ("flag", WRAPPER.replace("            key =",
     "            if settings.OFF:\n                return function(*args, **kwargs)\n            key ="),
     "from django.conf import settings", "depends on something else"),
    ("force", WRAPPER.replace("(*args, **kwargs):", "(*args, force=False, **kwargs):").replace("is None",
     "is None or force"), "",
     "changes the arguments"),
    ("caught", """
        def call(*args):
            key = "-".join([function.__module__, function.__name__, repr(args)])
            result = cache.get(key)
            if result is None:
                try:
                    result = function(*args)
                except ValueError:
                    return None
                cache.set(key, result, 60)
            return result
     """, "", "has a try statement"),
    ("signal", WRAPPER.replace("    cache.set", "    sent.send(function)\n                cache.set"),
     "from django.dispatch import Signal\n\nsent = Signal()", "calls sent.send()"),
    ("counted", WRAPPER.replace("            key =", "            call.count = 1\n            key ="), "",
     "changes something"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrapper", "head", "what"), [each[1:] for each in MEMOIZERS], ids=[each[0] for each in MEMOIZERS]
)
def test_a_home_made_memoizer_is_followed(tmp_path: Path, wrapper: str, head: str, what: str) -> None:
    keep = f"from functools import wraps\n\nfrom django.core.cache import cache\n\n{head}\n\n\ndef keep(function):\n"
    before, _, call = dedent(wrapper).strip("\n").rpartition("def call(")
    keep += indent(f"memo = {{}}\n{before}@wraps(function)\ndef call({call}".rstrip(), "    ") + "\n\n    return call\n"
    body = memoized("return Story.objects.filter(section__name=name)", "name", "@keep")
    found = said(tmp_path, body, {"news/keep.py": keep})
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


STAND_INS = [
    ("cleared", "from news import queries\n\nqueries.stories.cache_clear()", ""),
    ("labelled", "from news import queries\n\nqueries.stories.label = 'x'\nprint(queries.stories.label)", ""),
    ("name-of-url", "def go(reverse):\n    return reverse('news:stories')", ""),
    ("other-module", "from unittest.mock import patch\n\nfake = patch('news.models.stories')", ""),
    ("patched", "from unittest.mock import patch\n\nfake = patch('news.queries.stories')", "the function in a string"),
    ("patched-object",
     "from unittest import mock\n\nfrom news import queries\n\nfake = mock.patch.object(queries, 'stories')",
     "names the function in a string"),
    ("patched-several",
     "from unittest import mock\n\nfrom news import queries\n\nfake = mock.patch.multiple(queries, stories=1)",
     "provides something else under the name stories"),
    ("monkeypatched",
     "from news import queries\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(queries, 'stories', 1)",
     "names the function in a string"),
    ("listed", "from news import queries\n\nNAMES = sorted(vars(queries))", "lists names"),
    ("listed-elsewhere", "import os\n\nNAMES = sorted(vars(os))", ""),
    ("assigned", "from news import queries\n\nqueries.stories = None", "assigns to .stories"),
    ("any-name", "from news import queries\n\n\ndef test(name):\n    setattr(queries, name, queries.stories)",
     "may replace stories"),
    ("counted", "from news import queries\n\nprint(queries.stories.cache_info())", "reads stories.cache_info"),
    ("url-in-test", "from django.urls import reverse\n\n\ndef test(monkeypatch):\n    return reverse('stories')", ""),
    ("asked-for", "import sys\n\nsys.modules['news.queries'].stories = None", "assigns to .stories"),
    ("namespace", "from news import queries\n\nqueries.__dict__['stories'] = 1", "replace stories"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what"), [each[1:] for each in STAND_INS], ids=[each[0] for each in STAND_INS])
def test_what_may_take_the_place_of_the_function(tmp_path: Path, code: str, what: str) -> None:
    found = said(tmp_path, memoized("return Story.objects.all()"), {"news/other.py": f"{code}\n"})
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


MEMBERS = [
    ("key-of-self", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            def stories(self):
                rows = cache.get(f"board-{self.pk}")
                if rows is None:
                    rows = self.lines.filter(words=1)
                    cache.set(f"board-{self.pk}", rows)
                return rows
     """, ""),
    ("row-under-lru", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            @lru_cache
            def stories(self):
                return self.lines.filter(words=1)
     """, ""),
    ("object-under-lru", """
        class Shelf:
            def __init__(self, words):
                self.words = words

            @lru_cache
            def stories(self):
                return Story.objects.filter(words=self.words)
     """, ""),
    ("class-without-heirs", """
        class Board(models.Model):
            @classmethod
            @lru_cache
            def stories(cls):
                return cls.objects.all()
     """, ""),
    ("manager", """
        class Shelf(models.Manager):
            def stories(self):
                return cache.get_or_set("on-the-shelf", self.filter(title="x"))


        class Board(models.Model):
            title = models.CharField(max_length=9)
            objects = Shelf()


        def shown():
            return Board.objects.stories().filter(title="y")
     """, ""),
    ("key-of-a-property", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            @property
            def key(self):
                return "board-%s" % self.pk

            def stories(self):
                return cache.get_or_set(self.key, self.lines.all())
     """, ""),
    ("key-of-a-method", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            def key(self, kind):
                return f"board-{kind}-{self.pk}"

            def stories(self):
                return cache.get_or_set(self.key("lines"), self.lines.all())
     """, ""),
    ("choices", """
        class Board(models.Model):
            class Status(models.TextChoices):
                OPEN = "OPEN", "Open"

            @classmethod
            @lru_cache
            def stories(cls):
                return cls.objects.filter(status=cls.Status.OPEN)
     """, ""),
    ("to-another-column", """
        class Board(models.Model):
            slug = models.SlugField(unique=True)

            @lru_cache
            def stories(self):
                return Line.objects.filter(board=self)


        class Line(models.Model):
            board = models.ForeignKey(Board, models.CASCADE, to_field="slug")
     """, "does not contain self unchanged"),
    ("equal-rows", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            def __eq__(self, other):
                return True

            @lru_cache
            def stories(self):
                return self.lines.all()
     """, "does not contain self unchanged"),
    ("equal-rows-assigned", """
        class Titled:
            __eq__ = operator.attrgetter("title").__eq__


        class Board(Titled, models.Model):
            lines = models.ManyToManyField(Story)

            @lru_cache
            def stories(self):
                return self.lines.all()
     """, "does not contain self unchanged"),
    ("equal-rows-outside", """
        from shelves.mixins import Titled


        class Board(Titled, models.Model):
            lines = models.ManyToManyField(Story)

            @lru_cache
            def stories(self):
                return self.lines.all()
     """, "does not contain self unchanged"),
    ("structured-column", """
        class Board(models.Model):
            data = models.JSONField()


        def stories(value):
            return cache.get_or_set(f"board-{value}", Board.objects.filter(data=value))
     """, "does not contain value unchanged"),
    ("given-later", """
        class Board(models.Model):
            title = models.CharField(max_length=9)


        Board.add_to_class("objects", object())


        def stories():
            return cache.get_or_set("of-the-boards", Board.objects.all())
     """, "gives Board on line"),
    ("self-left-out", """
        class Board(models.Model):
            lines = models.ManyToManyField(Story)

            def stories(self):
                return cache.get_or_set("of-the-board", self.lines.all())
     """, "does not contain self unchanged"),
    ("field-left-out", """
        class Board(models.Model):
            title = models.CharField(max_length=9)

            def stories(self):
                return cache.get_or_set(f"board-{self.pk}", Story.objects.filter(title=self.title))
     """, "does not contain self.title unchanged"),
    ("field-under-lru", """
        class Board(models.Model):
            title = models.CharField(max_length=9)

            @lru_cache
            def stories(self):
                return Story.objects.filter(title=self.title)
     """, "does not contain self.title unchanged"),
    ("several-tables", """
        class Base(models.Model):
            lines = models.ManyToManyField(Story)

            def stories(self):
                return cache.get_or_set(f"base-{self.pk}", self.lines.all())

            class Meta:
                abstract = True


        class One(Base):
            pass


        class Two(Base):
            pass
     """, "does not contain self unchanged"),
    ("assigned-later", """
        class Shelf:
            def __init__(self, words):
                self.words = words

            def grow(self):
                self.words = 1

            @lru_cache
            def stories(self):
                return Story.objects.filter(words=self.words)
     """, ".words on line"),
    ("equal-objects", """
        class Shelf:
            def __init__(self, words):
                self.words = words

            def __eq__(self, other):
                return True

            @lru_cache
            def stories(self):
                return Story.objects.filter(words=self.words)
     """, "does not contain self.words unchanged"),
    ("overridden", """
        class Shelf:
            @lru_cache
            def stories(self):
                return Story.objects.all()


        class Other(Shelf):
            def stories(self):
                return Story.objects.none()
     """, "Other in news/queries.py overrides stories"),
    ("class-with-heirs", """
        class Base(models.Model):
            @classmethod
            @keep(60)
            def stories(cls):
                return cls.objects.all()


        class Board(Base):
            pass
     """, "does not contain cls unchanged"),
    ("related-manager", """
        class Shelf(models.Manager):
            def stories(self):
                return cache.get_or_set("on-the-shelf", self.filter(title="x"))


        class Board(models.Model):
            title = models.CharField(max_length=9)
            section = models.ForeignKey(Section, models.CASCADE, related_name="boards")
            objects = Shelf()


        def shown(section: Section):
            return section.boards.stories().filter(title="y")
     """, "does not contain self unchanged"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what"), [each[1:] for each in MEMBERS], ids=[each[0] for each in MEMBERS])
def test_the_key_of_a_method_has_its_object(tmp_path: Path, code: str, what: str) -> None:
    found = said(tmp_path, f"from django.db import models\n\n\n{dedent(code)}")
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)


SHARED = [
    ("other-name", "@keep\ndef plain():\n    return Plain.objects.all()\n", "", ""),
    ("same-name", "", "from news.keep import keep\n\n\n@keep\ndef stories():\n    return 1\n",
     "caches what stories() returns under the same keys"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "other", "what"), [each[1:] for each in SHARED], ids=[each[0] for each in SHARED])
def test_functions_of_one_memoizer_have_keys_of_their_own(tmp_path: Path, own: str, other: str, what: str) -> None:
    wrapper = WRAPPER.replace("function.__module__, ", "")
    keep = "from functools import wraps\n\nfrom django.core.cache import cache\n\n\ndef keep(function):\n"
    keep += f"    @wraps(function){indent(dedent(wrapper).rstrip(), '    ')}\n\n    return call\n"
    body = memoized("return Story.objects.filter(words=1)", "", "@keep")
    found = said(tmp_path, f"{own}\n\n{body}", {"news/keep.py": keep, "news/other.py": other})
    assert bool(found) == bool(what), found
    assert what in "; ".join(found)
