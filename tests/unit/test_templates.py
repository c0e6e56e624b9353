"""Whether a template only reads the rows of a variable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.project import Project
from qscache_lint.source.tree import SourceTree


def _reason(root: Path, files: Mapping[str, str], template: str = "page.html") -> str | None:
    for path, text in files.items():
        target = root / "app" / "templates" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return _problem(root, template)


def _templates(root: Path) -> Templates:
    return Templates(Evaluator(Project(SourceTree(root, ()), load_knowledge())))


def _problem(root: Path, template: str) -> str | None:
    problem = _templates(root).reading(template, "stories").problem
    return None if problem is None else str(problem)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("<p>stories.count</p>", id="outside-of-tags"),
        pytest.param("{{ stories_count }}{{ mystories }}", id="other-variables"),
        pytest.param("{{ section.stories.count }}", id="an-attribute-of-the-same-name"),
        pytest.param('{% url "stories" %}', id="in-a-string"),
        pytest.param("{# {{ stories.count }} #}", id="in-a-comment"),
        pytest.param("{% comment %}{{ stories.count }}{% endcomment %}", id="in-a-comment-block"),
        pytest.param('{% comment "why" %}{{ stories.count }}{% endcomment %}', id="in-a-comment-with-note"),
        pytest.param("{% for story in stories %}{{ story.title }}{% endfor %}", id="for"),
        pytest.param("{% for story in stories reversed %}{% empty %}-{% endfor %}", id="for-reversed"),
        pytest.param("{% for id, title in stories %}{% endfor %}", id="for-unpacking"),
        pytest.param("{{ storiesé.count }}{{ éstories.count }}", id="longer-names"),
        pytest.param("{% with all=stories %}{{ all|length }}{% endwith %}", id="under-another-name"),
        pytest.param('{% include "row.html" with rows=stories %}', id="handed-to-an-include"),
        pytest.param('{% include "row.html" with others=rows only %}{{ stories|join:", " }}', id="joined"),
        pytest.param("{% for stories in others %}{{ stories.count }}{% endfor %}", id="another-value-of-the-name"),
        pytest.param("{% if story in stories and stories|length > 2 %}{% endif %}", id="in-a-compound-test"),
        pytest.param("{{ stories|slice:':5'|length }}", id="a-slice"),
        pytest.param("{% if stories %}{% elif not stories %}{% endif %}", id="truth"),
        pytest.param("{% if stories|length > 3 %}{{ stories|length }}{% endif %}", id="length"),
        pytest.param("{{ stories.0.title|upper }}", id="first-by-index"),
    ],
)
def test_reading_is_reading(tmp_path: Path, text: str) -> None:
    assert _reason(tmp_path, {"page.html": text, "row.html": "{% for row in rows %}{{ row }}{% endfor %}"}) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ stories.count }}", id="count"),
        pytest.param("{% if stories.exists %}{% endif %}", id="exists"),
        pytest.param("{% for story in stories.all %}{% endfor %}", id="all"),
        pytest.param("{{ stories.first.title }}", id="first"),
        pytest.param("{{ stories }}", id="printed"),
        pytest.param("{% if a and stories.count %}{% endif %}", id="in-a-compound-test"),
        pytest.param("{% with all=stories %}{{ all.count }}{% endwith %}", id="under-another-name"),
        pytest.param("{% with stories as all %}{{ all.count }}{% endwith %}", id="under-another-name-old-spelling"),
        pytest.param("{% story_list stories %}", id="handed-to-a-tag"),
        pytest.param("{% story_list rows=stories %}", id="handed-to-a-tag-by-name"),
        pytest.param("{{ stories|slice:'-5:' }}", id="a-slice-from-the-end"),
        pytest.param("{{ stories|slice:size|length }}", id="a-slice-of-unknown-size"),
        pytest.param("{% firstof nothing stories %}", id="printed-as-the-first-of-several"),
        pytest.param("{% if stories == others %}{% endif %}", id="compared"),
        pytest.param("{{ stories|recent }}", id="handed-to-a-filter"),
    ],
)
def test_anything_else_is_not(tmp_path: Path, text: str) -> None:
    reason = _reason(tmp_path, {"page.html": f"\n{text}\n", "row.html": ""})
    assert reason == "line 2 of the template page.html does more with stories than read its rows"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{%\n for story in stories.all\n %}", id="over-lines"),
        pytest.param("{%- for story in stories -%}{%- endfor -%}", id="jinja"),
        pytest.param("{% for story in stories %}", id="not-closed"),
    ],
)
def test_a_template_that_is_not_one_of_django_may_do_anything(tmp_path: Path, text: str) -> None:
    assert _reason(tmp_path, {"page.html": text}) == "the template page.html cannot be read as a Django template"
    found = _templates(tmp_path).attribute_mention("all")
    assert (found is not None) is (".all" in text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"page.html": '{% include "row.html" %}', "row.html": "{{ stories.0 }}"}, None, id="reading"),
        pytest.param({"page.html": '{% extends "page.html" %}'}, None, id="a-circle"),
        pytest.param(
            {"page.html": '{% extends "base.html" %}', "base.html": "{{ stories.count }}"},
            "line 1 of the template base.html does more with stories than read its rows",
            id="extended",
        ),
        pytest.param(
            {
                "page.html": "{% include 'a.html' %}",
                "a.html": '{% include "b.html" %}',
                "b.html": "{{ stories.count }}",
            },
            "line 1 of the template b.html does more with stories than read its rows",
            id="included-by-what-is-included",
        ),
        pytest.param(
            {"page.html": "{% extends parent %}"},
            "the template page.html includes one whose name is only known at run time",
            id="named-by-a-variable",
        ),
        pytest.param(
            {"page.html": '{% include "gone.html" %}'}, "the template gone.html is not in the project", id="not-there"
        ),
        pytest.param({}, "the template page.html is not in the project", id="itself-not-there"),
    ],
)
def test_other_templates_count_too(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    assert _reason(tmp_path, files) == expected


def test_of_two_templates_with_one_name_both_count(tmp_path: Path) -> None:
    other = tmp_path / "theme" / "templates" / "page.html"
    other.parent.mkdir(parents=True)
    other.write_text("{{ stories.count }}", encoding="utf-8")
    assert _reason(tmp_path, {"page.html": "{{ stories.0 }}"}) is not None


def test_a_template_that_cannot_be_read_is_no_reader(tmp_path: Path) -> None:
    templates = tmp_path / "app" / "templates"
    templates.mkdir(parents=True)
    (templates / "page.html").symlink_to("nowhere.html")
    assert _problem(tmp_path, "page.html") == "the template page.html cannot be read as a Django template"
    assert _templates(tmp_path).attribute_mention("stories") is None


def test_a_file_outside_of_template_directories_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("", encoding="utf-8")
    assert _problem(tmp_path, "page.html") == "the template page.html is not in the project"


@pytest.mark.parametrize("name", ["/page.html", "", "../page.html", "[a].html"])
def test_an_odd_template_name_is_answered_not_raised(tmp_path: Path, name: str) -> None:
    assert _reason(tmp_path, {"page.html": "{{ stories.0 }}"}, name) is not None
