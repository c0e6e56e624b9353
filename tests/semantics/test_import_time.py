"""What a query costs and breaks that is sent while a module is imported: the claims of QSC301."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import django
import pytest

from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back

HEAD = "from django import forms\nfrom tests.semantics.newsroom.models import Story\n"
FORM = "class StoryForm(forms.Form):\n    "
LAZY = [
    "STORIES = Story.objects.filter(kind='news').order_by('title')[:3]",
    "NOTHING = list(Story.objects.none())",
    "ROWS = Story.objects.iterator()",
    "TITLES = lambda: list(Story.objects.all())",
    "def lazy(function): return lambda: list(Story.objects.all())\n@lazy\ndef page(): pass",
    f"{FORM}story = forms.ModelChoiceField(queryset=Story.objects.all())",
    f"{FORM}story = forms.ChoiceField(choices=lambda: Story.objects.values_list('pk', 'title'))",
]
ASKING = [
    "STORIES = list(Story.objects.all())",
    "TITLES = [story.title for story in Story.objects.all()]",
    "TITLES = map(str, Story.objects.all())",
    "STORY = Story.objects.get(pk=Story.objects.first().pk)",
    "COUNT = Story.objects.count()",
    "HAS_ANY = not Story.objects.all()",
    "FIRST = Story.objects.order_by('pk')[0]",
    "for story in Story.objects.all(): pass",
    "Story.objects.filter(kind='none').update(kind='news')",
    "def read(story=Story.objects.first()): return story",
    "def asking(function): return Story.objects.count() and function\n@asking\ndef page(): pass",
    "def asking(of): return Story.objects.count() and of\n@asking\nclass Page: pass",
    "try:\n    STORY = Story.objects.get(pk=0)\nexcept Story.DoesNotExist:\n    STORY = None",
    f"{FORM}story = forms.ChoiceField(choices=Story.objects.values_list('pk', 'title'))",
    f"{FORM}story = forms.ChoiceField(choices=[(story.pk, story.title) for story in Story.objects.all()])",
    f"{FORM}story = forms.CharField(widget=forms.Select(choices=Story.objects.values_list('pk', 'title')))",
]


@pytest.fixture
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield


def imported(body: str) -> dict[str, object]:
    """What the names of a module are once it has been imported."""
    names: dict[str, object] = {"__name__": "module"}
    exec(compile(HEAD + body, "module.py", "exec"), names)
    return names


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize("body", LAZY)
def test_a_lazy_body_asks_for_nothing(body: str) -> None:
    with metered() as meter:
        imported(body)
    assert meter.statements == []


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize("body", ASKING)
def test_the_query_is_sent_at_import(body: str) -> None:
    with metered() as meter:
        imported(body)
    assert meter.queries >= 1


@pytest.mark.usefixtures("_database")
def test_what_was_found_stays() -> None:
    from tests.semantics.newsroom.models import Story

    names = imported("STORIES = list(Story.objects.all())\ndef stories(): return list(Story.objects.all())")
    before, stories = names["STORIES"], names["stories"]
    assert isinstance(before, list)
    assert callable(stories)
    newest = Story.objects.order_by("pk").last()
    assert newest is not None
    newest.pk = None
    newest.save()
    assert len(stories()) == len(before) + 1


_NATURAL = {
    "ContentType": ("auth", "user"),
    "User": ("editor",),
    "Group": ("editors",),
    "Permission": ("add_user", "auth", "user"),
}
OWN: dict[str, Callable[[Any], object]] = {
    "get_for_model": lambda manager: manager.get_for_model(manager.model),
    "get_for_models": lambda manager: manager.get_for_models(manager.model),
    "get_for_id": lambda manager: manager.get_for_id(1),
    "create_user": lambda manager: manager.create_user("editor"),
    "create_superuser": lambda manager: manager.create_superuser("chief", password="x"),
    "get_by_natural_key": lambda manager: manager.get_by_natural_key(*_NATURAL[manager.model.__name__]),
}
QUERIES = load_knowledge().manager_queries
SITES = "django.contrib.sites.models.Site"
"""No app of the process of these tests: sitemaps would ask for the current one."""


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize(("model", "method"), [each for each in QUERIES if each[0] != SITES])
def test_managers_of_django_query_by_methods_of_their_own(model: str, method: str) -> None:
    from django.contrib.contenttypes.models import ContentType
    from django.core.exceptions import ObjectDoesNotExist
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils.module_loading import import_string

    ContentType.objects.clear_cache()
    owner = import_string(model.removesuffix("()"))
    manager = (owner() if model.endswith("()") else owner).objects
    with CaptureQueriesContext(connection) as sent, suppress(ObjectDoesNotExist):
        OWN[method](manager)
    assert any(each["sql"].startswith("INSERT") for each in sent.captured_queries) is QUERIES[model, method].writes
    assert sent.captured_queries


# -- a project of its own: its database is empty, or has the tables

SETTINGS = """
SECRET_KEY = "not a secret"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"}}
INSTALLED_APPS = ["paper"]
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
MODELS = """
from django.db import models


class Section(models.Model):
    name = models.CharField(max_length=80)
"""
URLS = "from paper import forms\n\nurlpatterns = []\n"
AT_IMPORT = "from paper.models import Section\n\nSECTIONS = list(Section.objects.all())\n"
IN_A_FUNCTION = "from paper.models import Section\n\n\ndef sections():\n    return list(Section.objects.all())\n"
MIGRATE = ("migrate", "--run-syncdb")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "paper").mkdir()
    files = {"settings.py": SETTINGS, "urls.py": URLS, "paper/__init__.py": "", "paper/models.py": MODELS}
    for path, text in files.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def manage(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a management command of the project says, run as users run it."""
    environment = {**os.environ, "PYTHONPATH": str(site), "DJANGO_SETTINGS_MODULE": "settings"}
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(command, cwd=site, env=environment, capture_output=True, text=True, check=False)


def test_migrate_fails_on_an_empty_database(site: Path) -> None:
    (site / "paper/forms.py").write_text(AT_IMPORT, encoding="utf-8")
    failed = manage(site, *MIGRATE)
    assert failed.returncode == 1
    assert "no such table: paper_section" in failed.stderr


def test_a_command_is_imported_for_itself_alone(site: Path) -> None:
    commands = site / "paper/management/commands"
    commands.mkdir(parents=True)
    for package in (commands, commands.parent):
        (package / "__init__.py").write_text("", encoding="utf-8")
    body = "from django.core.management.base import BaseCommand\n\n\nclass Command(BaseCommand):\n    pass\n"
    (commands / "list_sections.py").write_text(f"{AT_IMPORT}{body}", encoding="utf-8")
    (site / "paper/forms.py").write_text("", encoding="utf-8")
    assert "list_sections" in manage(site, "help").stdout
    assert "no such table: paper_section" in manage(site, "list_sections", "--help").stderr
    assert manage(site, *MIGRATE).returncode == 0
    (site / "paper/forms.py").write_text("from paper.management.commands import list_sections\n", encoding="utf-8")
    (site / "site.sqlite3").unlink()
    assert "no such table: paper_section" in manage(site, *MIGRATE).stderr


@pytest.mark.parametrize("call", ["get_current()", "get_by_natural_key('example.com')"])
def test_the_current_site_is_asked_for_at_the_first_call(site: Path, call: str) -> None:
    settings = SETTINGS.replace('["paper"]', '["paper", "django.contrib.sites"]') + "SITE_ID = 1\n"
    (site / "settings.py").write_text(settings, encoding="utf-8")
    at_import = f"from django.contrib.sites.models import Site\n\nSITE = Site.objects.{call}\n"
    (site / "paper/forms.py").write_text(at_import, encoding="utf-8")
    failed = manage(site, *MIGRATE)
    assert failed.returncode == 1
    assert "no such table: django_site" in failed.stderr
    assert (SITES, call.partition("(")[0]) in QUERIES


def test_migrate_makes_the_tables_where_a_function_queries(site: Path) -> None:
    (site / "paper/forms.py").write_text(IN_A_FUNCTION, encoding="utf-8")
    assert manage(site, *MIGRATE).returncode == 0


def test_tests_fail_without_the_tables_of_the_real_database(site: Path) -> None:
    test = "from django.test import TestCase\n{}\n\nclass T(TestCase):\n    def test(self):\n        pass\n"
    (site / "paper/tests.py").write_text(test.format(AT_IMPORT), encoding="utf-8")
    (site / "paper/forms.py").write_text("", encoding="utf-8")
    failed = manage(site, "test")
    assert failed.returncode == 1
    assert "no such table: paper_section" in failed.stderr
    (site / "paper/tests.py").write_text(test.format(IN_A_FUNCTION), encoding="utf-8")
    assert manage(site, "test").returncode == 0


@pytest.mark.parametrize("module", ["models", "forms"])
def test_django_warns_while_apps_are_loaded(site: Path, module: str) -> None:
    (site / "paper/forms.py").write_text("", encoding="utf-8")
    assert manage(site, *MIGRATE).returncode == 0
    text = f"{MODELS}\n\nCOUNT = Section.objects.count()\n" if module == "models" else AT_IMPORT
    (site / f"paper/{module}.py").write_text(text, encoding="utf-8")
    said = manage(site, "check").stderr
    assert ("during app initialization" in said) == (module == "models" and django.VERSION >= (5, 0))
