"""The outline of a file: what stands outside of functions, told from the bytes."""

from __future__ import annotations

import pytest

from qscache_lint.project.importing import ImportGate
from qscache_lint.source.outline import Called, called_in, managers_in, outline_of
from qscache_lint.source.text_index import TextIndex

MANAGERS = ("objects",)


@pytest.mark.parametrize(
    ("source", "outside"),
    [
        pytest.param("A = 1\n", "A = 1\n", id="statement"),
        pytest.param("def f():\n    return 1\nA = 2\n", "def f():\nA = 2\n", id="function"),
        pytest.param("def f():\n    return 1\n\n\nA = 2\n", "def f():\nA = 2\n", id="blank-rows"),
        pytest.param("async def f():\n    return 1\n", "async def f():\n", id="coroutine"),
        pytest.param("class C:\n  def f(s):\n    g()\n  a = 1\n", "class C:\n  def f(s):\n  a = 1\n", id="method"),
        pytest.param("def f(\n    a=B,\n):\n    return 1\n", "def f(\n    a=B,\n):\n", id="long-head"),
        pytest.param("def f():\n    a = (\n# why\n    1)\nB = 1\n", "def f():\nB = 1\n", id="comment"),
        pytest.param("def f():\n    return 1", "def f():\n", id="no-newline"),
    ],
)  # fmt: skip
def test_bodies_are_left_out(source: str, outside: str) -> None:
    assert outline_of(source.encode()).outside == outside.encode()


def test_functions_are_told_from_methods() -> None:
    outline = outline_of(b"def f():\n    pass\n\nclass C:\n    def g(self):\n        pass\n")
    assert [called for called, _ in outline.functions] == [Called(b"f", False), Called(b"g", True)]


def test_calls_are_those_of_names_modules_and_classes() -> None:
    source = b"from a import sections as named\nnamed()\nchoices.ranks()\nRanks.all()\nx.y.z()\ndef f(a): g(a)\n"
    expected = {(b"sections", False), (b"ranks", False), (b"all", True), (b"g", False)}
    assert set(called_in(source)) == {Called(*each) for each in expected}


def test_classes_have_the_methods_that_stand_in_them() -> None:
    source = (
        b"class A(Base, mixins.Other, metaclass=Meta):\n    class Inner:\n        pass\n\n"
        b"    def __init__(self):\n        ask()\n\n    def load(self):\n        pass\n\n\ndef f(self):\n    pass\n"
    )
    first, inner = outline_of(source).classes
    assert (first.name, first.bases, first.methods) == (b"A", (b"Base", b"Other"), (b"__init__", b"load"))
    assert b"ask()" in first.run
    assert (inner.name, inner.bases, inner.methods) == (b"Inner", (), ())


def test_what_a_call_gives_has_methods() -> None:
    assert set(called_in(b"Registry().load()\n")) == {Called(b"Registry", False), Called(b"load", True)}


def test_decorators_are_called() -> None:
    source = b"@named\ndef f(): pass\n@tools.counted  # why\nclass C:\n    @Desk.shown\n    def g(s): pass\n@made(1)\n"
    expected = {(b"named", False), (b"counted", False), (b"shown", True), (b"made", False)}
    assert set(called_in(source)) == {Called(*each) for each in expected}


def test_constructors_of_bases_are_those_of_the_classes() -> None:
    source = b"super().__init__(rank)\nsuper(Desk, self).__new__(cls)\nBoard.__init__(self)\nself.__init__()\n"
    assert set(called_in(source)) == {Called(b"super", False), Called(b"Board", False)}


def test_managers_are_named_by_what_makes_them() -> None:
    classes = b"class Live(models.Manager):\n    pass\n\n\nclass Rows(models.QuerySet):\n    pass\n"
    body = (
        b"class Story(models.Model):\n    title = models.CharField()\n    live = Live()\n    rows = Rows.as_manager()\n"
        b"    plain: Any = models.Manager()\n"
    )
    assert set(managers_in([classes, body], TextIndex())) == {b"live", b"rows", b"plain"}


FILES = {
    "asks.py": b"A = Story.objects.count()\n",
    "calls.py": b"from tools import outer\n\nA = outer()\n",
    "tools.py": b"def outer():\n    return inner()\n\n\ndef inner():\n    return Story.objects.count()\n",
    "lazy.py": b"def f():\n    return Story.objects.count()\n",
    "makes.py": b"from registry import Desk\n\nDESK = Desk()\n",
    "loads.py": b"from makes import DESK\n\nDESK.load()\n",
    "registry.py": b"class Board:\n    def __init__(self):\n        self.count = Story.objects.count()\n\n"
    b"    def load(self):\n        self.count = Story.objects.count()\n\n\nclass Desk(Board):\n    pass\n",
    "unmade.py": b"class Shelf:\n    def fill(self):\n        Story.objects.count()\n\n\nshelf.fill()\n",
    "names.py": b"from constants import STORIES\n\nA = STORIES[0]\n",
    "migrations/0001.py": b"A = Story.objects.count()\n",
    "scripts/run.py": b"A = Story.objects.count()\n",
    "not-a-module.py": b"A = Story.objects.count()\n",
}


def test_files_are_chosen_that_may_ask_while_they_are_imported() -> None:
    gate = ImportGate(FILES, FILES.__getitem__, MANAGERS)
    assert gate.paths == ("asks.py", "calls.py", "loads.py", "makes.py")
    assert gate.names == ("Board", "Desk", "inner", "load", "objects", "outer")
    assert gate.naming(["STORIES"]) == ("names.py",)


def test_methods_named_like_those_of_a_queryset_are_not_followed() -> None:
    files = {
        **FILES,
        "gets.py": b"A = stories.first()\n",
        "stories.py": b"def first():\n    return Story.objects.get()\n",
    }
    assert "gets.py" in ImportGate(files, files.__getitem__, MANAGERS).paths
    assert "gets.py" not in ImportGate(files, files.__getitem__, MANAGERS, ("first",)).paths


def test_a_constructor_is_that_of_a_base() -> None:
    files = {
        "fields.py": b"class Named(Field):\n    def __init__(self):\n        super().__init__()\n",
        "boards.py": b"class Board:\n    def __init__(self):\n        self.count = Story.objects.count()\n",
        "desks.py": b"class Desk(Board):\n    def __init__(self):\n        super().__init__()\n",
        "uses.py": b"NAMED = Named()\n",
        "asks.py": b"DESK = Desk()\n",
    }
    assert ImportGate(files, files.__getitem__, MANAGERS).paths == ("asks.py",)
