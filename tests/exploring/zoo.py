"""What all generated projects share, as text: an app with its models and rows, and memoizers of their own."""

from __future__ import annotations

MODELS = '''\
from django.db import models
from django.utils.translation import get_language


class LocalField(models.CharField):
    """A column whose values are written as the language has them."""

    def get_prep_value(self, value):
        return f"{value}!" if get_language() == "de" else value


class House(models.Model):
    name = models.CharField(max_length=50)
    limit = models.IntegerField(default=0)


class Keeper(models.Model):
    name = models.CharField(max_length=50)
    house = models.ForeignKey(House, models.CASCADE, related_name="keepers")

    class Meta:
        ordering = ["pk"]


class Animal(models.Model):
    name = models.CharField(max_length=50)
    house = models.ForeignKey(House, models.CASCADE, related_name="animals")
    keepers = models.ManyToManyField(Keeper, related_name="animals")
    weight = models.IntegerField(default=0)
    is_out = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]


class Label(models.Model):
    text = LocalField(max_length=50)
    animal = models.ForeignKey(Animal, models.CASCADE, related_name="labels")
'''

SAMPLE = """\
from zoo.models import Animal, House, Keeper, Label


class Once:
    \"\"\"Values to be read once; as text, what it was made of. An address would make keys a matter of chance.\"\"\"

    def __init__(self, *values):
        self.text = f"Once{values}"
        self.values = iter(values)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.values)

    def __repr__(self):
        return self.text


for pk, name in enumerate(("Cats", "Birds", "Bears"), 1):
    House.objects.create(pk=pk, name=name, limit=pk * 10)
    Keeper.objects.create(pk=pk, name=f"Keeper {pk}", house_id=pk)
for pk in range(1, 13):
    Animal.objects.create(
        pk=pk, name=f"Animal {pk * 7 % 31}", house_id=pk % 3 + 1, weight=pk * 13 % 60, is_out=pk % 5 != 0
    )
    Animal.objects.get(pk=pk).keepers.add(pk % 3 + 1)
    Label.objects.create(pk=pk, text="a" if pk % 2 else "a!", animal_id=pk)
"""

AROUND = '''\
"""What is around a call: whose it is, what time it is, and what the zoo is set to."""

import os
import threading
from contextvars import ContextVar
from datetime import datetime

from django.conf import settings
from django.utils import translation

LEAST = 0
CHOSEN = [0]
MINUTE = [0]
here = threading.local()
here.least = 0
tenant = ContextVar("tenant", default=0)
settings.ZOO_LEAST = 0
os.environ["ZOO_LEAST"] = "0"


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 1, 1, 12, MINUTE[0])


def at_least():
    return CHOSEN[0]


def change():
    """Every kind of it becomes something else."""
    global LEAST
    LEAST = CHOSEN[0] = MINUTE[0] = here.least = settings.ZOO_LEAST = 30
    os.environ["ZOO_LEAST"] = "30"
    tenant.set(30)
    translation.activate("de")
'''

HELPERS = '''\
"""What several pages do with animals."""

from functools import wraps


def only_outside(function):
    @wraps(function)
    def call(*args):
        return function(*args).filter(is_out=True)

    return call


def names_of(animals):
    return [animal.name for animal in animals]


def heavy_of(animals, weight=30):
    return [animal.pk for animal in animals.filter(weight__gt=weight)]


def outside(animals):
    return animals.filter(is_out=True)


def lightest():
    return 5


def empty(animals):
    animals.query.set_empty()
'''

MANAGED = '''\
"""Animals by managers and QuerySet classes of their own."""

from django.db import models

from zoo.models import Animal, House


class AnimalQuerySet(models.QuerySet):
    def outside(self):
        return self.filter(is_out=True)

    def above_average(self):
        weights = sorted(animal.weight for animal in self)
        return self.filter(weight__gte=weights[len(weights) // 2] if weights else 0)


class OutsideManager(models.Manager.from_queryset(AnimalQuerySet)):
    def get_queryset(self):
        return super().get_queryset().outside()


class AskingManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(house__in=list(House.objects.all()))


class Managed(Animal):
    outside = OutsideManager()
    asking = AskingManager()
    by_method = AnimalQuerySet.as_manager()

    class Meta:
        proxy = True
        app_label = "zoo"
'''

AROUND_MANAGED = '''\
"""Animals as the zoo is set."""

from django.db import models

from zoo import around
from zoo.models import Animal


class AroundManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(weight__gte=around.LEAST)


class Around(Animal):
    objects = AroundManager()

    class Meta:
        proxy = True
        app_label = "zoo"
'''

KEEPING_HEAD = '''\
"""Keep what functions return in Django's cache."""

from functools import wraps

from django.core.cache import cache

'''

_KEEPER = """
def {name}(seconds=60):
    def decorate(function):
        @wraps(function)
        def call(*args):
            key = {key}
            value = cache.get(key)
            if value is None:
                value = function(*args)
                cache.set(key, value, seconds)
            return value

        return call

    return decorate
"""

_LATER = """
def keep_later(seconds=60):
    def decorate(function):
        @wraps(function)
        async def call(*args):
            key = f"{function.__module__}.{function.__qualname__}:{args!r}"
            value = await cache.aget(key)
            if value is None:
                value = await function(*args)
                await cache.aset(key, value, seconds)
            return value

        return call

    return decorate
"""

_COUNTING = """
COUNTS = {}


def keep_and_count(seconds=60):
    def decorate(function):
        @wraps(function)
        def call(*args):
            COUNTS[function.__name__] = COUNTS.get(function.__name__, 0) + 1
            key = f"{function.__module__}.{function.__qualname__}:{args!r}"
            value = cache.get(key)
            if value is None:
                value = function(*args)
                cache.set(key, value, seconds)
            return value

        return call

    return decorate


def count_of(name):
    return COUNTS.get(name, 0)
"""

_NAMED = """
SECONDS = {"animals": 60, "birds": 30}


def keep_as_listed(seconds=60):
    def decorate(function):
        @wraps(function)
        def call(*args):
            key = f"{function.__module__}.{function.__qualname__}:{args!r}"
            value = cache.get(key)
            if value is None:
                value = function(*args)
                cache.set(key, value, SECONDS.get(function.__name__, seconds))
            return value

        return call

    return decorate
"""

KEEPERS = {
    "keep": _KEEPER.format(name="keep", key='f"{function.__module__}.{function.__qualname__}:{args!r}"'),
    "keep_by_name": _KEEPER.format(name="keep_by_name", key='"-".join([function.__name__, *map(str, args)])'),
    "keep_as_text": _KEEPER.format(
        name="keep_as_text", key='f"{function.__module__}.{function.__name__}-" + "-".join(str(a) for a in args)'
    ),
    "keep_first": _KEEPER.format(name="keep_first", key='f"{function.__module__}.{function.__name__}:{args[:1]!r}"'),
    "keep_later": _LATER,
    "keep_and_count": _COUNTING,
    "keep_as_listed": _NAMED,
}
"""Memoizers by name; a project has the text of those that it uses."""
