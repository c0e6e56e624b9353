"""Does our inference say what mypy says? Every expression of which both know the class, on real trees.

    python -m benchmarks.typed PATH [PATH …]

Each project is checked by mypy with django-stubs, with its settings where these can be loaded. Printed are how many
expressions both know, how many one knows alone, and each difference with its place, by kind.

Whether something may also be None is left out: `first()` and what narrowing has shown are told apart by mypy alone, and
plain data is None as well for the evaluation. All 131 differences of six projects (archweb, DMOJ, EvaP, WhoCanIVoteFor,
commcare-connect, tabbycat; both know 21,843 expressions) were read. 110 are no mistakes of ours:

| difference | how many | why |
|---|---|---|
| none or data, mypy: none | 55 | a member that is None in a base class, and more in those derived from it |
| data, mypy: queryset | 36 | `.none()` has no rows that a cache could keep, so it is data here |
| model or manager, mypy: other | 10 | mypy does not see the base, which is not installed |
| data, mypy: model | 5 | `random.choice(rows)`, `next(iter(rows))`: for certain no QuerySet |
| queryset, mypy: model or other | 4 | `obj["rows"] = rows` in a dict of which mypy infers one type for all keys |

21 are, without a finding that is wrong by it:

| difference | how many | what we do not see |
|---|---|---|
| data or none, mypy: model | 10 | calling a class of another package, as factories are, may give something else |
| data, mypy: model and more | 7 | a field with a default and an annotation is taken for the default alone |
| data, mypy: queryset | 2 | `prefetch.queryset` |
| none, mypy: none or data | 2 | `self.options.update(options)`, of a copy of a dictionary |
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

import click

from qscache_lint.facts.terms import Attribute, Call, Item
from qscache_lint.knowledge.model import MEASURED
from qscache_lint.knowledge.tables import load_knowledge
from qscache_lint.oracles import Answers, Asked, TypeAnswer
from qscache_lint.project.abstract import Atom, Data, Instance, Literal, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.project import Project
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.rounds import choose_all
from qscache_lint.source.discover import python_files
from qscache_lint.source.text import without_source_warnings
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.mypy_oracle import MypyOracle


@dataclass(frozen=True)
class Difference:
    """An expression of which the two say something else."""

    path: str
    row: int
    code: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def kind(self) -> str:
        return f"{' | '.join(self.ours)}, mypy: {' | '.join(self.theirs)}"


@dataclass
class Comparison:
    """What both know of the expressions of a tree, and what one knows alone."""

    same: int = 0
    ours_alone: int = 0
    theirs_alone: int = 0
    unknown: int = 0
    differences: list[Difference] = field(default_factory=list)


def compare(root: Path, cache: Path | None = None) -> tuple[Comparison, Answers]:
    """Compare a tree. `cache` is a directory that mypy may use."""
    tree = SourceTree(root, tuple(python_files(root)))
    project = Project(tree, load_knowledge(MEASURED[-1]))
    with without_source_warnings():
        choose_all(project)
        evaluator = Evaluator(project)
        ours = {asked: value for path in tree.files for asked, value in _values(evaluator, path)}
    answers = MypyOracle(cache=cache).ask(sorted(ours), tree)
    found = Comparison()
    for asked, value in ours.items():
        _add(found, tree, asked, _kinds_of(evaluator, value), _kinds_said(answers.known, asked))
    return found, answers


def _values(evaluator: Evaluator, path: str) -> Iterator[tuple[Asked, Value]]:
    """The expressions of a file that give something, with what the evaluation takes each for."""
    facts = evaluator.module(path)
    if facts is None:
        return
    for kind in (Attribute, Call, Item):
        for ref, _ in facts.every(kind):
            yield Asked(path, facts.spans[ref], "value"), evaluator.value(path, ref)


def _add(found: Comparison, tree: SourceTree, asked: Asked, ours: frozenset[str], theirs: frozenset[str]) -> None:
    if not ours or not theirs:
        found.ours_alone += bool(ours)
        found.theirs_alone += bool(theirs)
        found.unknown += not ours and not theirs
    elif _are_alike(ours, theirs):
        found.same += 1
    else:
        line = tree.read(asked.path).splitlines()[asked.span.start.row - 1].decode(errors="replace").strip()
        found.differences.append(
            Difference(asked.path, asked.span.start.row, line, tuple(sorted(ours)), tuple(sorted(theirs)))
        )


def _are_alike(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two say the same, whatever they say of None; plain data may be that."""
    none = frozenset({"none"})
    return ours - none == theirs - none if ours != {"other"} else theirs <= {"none", "other"}


def _kinds_of(evaluator: Evaluator, value: Value) -> frozenset[str]:
    """What the evaluation knows, in words; nothing where it does not know all."""
    kinds = [_kind(evaluator, atom) for atom in value]
    return frozenset(kinds) if all(kinds) else frozenset()


def _kind(evaluator: Evaluator, atom: Atom) -> str:
    match atom:
        case QuerySet():
            return "queryset"
        case Manager():
            return "manager"
        case Instance(of=ClassId() as of):
            return "model" if evaluator.classes.kind(of) == "model" else "other"
        case Literal(value=None):
            return "none"
        case Literal() | Data():
            return "other"
        case _:
            return ""


def _kinds_said(known: Mapping[Asked, TypeAnswer], asked: Asked) -> frozenset[str]:
    answer = known.get(asked, ())
    return frozenset(_said(each.names, each.kind) for each in answer)


def _said(names: tuple[str, ...], kind: str) -> str:
    if kind != "instance":
        return "none" if kind == "none" else "other"
    rows = load_knowledge(MEASURED[-1]).querysets.classes
    for word, of in (("queryset", rows.queryset), ("manager", rows.manager), ("model", rows.model)):
        if not set(names).isdisjoint(of):
            return word
    return "other"


def main(paths: list[str]) -> int:
    counted: Counter[str] = Counter()
    cache = Path(gettempdir()) / "qscache-lint-compared"
    for path in paths:
        found, answers = compare(Path(path).absolute(), cache)
        for note in (*answers.notes, *filter(None, (answers.failure,))):
            click.echo(f"{path}: {note}", err=True)
        click.echo(
            f"{path}: same {found.same}, different {len(found.differences)}, ours alone {found.ours_alone}, "
            f"mypy alone {found.theirs_alone}, neither {found.unknown}"
        )
        for each in found.differences:
            click.echo(f"  {each.path}:{each.row}: {each.kind}: {each.code}")
            counted[each.kind] += 1
    for kind, count in counted.most_common():
        click.echo(f"{count:6} {kind}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
