"""The formats of services: their shape, and that nothing in a project is taken for a part of the format."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import msgspec
import pytest

from qscache_lint.formats import FORMATS
from tests.unit.projects import QUERIES, REFINER, SHOP
from tests.unit.reports.rendering import HOSTILE, rendered

ANNOTATION = re.compile(
    r"::(?:error|warning|notice) title=[^:,\n]+,file=[^:,\n]+,line=\d+,col=\d+,endLine=\d+(?:,endColumn=\d+)?::[^\n]+"
)


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lets_a_terminal_act_on_what_a_project_holds(form: str, tmp_path: Path) -> None:
    text = click.unstyle(rendered(form, tmp_path, HOSTILE))
    assert {char for char in text if not char.isprintable()} <= {"\n", "\ufffe"}


# -- json-lines


def test_json_lines_are_the_entries_of_json(tmp_path: Path) -> None:
    lines = rendered("json-lines", tmp_path).splitlines()
    assert [msgspec.json.decode(line) for line in lines] == msgspec.json.decode(rendered("json", tmp_path))


# -- github


def test_github_gets_one_command_for_each_finding(tmp_path: Path) -> None:
    lines = rendered("github", tmp_path).splitlines()
    assert [line.partition("::.")[0].partition("::recent")[0] for line in lines] == [
        "::warning title=QSC101 pickled-queryset,file=shop/queries.py,line=6,col=2,endLine=6,endColumn=19",
        "::warning title=QSC201 refined-pickled-queryset,file=shop/refiner.py,line=5,col=32,endLine=5,endColumn=38",
    ]
    assert "%0Ashop/queries.py:6: cached here by @cache_memoize(60)%0A" in lines[1]


def test_a_file_that_cannot_be_read_is_an_error_and_what_is_off_by_default_a_notice(tmp_path: Path) -> None:
    files = {"shop/broken.py": "from shop.queries import recent_items\nx = (\n", **SHOP}
    assert "::error title=QSC900 " in rendered("github", tmp_path, files)
    reader = {"shop/queries.py": QUERIES, "shop/reader.py": SHOP["shop/reader.py"]}
    (line,) = rendered("github", tmp_path / "b", reader, 'select = ["QSC107"]').splitlines()
    assert line.startswith("::notice title=QSC107 ")


def test_names_of_files_cannot_begin_a_command_of_github(tmp_path: Path) -> None:
    lines = rendered("github", tmp_path, HOSTILE).splitlines()
    assert len(lines) == 3
    assert all(ANNOTATION.fullmatch(line) for line in lines)
    assert "file=shop/%250A%3A%3Aerror%3A%3A%2Ca%3Ab <b>&\"'.py," in "".join(lines)


# -- gitlab


def test_gitlab_gets_code_quality(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    cached, refined = msgspec.json.decode(rendered("gitlab", tmp_path / "site"))
    assert cached["location"] == {"path": "site/shop/queries.py", "lines": {"begin": 6, "end": 6}}
    assert (refined["check_name"], refined["severity"]) == ("QSC201", "major")
    assert refined["description"].startswith("QSC201 refined-pickled-queryset: .filter() refines ")
    assert refined["fingerprint"] != cached["fingerprint"]


def test_fingerprints_of_gitlab_survive_moved_lines(tmp_path: Path) -> None:
    before = msgspec.json.decode(rendered("gitlab", tmp_path / "a"))
    after = msgspec.json.decode(rendered("gitlab", tmp_path / "b", {**SHOP, "shop/refiner.py": f"# new\n{REFINER}"}))
    assert [each["fingerprint"] for each in before] == [each["fingerprint"] for each in after]
    changed = REFINER.replace("title=word", "title=word.lower()")
    other = msgspec.json.decode(rendered("gitlab", tmp_path / "c", {**SHOP, "shop/refiner.py": changed}))
    assert [each["fingerprint"] == was["fingerprint"] for each, was in zip(other, before, strict=True)] == [True, False]


# -- junit


def test_junit_has_a_suite_for_each_file_and_a_failure_for_each_finding(tmp_path: Path) -> None:
    suites = ET.fromstring(rendered("junit", tmp_path))
    assert (suites.get("tests"), suites.get("failures")) == ("2", "2")
    assert [suite.get("name") for suite in suites] == ["shop/queries.py", "shop/refiner.py"]
    (failure,) = suites.findall("testsuite[2]/testcase/failure")
    assert failure.get("type") == "QSC201"
    told = (failure.text or "").splitlines()
    assert told[0].startswith("shop/refiner.py:5:32: .filter() refines ")
    assert "shop/queries.py:6:2: cached here by @cache_memoize(60)" in told
    assert told[-1].startswith("help: ")


def test_junit_without_findings_is_a_test_that_passes(tmp_path: Path) -> None:
    suites = ET.fromstring(rendered("junit", tmp_path, {}))
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")
    assert [*suites.iter("failure")] == []


def test_junit_is_well_formed_whatever_a_project_holds(tmp_path: Path) -> None:
    text = rendered("junit", tmp_path, {**HOSTILE, "shop/\ufffe\x01.py": REFINER})
    files = [suite.get("name") for suite in ET.fromstring(text.encode())]
    assert "shop/\\ufffe\\x01.py" in files
    assert "shop/%0A::error::,a:b <b>&\"'.py" in files


# -- rdjson


def test_rdjson_has_diagnostics_with_columns_in_bytes(tmp_path: Path) -> None:
    accented = REFINER.replace("    return list(", "    return ['é€', 'x', ", 1).replace("word))", "word)]")
    document = msgspec.json.decode(rendered("rdjson", tmp_path, {**SHOP, "shop/refiner.py": accented}))
    assert document["source"] == {"name": "qscache-lint"}
    refined = document["diagnostics"][1]
    line = accented.splitlines()[4]
    column = line.encode().index(b"filter") + 1
    assert column == line.index("filter") + 1 + 3
    assert refined["location"] == {
        "path": "shop/refiner.py",
        "range": {"start": {"line": 5, "column": column}, "end": {"line": 5, "column": column + len("filter")}},
    }
    assert refined["code"] == {"value": "QSC201"}
    assert [each["location"]["path"] for each in refined["related_locations"]] == ["shop/queries.py"] * 2


def test_rdjson_suggests_what_changes_one_file_only(tmp_path: Path) -> None:
    assert msgspec.json.decode(rendered("rdjson", tmp_path))["diagnostics"][1]["suggestions"] == []
    one = {"shop/queries.py": QUERIES + REFINER.partition("\n")[2]}
    refined = msgspec.json.decode(rendered("rdjson", tmp_path / "b", one))["diagnostics"][1]
    assert "recent_items_queryset()" in "".join(each["text"] for each in refined["suggestions"])
