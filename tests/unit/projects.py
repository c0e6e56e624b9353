"""Small projects for tests: laid out, checked, repaired, and what every repair has to keep."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from qscache_lint import api
from qscache_lint.fixing.model import EXTRACT_BUILDER, Repair
from qscache_lint.fixing.planning import functions_behind, plan_repairs
from qscache_lint.fixing.run import Repaired
from tests.literate import TWINS

MODELS = {
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.db import models\n"
        "\n"
        "\n"
        "class Item(models.Model):\n"
        "    title = models.CharField(max_length=100)\n"
        "    sold = models.BooleanField(default=False)\n"
    ),
}

QUERIES = (
    "from cache_memoize import cache_memoize\n"
    "\n"
    "from shop.models import Item\n"
    "\n"
    "\n"
    "@cache_memoize(60)\n"
    "def recent_items():\n"
    "    return Item.objects.filter(sold=False)\n"
)

READER = (
    "from shop.queries import recent_items\n\n\ndef titles():\n    return [item.title for item in recent_items()]\n"
)

REFINER = (
    "from shop.queries import recent_items\n\n\ndef named(word):\n    return list(recent_items().filter(title=word))\n"
)

SHOP = {"shop/queries.py": QUERIES, "shop/reader.py": READER, "shop/refiner.py": REFINER}
"""A cached QuerySet, a caller that reads it, and one that refines it."""


def lay(root: Path, files: Mapping[str, str | bytes], table: str = "") -> None:
    """Write a project with our models, a settings table and `files`, byte for byte."""
    for path, source in {**MODELS, "pyproject.toml": f"[tool.qscache-lint]\n{table}", **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.encode() if isinstance(source, str) else source)


def take_builder_name(root: Path) -> None:
    """Leave only the repair for all callers: the name that a builder would get is taken."""
    queries = root / "shop/queries.py"
    queries.write_text(f"{queries.read_text(encoding='utf-8')}\n\nrecent_items_queryset = None\n", encoding="utf-8")


def side_by_side(*names: str) -> dict[str, str]:
    """The files of projects that have nothing to do with one another: ours, each with other names."""
    ours = {**MODELS, **SHOP}
    return {f"site_{name}/LICENSE": "" for name in names} | {
        f"site_{name}/{path.replace('shop', name)}": text.replace("shop", name)
        for name in names
        for path, text in ours.items()
    }


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files, and a settings table beside them."""
    for path, text in {"pyproject.toml": "[tool.qscache-lint]\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def places(root: Path, options: api.Options | None = None) -> list[str]:
    """The findings in a project as `path:row:column CODE`."""
    return [
        f"{finding.path}:{finding.span.start.row}:{finding.span.start.column} {finding.code}"
        for project in api.check_paths([root], options).projects
        for finding in project.findings
    ]


def plan(root: Path, *, unsafe: bool = True, keep_cached_name: bool | None = None) -> Repaired:
    """The repairs of a project, in memory."""
    options = api.Options(overrides={"keep_cached_name": keep_cached_name, "extend_select": TWINS})
    (project,) = api.check_paths([root], options).projects
    return api.plan_fixes(project, unsafe=unsafe)


def repair(root: Path, *, keep_cached_name: bool | None = None) -> tuple[Repair, ...]:
    """Write the repairs of a project and check what every repair promises."""
    options = api.Options(overrides={"keep_cached_name": keep_cached_name, "extend_select": TWINS})
    (project,) = api.check_paths([root], options).projects
    assert project.findings, "the project has nothing to repair"
    repaired = api.plan_fixes(project, unsafe=True)
    assert [each.message for each in repaired.refused] == []
    api.write(project, repaired)
    for change in repaired.changes:
        ast.parse((root / change.path).read_bytes())
    assert places(root, options) == []
    assert plan(root, keep_cached_name=keep_cached_name).changes == ()
    return repaired.applied


def planned(root: Path) -> list[Repair]:
    """The repairs for all callers, and why there are none; one for the refining calls alone may be possible."""
    options = api.Options(overrides={"extend_select": TWINS})
    (project,) = api.check_paths([root], options).projects
    return [
        repair
        for analysis in project.run.analyses()
        for repair in plan_repairs(analysis, set(functions_behind(analysis).values()))
        if repair.name != EXTRACT_BUILDER.name
    ]


def refusals(root: Path) -> list[str]:
    """The reasons why there is no repair for all callers."""
    several = planned(root)
    assert [each.message for each in several if each.changes] == []
    return [each.message for each in several]
