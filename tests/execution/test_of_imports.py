"""Repairs of what happens once in a process, run on Django before and after; between two calls a row is added.

The first call gives what it gave. Later ones get the row that is new, for one query each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qscache_lint import api

from . import laws
from .grammar import MODELS
from .harness import Measurement

CALL: laws.Step = {"name": "call", "target": "desk:call"}
NEW = "An extra"

GLOBAL = """
from catalogue.models import Story

PUBLISHED = Story.objects.filter(published=True).order_by("pk")


def call():
    return [story.title for story in PUBLISHED]
"""

VARIABLE = """
from django.views import View

from catalogue.models import Story


class Desk(View):
    stories = Story.objects.filter(published=True).order_by("pk")

    def get(self, request=None):
        shown = self.stories
        if not shown:
            return []
        return [len(shown), *(story.title for story in shown)]


def call():
    return Desk().get()
"""

VIEW = """
from django.test import RequestFactory
from django.views.generic import ListView

from catalogue.models import Story


class Stories(ListView):
    queryset = Story.objects.filter(published=True).order_by("pk")

    def get_queryset(self):
        return self.queryset


def call():
    view = Stories.as_view(template_name="stories.html")
    context = view(RequestFactory().get("/")).context_data
    return [story.title for story in context["object_list"]]
"""

AGAIN = """
from catalogue.models import Story

PUBLISHED = Story.objects.filter(published=True).order_by("pk")


def call():
    return [len(PUBLISHED), [story.title for story in PUBLISHED]]
"""

FORM = """
from django import forms

from catalogue.models import Story


def call():
    return [label for _, label in StoryForm().fields["story"].choices]


class StoryForm(forms.Form):
    story = forms.ChoiceField(choices=[(story.pk, story.title) for story in Story.objects.filter(published=True)])
"""

HELPER = """
from django import forms

from catalogue.models import Story


def stories():
    return list(Story.objects.filter(published=True).values_list("pk", "title"))


class StoryForm(forms.Form):
    story = forms.ChoiceField(choices=stories())


def call():
    form = StoryForm({"story": "1000"})
    return [form.is_valid(), [label for _, label in form.fields["story"].choices]]
"""


@dataclass(frozen=True)
class Example:
    """A module with a function `call`, the repair it gets, and the queries of a later call."""

    source: str
    repair: str
    applicability: str
    queries: int = 1


EXAMPLES = {
    "a global": Example(GLOBAL, "read-copy", "safe"),
    "an attribute, by a variable": Example(VARIABLE, "read-copy", "safe"),
    "what a list view gets": Example(VIEW, "read-copy", "safe"),
    "two reads": Example(AGAIN, "read-copy", "unsafe", queries=2),
    "choices of a form": Example(FORM, "defer-query", "unsafe"),
    "choices by a function": Example(HELPER, "defer-query", "unsafe", queries=2),
}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[laws.Worker]:
    process = laws.Worker(tmp_path_factory.mktemp("models"))
    yield process
    process.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_first_call_gives_the_same_and_later_ones_what_is_new(
    name: str, worker: laws.Worker, tmp_path: Path
) -> None:
    example = EXAMPLES[name]
    before, after = tmp_path / "before", tmp_path / "after"
    files = {
        "pyproject.toml": "[tool.qscache-lint]\n",
        "catalogue/__init__.py": "",
        "catalogue/models.py": MODELS,
        "desk.py": example.source,
    }
    for root in (before, after):
        laws.lay(root, {path: source.encode() for path, source in files.items()})
    _repair(after, example)
    old, new = _run(worker, before), _run(worker, after)
    assert old[0].result == new[0].result
    assert [NEW in str(each.result) for each in old] == [False, False]
    assert [NEW in str(each.result) for each in new] == [False, True]
    assert (old[1].queries, new[1].queries) == (0, example.queries)


def _repair(root: Path, example: Example) -> None:
    report = laws.check(root, keep_cached_name=False)
    made = api.plan_fixes(report, unsafe=example.applicability == "unsafe")
    api.write(report, made)
    assert {(each.name, each.applicability.value) for each in made.applied} == {(example.repair, example.applicability)}


def _run(worker: laws.Worker, root: Path) -> list[Measurement]:
    (measured,) = worker.run(root, 12, [[CALL, None, CALL]])
    return measured
