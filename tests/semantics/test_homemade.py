"""Home-made memoizers: what each sample keeps is measured on Django, and recognised from its code alone."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qscache_lint.api import check_paths
from tests.semantics.django_project import metered, prepare

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAMPLES = Path(__file__).parent / "homemade"
EXPECTED = tomllib.loads((SAMPLES / "expected.toml").read_text(encoding="utf-8"))
CODES = {"QSC201": "pickled", "QSC202": "memo", "QSC253": "scoped"}
MODELS = "from django.db import models\n\n\nclass Story(models.Model):\n    title = models.CharField(max_length=40)\n"


def test_every_sample_says_what_it_keeps() -> None:
    assert {path.stem for path in SAMPLES.glob("*.py")} - {"__init__"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_django_shows_what_it_keeps(name: str) -> None:
    prepare()
    from django.core.cache import cache

    cache.clear()
    sample = importlib.import_module(f"tests.semantics.homemade.{name}")
    assert measured(sample) == EXPECTED[name]["store"]


def measured(sample: Any) -> str:
    """What a sample keeps: told from the queries of two calls, and from what they give."""
    from django.db.models import QuerySet

    keeper = getattr(sample, "keeper", None)
    call: Callable[[], Any] = sample.call
    if keeper is not None:
        first_keeper = keeper()
        call = lambda: sample.call(first_keeper)  # noqa: E731
    with metered() as at_store:
        first = call()
        lazy_at_first = isinstance(first, QuerySet) and first._result_cache is None
    with metered() as at_hit:
        second = call()
    if not isinstance(second, QuerySet):
        return "none"
    if (at_store.queries, at_hit.queries) == (1, 0) and second._result_cache is not None and second is not first:
        return "pickled"
    if second is not first:
        return "none" if second._result_cache is None else "unclear"
    assert (at_store.queries, at_hit.queries, lazy_at_first) == (0, 0, True)
    return "memo" if keeper is None or sample.call(keeper()) is second else "scoped"


@pytest.mark.parametrize("name", EXPECTED)
def test_its_code_is_recognised(name: str, tmp_path: Path) -> None:
    assert recognised(name, tmp_path) == EXPECTED[name]["store"]


def recognised(name: str, root: Path) -> str:
    """What the linter takes a sample for: told from the finding on a refinement of what it hands out."""
    source = (SAMPLES / f"{name}.py").read_text(encoding="utf-8")
    keeper = re.search(r"^def call\(keeper: (\w+)\):$", source, re.MULTILINE)
    given = f"keeper: {keeper[1]}" if keeper else ""
    used = f"call({'keeper' if keeper else ''}).filter(title='x')"
    text = source.replace("tests.semantics.newsroom.models", "newsroom.models")
    (root / "newsroom").mkdir()
    (root / "newsroom/models.py").write_text(MODELS, encoding="utf-8")
    (root / "newsroom/sample.py").write_text(f"{text}\n\ndef narrowed({given}):\n    return {used}\n", encoding="utf-8")
    (root / "pyproject.toml").write_text("[tool.qscache-lint]\nselect = ['QSC20', 'QSC253']\n", encoding="utf-8")
    (report,) = check_paths([root]).projects
    found = {CODES[finding.code] for finding in report.findings}
    assert len(found) <= 1
    return found.pop() if found else "none"


def test_samples_are_documented() -> None:
    for name in EXPECTED:
        assert inspect.cleandoc((SAMPLES / f"{name}.py").read_text(encoding="utf-8")).startswith('"""')
