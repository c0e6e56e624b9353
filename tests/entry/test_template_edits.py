"""Edits of templates alone: a run that finds what an earlier one has kept reports what a new one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qscache_lint.api import Means, check_paths
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.serving.living import LivingProject
from tests.literate import write_files

_CODE = {
    "manage.py": "",
    "paper/__init__.py": "",
    "paper/models.py": """\
from django.db import models


class Section(models.Model):
    name = models.CharField(max_length=40)
""",
    "paper/views.py": """\
from functools import lru_cache

from django.shortcuts import render

from paper.models import Section


@lru_cache
def sections():
    return Section.objects.all()


def front(request):
    return render(request, "front.html", {"sections": sections()})
""",
}

_PAGE, _ROW, _OTHER = "paper/templates/front.html", "paper/templates/row.html", "themes/templates/row.html"
_INCLUDING = '{% include "row.html" %}'

STATES: tuple[Mapping[str, str], ...] = (
    {},
    {_PAGE: "{{ sections.all }}"},
    {_PAGE: "{% for each in sections %}{% endfor %}"},
    {_PAGE: _INCLUDING},
    {_PAGE: _INCLUDING, _ROW: "{{ sections.last }}"},
    {_PAGE: _INCLUDING, _ROW: "{{ sections.last }}\n"},
    {_PAGE: _INCLUDING, _ROW: "{{ sections.last }}", _OTHER: "{{ sections|length }}"},
    {_PAGE: _INCLUDING, _ROW: "{{ sections.last }}", _OTHER: "{{ sections.last }}"},
    {_ROW: "{{ sections.last }}"},
)


def _write(root: Path, templates: Mapping[str, str]) -> None:
    for present in root.rglob("*.html"):
        present.unlink()
    write_files(root, {**_CODE, **templates})


@pytest.mark.parametrize("order", [1, -1])
def test_a_warm_run_is_a_cold_run(tmp_path: Path, order: int) -> None:
    found: set[int] = set()
    for templates in (*STATES[::order], *STATES[:2]):
        _write(tmp_path, templates)
        cold = check_paths([tmp_path], means=Means(cached=False)).projects[0].findings
        for _ in range(2):
            assert check_paths([tmp_path], means=Means(cached=True)).projects[0].findings == cold
        found.add(sum(finding.code == "QSC232" for finding in cold))
    assert found == {0, 1}


@pytest.mark.parametrize("look_again", [LivingProject.reload, LivingProject.refresh])
def test_a_project_that_stays_open_looks_again(tmp_path: Path, look_again: Callable[[LivingProject], None]) -> None:
    _write(tmp_path, STATES[0])
    living = LivingProject(tmp_path)
    living.prepare()
    for templates in (*STATES, *STATES[:2]):
        _write(tmp_path, templates)
        look_again(living)
        assert living.findings == list(check_paths([tmp_path], means=Means(cached=False)).projects[0].findings)


def test_templates_of_directories_that_settings_name_are_looked_at_again(tmp_path: Path) -> None:
    settings = {"site/settings.py": 'TEMPLATES = [{"DIRS": [BASE_DIR / "html"]}]\n'}
    page = tmp_path / "site/html/front.html"
    write_files(tmp_path, {**_CODE, **settings, "site/html/front.html": "{{ sections|length }}"})
    found = []
    for text in ("{{ sections|length }}", "{{ sections.last }}", "{{ sections.all }}", "{{ sections|length }}"):
        page.write_text(text, encoding="utf-8")
        warm = check_paths([tmp_path], means=Means(cached=True)).projects[0]
        assert warm.findings == check_paths([tmp_path], means=Means(cached=False)).projects[0].findings
        found.append(sum(finding.code == "QSC232" for finding in warm.findings))
    assert found == [0, 1, 1, 0]


def test_a_run_over_the_same_templates_is_from_the_cache(tmp_path: Path) -> None:
    _write(tmp_path, STATES[4])
    check_paths([tmp_path], means=Means(cached=True))
    statistics = RunStatistics()
    check_paths([tmp_path], means=Means(cached=True, statistics=statistics))
    assert statistics.counts["runs from the cache"] == 1
