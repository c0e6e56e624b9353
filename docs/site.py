"""Build the pages as a site: `python -m docs.site`, with the extra `docs`.

The site has the layout of the checkout, so that a link that leads somewhere there leads somewhere here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "site"

SOURCES = (
    *("*.md", "LICENSE", "docs/**/*.md", "docs/*.json", "docs/pictures/*.svg"),
    *("benchmarks/*/*.md", "benchmarks/*/results/*.svg"),
)
"""What the site is made of; README.md is its first page."""


def sources() -> Iterator[Path]:
    """The files that the site is made of, relative to the checkout."""
    for pattern in SOURCES:
        yield from sorted(path.relative_to(ROOT) for path in ROOT.glob(pattern))


def configuration() -> str:
    """The content of zensical.toml, with the pages of all rules in the navigation."""
    entries = []
    for path in sorted((ROOT / "docs" / "rules").glob("QSC*.md")):
        name = path.read_text(encoding="utf-8").split(maxsplit=2)[1]
        entries.append(f'{{ "{path.stem} {name}" = "docs/rules/{path.name}" }},')
    text = Path(__file__).with_name("zensical.toml").read_text(encoding="utf-8")
    return text.replace("    # rules\n", f"    {' '.join(entries)}\n")


def build(target: Path = BUILD) -> int:
    """Build the site below a directory; gives the exit code, which is not 0 where a link leads nowhere."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sources():
        copy = target / "pages" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy)
    target.joinpath("zensical.toml").write_text(configuration(), encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=target).returncode


if __name__ == "__main__":
    raise SystemExit(build())
