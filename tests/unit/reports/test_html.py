"""The page for a browser: what is on it, that it needs nothing else, and that no part of it comes from a project."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.unit.projects import QUERIES, SHOP
from tests.unit.reports.rendering import HOSTILE, rendered

TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "section", "article", "form"),
        *("h1", "h2", "h3", "p", "div", "ul", "ol", "li", "pre", "details", "summary", "label", "input", "button"),
        *("span", "strong", "b", "i", "code", "kbd", "mark"),
    )
)
"""What the template is made of."""


class Page(HTMLParser):
    """A page as a browser reads it: its elements with their attributes, and the text in each kind."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def of(self, tag: str, name: str = "") -> list[dict[str, str | None]]:
        """The attributes of the elements of a kind, and of a class, if one is given."""
        found = (attributes for each, attributes in self.elements if each == tag)
        return [each for each in found if not name or name in (each.get("class") or "").split()]

    def text(self, tag: str) -> str:
        return "".join(text for each, text in self.texts if each == tag)


def test_each_finding_has_its_flow_its_code_and_its_repair(tmp_path: Path) -> None:
    page = Page(rendered("html", tmp_path))
    assert [(each["data-code"], each["data-app"]) for each in page.of("section", "finding")] == [
        *[("QSC101", "shop"), ("QSC201", "shop")]
    ]
    kinds = [each["class"] for each in page.of("li") if each.get("class")]
    assert kinds == ["built", "cached", "built", "cached", "used"]
    assert page.text("mark") == "cache_memoize(60)filter"
    assert len(page.of("span", "added")) > len(page.of("span", "removed")) > 0
    assert "extract-builder" in page.text("b")
    assert "+def recent_items_queryset():" in page.text("span")


def test_the_summary_counts_rules_apps_and_caches(tmp_path: Path) -> None:
    page = Page(rendered("html", tmp_path))
    assert [(each["data-kind"], each["data-key"]) for each in page.of("button")] == [
        ("code", "QSC101"),
        ("code", "QSC201"),
        ("app", "shop"),
        ("cache", "recent_items() in shop/queries.py:6"),
    ]
    shown = {each["data-cache"] for each in page.of("section", "finding")}
    assert shown == {"recent_items() in shop/queries.py:6"}


@pytest.mark.parametrize(
    ("table", "told"), [("", "No problems found."), ("select = []\n", "Nothing was checked.")]
)
def test_without_findings_that_is_said(tmp_path: Path, table: str, told: str) -> None:
    page = Page(rendered("html", tmp_path, {}, table))
    assert (page.of("section"), told in page.text("p")) == ([], True)


def test_the_page_loads_nothing_and_runs_its_own_script_only(tmp_path: Path) -> None:
    page = Page(rendered("html", tmp_path, HOSTILE))
    assert not any(name in attributes for _, attributes in page.elements for name in ("src", "href", "style"))
    (policy,) = [each["content"] or "" for each in page.of("meta") if each.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        assert len(page.of(tag)) == 1
        digest = base64.b64encode(sha256(page.text(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_nothing_in_a_project_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    page = Page(rendered("html", tmp_path, HOSTILE))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "b <b>&\"'.py" in "".join(text for _, text in page.texts)
    assert "'</script>]]>\\x1b[31m" in "".join(text for _, text in page.texts)


def test_a_file_name_cannot_leave_an_attribute(tmp_path: Path) -> None:
    name = "shop/x\" onfocus=\"alert(1)\" autofocus=\"/queries.py"
    page = Page(rendered("html", tmp_path, {**SHOP, name: QUERIES.replace("recent", "other")}))
    assert not any(re.fullmatch("on.*|autofocus", each) for _, attributes in page.elements for each in attributes)
    assert 'shop/x" onfocus="alert(1)" autofocus="' in {each.get("data-app") for each in page.of("section")}
