"""Comments that silence what is reported: `--add-noqa`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entry.console import call, edit, found, run
from tests.unit.projects import REFINER


def test_comments_silence_what_is_reported(project: Path) -> None:
    result = call("check", "--add-noqa")
    assert (result.exit_code, result.stderr) == (0, "2 findings silenced in 2 files.\n")
    assert "@cache_memoize(60)  # noqa: QSC101\n" in (project / "shop/queries.py").read_text(encoding="utf-8")
    assert found() == []
    assert run("flake8", "--select", "QSC", cwd=project).stdout == b""
    assert call("fix").exit_code == 0


def test_a_reason_stands_behind_the_code_and_a_path_is_no_reason(project: Path) -> None:
    assert call("check", "--add-noqa=QSC1 is known, see #12", "shop/queries.py").exit_code == 0
    text = (project / "shop/queries.py").read_text(encoding="utf-8")
    assert "@cache_memoize(60)  # noqa: QSC101 - QSC1 is known, see #12\n" in text
    assert call("check", "--add-noqa", "shop/refiner.py").exit_code == 0
    assert "filter(title=word))  # noqa: QSC201\n" in (project / "shop/refiner.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "silenced"),
    [
        pytest.param(
            "recent_items().get(pk=1)  # why", "recent_items().get(pk=1)  # why  # noqa: QSC201", id="comment"
        ),
        pytest.param(
            "recent_items().filter(pk=1)  # noqa: E501  # why",
            "recent_items().filter(pk=1)  # noqa: E501, QSC201  # why",
            id="another-code",
        ),
        pytest.param(
            "recent_items().filter(\n        pk=1,  # noqa: E501, \n    )",
            "recent_items().filter(\n        pk=1,  # noqa: E501, QSC201, \n    )",
            id="another-code-on-another-row",
        ),
        pytest.param(
            "recent_items().filter(\n        pk=1,\n    )",
            "recent_items().filter(  # noqa: QSC201\n        pk=1,\n    )",
            id="several-rows",
        ),
        pytest.param(
            "recent_items().filter(title='''\n    a''')",
            "recent_items().filter(title='''\n    a''')  # noqa: QSC201",
            id="a-string-goes-on",
        ),
        pytest.param(
            "recent_items() \\\n        .filter(pk=1) \\\n        .exclude(pk=2)",
            "recent_items() \\\n        .filter(pk=1) \\\n        .exclude(pk=2)  # noqa: QSC201",
            id="a-backslash",
        ),
        pytest.param(
            "recent_items().filter(pk=1), recent_items().exclude(pk=2)",
            "recent_items().filter(pk=1), recent_items().exclude(pk=2)  # noqa: QSC201",
            id="two-in-a-row",
        ),
        pytest.param(
            "(  # noqa: E501\n        rows9, recent_items().filter(pk=1))",
            "(  # noqa: E501, QSC201\n        rows9, recent_items().filter(pk=1))",
            id="a-name-that-reads-like-a-code",
        ),
        pytest.param(
            "recent_items().filter(\n        title='# noqa: E501')  # why",
            "recent_items().filter(  # noqa: QSC201\n        title='# noqa: E501')  # why",
            id="before-a-string-that-reads-like-a-mark",
        ),
        pytest.param(
            "recent_items().filter(pk=1).exclude(  # noqa: W1\n        title='# noqa: E501')",
            "recent_items().filter(pk=1).exclude(  # noqa: W1, QSC201\n        title='# noqa: E501')",
            id="a-mark-before-a-string-that-reads-like-one",
        ),
    ],
)  # fmt: skip
def test_a_comment_stands_where_it_silences(project: Path, line: str, silenced: str) -> None:
    text = f"from shop.queries import recent_items\n\n\ndef named():\n    return {line}"
    edit(project, "shop/refiner.py", text)  # without an end of the last line
    assert call("check", "--add-noqa", "shop/refiner.py").exit_code == 0
    assert (project / "shop/refiner.py").read_text(encoding="utf-8") == text.replace(line, silenced)
    assert found("shop/refiner.py") == []
    assert run("flake8", "--select", "QSC", "shop/refiner.py", cwd=project).stdout == b""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("recent_items().filter(title='# noqa: E501')", id="a-string"),
        pytest.param("recent_items().filter(title='# noqa: E501')  # noqa: E501", id="a-comment-behind-it"),
        pytest.param("recent_items().filter(title=b'# noqa: E501'.decode())  # noqa", id="bytes"),
        pytest.param("recent_items().filter(title='''\n''' '# noqa: E501')", id="a-string-of-several-rows"),
        pytest.param("recent_items().filter(title='\\\n# noqa: E501\\\n')", id="a-string-with-backslashes"),
        pytest.param("recent_items().filter(title=f'''{1}\n# noqa: E501 {2}\n''')", id="a-formatted-string"),
    ],
)
def test_a_string_is_never_edited(project: Path, line: str) -> None:
    text = f"from shop.queries import recent_items\n\n\ndef named():\n    return {line}\n"
    edit(project, "shop/refiner.py", text)
    result = call("check", "--output-format", "concise", "--add-noqa", "shop/refiner.py")
    assert (project / "shop/refiner.py").read_text(encoding="utf-8") == text
    assert result.exit_code == 1
    assert "QSC201" in result.stdout
    assert "shop/refiner.py:5: QSC201 stays: no comment can silence it and leave the program as it is" in result.stderr


def test_a_reason_that_the_file_cannot_hold_leaves_it(project: Path) -> None:
    before = ("# coding: latin-1\n" + REFINER).encode("latin-1")
    (project / "shop/refiner.py").write_bytes(before)
    assert call("check", "--add-noqa=\u0142", "shop/refiner.py").exit_code == 1
    assert (project / "shop/refiner.py").read_bytes() == before


def test_line_ends_and_encodings_stay(project: Path) -> None:
    before = ("# coding: latin-1\n" + REFINER).replace("\n", "\r\n").replace("word", "wört").encode("latin-1")
    (project / "shop/refiner.py").write_bytes(before)
    call("check", "--add-noqa", "shop/refiner.py")
    marked = before.replace(b"wort))", b"").replace(b"))\r\n", b"))  # noqa: QSC201\r\n")
    assert (project / "shop/refiner.py").read_bytes() == marked


def test_what_no_comment_silences_is_left(project: Path) -> None:
    edit(project, "shop/broken.py", "from shop.queries import recent_items\nx = (\n")
    before = (project / "shop/broken.py").read_bytes()
    result = call("check", "--output-format", "concise", "--add-noqa")
    assert result.exit_code in (0, 1)
    left = [line.split(" ")[1] for line in result.stdout.splitlines()]
    assert (result.exit_code == 1) is (left == ["QSC900"])
    assert ((project / "shop/broken.py").read_bytes() == before) is (left == ["QSC900"])
