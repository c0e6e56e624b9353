"""A mistake of ours costs what one stage had to say of one file, and is one line; the rest is reported."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qscache_lint import limits
from qscache_lint.api import Report, check_paths
from qscache_lint.cli import main
from qscache_lint.component import run as component_run
from qscache_lint.facts.visitor import visit_module
from qscache_lint.finding import visitor
from qscache_lint.fixing import planning
from qscache_lint.fixing.proving import problem_of
from qscache_lint.formats import FORMATS
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluation.core import ANSWERERS, ValueOf
from qscache_lint.project.questions import Question
from qscache_lint.project.reports import DefinitionsIn, UsesIn
from qscache_lint.project.workspace import Workspace
from qscache_lint.rules import RULES, findings
from qscache_lint.rules.base import Rule
from qscache_lint.source.scout import look_at
from qscache_lint.values import Finding
from qscache_lint.witness.records import RecordedStore, RecordedUse, encode
from tests.entry.console import contents, run
from tests.unit.projects import QUERIES, REFINER, lay, side_by_side, write
from tests.unit.witness.recordings import at, recording

pytestmark = pytest.mark.usefixtures("isolation")

BROKEN = "shop/broken.py"
MARK = b"def broken"
FILES = {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, BROKEN: REFINER.replace("named", "broken")}
WHOLE = {"shop/queries.py QSC101", "shop/refiner.py QSC201", f"{BROKEN} QSC201"}
REST = WHOLE - {f"{BROKEN} QSC201"}

KINDS: dict[Any, Callable[..., Any]] = ANSWERERS

Patch = pytest.MonkeyPatch


class Mistake(Exception):
    pass


def _failing_on(marked: Callable[..., bool], work: Callable[..., Any]) -> Callable[..., Any]:
    """Some work that fails where its arguments are marked."""

    def fail(*given: Any, **named: Any) -> Any:
        if marked(*given):
            raise Mistake("a lamb\nin the works")
        return work(*given, **named)

    return fail


def _scouting(patch: Patch) -> None:
    def marked(module: object, source: bytes, *others: object) -> bool:
        return module is not None and MARK in source

    patch.setattr("qscache_lint.facts.reading.look_at", _failing_on(marked, look_at))


def _reading(patch: Patch) -> None:
    failing = _failing_on(lambda _, source: MARK in source, visit_module)
    patch.setattr("qscache_lint.facts.reading.visit_module", failing)


def _reporting(patch: Patch) -> None:
    patch.setitem(KINDS, UsesIn, _failing_on(lambda _, asked: asked.path == BROKEN, ANSWERERS[UsesIn]))


def _answering(patch: Patch) -> None:
    def marked(evaluator: object, asked: Question[Any]) -> bool:
        return isinstance(asked, ValueOf) and asked.path == BROKEN

    patch.setitem(KINDS, ValueOf, _failing_on(marked, ANSWERERS[ValueOf]))


def _finding(patch: Patch) -> None:
    patch.setattr(visitor, "order_of", _failing_on(lambda source, *_: MARK in source, visitor.order_of))


def _checking(patch: Patch) -> None:
    patch.setattr(findings, "RULES", tuple(_failing_in_broken(rule) for rule in RULES))


def _failing_in_broken(rule: Rule) -> Rule:
    def marked(_: Rule, analysis: Analysis) -> bool:
        return any(use.path == BROKEN for use in analysis.uses)

    return replace(rule, check=_failing_on(marked, rule.check)) if rule.code == "QSC201" else rule


STAGES = (_scouting, _reading, _reporting, _answering, _finding, _checking)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay(tmp_path, FILES)
    assert _codes(check_paths([tmp_path])) == WHOLE
    return tmp_path


def _codes(report: Report) -> set[str]:
    return {f"{finding.path} {finding.code}" for project in report.projects for finding in project.findings}


def _command(root: Path, patch: Patch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    """Exit code, output and messages of a command in this process."""
    patch.chdir(root)
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--jobs", "1"])
    output, said = capsys.readouterr()
    return left.value.code, output, said


@pytest.mark.parametrize("fail", STAGES)
def test_a_mistake_costs_one_file_and_is_one_line(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str], fail: Callable[[Patch], None]
) -> None:
    fail(monkeypatch)
    for _ in range(2):  # nothing is kept of such a run
        code, output, said = _command(project, monkeypatch, capsys, "check", "--output-format", "json")
        assert {f"{Path(each['filename']).relative_to(project)} {each['code']}" for each in json.loads(output)} == REST
        assert not any("fix" in each and each["fix"] for each in json.loads(output))
        assert code == 2
        assert re.fullmatch(
            rf"qscache-lint: error: {BROKEN}: internal error while [\w ]+ \(Mistake: a lamb in the works, "
            r"qscache_lint/[\w/]+\.py:\d+\); this is a bug in qscache-lint, please report it\n",
            said,
        )
    monkeypatch.undo()
    assert _codes(check_paths([project])) == WHOLE


@pytest.mark.parametrize("fail", STAGES)
def test_nothing_is_repaired_after_a_mistake(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str], fail: Callable[[Patch], None]
) -> None:
    before = contents(project)
    fail(monkeypatch)
    code, _, said = _command(project, monkeypatch, capsys, "fix", "--unsafe-fixes")
    assert (code, said.count("please report it")) == (2, 1)
    assert contents(project) == before


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.review is None])
def test_a_mistake_in_any_rule_leaves_the_others(project: Path, monkeypatch: Patch, code: str) -> None:
    def failing(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
        yield from rule.check(rule, analysis)
        raise Mistake

    rules = tuple(replace(rule, check=_before(failing, rule)) if rule.code == code else rule for rule in RULES)
    monkeypatch.setattr(findings, "RULES", rules)
    report = check_paths([project])
    assert _codes(report) == {each for each in WHOLE if not each.endswith(code)}
    assert {f"checking {code}" in fault.what for _, fault in report.faults} == {True}


def _before(check: Callable[..., Iterable[Finding]], rule: Rule) -> Callable[..., Iterable[Finding]]:
    return lambda _, analysis: check(rule, analysis)


def test_a_mistake_in_planning_leaves_the_findings(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(planning, "_plan", _failing_on(lambda *_: True, planning._plan))
    code, output, said = _command(project, monkeypatch, capsys, "check", "--output-format", "json")
    assert (code, len(json.loads(output))) == (2, 3)
    assert said.startswith("qscache-lint: error: shop/queries.py: internal error while planning its repairs (Mistake")
    assert said.count("\n") == 1


def test_a_mistake_in_repairing_changes_nothing(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(project)
    monkeypatch.setattr("qscache_lint.fixing.run.problem_of", _failing_on(lambda *_: True, problem_of))
    code, output, said = _command(project, monkeypatch, capsys, "fix", "--unsafe-fixes", "--output-format", "concise")
    assert (code, output.count("QSC")) == (2, 3)
    assert "shop: internal error while repairing these files (Mistake" in said
    assert contents(project) == before


def test_a_finding_that_a_mistake_has_cost_proves_no_repair(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The analysis of the result fails, so that nothing is found in it."""
    before = contents(project)

    def marked(evaluator: Any, asked: DefinitionsIn) -> bool:
        return bool(evaluator.project.tree.overlay)

    monkeypatch.setitem(KINDS, DefinitionsIn, _failing_on(marked, ANSWERERS[DefinitionsIn]))
    code, _, said = _command(project, monkeypatch, capsys, "fix", "--unsafe-fixes")
    assert (code, said.count("please report it")) == (2, 1)
    assert contents(project) == before


