"""Objects on which a cached method is called: a safe repair needs their class to be certain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.projects import plan, write

MODELS = '''
from django.core.cache import cache
from django.db import models


class Section(models.Model):
    name = models.CharField(max_length=50)

    def stories(self):
        key = f"stories-of-{self.pk}"
        rows = cache.get(key)
        if rows is None:
            rows = Story.objects.filter(section_id=self.pk)
            cache.set(key, rows)
        return rows

    def below(self):
        key = f"sections-below-{self.pk}"
        rows = cache.get(key)
        if rows is None:
            rows = Section.objects.filter(name__startswith=f"{self.pk}.")
            cache.set(key, rows)
        return rows

    def new_ones(self):
        return [each for each in self.stories().order_by("-pk")]


class Archive:
    """It has such a method as well."""

    def stories(self):
        return Story.objects.none()


class Story(models.Model):
    words = models.IntegerField(default=0)
    section = models.ForeignKey(Section, models.CASCADE)
'''

IMPORTS = """
from concurrent.futures import ThreadPoolExecutor

from django.shortcuts import get_object_or_404

from news.models import Archive, Section, Story


"""

LONG = "def long_ones(section):\n    return list(section.stories().filter(words__gt=9))\n\n\n"
PAGE = "def page(request, pk):\n    return long_ones(get_object_or_404(Section, pk=pk))\n\n\n"

INSIDE = """
def every(request):
    found = []

    def add(section):
        found.extend(section.stories().filter(words__gt=9))

    for section in Section.objects.order_by("name"):
        add(section)
    {more}
    return found
"""

CERTAIN = {
    "annotated": "def long_ones(section: Section):\n    return list(section.stories().filter(words__gt=9))\n",
    "annotated, or None": "def long_ones(section: Section | None = None):\n"
    "    return list(section.stories().filter(words__gt=9))\n",
    "a row that is asked for": "def page(request, pk):\n"
    "    return list(get_object_or_404(Section, pk=pk).stories().filter(words__gt=9))\n",
    "the first row": "def page(request, name):\n"
    "    section = Section.objects.filter(name=name).first()\n"
    "    return list(section.stories().filter(words__gt=9))\n",
    "the value of a foreign key": "def beside(story: Story):\n"
    "    return list(story.section.stories().filter(words__gt=9))\n",
    "the rows of a loop": "def every():\n"
    "    return [list(each.stories().filter(words__gt=9)) for each in Section.objects.all()]\n",
    "a function that is only called": LONG + PAGE,
    "called by keyword, or with nothing": "def long_ones(section=None):\n"
    "    return list(section.stories().filter(words__gt=9))\n\n\n"
    "def page(request, pk):\n    long_ones()\n    return long_ones(section=Section.objects.get(pk=pk))\n",
    "a function inside that is only called": INSIDE.format(more="pass"),
    "one that calls itself with rows of another cached function": """
def every(request):
    found = []

    def add(section):
        found.append(section)
        for each in section.below().order_by("name"):
            add(each)

    for section in Section.objects.order_by("name"):
        add(section)
    return found
