"""What the evaluation makes of questions and answers about types, which are plain values here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.oracles import Answers, Asked, TypeAnswer, TypeName, Types
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.project import Project
from qscache_lint.project.workspace import Workspace, analyse
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Confidence, Position, Span

MODELS = b"""\
from functools import lru_cache
from django.db import models


class Song(models.Model):
    title = models.CharField(max_length=40)


class Choir(models.Model):
    @lru_cache(maxsize=8)
    def known_songs(self):
        return Song.objects.filter(choir=self)
"""
CHOIR = TypeName("instance", ("songs.models.Choir", "django.db.models.base.Model", "builtins.object"))
SONGS = TypeName("instance", ("django.db.models.query.QuerySet", "builtins.object"), "songs.models.Song")
OTHER = TypeName("instance", ("argparse.Namespace", "builtins.object"))


@dataclass
class Told:
    """Answers by the text of the file and the part that is asked about."""

    answers: Mapping[tuple[str, str], TypeAnswer]
    name: str = "a checker"
    asked: list[Asked] = field(default_factory=list)

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        self.asked.extend(asked)
        texts = ((each, _text(tree.read(each.path).decode(), each.span)) for each in asked)
        return Answers({each: self.answers.get((text, each.part), ()) for each, text in texts})


def _text(source: str, span: Span) -> str:
    """The text at a span within one row."""
    return source.splitlines()[span.start.row - 1][span.start.column - 1 : span.end.column - 1]


def _analysed(source: bytes, oracle: Told | None) -> Analysis:
    files = {"songs/__init__.py": b"", "songs/models.py": MODELS, "songs/desk.py": source}
    return analyse(SourceTree(Path(), tuple(sorted(files)), files), load_knowledge(MEASURED[-1]), oracle=oracle)


def _uses(source: bytes, answers: Mapping[tuple[str, str], TypeAnswer]) -> list[tuple[int, Confidence]]:
    found = _analysed(source, Told(answers)).uses
    return [(use.demand.span.start.row, use.queryset.confidence) for use in found]


REFINING = b"def short(it):\n    return it.known_songs().filter(title='Amen')\n"
RECEIVER = ("it.known_songs", "receiver")


@pytest.mark.parametrize(
    ("answer", "confidences"),
    [
        pytest.param((), [Confidence.MEDIUM], id="nothing is said: the name decides"),
        pytest.param((CHOIR,), [Confidence.HIGH], id="the class that has it"),
        pytest.param((CHOIR, TypeName("none")), [Confidence.HIGH], id="or None"),
        pytest.param((OTHER,), [], id="another class"),
        pytest.param((replace(OTHER, open=True),), [Confidence.MEDIUM], id="a class with a base that is not known"),
        pytest.param((TypeName("function", ("songs.gone",)),), [Confidence.MEDIUM], id="a function that is not there"),
    ],
)
def test_the_class_of_a_receiver(answer: TypeAnswer, confidences: list[Confidence]) -> None:
    assert _uses(REFINING, {RECEIVER: answer}) == [(2, each) for each in confidences]


def test_without_an_oracle_nothing_is_asked() -> None:
    analysis = _analysed(REFINING, None)
    assert not analysis.evaluator.project.types
    assert [use.queryset.confidence for use in analysis.uses] == [Confidence.MEDIUM]


def test_what_the_code_says_is_not_asked() -> None:
    oracle = Told({})
    source = b"from songs.models import Choir\n\n\ndef short():\n    return Choir().known_songs().filter(pk=1)\n"
    assert len(_analysed(source, oracle).uses) == 1
    assert oracle.asked == []


def test_a_base_class_outside_says_nothing_against_a_name() -> None:
    model = TypeName("instance", ("django.db.models.base.Model", "builtins.object"))
    assert _uses(REFINING, {RECEIVER: (model,)}) == [(2, Confidence.MEDIUM)]


MEMO = b"""\
from functools import lru_cache


