"""What is found in variants of a project that mean the same: other names, another order, other questions first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from qscache_lint.api import check_paths
from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.terms import Ref
from qscache_lint.knowledge.model import Store
from qscache_lint.project import workspace
from qscache_lint.project.abstract import Frame, Value
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.marks import marked
from qscache_lint.project.project import Project
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.values import Finding, Position, Span, Step
from tests.literate import write_files
from tests.metamorphic.renaming import renamed
from tests.metamorphic.reordering import reordered
from tests.metamorphic.variant import Variant

Place: TypeAlias = tuple[str, int, int, str, str]
"""The path, row and column of a finding, its code and its confidence."""

VARIANTS: Mapping[str, Callable[[Mapping[str, str], str], Variant]] = {
    "as it is": Variant,
    "renamed, before all others": lambda files, settings: renamed(files, settings, "a"),
    "renamed, behind all others": lambda files, settings: renamed(files, settings, "z"),
    "reordered": reordered,
}

_NOWHERE = Step("", Span(Position(1, 1), Position(1, 1)), "")
_HANDED_OVER = marked(QuerySet(origin=Origin(Store.PICKLED, "", "", _NOWHERE)))


class _AsksBackwards(Evaluator):
    """An evaluator that is asked all about the candidates, the last things first, before anything else.

    That is the value of each term, and of each function what it returns, and what it does with its parameters.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._is_asked = False

    def value(self, path: str, ref: Ref, frame: Frame | None = None) -> Value:
        if not self._is_asked:
            self._is_asked = True
            self._ask()
        return super().value(path, ref, frame)

    def _ask(self) -> None:
        for path in reversed(self.project.candidates):
            facts = self.project.facts(path)
            if facts is None:
                continue
            for index, function in reversed([*enumerate(facts.functions)][1:]):
                self._ask_function(FunctionId(path, index), function)
            for ref in reversed(range(len(facts.terms))):
                self.value(path, ref)

    def _ask_function(self, of: FunctionId, function: FunctionFacts) -> None:
        self.result(of, Frame(of))
        for parameter in function.parameters:
            self.demands.effects(Frame.enter(of, ((parameter.name, (_HANDED_OVER,)),), None))
            self.handed_over((QuerySet(),), of, parameter.name, Site(of.path, 0, None))


def surprises(files: Mapping[str, str], settings: str, root: Path) -> dict[str, tuple[list[Place], list[Place]]]:
    """The variants of a project in which other things are found than in itself: what is missing, and what is not."""
    original = Variant(files, settings)
    expected = _found(original, root / "original")
    found = {name: _found(make(files, settings), root / name) for name, make in VARIANTS.items()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(workspace, "Evaluator", _AsksBackwards)
        found["asked backwards"] = _found(original, root / "asked backwards")
    return {name: _differences(expected, places) for name, places in found.items() if places != expected}


def _found(variant: Variant, root: Path) -> list[Place]:
    """What is found in a variant, by the places of the original."""
    write_files(root, variant.files, variant.settings)
    report = check_paths([root])
    return sorted(_place(variant, finding) for project in report.projects for finding in project.findings)


def _place(variant: Variant, finding: Finding) -> Place:
    start = finding.span.start
    return (*variant.origin(finding.path, start.row, start.column), finding.code, finding.confidence.value)


def _differences(expected: list[Place], found: list[Place]) -> tuple[list[Place], list[Place]]:
    return [each for each in expected if each not in found], [each for each in found if each not in expected]