""",
}

DOUBTFUL = {
    "a parameter that is never filled": LONG,
    "one call gives something else": f"{LONG}{PAGE}def old():\n    return long_ones(Archive())\n",
    "a row or something else": "def page(request, pk):\n"
    "    section = Section.objects.get(pk=pk) if pk else Archive()\n"
    "    return list(section.stories().filter(words__gt=9))\n",
    "what an object keeps": "class Page:\n    def __init__(self, section):\n        self.section = section\n\n"
    "    def rows(self):\n        return list(self.section.stories().filter(words__gt=9))\n\n\n"
    "def page(pk):\n    return Page(Section.objects.get(pk=pk)).rows()\n",
    "in a dict": f'{LONG}{PAGE}def old(kind):\n    return {{"long": long_ones}}[kind](Archive())\n',
    "handed on": f"{LONG}{PAGE}def old(executor):\n    return executor.submit(long_ones, Archive())\n",
    "mapped": f"{LONG}{PAGE}def old():\n    return list(map(long_ones, [Archive()]))\n",
    "by its name": f'{LONG}{PAGE}def old(kind):\n    return globals()[f"{{kind}}_ones"](Archive())\n',
    "decorated": f"@register\n{LONG}{PAGE}",
    "under another name": f"{LONG}{PAGE}shown = long_ones\n",
    "with a star": f"{LONG}{PAGE}def old(*given):\n    return long_ones(*given)\n",
    "inside, and handed on": INSIDE.format(more="list(map(add, [Archive()]))"),
    "inside, and returned": INSIDE.format(more="if not found:\n        return add"),
    "inside, and under another name": INSIDE.format(more="again = add\n    (lambda: again(Archive()))()"),
    "inside, and found by name": INSIDE.format(more='locals()["ad" + "d"](Archive())'),
    "inside, and given to something": INSIDE.format(more="request.add = add"),
    "inside, and a default": INSIDE.format(more="(lambda what=add: what(Archive()))()"),
    "inside, and a decorator": INSIDE.format(more="@add\n    class Other(Archive):\n        pass"),
    "inside, and bound anew": INSIDE.format(
        more="def other():\n        nonlocal add\n        add = print\n    add(Archive())"
    ),
    "inside, and something else is given": INSIDE.format(more="add(Archive())"),
}

ELSEWHERE = {
    "in another file": "from news import pages\nfrom news.models import Archive\n\n\n"
    "def old():\n    return pages.long_ones(Archive())\n",
    "imported as something else": "from news.models import Archive\nfrom news.pages import long_ones as shown\n\n\n"
    "def old():\n    return shown(Archive())\n",
    "handed on in another file": "from news import pages\nfrom news.models import Archive\n\n\n"
    "def old(executor):\n    return executor.submit(pages.long_ones, Archive())\n",
    "by a name": "from news import pages\nfrom news.models import Archive\n\n\n"
    'def old():\n    return getattr(pages, "long_ones")(Archive())\n',
    "by a name that is put together": "from news import pages\nfrom news.models import Archive\n\n\n"
    'def old(kind):\n    return getattr(pages, f"{kind}_ones")(Archive())\n',
    "in the dict of the module": "from news import pages\nfrom news.models import Archive\n\n\n"
    'def old(kind):\n    return pages.__dict__[f"{kind}_ones"](Archive())\n',
    "in a module found by its name": "from importlib import import_module\nfrom news.models import Archive\n\n\n"
    'def old(kind):\n    module = import_module(f"news.{kind}")\n'
    '    return getattr(module, f"{kind}_ones")(Archive())\n',
    "in all modules": "import sys\nfrom news.models import Archive\n\n\n"
    'def old(kind):\n    return getattr(sys.modules["news.pages"], f"{kind}_ones")(Archive())\n',
    "a distribution": "",
}

BORROWED = {
    "by an assignment": "from news.models import Archive, Section\n\nArchive.new_ones = Section.new_ones\n",
    "by a class": "from news.models import Archive, Section\n\n\n"
    "class Old(Archive):\n    new_ones = Section.new_ones\n",
    "by a call": "from news.models import Archive, Section\n\n\ndef old():\n    return Section.new_ones(Archive())\n",
    "by something else": "from news.models import Archive, Section\n\n\n"
    "def old():\n    return list(map(Section.new_ones, [Archive()]))\n",
}

OWN = {
    "nothing": "",
    "as a base": "from news.models import Section\n\n\nclass Special(Section):\n"
    "    def new_ones(self):\n        return Section.new_ones(self)[:3]\n",
    "by its name": "from news.models import Section\n\n\ndef page(pk):\n"
    "    return Section.new_ones(Section.objects.get(pk=pk))\n",
}


def safe(root: Path, pages: str, files: Mapping[str, str] | None = None) -> bool:
    """Whether the refining call of the pages gets a builder by a safe repair."""
    write(root, {"manage.py": "", "news/__init__.py": "", "news/models.py": MODELS, "news/pages.py": IMPORTS + pages})
    write(root, files or {})
    return calls_builder(root, "news/pages.py")


def calls_builder(root: Path, path: str) -> bool:
    return "_queryset()." in "".join(change.new for change in plan(root, unsafe=False).changes if change.path == path)


@pytest.mark.parametrize("pages", CERTAIN.values(), ids=CERTAIN)
def test_the_object_is_certain(pages: str, tmp_path: Path) -> None:
    assert safe(tmp_path, pages)


@pytest.mark.parametrize("pages", DOUBTFUL.values(), ids=DOUBTFUL)
def test_the_object_may_be_something_else(pages: str, tmp_path: Path) -> None:
    assert not safe(tmp_path, pages)


@pytest.mark.parametrize("other", ELSEWHERE.values(), ids=ELSEWHERE)
def test_other_files_may_give_something_else(other: str, tmp_path: Path) -> None:
    extra = {"news/old.py": other} if other else {"setup.py": "from setuptools import setup\n\nsetup()\n"}
    assert not safe(tmp_path, LONG + PAGE, extra)


@pytest.mark.parametrize("other", OWN.values(), ids=OWN)
def test_self_is_an_object_of_the_class(other: str, tmp_path: Path) -> None:
    safe(tmp_path, "", {"news/old.py": other})
    assert calls_builder(tmp_path, "news/models.py")


@pytest.mark.parametrize("other", BORROWED.values(), ids=BORROWED)
def test_self_may_be_something_else_where_others_take_the_method(other: str, tmp_path: Path) -> None:
    safe(tmp_path, "", {"news/old.py": other})
    assert not calls_builder(tmp_path, "news/models.py")
