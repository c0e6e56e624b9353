"""Names beyond ASCII are found like others, and what is found and repaired is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.project.name_index import answer
from qscache_lint.source.name_patterns import in_source, is_written_alike
from tests.unit.projects import MODELS, READER, SHOP, lay, planned

NAMES = {"recent_items": "свежие_товары", "Item": "Товар", "refiner": "отбор", "queries": "запросы", "titles": "ñames"}


@pytest.mark.parametrize(
    ("pattern", "source", "found"),
    [
        pytest.param(r"\bé\b", "é", ["é"], id="a whole source"),
        pytest.param(r"\bé\b", "aé éa éé", [], id="a part of a name"),
        pytest.param(r"\ba\b", "aé éa", [], id="beside a letter"),
        pytest.param(r"\ba\b", "a.a (a)", ["a", "a", "a"], id="ASCII"),
        pytest.param(r"[\w\])]=", "é= ]= )= .=", ["\xa9=", "]=", ")="], id="in brackets"),
        pytest.param(r"[^\w.]", "é.-", ["-"], id="outside of brackets"),
        pytest.param(r"[]\w]+", "é]a", ["é]a"], id="a bracket in brackets"),
        pytest.param(r"\[\w", "[é [a", ["[\xc3", "[a"], id="behind a bracket"),
        pytest.param(r"\W", "é a", [" "], id="no part of a name"),
    ],
)
def test_letters_beyond_ascii_are_parts_of_names(pattern: str, source: str, found: list[str]) -> None:
    wanted = [each.encode("latin-1") if each[0] in "\xa9[" else each.encode() for each in found]
    assert in_source(pattern).findall(source.encode()) == wanted


READING = "[item.title for item in recent_items()]"
PASSING = READER.replace("titles", "passing").replace(READING, "map(recent_items, [])")
MODELS_OF_OTHERS = (
    "from django.db import models\n\n\nclass Note(models.Model):\n    item = models.ForeignKey('shop.Item', "
    "models.CASCADE)\n"
)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(SHOP, id="a repair"),
        pytest.param({**SHOP, "shop/passing.py": PASSING}, id="passed on"),
        pytest.param({**SHOP, "shop/tests.py": "patched = 'shop.queries.recent_items'\n"}, id="in a string"),
        pytest.param({**SHOP, "jobs.yaml": "job: shop.queries.recent_items\n"}, id="in settings"),
        pytest.param({**SHOP, "shop/old.pyi": "recent_items: object\n"}, id="in a stub"),
        pytest.param({**SHOP, "notes/models.py": MODELS_OF_OTHERS}, id="a relation"),
    ],
)
def test_a_project_with_other_names_is_repaired_alike(tmp_path: Path, files: dict[str, str]) -> None:
    plain, renamed = tmp_path / "plain", tmp_path / "renamed"
    assert _told(plain, files, {}) == _told(renamed, files, NAMES)


def _told(root: Path, files: dict[str, str], names: dict[str, str]) -> list[tuple[object, ...]]:
    """The repairs of a project with other names, in terms of its own."""
    models = {"shop/models.py": MODELS["shop/models.py"]}
    lay(root, {_renamed(path, names): _renamed(text, names) for path, text in {**models, **files}.items()})
    back = {new: old for old, new in names.items()}
    return [
        (
            each.name,
            each.applicability,
            _renamed(each.message, back),
            sorted((_renamed(change.path, back), _renamed(change.after.decode(), back)) for change in each.changes),
        )
        for each in planned(root)
    ]


def _renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def test_a_name_in_other_characters_is_seen(tmp_path: Path) -> None:
    composed = {path: text.replace("recent_items", "d\u00e9j\u00e0") for path, text in SHOP.items()}
    lay(tmp_path, composed)
    assert [reason.kind for each in planned(tmp_path) for reason in each.reasons if not each.changes] == []
    other = READER.replace("recent_items", "de\u0301ja\u0300")
    lay(tmp_path, {**composed, "shop/other.py": other})
    (repair,) = planned(tmp_path)
    assert ([reason.kind for reason in repair.reasons], repair.changes) == (["written-otherwise"], ())


def test_a_name_in_another_encoding_is_written_alike() -> None:
    source = "# coding: latin-1\nd\u00e9j\u00e0()\n".encode("latin-1")
    assert is_written_alike("d\u00e9j\u00e0", source)
    assert answer("call", "d\u00e9j\u00e0", source) == 1
