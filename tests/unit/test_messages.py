"""What rules say, word by word, where it depends on the code: what keeps a value, what it is, where a query runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.api import Options, check_paths
from qscache_lint.codes import CODES
from qscache_lint.values import Position
from tests.unit.projects import lay

HEAD = """\
from functools import lru_cache
from django.core.cache import cache
from django.core.management.base import BaseCommand
from shop.models import Item


"""
MEMO = "@lru_cache\ndef items(word=None):\n    return "
STORE = "def keep():\n    "
HANDMADE = """
KEPT = {}


def keep(word):
    if word not in KEPT:
        KEPT[word] = Item.objects.all()
    return KEPT[word]
"""
COMMAND = "class Command(BaseCommand):\n    first = Item.objects.first()\n"
FIRST = "FIRST = Item.objects.first()\n"
AT_IMPORT = "while the module is imported: migrate and tests fail on an empty database, and"
WITH_APPS = "migrate fails on an empty database, and Django 5 warns because apps are still being loaded"
ONCE_READ = "the first reader exhausts it, and every later one gets nothing"
AGAIN = "each use queries again, so the cache saves nothing"


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("shop/a.py", STORE + "cache.set('items', Item.objects.all())", "QSC101 cache.set() stores a lazy QuerySet"),
        ("shop/a.py", STORE + "cache.set('items', Item.objects.all())", "> store list(…) of the rows, and refine"),
        ("shop/a.py", HANDMADE, "QSC102 KEPT[…] keeps a lazy QuerySet for the life of the process"),
        ("shop/a.py", HANDMADE, "> cache tuple(…) of the rows if callers read them; drop a hand-made memo"),
        ("shop/a.py", MEMO + "Item.objects.all()", "QSC102 items() keeps a lazy QuerySet for the life"),
        (
            "shop/a.py",
            STORE + "return cache.get_or_set('items', Item.objects.all).filter(sold=True)",
            "QSC201 .filter() refines the QuerySet that cache.get_or_set() stored: ",
        ),
        (
            "shop/a.py",
            MEMO + "Item.objects.all() if word else []",
            "QSC104 items() returns a QuerySet on one path and a list on another: callers cannot tell",
        ),
        ("shop/a.py", MEMO + "Item.objects.all() if word else []", "> cache tuple(…) of the rows on every path"),
        (
            "shop/a.py",
            MEMO + "Item.objects.iterator()",
            f"QSC105 items() returns an iterator, which keeps no rows: {ONCE_READ}",
        ),
        ("shop/a.py", MEMO + "Item.objects", f"QSC105 items() returns a manager, which keeps no rows: {AGAIN}"),
        (
            "shop/a.py",
            MEMO + "Item.objects if word else Item.objects.all()",
            "QSC105 items() returns a manager on one path, which keeps no rows: ",
        ),
        ("shop/a.py", FIRST, f"QSC301 .first() runs a query {AT_IMPORT} its result is kept until the process ends"),
        (
            "shop/a.py",
            "Item.objects.create()",
            f"QSC301 .create() writes to the database {AT_IMPORT} it runs at every start",
        ),
        ("shop/a.py", "for item in Item.objects.all():\n    pass", f"QSC301 `for` runs a query {AT_IMPORT}"),
        ("shop/apps.py", FIRST, f"QSC301 .first() runs a query while the module is imported: {WITH_APPS}"),
        ("shop/models/book.py", FIRST, f"QSC301 .first() runs a query while the module is imported: {WITH_APPS}"),
        ("shop/book/models.py", FIRST, f"QSC301 .first() runs a query while the module is imported: {WITH_APPS}"),
        ("shop/a.py", "items = (\n", "QSC900 not analysed: syntax error: '(' was never closed"),
    ],
)
def test_a_rule_says(path: str, code: str, said: str, tmp_path: Path) -> None:
    told = _told(tmp_path, {path: HEAD + code})
    assert [text for text in told if text.startswith(said)], told


def test_of_a_command_that_is_imported_it_says_when_the_query_runs(tmp_path: Path) -> None:
    imports = "from shop.management.commands.count import Command\n"
    told = _told(tmp_path, {"shop/management/commands/count.py": HEAD + COMMAND, "shop/tasks.py": imports})
    assert "module is imported: it runs for --help, and wherever the module of the command is imported" in told[0]


def _told(root: Path, files: dict[str, str]) -> list[str]:
    """What is found, and what is suggested, in lines."""
    lay(root, files)
    (project,) = check_paths([root], Options(overrides={"extend_select": tuple(CODES)})).projects
    return [text for each in project.findings for text in (f"{each.code} {each.message}", f"> {each.suggestion}")]


def test_what_has_no_place_stands_at_the_beginning(tmp_path: Path) -> None:
    lay(tmp_path, {"shop/a.py": b"import cache\0"})
    (project,) = check_paths([tmp_path]).projects
    assert [each.span.start for each in project.findings] == [Position(1, 1)]
