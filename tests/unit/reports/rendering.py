"""Renders the report of a small project, and projects whose names and code ask for trouble."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qscache_lint import api
from qscache_lint.reports import render
from tests.unit.projects import SHOP, lay

HOSTILE = {
    **SHOP,
    "shop/%0A::error::,a:b <b>&\"'.py": (
        "from shop.queries import recent_items\n\n\ndef named(word):\n"
        "    return recent_items().filter(title='</script>]]>\x1b[31m\x01\ufffe%0A::error::')\n"
    ),
}
"""Names of files and code that other formats would take for their own."""


def rendered(form: str, root: Path, files: Mapping[str, str | bytes] = SHOP, table: str = "") -> str:
    """What a format makes of a project, as seen from its root."""
    lay(root, files, table)
    return "".join(f"{line}\n" for line in render(form, api.check_paths([root]), root))
