"""What a split writes: every character outside of the change stays, and the two halves fit the function."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import PlacedTransformer, rewrite
from tests.unit.projects import READER, REFINER, lay, repair

HEAD = "from cache_memoize import cache_memoize\n\nfrom shop.models import Item\n\n\n"


def _split(root: Path, definition: str | bytes, table: str = "") -> bytes:
    """`shop/queries.py` after the repair, when one caller reads and one refines."""
    source = definition if isinstance(definition, bytes) else definition.encode()
    lay(root, {"shop/queries.py": source, "shop/reader.py": READER, "shop/refiner.py": REFINER}, table)
    assert [each.name for each in repair(root)] == ["split-function"]
    return (root / "shop/queries.py").read_bytes()


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"x = 1", id="no-final-newline"),
        pytest.param(b"x = 1\r\nif x:\r\n\ty = 2\r\n", id="crlf-and-tabs"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", id="byte-order-mark"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", id="latin-1-cookie"),
        pytest.param(b"x = 1\n\x0c\ny = 2\n", id="form-feed"),
        pytest.param(b"x = (1 +\n\n  # why\n  2)  \n\n\n# end", id="comments-and-blanks"),
    ],
)
def test_without_a_change_every_byte_stays(source: bytes) -> None:
    assert rewrite(source, [PlacedTransformer()]) == source


def test_a_file_that_libcst_would_not_give_back_as_it_was_is_refused() -> None:
    with pytest.raises(Refused, match="line endings"):
        rewrite(b"x = 1\ry = 2\r", [PlacedTransformer()])


def test_what_cannot_be_parsed_is_refused() -> None:
    with pytest.raises(Refused, match="libcst cannot parse it"):
        rewrite(b"x = (\n", [PlacedTransformer()])


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        pytest.param(
            "@cache_memoize(60)\ndef recent_items():\n    return Item.objects.all()\n",
            "def recent_items():\n"
            '    """Returns a QuerySet to refine; cached_recent_items() has its rows in a cache."""\n'
            "    return Item.objects.all()\n"
            "\n"
            "\n"
            "@cache_memoize(60)\n"
            "def cached_recent_items():\n"
            '    """The rows of recent_items(), cached; refine that one instead."""\n'
            "    return list(recent_items())\n",
            id="plain",
        ),
        pytest.param(
            "# Above.\n@cache_memoize(60)  # a minute\n# Between.\ndef recent_items():  # behind\n"
            "    # Inside.\n    return Item.objects.all()  # all of them\n\n\n# Below.\nTAX = 7\n",
            "# Above.\n# Between.\ndef recent_items():  # behind\n"
            '    """Returns a QuerySet to refine; cached_recent_items() has its rows in a cache."""\n'
            "    # Inside.\n    return Item.objects.all()  # all of them\n"
            "\n"
            "\n"
            "@cache_memoize(60)  # a minute\n"
            "def cached_recent_items():\n"
            '    """The rows of recent_items(), cached; refine that one instead."""\n'
            "    return list(recent_items())\n\n\n# Below.\nTAX = 7\n",
            id="comments-stay-once-each",
        ),
        pytest.param(
            "@cache_memoize(\n    60,  # a minute\n)\ndef recent_items():\n    return Item.objects.all()\n",
            "def recent_items():\n"
            '    """Returns a QuerySet to refine; cached_recent_items() has its rows in a cache."""\n'
            "    return Item.objects.all()\n"
            "\n"
            "\n"
            "@cache_memoize(\n    60,  # a minute\n)\n"
            "def cached_recent_items():\n"
            '    """The rows of recent_items(), cached; refine that one instead."""\n'
            "    return list(recent_items())\n",
            id="decorator-over-lines-with-a-comment",
        ),
        pytest.param(
            "@cache_memoize(60)\ndef recent_items():\n\treturn Item.objects.all()\n",
            "def recent_items():\n"
            '\t"""Returns a QuerySet to refine; cached_recent_items() has its rows in a cache."""\n'
            "\treturn Item.objects.all()\n"
            "\n"
            "\n"
            "@cache_memoize(60)\n"
            "def cached_recent_items():\n"
            '\t"""The rows of recent_items(), cached; refine that one instead."""\n'
            "\treturn list(recent_items())\n",
            id="tabs",
        ),
    ],
)
def test_a_split_in_full(tmp_path: Path, definition: str, expected: str) -> None:
    assert _split(tmp_path, HEAD + definition).decode() == HEAD + expected


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        pytest.param("", "", id="none"),
        pytest.param("num=5", "num", id="default"),
        pytest.param("a=1, /, b=2", "a, b", id="positional-only"),
        pytest.param("*, num=5", "num=num", id="keyword-only"),
        pytest.param("a=1, *, num=5", "a, num=num", id="keyword-only-behind-another"),
        pytest.param("*words", "*words", id="star"),
        pytest.param("**words", "**words", id="two-stars"),
        pytest.param("a=1, *rest, num=5, **more", "a, *rest, num=num, **more", id="all-kinds"),
        pytest.param("num: int = 5", "num", id="annotated"),
    ],
)
def test_every_parameter_is_handed_on(tmp_path: Path, parameters: str, arguments: str) -> None:
    definition = f"@cache_memoize(60)\ndef recent_items({parameters}):\n    return Item.objects.all()\n"
    written = _split(tmp_path, HEAD + definition).decode()
    assert f"def cached_recent_items({parameters}):\n" in written
    assert f"    return list(recent_items({arguments}))\n" in written


@pytest.mark.parametrize(
    ("decorator", "before", "after"),
    [
        pytest.param("cache_memoize(60)", "QuerySet", "list", id="pickled-bare"),
        pytest.param("cache_memoize(60)", "QuerySet[Item]", "list[Item]", id="pickled"),
        pytest.param("cache_memoize(60)", "models.QuerySet[Item]", "list[Item]", id="pickled-dotted"),
        pytest.param("cache_memoize(60)", '"QuerySet[Item]"', '"list[Item]"', id="pickled-string"),
        pytest.param("cache_memoize(60)", "'models.QuerySet[Item]'", "'list[Item]'", id="pickled-string-single-quotes"),
        pytest.param("cache_memoize(60)", 'QuerySet["Item"]', 'list["Item"]', id="pickled-string-inside"),
        pytest.param("lru_cache(None)", "QuerySet", "tuple", id="memo-bare"),
        pytest.param("lru_cache(None)", "QuerySet[Item]", "tuple[Item, ...]", id="memo"),
        pytest.param("lru_cache(None)", '"QuerySet[Item]"', '"tuple[Item, ...]"', id="memo-string"),
    ],
)
def test_the_annotation_follows(tmp_path: Path, decorator: str, before: str, after: str) -> None:
    imports = "from functools import lru_cache\nfrom django.db import models\nfrom django.db.models import QuerySet\n"
    definition = f"@{decorator}\ndef recent_items() -> {before}:\n    return Item.objects.all()\n"
    written = _split(tmp_path, imports + HEAD + definition).decode()
    assert f"def recent_items() -> {before}:\n" in written
    assert f"def cached_recent_items() -> {after}:\n" in written


@pytest.mark.parametrize("annotation", ["dict", "Iterator[Item]", "Optional[dict]", "QuerySet[Item] | dict"])
def test_an_annotation_that_is_no_queryset_is_not_guessed(tmp_path: Path, annotation: str) -> None:
    imports = "from typing import *\nfrom django.db.models import QuerySet\n"
    definition = f"@cache_memoize(60)\ndef recent_items() -> {annotation}:\n    return Item.objects.all()\n"
    assert "def cached_recent_items():\n" in _split(tmp_path, imports + HEAD + definition).decode()


@pytest.mark.parametrize("annotation", ["object", "Iterable[Item]", '"Any"'])
def test_an_annotation_that_is_true_of_rows_stays(tmp_path: Path, annotation: str) -> None:
    imports = "from typing import *\n"
    definition = f"@cache_memoize(60)\ndef recent_items() -> {annotation}:\n    return Item.objects.all()\n"
    assert f"def cached_recent_items() -> {annotation}:\n" in _split(tmp_path, imports + HEAD + definition).decode()


def test_line_ends_of_the_file_are_used(tmp_path: Path) -> None:
    docstring = '    """The items.\n\n    All.\n    """\n'
    definition = f"@cache_memoize(60)\ndef recent_items():\n{docstring}    return Item.objects.all()\n"
    written = _split(tmp_path, (HEAD + definition).replace("\n", "\r\n"))
    assert b"cached_recent_items" in written
    assert written.count(b"\r\n") == written.count(b"\n") == written.count(b"\r")


@pytest.mark.parametrize(
    ("lead", "encoding"),
    [
        pytest.param("\ufeff", "utf-8", id="byte-order-mark"),
        pytest.param("# coding: latin-1\n", "latin-1", id="latin-1-cookie"),
        pytest.param("\ufeff# coding: utf-8\n", "utf-8", id="byte-order-mark-and-cookie"),
    ],
)
def test_the_encoding_is_kept(tmp_path: Path, lead: str, encoding: str) -> None:
    definition = "@cache_memoize(60)\ndef recent_items():\n    return Item.objects.filter(title='é')\n"
    written = _split(tmp_path, (lead + HEAD + definition).encode(encoding))
    text = written.decode(encoding)
    assert text.startswith(lead + HEAD)
    assert text.count("title='é'") == 1


def test_without_a_newline_at_the_end_the_callers_stay_as_they_were(tmp_path: Path) -> None:
    definition = "@cache_memoize(60)\ndef recent_items():\n    return Item.objects.all()"
    assert b"\ndef cached_recent_items():\n" in _split(tmp_path, HEAD + definition)
