"""Variants of cases mean the same: all that names a module follows it, and no definition passes what it uses."""

from __future__ import annotations

import pytest

from tests.literate import read_cases
from tests.metamorphic.renaming import new_names, renamed
from tests.metamorphic.reordering import reordered
from tests.metamorphic.variant import Origin, Replacement, replace

PACKAGE = {"shop/__init__.py": "", "shop/caching.py": "", "shop/boards/__init__.py": "", "shop/boards/live.py": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("import json\nfrom os import path\n", "import json\nfrom os import path\n", id="of others"),
        pytest.param("from shop.caching import x\n", "from zashop.zdcaching import x\n", id="from a module"),
        pytest.param("from .caching import x\n", "from .zdcaching import x\n", id="relative"),
        pytest.param("from . import caching\n", "from . import zdcaching as caching\n", id="a module"),
        pytest.param("from shop import caching as c\n", "from zashop import zdcaching as c\n", id="with a name"),
        pytest.param("import shop.caching as c\n", "import zashop.zdcaching as c\n", id="dotted, with a name"),
        pytest.param(
            "import shop.boards.live\nx = shop.boards.live.x\n",
            "import zashop.zeboards.zblive\nx = zashop.zeboards.zblive.x\n",
            id="dotted",
        ),
        pytest.param(
            "from shop import boards\nx = boards.live.x, boards.other\n",
            "from zashop import zeboards as boards\nx = boards.zblive.x, boards.other\n",
            id="a module of a package",
        ),
        pytest.param(
            "from shop . \\\n    caching import (  # shop\n    x)\n",
            "from zashop . \\\n    zdcaching import (  # shop\n    x)\n",
            id="over several rows",
        ),
        pytest.param("shop = 'shop.caching.x'\n", "shop = 'zashop.zdcaching.x'\n", id="a string, not a variable"),
        pytest.param("x = f'shop:{shop}'\n", "x = f'zashop:{shop}'\n", id="a formatted string"),
        pytest.param("é = 'é', 'shop'\n", "é = 'é', 'zashop'\n", id="not ASCII"),
        pytest.param("x = 'caching.html', 'os.path'\n", "x = 'caching.html', 'os.path'\n", id="no module from here"),
    ],
)
def test_what_names_a_module_follows(text: str, expected: str) -> None:
    files = {**PACKAGE, "shop/models.py": "", "shop/desk.py": text}
    assert new_names(files, "z") == {name: f"z{letter}{name}" for name, letter in NAMES.items()}
    variant = renamed(files, "", "z")
    assert variant.files["zashop/zcdesk.py"] == expected


NAMES = {"boards": "e", "caching": "d", "desk": "c", "live": "b", "shop": "a"}


def test_settings_and_tables_of_the_project_follow() -> None:
    files = {**PACKAGE, "pyproject.toml": '[tool]\nname = "shop.caching"\n', "shop/list.txt": "shop.caching\n"}
    variant = renamed(files, 'names = ["shop.caching.x", "django.shop"]\n', "z")
    assert variant.settings == 'names = ["zashop.zccaching.x", "django.shop"]\n'
    assert variant.files["pyproject.toml"] == '[tool]\nname = "zashop.zccaching"\n'
    assert variant.files["zashop/list.txt"] == "shop.caching\n"


def test_names_that_tell_something_are_kept() -> None:
    paths = ["shop/models.py", "shop/apps.py", "manage.py", "config/local.py", "auth/models.py", "tests/test_a.py"]
    assert new_names(dict.fromkeys([*paths, "shop/__init__.py"], ""), "a") == {"local": "ablocal", "shop": "aashop"}
    kept = {"shop/models.py": 'related_name="%(app_label)s_items"', "desk/views.py": ""}
    assert new_names(kept, "a") == {"desk": "abdesk", "views": "aaviews"}


def test_files_are_sorted_the_other_way_round() -> None:
    for case in read_cases():
        for prefix in "az":
            names = new_names(case.files, prefix)
            assert sorted(names.values()) == [names[name] for name in sorted(names, reverse=True)]


HEAD = """\
# of shops
\"\"\"Text.\"\"\"
from __future__ import annotations
import os; import sys
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("def a(): b()\ndef b(): a()\n", "def b(): a()\ndef a(): b()\n", id="used later"),
        pytest.param("def a(f): b\n@a\ndef b(): 1\n", "def a(f): b\n@a\ndef b(): 1\n", id="a decorator"),
        pytest.param("class A: x\nclass B(A): y\n", "class A: x\nclass B(A): y\n", id="a base"),
        pytest.param("def a(): 1\ndef b(x=a): 2\n", "def a(): 1\ndef b(x=a): 2\n", id="a default value"),
        pytest.param("def a(): 1\nclass B:\n  x = a\n", "def a(): 1\nclass B:\n  x = a\n", id="in a class body"),
        pytest.param(
            "class A:\n  def x(self): b\ndef b(): 1\n", "def b(): 1\nclass A:\n  def x(self): b\n", id="in a method"
        ),
        pytest.param(
            "def a(): 1\ndef b(): a()\nb()\ndef c(): 2\n",
            "def c(): 2\ndef b(): a()\ndef a(): 1\nb()\n",
            id="by what is called",
        ),
        pytest.param("x = 1\ny = x\ndef a(): x\n", "def a(): x\nx = 1\ny = x\n", id="assignments keep their order"),
        pytest.param("def a(): 1\ndef a(): 2\n", "def a(): 1\ndef a(): 2\n", id="one name twice"),
        pytest.param("def a(): 1\nglobals()\n", "def a(): 1\nglobals()\n", id="any name"),
        pytest.param(
            "def a(): 1  # one\n\n# of b\ndef b(): 2\n# end",
            "\n# of b\ndef b(): 2\ndef a(): 1  # one\n# end\n",
            id="comments go along",
        ),
    ],
)
def test_definitions_pass_what_they_do_not_use(text: str, expected: str) -> None:
    variant = reordered({"a.py": HEAD + text}, "")
    assert variant.files["a.py"] == HEAD + expected
    rows, before = (HEAD + expected).splitlines(), (HEAD + text).splitlines()
    assert [before[variant.origin("a.py", row, 1)[1] - 1] for row in range(1, len(rows) + 1)] == rows


def test_a_star_import_may_bind_anything() -> None:
    text = "def a(): 1\nfrom b import *\ndef c(): 2\n"
    assert reordered({"a.py": text}, "").files["a.py"] == text


def test_what_cannot_be_parsed_stays() -> None:
    files = {"a.py": "def x(:\n", "b.html": "def b\ndef c\n"}
    assert reordered(files, "").files == files


def test_columns_are_those_of_the_original() -> None:
    replaced = (Replacement(1, 0, 2, "long"), Replacement(1, 5, 8, "x"))
    old, new = "ab + cde.f\n", "long + x.f\n"
    assert replace(old, replaced) == new
    origin = Origin("a.py", replaced=replaced)
    assert [origin.place(1, new.index(each) + 1) for each in ("+", "x", ".", "f")] == [
        ("a.py", 1, old.index(each) + 1) for each in ("+", "c", ".", "f")
    ]
