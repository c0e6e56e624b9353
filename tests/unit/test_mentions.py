"""A string names the function only where it can lead to it: a dotted path, `getattr()`, a setting, a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.witness.records import Executed, encode
from tests.unit.projects import QUERIES, READER, REFINER, SHOP, lay, planned
from tests.unit.witness.recordings import recording


def _kinds(root: Path, files: dict[str, str]) -> list[str]:
    """Why there is no repair for all callers, by kind; nothing where there is one."""
    lay(root, files)
    return [reason.kind for each in planned(root) if not each.changes for reason in each.reasons]


PATCHED = "from unittest.mock import patch\n\nfake = patch({text!r})\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("shop.queries.recent_items", id="the function"),
        pytest.param("shop.queries:recent_items", id="an entry point"),
        pytest.param("shop.reader.recent_items", id="where it is imported"),
        pytest.param("shop.refiner.queries.recent_items", id="through a module"),
        pytest.param("shop.queries.recent_items.invalidate", id="what it has"),
        pytest.param("queries.recent_items", id="below a prefix"),
        pytest.param(".recent_items", id="behind something"),
        pytest.param("%s.recent_items", id="behind a placeholder"),
    ],
)
def test_a_dotted_path_to_the_function_names_it(tmp_path: Path, text: str) -> None:
    refiner = f"from shop import queries\n{REFINER}"
    files = {**SHOP, "shop/refiner.py": refiner, "shop/tests.py": PATCHED.format(text=text)}
    assert _kinds(tmp_path, files) == ["named-in-string"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("shop:recent_items", id="a URL"),
        pytest.param("items:recent_items", id="a URL of another app"),
        pytest.param("shop.archive.recent_items", id="another function"),
        pytest.param("shop.models.recent_items", id="nothing"),
        pytest.param("os.path.recent_items", id="another package"),
        pytest.param("shop.recent_items", id="a package without it"),
        pytest.param("no recent_items today", id="a sentence"),
    ],
)
def test_other_text_with_the_name_does_not(tmp_path: Path, text: str) -> None:
    archive = "def recent_items():\n    return []\n"
    files = {**SHOP, "shop/archive.py": archive, "shop/tests.py": PATCHED.format(text=text)}
    assert _kinds(tmp_path, files) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("job: shop.queries.recent_items\n", ["named-in-settings"], id="a dotted path"),
        pytest.param("url: shop:recent_items\n", [], id="a URL"),
    ],
)
def test_a_settings_file_names_it_by_a_dotted_path(tmp_path: Path, text: str, kinds: list[str]) -> None:
    assert _kinds(tmp_path, {**SHOP, "jobs.yaml": text}) == kinds


RECORDED = encode(recording(executed={"a.py": (Executed(1, "queries.recent_items"),)})).decode()
REPORTED = '[{"code": "QSC101", "name": "pickled-queryset", "message": "queries.recent_items"}]'


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param(RECORDED, [], id="a recording"),
        pytest.param(RECORDED.replace(",", ",\n  "), [], id="a recording in another layout"),
        pytest.param(RECORDED.replace("{", '{"jobs":[],', 1), ["named-in-settings"], id="no recording"),
        pytest.param('{"tool":"x","django":"5","python":"queries.recent_items"}', ["named-in-settings"], id="versions"),
        pytest.param(REPORTED, [], id="a report"),
        pytest.param(REPORTED.replace("QSC101", "jobs"), ["named-in-settings"], id="no report"),
        pytest.param(f"{REPORTED[1:-1]}\n", [], id="a report with a line for each finding"),
        pytest.param('{"version": 1, "findings": []}', [], id="a baseline"),
    ],
)
def test_what_the_tool_has_written_itself_names_nothing(tmp_path: Path, text: str, kinds: list[str]) -> None:
    assert _kinds(tmp_path, {**SHOP, "written.json": text}) == kinds


SECTION = """from django.db import models
from django.utils.functional import cached_property


class Section(models.Model):
    @cached_property
    def stories(self):
        return Story.objects.filter(section=self)

    def recent(self):
        return self.stories.filter(recent=True)[0]


class Story(models.Model):
    section = models.ForeignKey(Section, on_delete=models.CASCADE)
    recent = models.BooleanField()
"""


@pytest.mark.parametrize(
    ("line", "may_name_it"),
    [
        pytest.param("FIELDS = ['stories']", True, id="a list of names"),
        pytest.param("SOURCE = 'stories.count'", True, id="a way to a value"),
        pytest.param("TITLES = {'stories': 1}", False, id="a key"),
        pytest.param("TITLE = TITLES['stories']", False, id="the key of an item"),
        pytest.param("LABEL = gettext('stories')", False, id="a text to be translated"),
        pytest.param("logging.getLogger().info('stories')", False, id="a log entry"),
        pytest.param("URL = reverse('stories')", False, id="the name of a URL"),
        pytest.param("IS_LAST = TITLES == 'stories'", False, id="a comparison"),
        pytest.param("ROWS = Section.objects.values('stories')", False, id="a column"),
    ],
)
def test_a_bare_string_may_name_a_member(tmp_path: Path, line: str, may_name_it: bool) -> None:
    imports = (
        "import logging\n\nfrom django.urls import reverse\nfrom django.utils.translation import gettext\n\n"
        "from shop.models import Section\n\n"
    )
    lay(tmp_path, {"shop/models.py": SECTION, "shop/other.py": f"{imports}{line}\n"})
    (repair,) = planned(tmp_path)
    assert repair.changes
    assert [each.kind for each in repair.reasons] == ["string-may-name"] * may_name_it


@pytest.mark.parametrize(
    ("head", "kinds"),
    [
        pytest.param("<title>qscache-lint: 2 problems</title>", [], id="a page of ours"),
        pytest.param("<title>Stories</title>", ["template-mention"], id="a template"),
    ],
)
def test_a_page_of_ours_among_templates_is_none(tmp_path: Path, head: str, kinds: list[str]) -> None:
    page = f"<!doctype html>\n<html>{head}\n<p>{{{{ section.stories }}}}</p>\n"
    assert _kinds(tmp_path, {"shop/models.py": SECTION, "shop/templates/report.html": page}) == kinds


LOCAL = """\
def titles():
    from shop.queries import recent_items

    return [item.title for item in recent_items()]
"""
OTHER = QUERIES.replace("sold=False", "sold=True")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"archive/queries.py": OTHER + READER.partition("\n\n\n")[2]}, id="defined beside the call"),
        pytest.param(
            {"archive/queries.py": OTHER, "archive/views.py": READER.replace("shop", "archive")}, id="imported"
        ),
        pytest.param({"archive/queries.py": OTHER + "\n\nREADERS = [recent_items]\n"}, id="passed on"),
        pytest.param(
            {"archive/queries.py": OTHER, "archive/views.py": LOCAL.replace("shop", "archive")}, id="imported in a body"
        ),
    ],
)
def test_another_function_of_that_name_is_no_mention(tmp_path: Path, files: dict[str, str]) -> None:
    both = {**SHOP, **files, "archive/__init__.py": ""}
    lay(tmp_path, both)
    (ours,) = [each for each in planned(tmp_path) if each.target.path == "shop/queries.py"]
    assert [reason.kind for reason in ours.reasons if not ours.changes] == []


def test_the_function_under_its_name_elsewhere_is_a_mention(tmp_path: Path) -> None:
    passed = READER.partition("\n\n\n")[0] + "\n\nREADERS = [recent_items]\n"
    assert _kinds(tmp_path, {**SHOP, "shop/passing.py": passed}) == ["other-mention"]
