"""What generated projects are made of, as rows of text: a query, what it depends on, what is done with it.

Every row is harmless or a danger to repairs. A danger is no fault of the project: it works before, and has to after.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """A link of the chain that a query is, with what it needs above and before; `key` is what covers it in a key.

    `member` is what the class has for it, of a method or property.
    """

    link: str
    above: str = ""
    before: str = ""
    key: str = ""
    member: str = ""


HARMLESS = {
    "constant": Condition(".filter(weight__gt=5)"),
    "excluded": Condition('.exclude(name="Animal 3")'),
    "ordered": Condition('.order_by("-weight", "pk")'),
    "related": Condition('.select_related("house")'),
    "prefetched": Condition('.prefetch_related("keepers")'),
    "distinct": Condition('.filter(keepers__name__startswith="Keeper").distinct()'),
    "annotated": Condition('.annotate(number=Count("keepers"))'),
    "through": Condition(".filter(house__limit__gte=0)"),
    "module number": Condition(".filter(weight__gte=LIGHTEST)", above="LIGHTEST = 5"),
    "module words": Condition(".exclude(name__in=NAMES)", above='NAMES = ("Animal 3", "Animal 5")'),
    "module list": Condition(".exclude(pk__in=GONE)", above="GONE = [3, 5]"),
    "module Q": Condition(".filter(OUT)", above="OUT = Q(is_out=True)"),
    "Q": Condition(".filter(Q(is_out=True) | Q(weight__gt=50))"),
    "F": Condition('.filter(weight__gte=F("house__limit"))'),
    "subquery": Condition(".filter(house__in=House.objects.filter(limit__gte=0))"),
    "exists": Condition('.filter(Exists(Label.objects.filter(animal=OuterRef("pk"))))'),
    "helper": Condition(".filter(weight__gte=lightest())"),
    "variable": Condition(".filter(weight__gte=bound)", before="bound = 2 + 3"),
    "branch": Condition(
        ".filter(weight__gte=bound)", before="bound = 5\nif LIGHTEST > 3:\n    bound = 3", above="LIGHTEST = 5"
    ),
    "checked": Condition(
        ".filter(weight__gte=LIGHTEST)",
        above="LIGHTEST = 5",
        before='if LIGHTEST < 0:\n    raise ValueError("negative")',
    ),
    "idle try": Condition(
        ".filter(house__in=houses)",
        before="try:\n    houses = House.objects.filter(limit__gte=0)\nexcept House.DoesNotExist:\n    houses = []",
    ),
}
"""What is the same whenever it is built again."""

AROUND = {
    "setting": ("settings.ZOO_LEAST", "settings.ZOO_LEAST"),
    "environment": ('int(os.environ["ZOO_LEAST"])', ""),
    "thread": ("here.least", "here.least"),
    "tenant": ("tenant.get()", "tenant.get()"),
    "clock": ("Clock.now().minute", "Clock.now().minute"),
    "language": ('40 if get_language() == "de" else 0', "get_language()"),
    "variable": ("around.LEAST", "around.LEAST"),
    "list": ("CHOSEN[0]", "CHOSEN[0]"),
    "helper": ("at_least()", "at_least()"),
}
"""What may differ from call to call: an expression, and what covers it in a key."""

DANGEROUS = {
    **{name: Condition(f".filter(weight__gte={expression})", key=key) for name, (expression, key) in AROUND.items()},
    "around, before": Condition(".filter(weight__gte=bound)", before="bound = around.LEAST"),
    "closed": Condition(".filter(weight__gt=5)", before='if around.LEAST > 20:\n    raise ValueError("closed")'),
    "lock": Condition(".filter(weight__gte=bound)", above="LOCK = Lock()", before="with LOCK:\n    bound = CHOSEN[0]"),
    "query for one": Condition(".filter(house=one)", before="one = House.objects.get(pk=1)"),
    "query for a number": Condition(".filter(weight__gte=number)", before="number = House.objects.count()"),
    "query for rows": Condition(".filter(house__in=list(House.objects.all()))"),
    "comprehension": Condition(".filter(house_id__in=[house.pk for house in House.objects.all()])"),
    "query for a row": Condition(".exclude(house=last)", before='last = House.objects.order_by("-limit").first()'),
    "query as a test": Condition(
        ".filter(weight__gte=bound)", before="bound = 5\nif House.objects.filter(limit=77).exists():\n    bound = 40"
    ),
    "write": Condition(".filter(weight__gt=5)", before='House.objects.filter(pk=3).update(limit=F("limit") + 1)'),
    "log entry": Condition(
        ".filter(weight__gt=5)", before='logging.getLogger("zoo").info("houses: %s", list(House.objects.all()))'
    ),
    "own column": Condition('.filter(labels__text="a")'),
    "own column, behind": Condition('.exclude(pk__in=Label.objects.filter(text="a").values("animal"))'),
    "counter": Condition(".filter(weight__gte=next(TURNS))", above="TURNS = count()"),
    "grown list": Condition(".exclude(pk__in=GROWN)", above="GROWN = [3]\n\n\ndef grow():\n    GROWN.append(8)"),
    "grown elsewhere": Condition(
        ".exclude(pk__in=GROWN)", above="GROWN = [3]\n\n\ndef grow(more=GROWN):\n    more.append(8)"
    ),
    "changed Q": Condition(
        ".filter(OUT)", above="OUT = Q(is_out=True)\n\n\ndef grow():\n    OUT.add(Q(weight__gt=30), Q.AND)"
    ),
    "rebound": Condition(
        ".filter(weight__gte=LIGHTEST)", above="LIGHTEST = 5\n\n\ndef grow():\n    global LIGHTEST\n    LIGHTEST = 30"
    ),
    "set from outside": Condition(
        ".filter(weight__gte=LIGHTEST)", above='LIGHTEST = 5\n\n\ndef grow():\n    globals()["LIGHTEST"] = 30'
    ),
}
"""What is not, or costs something."""

_OF_SELF = ".filter(weight__gte=self.least)"


def _property(body: str, decorator: str = "property") -> Condition:
    member = f"@{decorator}\ndef least(self):\n    {body}"
    return Condition(_OF_SELF, member=member, key="self.least")


OF_SELF = {
    "constant": Condition(_OF_SELF, member="least = 5", key="self.least"),
    "constant property": _property("return 5"),
    "property of a field": _property("return len(self.house)"),
    "property of what is around": _property("return around.LEAST"),
    "property that counts": _property("return House.objects.count()"),
    "property that keeps": _property("return around.LEAST", "cached_property"),
    "property that grows": _property('self.turn = getattr(self, "turn", 0) + 1\n    return self.turn'),
    "attribute on demand": Condition(
        _OF_SELF,
        member='def __getattr__(self, name):\n    if name == "least":\n        return around.LEAST\n'
        "    raise AttributeError(name)",
    ),
}
"""What the object has that a query of its method reads."""

SOURCES = (
    "Animal.objects",
    "Animal._default_manager",
    "Animal.objects.all()",
    "Managed.outside",
    "Managed.by_method.outside()",
)
ODD_SOURCES = ("Managed.asking", "Managed.by_method.above_average()", "Around.objects")

READS = {
    "list": "return list(ROWS)",
    "names": "return [animal.name for animal in ROWS]",
    "loop": "names = []\nfor animal in ROWS:\n    names.append(animal.name)\nreturn names",
    "length": "return len(ROWS)",
    "truth": "return 'some' if ROWS else 'none'",
    "part": "return [animal.pk for animal in ROWS[:3]]",
    "item": "return ROWS[0].name",
    "sorted": "return sorted(ROWS, key=lambda animal: (animal.weight, animal.pk))",
    "sum": "return sum(animal.weight for animal in ROWS)",
    "page": "return [animal.pk for animal in Paginator(ROWS, 4).page(1)]",
    "helper": "return names_of(ROWS)",
    "dict": "return {animal.pk: animal.name for animal in ROWS}",
    "houses": "return [animal.house.name for animal in ROWS]",
    "keepers": "return [[keeper.name for keeper in animal.keepers.all()] for animal in ROWS]",
    "returned": "return ROWS",
    "template": 'return Template("{% for a in animals %}{{ a.name }},{% endfor %}").render(Context({"animals": ROWS}))',
}
"""What reads the rows that are cached, so that a call fills the cache whatever else there is."""

REFINES = {
    "filter": "return list(ROWS.filter(weight__gt=20))",
    "lazily": "return ROWS.filter(weight__gt=20)",
    "exclude": "return [animal.pk for animal in ROWS.exclude(is_out=False)]",
    "order": "return [animal.name for animal in ROWS.order_by('-weight', 'pk')]",
    "get": "return ROWS.get(pk=3).name",
    "get or none": "try:\n    return ROWS.get(pk=7).name\nexcept Animal.DoesNotExist:\n    return None",
    "filter and count": "return ROWS.filter(weight__gt=20).count()",
    "filter and first": "return ROWS.filter(weight__gt=20).first()",
    "filter and item": "found = ROWS.filter(weight__lt=40)\nreturn found[0].name if found else None",
    "exists": "return ROWS.filter(pk=3).exists()",
    "values": "return sorted(ROWS.values_list('name', flat=True))",
    "sum": "return ROWS.aggregate(total=Sum('weight'))",
    "within": "return sorted(each.pk for each in Animal.objects.filter(pk__in=ROWS))",
    "within values": "return sorted(each.pk for each in Animal.objects.filter(pk__in=ROWS.values('pk')))",
    "or": "return sorted(each.pk for each in ROWS | Animal.objects.filter(pk=2))",
    "related": "return [animal.house.name for animal in ROWS.select_related('house')]",
    "houses": "return [animal.house.name for animal in ROWS.filter(weight__gt=20)]",
    "houses as they are": "return [animal.house.limit for animal in ROWS.exclude(weight__gt=50)]",
    "keepers": "return [[keeper.name for keeper in animal.keepers.all()] for animal in ROWS.filter(weight__gt=20)]",
    "404": "return get_object_or_404(ROWS, pk=3).name",
    "404, filtered": "try:\n    return get_object_or_404(ROWS.filter(weight__gt=20), pk=7).pk\nexcept Http404:\n    "
    "return 404",
    "helper": "return heavy_of(ROWS)",
    "name": "found = ROWS\nfound = found.filter(weight__gt=20)\nreturn [animal.pk for animal in found]",
    "branch": "found = ROWS\nif Animal.objects.filter(weight=0).exists():\n    found = found.filter(weight__gt=20)\n"
    "return list(found)",
    "loop": "found = []\nfor weight in (10, 30):\n    found += ROWS.filter(weight__gt=weight)\nreturn found",
    "subquery": "return Animal.objects.filter(Exists(ROWS.filter(pk=OuterRef('pk')))).count()",
    "text": "return f'{ROWS.filter(weight__gt=20).count()} heavy ones'",
    "chain": "return (\n    ROWS\n    # The heavy ones.\n    .filter(weight__gt=20)\n    .count()\n)",
    "form field": "return list(ModelChoiceField(queryset=ROWS).queryset.filter(weight__gt=20))",
    "twice": "return list(ROWS.filter(weight__gt=20)), ROWS.exclude(pk=3).count()",
    "update": "return list(ROWS.filter(pk=3).reverse())",
    "prefetch": "found = House.objects.prefetch_related(Prefetch('animals', ROWS.filter(pk__gt=3)))\n"
    "return [len(house.animals.all()) for house in found]",
    "own method": "return [animal.pk for animal in ROWS.filter(weight__gt=10).using('default')]",
}

BOTH = {
    "read and refine": "names = [animal.name for animal in ROWS]\nreturn names, list(ROWS.filter(weight__gt=20))",
    "one value": "found = ROWS\nnames = [animal.name for animal in found]\n"
    "return names, found.filter(weight__gt=20).count()",
    "refine if some": "found = ROWS\nif found:\n    return [animal.pk for animal in found.order_by('weight', 'pk')]\n"
    "return []",
    "count and list": "found = ROWS\nreturn found.count(), [animal.name for animal in found]",
    "guard": "found = ROWS\nnames = []\nif found.exists():\n    for animal in found:\n        "
    "names.append(animal.name)\nreturn names",
    "copy": "return [animal.name for animal in ROWS.all()]",
    "refined and returned": "found = ROWS\nif len(found) > 100:\n    return found\nreturn found.filter(weight__gt=20)",
}

CHANGES_OF_THE_OBJECT = {
    "condition": "ROWS.query.add_q(Q(weight__gt=30))\nreturn 'changed'",
    "emptied": "empty(ROWS)\nreturn 'emptied'",
    "changed and refined": "found = ROWS\nfound.query.add_q(Q(weight__gt=30))\nreturn list(found.filter(pk__lt=9))",
    "attribute": "found = ROWS\nfound.query = Animal.objects.none().query\nreturn 'changed'",
    "in a list": "for found in [ROWS]:\n    found.query.set_empty()\nreturn 'emptied'",
    "copied": "found = copy.copy(ROWS)\nfound.query.set_empty()\nreturn 'emptied'",
    "hints": "found = ROWS\nfound._hints = {'instance': None}\nreturn len(found)",
    "sticky": "found = ROWS\nfound._result_cache = []\nreturn 'emptied'",
    "rows": "for animal in ROWS:\n    animal.name = animal.name.upper()\nreturn 'upper'",
    "form set": "forms = modelformset_factory(Animal, fields=['name'])(queryset=ROWS)\n"
    "forms.queryset.query.set_empty()\nreturn 'emptied'",
    "prefetched": "found = ROWS\nprefetch_related_objects(list(found), 'keepers')\nreturn len(found)",
    "deferred": "found = ROWS\nfound.query.set_limits(high=2)\nreturn 'cut'",
}
"""Code that shares the object gets something else afterwards."""

OWN_READS = {
    **{name: text for name, text in READS.items() if name not in ("returned", "template")},
    "count": "return ROWS.count(), [animal.name for animal in ROWS]",
    "exists": "if not ROWS.exists():\n    return None\nreturn [animal.name for animal in ROWS]",
    "twice": "names = [animal.name for animal in ROWS]\nreturn names, [animal.pk for animal in ROWS[:3]], len(ROWS)",
    "copy": "return [animal.name for animal in ROWS.all()]",
    "in": "return Animal(pk=3) in ROWS, 3 in ROWS",
    "two loops": "found = []\nfor animal in ROWS:\n    found.append(animal.pk)\nfor animal in ROWS:\n    "
    "found.append(animal.name)\nreturn found",
    "rows": "for animal in ROWS:\n    animal.name = animal.name.upper()\nreturn [animal.name for animal in ROWS]",
    "nested": "return [(a.pk, b.pk) for a in ROWS for b in ROWS if a.house_id == b.house_id]",
    "enumerate": "return [f'{number}: {animal.name}' for number, animal in enumerate(ROWS, 1)]",
    "if some": "if ROWS:\n    return ROWS[0].name\nreturn None",
    "if some, all": "if ROWS:\n    return [animal.name for animal in ROWS]\nreturn None",
}
"""What a function does with the rows that it stores itself."""

ODD_OWN_READS = {
    **{name: REFINES[name] for name in ("filter", "get", "values", "within", "order")},
    "returned": "return ROWS",
    "template": READS["template"],
    "last": "return ROWS[len(ROWS) - 1].name",
    "below": "return ROWS[-1].name",
    "part from below": "start = -2 if len(ROWS) > 3 else 0\nreturn [animal.pk for animal in ROWS[start:]]",
    "first": "return ROWS.first()",
    "last row": "return ROWS.last(), [animal.pk for animal in ROWS]",
    "equal": "return ROWS == [], len(ROWS)",
    "text": "return str(ROWS), len(ROWS)",
    "model": "return ROWS.model.__name__, len(ROWS)",
    "type": "return type(ROWS).__name__",
    "added": "return len(list(ROWS) + [*ROWS])",
    "counted part": "return ROWS[:3].count(), len(ROWS)",
    "kept": "page = type('Page', (), {})()\npage.animals = ROWS\nreturn [animal.pk for animal in page.animals.all()]",
    "written before": "Animal.objects.filter(pk=1).update(weight=1)\n"
    "return ROWS.count(), [animal.weight for animal in ROWS]",
    "counted alone": "return ROWS.count()",
    "emptied": "ROWS.query.set_empty()\nreturn [animal.name for animal in ROWS]",
    "helper": "return heavy_of(ROWS)",
    "step": "return [animal.pk for animal in ROWS[::2]], [animal.pk for animal in ROWS[1:4]]",
    "unpacked": "first, *others = ROWS\nreturn first.pk, len(others)",
    "or": "return len(ROWS or [])",
    "reversed": "return [animal.pk for animal in reversed(ROWS)]",
    "handed on": "return sorted(map(lambda animal: animal.pk, ROWS)), ROWS.count()",
}

ASYNC_READS = {
    "list": "return [animal async for animal in ROWS]",
    "names": "return [animal.name async for animal in ROWS]",
    "length": "return len([animal async for animal in ROWS])",
}
ASYNC_REFINES = {
    "filter": "return [animal.pk async for animal in ROWS.filter(weight__gt=20)]",
    "count": "return await ROWS.filter(weight__gt=20).acount()",
    "first": "return await ROWS.order_by('-weight', 'pk').afirst()",
    "get": "return (await ROWS.aget(pk=3)).name",
}

IMPORTS = {
    **{name: f"from zoo.models import {name}" for name in ("Animal", "House", "Keeper", "Label")},
    **{
        name: f"from django.db.models import {name}"
        for name in ("Count", "Exists", "F", "OuterRef", "Prefetch", "Q", "Sum")
    },
    **{name: f"from zoo.helpers import {name}" for name in ("names_of", "heavy_of", "outside", "lightest", "empty")},
    **{name: f"from zoo.around import {name}" for name in ("CHOSEN", "Clock", "here", "at_least", "tenant")},
    "around": "from zoo import around",
    "settings": "from django.conf import settings",
    "os": "import os",
    "logging": "import logging",
    "copy": "import copy",
    "count": "from itertools import count",
    "get_language": "from django.utils.translation import get_language",
    "Managed": "from zoo.managed import Managed",
    "Around": "from zoo.around_managed import Around",
    "Paginator": "from django.core.paginator import Paginator",
    "get_object_or_404": "from django.shortcuts import get_object_or_404",
    "Http404": "from django.http import Http404",
    "Template": "from django.template import Context, Template",
    "ModelChoiceField": "from django.forms import ModelChoiceField",
    "modelformset_factory": "from django.forms import modelformset_factory",
    "prefetch_related_objects": "from django.db.models import prefetch_related_objects",
    "lru_cache": "from functools import lru_cache",
    "cached_property": "from django.utils.functional import cached_property",
    "Lock": "from threading import Lock",
    "only_outside": "from zoo.helpers import only_outside",
    "cache": "from django.core.cache import cache",
    "caches": "from django.core.cache import caches",
    "View": "from django.views import View",
    "HttpResponse": "from django.http import HttpResponse",
    "slugify": "from django.utils.text import slugify",
    "mock": "from unittest import mock",
    "models": "from django.db import models",
    "post_save": "from django.db.models.signals import post_save",
    "receiver": "from django.dispatch import receiver",
    **{
        name: f"from zoo.keeping import {name}"
        for name in (
            "keep",
            "keep_by_name",
            "keep_as_text",
            "keep_first",
            "keep_later",
            "keep_and_count",
            "count_of",
            "keep_as_listed",
        )
    },
}
"""What a word of the code needs."""