@pytest.mark.parametrize("form", FORMATS)
def test_a_mistake_in_a_report_leaves_the_others(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    module = import_module(f"qscache_lint.reports.{FORMATS[form].module}")
    other = "concise" if form != "concise" else "json"
    with monkeypatch.context() as patch:
        patch.setattr(module, FORMATS[form].name, _failing_on(lambda *_: True, len))
        arguments = ("--output-format", f"{form}:report", "--output-format", other)
        code, output, said = _command(project, patch, capsys, "check", *arguments)
    assert (code, output.count("QSC201")) == (2, 2) if other == "concise" else (2, output.count("QSC201"))
    assert f"internal error while making the report {form!r} (Mistake" in said
    assert said.count("please report it") == 1
    assert not (project / "report").exists()


def _forking(monkeypatch: Patch) -> None:
    """Let workers be forked although pytest's own workers have threads: only then do they have what is patched here."""
    monkeypatch.setattr("qscache_lint.executing.executors._has_one_thread", lambda: True)


def test_a_mistake_in_a_worker_is_told_as_well(project: Path, monkeypatch: Patch) -> None:
    from qscache_lint.executing.executors import worker_pool_of
    from qscache_lint.executing.reader import SharedReader
    from qscache_lint.run import Means
    from qscache_lint.run_statistics import RunStatistics

    monkeypatch.setattr(limits, "PARALLEL_BYTES", 0)
    _forking(monkeypatch)
    _reading(monkeypatch)
    with worker_pool_of("process", 2) as pool:
        statistics = RunStatistics()
        report = check_paths([project], means=Means(statistics=statistics, reader=SharedReader(pool, statistics)))
    assert _codes(report) == REST
    assert [fault.path for _, fault in report.faults] == [BROKEN]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_component_that_is_lost_leaves_the_others(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str], jobs: int
) -> None:
    write(tmp_path, side_by_side("tin", "wood"))
    monkeypatch.setattr(limits, "PARALLEL_FILES", 0)
    _forking(monkeypatch)

    def marked(project: Any, *others: object) -> bool:
        return any(path.startswith("site_tin") for path in project.tree.files)

    monkeypatch.setattr(Workspace, "begun", _failing_on(marked, Workspace.begun))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["check", "--output-format", "concise", "--no-cache", "--jobs", str(jobs)])
    output, said = capsys.readouterr()
    assert left.value.code == 2
    assert {line.partition("/")[0] for line in output.splitlines()} == {"site_wood"}
    assert said.startswith("qscache-lint: error: site_tin/tin: internal error while analysing these files (Mistake")
    assert said.count("\n") == 1


