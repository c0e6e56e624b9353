"""One evaluator serves a whole run: all kinds are registered, what is read is noted, and what changes is dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from qscache_lint import limits
from qscache_lint.facts.terms import Term
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.project import workspace
from qscache_lint.project.abstract import querysets
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import (
    ANSWERERS,
    EVALUATORS,
    LeadsToCached,
    NamesReading,
    UnitReading,
    ValueQuestion,
    gone_on,
)
from qscache_lint.project.evaluation.entries import Entries
from qscache_lint.project.evaluation.names import GlobalName
from qscache_lint.project.project import Project
from qscache_lint.project.questions import Question, Reading, Report
from qscache_lint.project.workspace import analyse
from qscache_lint.source.discover import python_files
from qscache_lint.source.tree import SourceTree
from tests.literate import Case, read_cases, write_project

_BASES = (ValueQuestion, Reading, Report, NamesReading, UnitReading)


def _kinds(kind: type[Question[Any]] = Question) -> Iterator[type[Question[Any]]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("qscache_lint."):
            yield each
            yield from _kinds(each)


def test_every_kind_of_question_is_answered() -> None:
    kinds = {kind for kind in _kinds() if kind not in _BASES and not kind.__name__.startswith("_")}
    assert len(kinds) > 20
    assert kinds == ANSWERERS.keys()


def test_every_kind_of_term_is_evaluated() -> None:
    assert set(get_args(Term)) == EVALUATORS.keys()


def _tree(root: Path) -> SourceTree:
    return SourceTree(root, tuple(python_files(root)))


def _case(title: str) -> Case:
    return next(case for case in read_cases() if title in case.name)


# -- one evaluator for all rounds of a run

_IN_ROUNDS = {
    "shop/models.py": "from django.db import models\n\n\nclass Item(models.Model):\n    pass\n",
    "shop/caching.py": "from django.core.cache import cache\n\nkeep = cache\n",
    "shop/more.py": "from shop.caching import keep\n\nkeep_more = keep\n",
    "shop/store.py": (
        "from shop.models import Item\nfrom shop.more import keep_more\n\n\n"
        "def fill():\n    keep_more.set('items', Item.objects.all())\n\n\n"
        "def use():\n    return keep_more.get('items').filter(pk=1)\n"
    ),
    "shop/plain.py": "from shop.models import Item\n\nOTHER = Item\n",
}


def _lay(root: Path) -> SourceTree:
    write_project(Case("", "", _IN_ROUNDS), root)
    return _tree(root)


def test_a_run_in_rounds_has_one_evaluator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Evaluator] = []
    rounds: list[tuple[str, ...]] = []

    class Counted(Evaluator):
        def __init__(self, project: Project) -> None:
            super().__init__(project)
            made.append(self)

        def refresh(self, grown: Any) -> bool:
            rounds.append(self.project.candidates)
            return super().refresh(grown)

    monkeypatch.setattr(workspace, "Evaluator", Counted)
    found = analyse(_lay(tmp_path), load_knowledge(MEASURED[-1]))
    assert [use.path for use in found.uses] == ["shop/store.py"]
    assert len(made) == 1
    assert len(set(rounds)) == 2, "a later round has more candidates"


def test_what_more_candidates_fill_is_found_and_the_rest_is_kept(tmp_path: Path) -> None:
    project = Project(_lay(tmp_path), load_knowledge(MEASURED[-1]))
    project.to_caches.everywhere = True
    evaluator = Evaluator(project)
    store, plain = project.facts("shop/store.py"), project.facts("shop/plain.py")
    assert store is not None
    assert plain is not None
    read = store.functions[-1].returns[0].value
    other = plain.body.bindings["OTHER"][0].value

    assert not querysets(evaluator.value("shop/store.py", read))
    model = evaluator.value("shop/plain.py", other)
    before = {GlobalName("shop/models.py", "Item"), GlobalName("shop/more.py", "keep_more"), Entries()}
    assert before <= set(evaluator.table.answers)

    project.caching.add("shop/store.py", project.units.of("shop/store.py"))
    project.candidates = ("shop/store.py",)
    evaluator.refresh(["shop/store.py"])
    assert before & set(evaluator.table.answers) == before - {Entries()}
    assert querysets(evaluator.value("shop/store.py", read))
    assert evaluator.value("shop/plain.py", other) == model


# -- what is read is noted

_CASES = ("Star imports in a ring, and one module", "whose cache is made by a function that it memoizes, in the module")


@pytest.mark.parametrize("title", _CASES)
def test_every_file_that_an_answer_reads_is_noted(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change to a file no answer is kept that has read its facts; inputs are read again in any case."""
    answering: list[Question[Any]] = []
    reading: defaultdict[str, set[Question[Any]]] = defaultdict(set)
    answer, facts = Evaluator._answer, Project.facts

    def answer_noting(self: Evaluator, question: Question[Any]) -> Any:
        answering.append(question)
        try:
            return answer(self, question)
        finally:
            answering.pop()

    def facts_noting(self: Project, path: str) -> Any:
        if answering and not isinstance(answering[-1], Reading):
            reading[path].add(answering[-1])
        return facts(self, path)

    monkeypatch.setattr(Evaluator, "_answer", answer_noting)
    monkeypatch.setattr(Project, "facts", facts_noting)
    write_project(_case(title), tmp_path)
    table = analyse(_tree(tmp_path), load_knowledge(MEASURED[-1])).evaluator.table
    assert reading
    for path, questions in reading.items():
        assert questions & set(table.answers)
        table.answers.suspend([path])
        assert not questions & set(table.answers), path


def test_a_name_that_leads_to_caches_by_now_is_seen_where_it_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import django\n")
    project = Project(_tree(tmp_path), load_knowledge(MEASURED[-1]))
    evaluator = Evaluator(project)
    assert not evaluator.ask(LeadsToCached("rows"))
    project.use_names.attributes.add("rows")
    evaluator.refresh(())
    assert evaluator.ask(LeadsToCached("rows"))


# -- a function that calls itself has an end


@pytest.mark.parametrize(
    ("dotted", "step", "expected"),
    [
        ("lib.node", ".up", "lib.node.up"),
        ("lib.node.up", ".up", "lib.node.up.up"),
        ("lib.node.up.up()", ".up", "lib.node.up.up()"),
        ("lib.upper.upper", ".up", "lib.upper.upper.up"),
        ("lib.make()", "()", "lib.make()()"),
        ("lib.make()()", "()", "lib.make()()"),
    ],
)
def test_a_way_outside_that_goes_round_stays_where_it_is(dotted: str, step: str, expected: str) -> None:
    assert gone_on(dotted, step) == expected


@pytest.mark.parametrize("further", ["at.up", "at.up.by", "at()", "at().parent()", 'f"{at}-{other}"'])
def test_a_function_that_calls_itself_with_something_further_has_few_activations(further: str, tmp_path: Path) -> None:
    text = f"from outside import node, other\n\n\ndef walk(at):\n    return walk({further})\n\n\nFOUND = walk(node)\n"
    (tmp_path / "shop.py").write_text(text)
    evaluator = Evaluator(Project(_tree(tmp_path), load_knowledge(MEASURED[-1])))
    facts = evaluator.facts("shop.py")
    evaluator.value("shop.py", facts.body.bindings["FOUND"][0].value)
    (activations,) = evaluator.activations.values()
    assert 2 < len(activations) <= limits.TEXT_PARTS
