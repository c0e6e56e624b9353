"""The flake8 plugin: the findings of the whole project, handed out file by file.

flake8 asks once for each file, in one process or several. A project is analysed once: by the process that starts the
others, before it does so, or else by the first one that meets a file of it, while the others wait for what it keeps in
the cache. Where flake8's own options speak of a rule they decide, else the project's `[tool.qscache-lint]` table does;
when they show none of our rules, nothing is done at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from qscache_lint import __version__
from qscache_lint.codes import CODES, Decisions, names_rule
from qscache_lint.engines import ENGINES

if TYPE_CHECKING:
    import argparse
    import ast

    from flake8.options.manager import OptionManager

    from qscache_lint.serving.session import Session


class Plugin:
    """What flake8 calls for each file; `run` yields `(row from 1, column from 0, text, type)`."""

    name = "qscache-lint"
    version = __version__

    _session: ClassVar[Session | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Add our options to those of flake8."""
        manager.add_option(
            "--qscache-lint-engine",
            choices=ENGINES,
            parse_from_config=True,
            help="A type checker that is also asked for types (default: what [tool.qscache-lint] says).",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Begin a run with flake8's options, for all its files."""
        decisions = decided_by_flake8(options)
        if all(decision is False for _, decision in decisions) or options.bug_report:
            cls._session = None
            return
        from qscache_lint.serving.flake8_run import begin

        cls._session = begin(options, decisions)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings in the file at hand."""
        if self._session is not None:
            for row, column, text in self._session.findings(self._filename, self._lines):
                yield row, column, text, type(self)


def decided_by_flake8(options: argparse.Namespace) -> Decisions:
    """What flake8's own options say of each rule."""
    from flake8.style_guide import Decision, DecisionEngine

    engine = DecisionEngine(options)
    decisions: list[tuple[str, bool | None]] = []
    for code, enabled in CODES.items():
        if engine.decision_for(code) is Decision.Ignored:
            decisions.append((code, False))
        elif any(names_rule(prefix, code, enabled) for prefix in engine.selected_explicitly if prefix):
            decisions.append((code, True))
        else:
            decisions.append((code, None))
    return tuple(decisions)