def test_a_mistake_outside_of_all_stages_is_one_line(
    project: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(component_run, "_key", _failing_on(lambda *_: True, len))
    code, output, said = _command(project, monkeypatch, capsys, "check")
    assert (code, output) == (2, "")
    assert re.match(r"qscache-lint: error: internal error while .* please report it\n$", said)


def test_flake8_tells_of_a_mistake_in_its_file(project: Path) -> None:
    """flake8 is another process: a module that Python imports at its start makes the mistake there."""
    with tempfile.TemporaryDirectory() as directory:
        code = (
            "from qscache_lint.facts import reading\n"
            "visit = reading.visit_module\n"
            "def fail(module, source):\n"
            f"    if {MARK!r} in source:\n        raise KeyError('lamb')\n    return visit(module, source)\n"
            "reading.visit_module = fail\n"
        )
        Path(directory, "sitecustomize.py").write_text(code, encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", directory)
            done = run("flake8", "--select=QSC", "-j1", cwd=project)
    lines = done.stdout.decode().splitlines()
    assert [line.split(" ")[:2] for line in lines] == [
        ["./shop/broken.py:1:1:", "QSC900"],
        ["./shop/queries.py:6:2:", "QSC101"],
        ["./shop/refiner.py:5:32:", "QSC201"],
    ]
    assert "KeyError: 'lamb'" in lines[0]
    assert done.stderr == b""


def test_a_reason_that_cannot_be_told_costs_itself_alone(project: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    (project / "shop/plugin.py").write_text("def last(plugin):\n    return plugin.rows().last()\n", encoding="utf-8")
    store = RecordedStore(1, "pickled", "django cache", None, at("shop/queries.py", 6, "recent_items"), times=1)
    use = RecordedUse(1, "refined", "last", at("shop/plugin.py", 2, "last"), times=1)
    (tmp_path / "w.json").write_bytes(encode(recording((store,), (use,))))
    monkeypatch.setattr("qscache_lint.revealing.witnessed.why_unfound", _failing_on(lambda *_: True, str))
    monkeypatch.chdir(project)
    result = CliRunner().invoke(main, ["check", "--no-cache", "--witness", str(tmp_path / "w.json")])
    assert result.exit_code == 2
    assert "  not found: the analysis has failed here\n\nFound 3 problems.\n" in result.stdout
    assert re.search(r"error: shop/plugin\.py: internal error while looking for the reason \(Mistake: a", result.stderr)


def test_a_recording_that_cannot_be_joined_costs_itself_alone(
    project: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    (tmp_path / "w.json").write_bytes(encode(recording()))
    monkeypatch.setattr("qscache_lint.api.witnessed.join", _failing_on(lambda *_: True, str))
    monkeypatch.chdir(project)
    result = CliRunner().invoke(main, ["check", "--no-cache", "--witness", str(tmp_path / "w.json")])
    assert result.exit_code == 2
    assert result.stdout.endswith("\nFound 3 problems.\n")
    assert "internal error while joining the recording (Mistake: a lamb in the works, " in result.stderr
