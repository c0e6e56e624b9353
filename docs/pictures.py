"""Write docs/pictures/: what a terminal shows of a command that the README speaks of, as SVG."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from qscache_lint.cli import main

HERE = Path(__file__).parent / "pictures"

COLUMNS = 96

PICTURES: Mapping[str, Sequence[str]] = {
    "check": ("check", "--select", "QSC201", "fixtures/recent_stories"),
    "fix": ("fix", "--diff", "fixtures/recent_stories"),
}
"""The arguments of each command by the name of its picture; paths are of the checkout."""

_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""The frame of rich, without the fonts that it would load from elsewhere."""


def printed(arguments: Sequence[str]) -> str:
    """What a command prints on a terminal with colours; the working directory is the checkout's root."""
    environment = {"FORCE_COLOR": "1", "NO_COLOR": None, "COLUMNS": str(COLUMNS)}
    result = CliRunner(env=environment).invoke(main, [arguments[0], "--no-cache", *arguments[1:]], color=True)
    return result.stdout


def picture(arguments: Sequence[str]) -> str:
    """The SVG of a command and what it prints."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ qscache-lint {' '.join(arguments)}", style="bold"))
    console.print(Text.from_ansi(printed(arguments)))
    return console.export_svg(title="", theme=MONOKAI, code_format=_FRAME, unique_id="terminal")


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name, arguments in PICTURES.items():
        HERE.joinpath(f"{name}.svg").write_text(picture(arguments), encoding="utf-8")
