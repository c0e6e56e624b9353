"""`python -m qscache_lint` is the command."""

from __future__ import annotations

from qscache_lint.cli import main

main(prog_name="qscache-lint")
