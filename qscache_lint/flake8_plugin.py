"""The flake8 plugin: the findings of the whole project, handed out file by file.

flake8 asks once for each file. The project that a file belongs to is analysed when its first file is asked for, and
kept for the others. Standard input is analysed with the text that flake8 has read. Where flake8's own options speak of
a rule they decide, else the project's `[tool.qscache-lint]` table does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint import __version__

if TYPE_CHECKING:
    import ast

    from qscache_lint.api import Options
    from qscache_lint.values import Finding


class Plugin:
    """What flake8 calls for each file; `run` yields `(row from 1, column from 0, text, type)`."""

    name = "qscache-lint"
    version = __version__

    _options: argparse.Namespace = argparse.Namespace()

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Keep flake8's options, for all files of the run."""
        cls._options = options

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings in the file at hand."""
        for finding in self._findings():
            start = finding.span.start
            yield start.row, start.column - 1, f"{finding.code} {finding.message}", type(self)

    def _findings(self) -> Sequence[Finding]:
        wanted = decided_by_flake8(self._options)
        if not any(decision is not False for _, decision in wanted):
            return ()
        respect_noqa = not self._options.disable_noqa
        if "-" in self._options.filenames and self._filename == self._options.stdin_display_name:
            return self._findings_in_text(self._filename, wanted, respect_noqa)
        path = Path(self._filename).absolute()
        return _findings_by_file(str(_root(path)), wanted, respect_noqa).get(str(path), ())

    def _findings_in_text(self, name: str, wanted: Decisions, respect_noqa: bool) -> Sequence[Finding]:
        from qscache_lint.api import check

        path = Path(name).absolute()
        overlay = {path: "".join(self._lines).encode()}
        report = check([path], _selected(_root(path), wanted), overlay, respect_noqa=respect_noqa)
        return [finding for project in report.projects for finding in project.findings]


Decisions = tuple[tuple[str, bool | None], ...]
"""For each rule: whether flake8's options show it (True), drop it (False), or leave it to the project (None)."""


def decided_by_flake8(options: argparse.Namespace) -> Decisions:
    """What flake8's own options say of each rule."""
    from flake8.style_guide import Decision, DecisionEngine

    from qscache_lint.rules import RULES
    from qscache_lint.settings import names_rule

    engine = DecisionEngine(options)
    decisions: list[tuple[str, bool | None]] = []
    for rule in RULES:
        if engine.decision_for(rule.code) is Decision.Ignored:
            decisions.append((rule.code, False))
        elif any(names_rule(prefix, rule.code, rule.enabled) for prefix in engine.selected_explicitly if prefix):
            decisions.append((rule.code, True))
        else:
            decisions.append((rule.code, None))
    return tuple(decisions)


def _root(path: Path) -> Path:
    from qscache_lint.source.discover import find_root

    return find_root(path)


def _selected(root: Path, wanted: Decisions) -> Options:
    """The rules to run in a project, as options that name each of them."""
    from qscache_lint.api import Options
    from qscache_lint.rules import RULES
    from qscache_lint.settings import selects

    settings = Options().settings_for(root)
    by_project = {rule.code: selects(settings, rule.code, rule.enabled) for rule in RULES}
    codes = tuple(code for code, decision in wanted if (by_project[code] if decision is None else decision))
    return Options(overrides={"select": codes, "ignore": (), "extend_select": (), "extend_ignore": ()})


@lru_cache(maxsize=8)
def _findings_by_file(root: str, wanted: Decisions, respect_noqa: bool) -> dict[str, tuple[Finding, ...]]:
    """The findings of a whole project, by absolute path."""
    from qscache_lint.api import check

    found: dict[str, list[Finding]] = {}
    report = check([Path(root)], _selected(Path(root), wanted), respect_noqa=respect_noqa)
    for project in report.projects:
        for finding in project.findings:
            found.setdefault(str(project.root / finding.path), []).append(finding)
    return {path: tuple(findings) for path, findings in found.items()}
