"""What a builder reads beside its arguments: objects of a module that only reads leave alone, and what `self` keeps."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.unit.test_repeatability import memoized, said

READS = {
    "rows": ("HIDDEN = [1]", "return Story.objects.exclude(pk__in=HIDDEN)"),
    "condition": ("HIDDEN = Q(words__gt=1)", "return Story.objects.exclude(HIDDEN)"),
    "nested": ("HIDDEN = {'rows': [1]}", "return Story.objects.exclude(pk__in=HIDDEN['rows'])"),
}


def _said(root: Path, kind: str, code: str, files: dict[str, str] | None = None) -> tuple[str, ...]:
    constant, body = READS[kind]
    return said(root, f"{constant}\n\n\n{memoized(body)}\n\n{code}\n", files)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param("rows", "def use():\n    return sorted(HIDDEN), len(HIDDEN), 3 in HIDDEN, HIDDEN[0]", id="read"),
        pytest.param("rows", "def use():\n    return [each for each in HIDDEN if each]", id="iterated"),
        pytest.param("rows", "def use(other):\n    return HIDDEN + other, [*HIDDEN, 1], HIDDEN[1:]", id="copied"),
        pytest.param("rows", "def use():\n    other = []\n    other.extend(HIDDEN)\n    return max(*HIDDEN)",
                     id="copied-into"),
        pytest.param("rows", "def use(other):\n    return count(HIDDEN)\n\n\ndef count(each):\n    return len(each)",
                     id="function-that-reads"),
        pytest.param("condition", "def use():\n    return Story.objects.filter(HIDDEN & Q(pk=1) | ~HIDDEN)",
                     id="combined"),
        pytest.param("nested", "def use():\n    return len(HIDDEN.get('rows')), 1 in HIDDEN['rows']", id="member-read"),
    ],
)  # fmt: skip
def test_reads_leave_an_object_as_it_is(tmp_path: Path, kind: str, code: str) -> None:
    assert _said(tmp_path, kind, code) == ()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param("rows", "def use():\n    other = HIDDEN\n    other += [2]", id="other-name"),
        pytest.param("rows", "OTHER = HIDDEN", id="other-name-of-the-module"),
        pytest.param("rows", "class Box:\n    rows = HIDDEN", id="name-of-a-class"),
        pytest.param("rows", "def use():\n    grow(HIDDEN)\n\n\ndef grow(each):\n    each.append(2)", id="function"),
        pytest.param("rows", "def use(helper):\n    helper(HIDDEN)", id="unknown-function"),
        pytest.param("rows", "def use():\n    return HIDDEN", id="returned"),
        pytest.param("rows", "def use():\n    yield HIDDEN", id="yielded"),
        pytest.param("rows", "use = lambda: HIDDEN", id="lambda"),
        pytest.param("rows", "def use(each=HIDDEN):\n    each.append(2)", id="default"),
        pytest.param("rows", "BOX = {'rows': HIDDEN}", id="member"),
        pytest.param("rows", "hide = HIDDEN.append", id="bound-method"),
        pytest.param("rows", "def use():\n    del HIDDEN[:]", id="deleted"),
        pytest.param("rows", "def use():\n    HIDDEN[:] = [2]", id="slice-assigned"),
        pytest.param("rows", "def use(other):\n    (other or HIDDEN).append(2)", id="one-of-two"),
        pytest.param("rows", "def use():\n    globals()['HIDDEN'] += [2]", id="namespace"),
        pytest.param("rows", "import sys\n\n\ndef use(**each):\n    vars(sys.modules[__name__]).update(each)",
                     id="namespace-of-any-module"),
        pytest.param("condition", "def use():\n    HIDDEN.children.append(('pk', 1))", id="attribute"),
        pytest.param("condition", "def use():\n    HIDDEN.add(Q(pk=1), Q.AND)", id="method"),
        pytest.param("nested", "def use():\n    HIDDEN['rows'].append(2)", id="member-changed"),
        pytest.param("nested", "def use():\n    for each in HIDDEN.values():\n        each.pop()", id="values-changed"),
    ],
)  # fmt: skip
def test_what_else_has_an_object_may_change_it(tmp_path: Path, kind: str, code: str) -> None:
    assert "HIDDEN on line" in "; ".join(_said(tmp_path, kind, code))


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def use(name):\n    return getattr(queries, name)", id="asked-for"),
        pytest.param("def use(name):\n    setattr(queries, f'HI{name}', [2])", id="put"),
        pytest.param("from news.queries import HIDDEN as gone\n\ngone.append(2)", id="imported-under-another-name"),
    ],
)
def test_other_files_may_change_an_object(tmp_path: Path, code: str) -> None:
    found = _said(tmp_path, "rows", "", {"news/other.py": f"from news import queries\n\n\n{code}\n"})
    assert "HIDDEN on line" in "; ".join(found)


def _of_self(root: Path, kept: str, read: str, code: str) -> str:
    constructor = f"def __init__(self, value):\n    self.value = {kept}\n"
    methods = indent(f"{constructor}\n@lru_cache\ndef stories(self):\n    return {read}\n", "    ")
    return "; ".join(said(root, f"class Page:\n{methods}\n\npage = Page(1)\n\n\n{code}\n"))


NUMBER = ("value", "Story.objects.filter(words__gt=self.value)")
ROWS = ("[1]", "Story.objects.filter(pk__in=self.value)")


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        pytest.param(NUMBER, "", id="number"),
        pytest.param(NUMBER, "def use():\n    return page.value, vars(page.stories)", id="read"),
        pytest.param(ROWS, "def use():\n    return len(page.value)", id="list-of-its-own"),
    ],
)
def test_what_the_constructor_keeps_is_constant(tmp_path: Path, kept: tuple[str, str], code: str) -> None:
    assert ".value on line" not in _of_self(tmp_path, *kept, code)


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        pytest.param(NUMBER, "def use(name):\n    setattr(page, name, 2)", id="set-by-name"),
        pytest.param(NUMBER, "def use(other):\n    page.__dict__.update(other)", id="dict-of-the-object"),
        pytest.param(NUMBER, "def use():\n    vars(page)['value'] = 2", id="item-of-the-dict"),
        pytest.param(NUMBER, "def use():\n    page.__init__(2)", id="constructed-again"),
        pytest.param(NUMBER, "def use():\n    object.__setattr__(page, 'value', 2)", id="past-the-class"),
        pytest.param(ROWS, "def use():\n    other = page.value\n    other += [2]", id="list-under-another-name"),
        pytest.param(("value", ROWS[1]), "KNOWN = [1]\nother = Page(KNOWN)", id="list-of-others"),
    ],
)
def test_what_an_object_keeps_may_be_changed(tmp_path: Path, kept: tuple[str, str], code: str) -> None:
    assert ".value on line" in _of_self(tmp_path, *kept, code)


@pytest.mark.parametrize("member", ["__slots__ = ('value', '__weakref__')", "def __setstate__(self, state):\n    pass"])
def test_attributes_that_are_given_in_another_way_may_change(tmp_path: Path, member: str) -> None:
    methods = "def __init__(self, value):\n    self.value = value\n\n@lru_cache\ndef stories(self):\n"
    body = indent(f"{member}\n\n{methods}    return {NUMBER[1]}\n", "    ")
    assert ".value on line" in "; ".join(said(tmp_path, f"class Page:\n{body}\n\npage = Page(1)\n"))