@lru_cache(maxsize=None)
def all_songs(pick):
    return pick("songs")


def short(pick):
    return all_songs(pick).filter(title='Amen')
"""


def test_the_value_of_a_memoized_function() -> None:
    assert _uses(MEMO, {}) == []
    assert _uses(MEMO, {('pick("songs")', "value"): (SONGS,)}) == [(10, Confidence.HIGH)]


@pytest.mark.parametrize(
    ("returned", "is_asked"),
    [
        pytest.param('pick("songs")', True, id="the result of something unknown"),
        pytest.param('pick("songs") | pick("psalms")', True, id="two of them together"),
        pytest.param('pick("songs") % 2', False, id="an operator that no QuerySet has"),
        pytest.param('render(pick, "songs.html")', False, id="a function that gives neither rows nor objects"),
        pytest.param('redirect("songs").status_code()', False, id="what comes of that"),
    ],
)
def test_what_makes_no_difference_is_not_asked(returned: str, is_asked: bool) -> None:
    imported = b"from django.shortcuts import redirect, render\n"
    oracle = Told({})
    _analysed(imported + MEMO.replace(b'pick("songs")', returned.encode()), oracle)
    assert any(each.part == "value" for each in oracle.asked) is is_asked


def test_a_finding_says_what_it_rests_on() -> None:
    (use,) = _analysed(MEMO, Told({('pick("songs")', "value"): (SONGS,)})).uses
    assert "QuerySet of Song, says a checker" in [step.message for step in use.trail]
    (use,) = _analysed(REFINING, Told({RECEIVER: (CHOIR,)})).uses
    assert "Choir, says a checker" in [step.message for step in use.trail]


def test_what_is_found_by_an_answer_leads_to_other_questions() -> None:
    source = b"""\
from functools import lru_cache


class Desk:
    @lru_cache(maxsize=None)
    def picked(self, pick):
        return pick("songs")


def short(it):
    return it.picked(it).filter(title='Amen')
"""
    desk = TypeName("instance", ("songs.desk.Desk", "builtins.object"))
    oracle = Told({('pick("songs")', "value"): (SONGS,), ("it.picked", "receiver"): (desk,)})
    assert [use.queryset.confidence for use in _analysed(source, oracle).uses] == [Confidence.HIGH]
    assert [each.part for each in oracle.asked][:2] == ["value", "receiver"]


def test_an_edit_asks_again() -> None:
    files = {"songs/__init__.py": b"", "songs/models.py": MODELS, "songs/desk.py": REFINING}
    tree = SourceTree(Path(), tuple(sorted(files)), files)
    answers: dict[tuple[str, str], TypeAnswer] = {RECEIVER: (CHOIR,)}
    workspace = Workspace.begun(Project(tree, load_knowledge(MEASURED[-1]), oracle=Told(answers)))
    assert [use.queryset.confidence for use in workspace.analysis.uses] == [Confidence.HIGH]
    answers[RECEIVER] = (OTHER,)
    assert workspace.edit({"songs/__init__.py": b"# nothing to do with it\n"}).uses == ()
    answers[RECEIVER] = ()
    assert [use.queryset.confidence for use in workspace.edit({"songs/__init__.py": b""}).uses] == [Confidence.MEDIUM]


def test_types_ask_once_and_stop_after_a_failure() -> None:
    span = Span(Position(1, 1), Position(1, 2))
    one, other = Asked("a.py", span, "value"), Asked("b.py", span, "value")

    class Failing:
        name = "a checker"
        count = 0

        def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
            self.count += 1
            return Answers(failure="not here")

    oracle = Failing()
    types = Types(oracle)
    tree = SourceTree(Path(), ())
    assert not types.learn([one], tree)
    assert not types.learn([one, other], tree)
    assert (oracle.count, types.failure, types.is_complete) == (1, "not here", False)
