"""The speed benchmark: its statistics, its tables, the commands it makes, and the trees it measures."""

import ast
import subprocess
import sys
from itertools import count, islice
from pathlib import Path

import pytest

from benchmarks.speed.figures import Spread, exponent, measured, ratio, share, spread
from benchmarks.speed.generate import generate, project
from benchmarks.speed.goals import Goal, goals, goals_table
from benchmarks.speed.measure import RunError, Victim, measure, project_root
from benchmarks.speed.model import (
    SCENARIOS,
    Absent,
    Cost,
    Failure,
    Lane,
    Present,
    Round,
    Run,
    Session,
    Tool,
    TreeResult,
)
from benchmarks.speed.publish import COMPARE, between_marks, load, save
from benchmarks.speed.table import costs, failures, growth, markdown, seconds, shares, summary
from benchmarks.speed.tools import REPOSITORY, Installed, find, offered, tools, words
from benchmarks.speed.trees import Tree, combine, link, python_files, to_change

OURS, WARM, PEER = Lane("ours", "cold"), Lane("ours", "warm"), Lane("peer", "cold")


def a_run(lane: Lane, wall: float, cpu: float = 1, memory: int = 50_000_000) -> Run:
    return Run(lane, Cost(wall, cpu, memory, 3))


def a_result(*rounds: tuple[Run, ...], files: int = 100) -> TreeResult:
    return TreeResult("shop", files, 2_000_000, tuple(Round("peer", runs) for runs in rounds))


def a_session(*trees: TreeResult) -> Session:
    present = (Present("ours", "1.0"), Present("peer", "2.0", "has no options for: warm"))
    return Session("2026-01-31", "2 cores", "ours", present, (Absent("other", "not installed"),), ("third",), trees)


def test_a_spread_is_median_and_range() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0)
    assert spread([]) is None


def test_a_ratio_is_that_of_runs_of_one_round() -> None:
    result = a_result((a_run(OURS, 1), a_run(PEER, 2)), (a_run(OURS, 9), a_run(PEER, 3)), (a_run(OURS, 500),))
    assert ratio(result, OURS, PEER) == Spread(1.75, 0.5, 3.0)
    assert ratio(result, OURS, WARM) is None
    assert measured(result, OURS, "wall") == Spread(9, 1, 500)


def test_the_share_of_a_plugin_is_what_the_host_takes_more_with_it() -> None:
    result = a_result((a_run(OURS, 1, cpu=10), a_run(PEER, 1, cpu=8)), (a_run(OURS, 1, cpu=10), a_run(PEER, 1, cpu=9)))
    found = share(result, OURS, PEER)
    assert found is not None
    assert [found.median, found.low, found.high] == pytest.approx([0.15, 0.1, 0.2])


@pytest.mark.parametrize(("power", "expected"), [(1, 1.0), (2, 2.0), (0, 0.0)])
def test_the_exponent_of_growth(power: int, expected: float) -> None:
    assert exponent([(size, 3.0 * size**power) for size in (1000, 4000, 16000)]) == pytest.approx(expected)


def test_one_size_has_no_growth() -> None:
    assert exponent([(1000, 1.0), (1000, 2.0)]) is None


def test_cells_have_three_digits_and_a_range() -> None:
    assert seconds(Spread(12.345, 9.8765, 123.4)) == "12.3 (9.88–123)"
    assert seconds(Spread(0.5, 0.5, 0.5)) == "0.500"
    assert seconds(None) == "–"


def test_markdown_aligns_figures_to_the_right() -> None:
    assert markdown(["a", "b", "c"], [["x", "y", "1"]]) == "| a | b | c |\n| --- | --- | ---: |\n| x | y | 1 |"


def test_the_table_has_a_row_for_each_lane_with_our_ratios() -> None:
    table = costs(a_result((a_run(OURS, 1), a_run(WARM, 0.5), a_run(PEER, 4))), "ours").splitlines()
    assert table[0].endswith("| our cold ÷ | our warm ÷ |")
    assert table[2:] == [
        "| ours | cold | 1 | 1.00 | 1.00 | 50 | 3 | 1.00 | 0.500 |",
        "| ours | warm | 1 | 0.500 | 1.00 | 50 | 3 | 2.00 | 1.00 |",
        "| peer | cold | 1 | 4.00 | 1.00 | 50 | 3 | 0.250 | 0.125 |",
    ]


def test_which_tool_is_missing_and_which_failed_is_said() -> None:
    failed = TreeResult("shop", 1, 1, (), (Failure(PEER, "exit code 2: no such option"),))
    text = summary(a_session(failed), [])
    assert "other: **not measured**, not installed" in text
    assert "peer: 2.0 (has no options for: warm)" in text
    assert "left out: third" in text
    assert [*failures(failed)] == ["- peer, cold: **no figures**, exit code 2: no such option"]


def test_shares_are_those_of_tools_beside_another() -> None:
    beside = Tool("ours", (), (), {"cold": ()}, beside="peer")
    result = a_result((a_run(OURS, 1, cpu=10), a_run(PEER, 1, cpu=8)))
    assert [*shares(result, [beside])] == ["CPU of ours beyond that of peer: 20.0 %."]


def test_growth_is_shown_by_size() -> None:
    trees = [a_result((a_run(OURS, size / 1000, cpu=size),), files=size) for size in (1000, 4000, 16000)]
    text = growth(a_session(*trees))
    assert "| ours | cold | 1.00 | 4.00 | 16.0 | 1.00 |" in text
    assert "| ours | cold | 50 | 50 | 50 | 0.00 |" in text


def test_goals_say_what_was_reached() -> None:
    wanted = [
        Goal("fast", "wall", OURS, 0.5, PEER),
        Goal("very fast", "wall", OURS, 0.5, PEER, stretch=0.3),
        Goal("faster", "wall", OURS, 0.1, PEER),
        Goal("warm", "wall", WARM, 1, PEER),
        Goal("MB", "memory", OURS, 49),
        Goal("large", "wall", OURS, 1, PEER, least_files=20_000),
    ]
    table = goals_table(a_session(a_result((a_run(OURS, 1), a_run(PEER, 4)))), wanted).splitlines()[2:]
    assert table == [
        "| fast | shop | 0.5 | 0.250 | yes |",
        "| very fast | shop | 0.5 | 0.250 | yes, and 0.3 |",
        "| faster | shop | 0.1 | 0.250 | **no** |",
        "| warm | shop | 1 | – | not measured |",
        "| MB | shop | 49 | 50.0 | **no** |",
    ]


def test_goals_speak_of_tools_that_exist() -> None:
    known = {Lane(tool.name, scenario) for tool in tools() for scenario in tool.scenarios}
    assert {lane for goal in goals() for lane in (goal.of, goal.to) if lane is not None} <= known


def test_every_tool_has_a_row_that_makes_a_command() -> None:
    places = dict.fromkeys(("tree", "cache", "python", "repository", "rules"), "X")
    assert [tool.name for tool in tools() if tool.ours] == ["qscache-lint"]
    for tool in tools():
        assert "{tree}" in tool.command
        for added in tool.scenarios.values():
            assert not any("{" in word for word in words(tool.command, places, added))
        assert not tool.beside or tool.beside in {other.name for other in tools()}


def test_a_command_is_a_template_with_the_words_of_a_scenario() -> None:
    template = ("tool", "check", "{scenario}", "{tree}")
    places = {"tree": "/a b", "cache": "/c"}
    assert words(template, places, ("--cache-dir", "{cache}")) == ("tool", "check", "--cache-dir", "/c", "/a b")
    assert words(template, places) == ("tool", "check", "/a b")


def test_options_that_are_not_there_yet_are_not_given() -> None:
    tool = Tool("t", (), (), {"cold": ("--no-cache",), "warm": ("--cache-dir", "{cache}")})
    assert offered(tool, "cold", "--isolated  Read no file.") == ()
    assert offered(tool, "warm", "--isolated  Read no file.") is None
    assert offered(tool, "cold", "--no-cache  Keep nothing.") == ("--no-cache",)
    assert offered(tool, "warm", "--cache-dir PATH") == ("--cache-dir", "{cache}")
    assert offered(tool, "warm", None) == ("--cache-dir", "{cache}")
    assert offered(tool, "changed", None) is None


def python_tool(name: str, script: str, **more: object) -> Tool:
    """A tool that is a script: it gets the tree and the words of the scenario."""
    return Tool(
        name,
        command=("{python}", "-c", script, "{tree}", "{scenario}"),
        version=("{python}", "--version"),
        **{"scenarios": {"cold": ()}, **more},  # type: ignore[arg-type]
    )


def present(tool: Tool, scratch: Path) -> Installed:
    found = find(tool, [], scratch)
    assert isinstance(found, Installed)
    return found


def test_a_tool_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    missing = Tool("t", ("no-such-tool",), ("no-such-tool", "--version"), {"cold": ()})
    assert find(missing, [], tmp_path) == Absent("t", "not installed")
    broken = Tool("t", ("{python}",), ("{python}", "-c", "raise SystemExit('no license')"), {"cold": ()})
    assert find(broken, [], tmp_path) == Absent("t", "does not start: no license")
    foreign = Tool("t", ("{python}",), ("{python}", "--version"), {"cold": ()}, foreign="Python")
    assert find(foreign, [], tmp_path) == Absent("t", "its environment has Python installed")


def test_what_a_version_cannot_do_is_noted(tmp_path: Path) -> None:
    scenarios = {"cold": ("--no-cache",), "warm": ("--cache-dir", "{cache}")}
    found = present(python_tool("t", "", scenarios=scenarios, help=("{python}", "-c", "print('--quiet')")), tmp_path)
    assert found.present.note == "has no options for: warm; cold is run without --no-cache"
    assert found.command("cold", Path("/tree"), Path("/cache"))[1:] == ("-c", "", "/tree")


def unheard(line: str) -> None:
    """What is said while it runs goes nowhere."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small tree, with what is to be left out."""
    tree = tmp_path / "shop"
    texts = {
        "models.py": "x = 1\n",
        "queries.py": "from django.core.cache import cache\n",
        "static/site.css": "p {}\n",
        "stubs.pyi": "x: int\n",
        ".hidden.py": "",
        ".git/hook.py": "",
        "build/lib/models.py": "",
        "env/pyvenv.cfg": "",
        "env/lib.py": "",
    }
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "link.py").symlink_to("models.py")
    return tree


def test_a_linked_tree_has_what_all_tools_look_at(shop: Path, tmp_path: Path) -> None:
    target = tmp_path / "linked"
    assert link(shop, target) == 2
    names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert names == {"models.py", "queries.py", "static/site.css"}


def test_trees_are_combined_up_to_a_number_of_files(shop: Path, tmp_path: Path) -> None:
    target = tmp_path / "all"
    assert combine([Tree("shop", shop), Tree("shop", shop), Tree("shop", shop)], target, 3) == 3
    found = [path.relative_to(target).as_posix() for path in python_files(target)]
    assert found == ["tree01_shop/models.py", "tree01_shop/queries.py", "tree02_shop/models.py"]


def test_a_combined_tree_keeps_what_is_left_out_below_the_top_of_others(shop: Path, tmp_path: Path) -> None:
    combine([Tree("site-packages", shop), Tree(".venv", shop)], tmp_path / "all")
    assert link(tmp_path / "all", tmp_path / "again") == 4


def test_a_change_leaves_the_file_it_was_linked_to(shop: Path, tmp_path: Path) -> None:
    link(shop, tmp_path / "linked")
    chosen = to_change(python_files(tmp_path / "linked"), speaks=True)
    assert chosen == tmp_path / "linked" / "queries.py"
    before = chosen.read_bytes()
    victim = Victim(chosen, before, count(1))
    for number in (1, 2):
        victim.change()
        assert chosen.read_bytes() == before + b"\n_changed = %d\n" % number
    assert (shop / "queries.py").read_bytes() == before
    assert [victim.restore(), victim.restore()] == [True, False]
    assert chosen.read_bytes() == before


def test_rounds_pair_ours_with_each_other_tool(shop: Path, tmp_path: Path) -> None:
    ours = python_tool("ours", "print('a: Q1 bad')", ours=True, finding=": Q1 ")
    scripts = {
        "one": "",
        "beside": "",
        "once": "",
        "fails": "raise SystemExit('cannot read')",
        "slow": "import time; time.sleep(99)",
        "crashes": "raise LookupError('no such rule')",
    }
    more: dict[str, dict[str, object]] = {
        "beside": {"beside": "one"},
        "once": {"repetitions": 1},
        "fails": {"codes": (0,)},
    }
    others = [python_tool(name, script, **more.get(name, {})) for name, script in scripts.items()]
    installed = [present(tool, tmp_path) for tool in (ours, *others)]
    said: list[str] = []
    place = project_root([Tree("shop", shop)], tmp_path / "scratch", None)
    *_, result = measure("shop", place, installed, 2, 4, said.append)
    rounds = [(each.group, [run.lane.tool for run in each.runs]) for each in result.rounds]
    again = ("one", ["ours", "one", "beside"])
    alone = [(name, ["ours"]) for name in ("fails", "slow", "crashes")]
    assert rounds == [again, ("once", ["ours", "once"]), *alone, again]
    reasons = ["exit code 1: cannot read", "not done within 4 s", "exit code 1: LookupError: no such rule"]
    assert [str(failure.reason) for failure in result.failures] == reasons
    ran = [line.partition(",")[0] for line in said[-4:]]
    assert ran == ["crashes", "ours", "one", "beside"]
    for cost in result.costs(Lane("ours", "cold")):
        assert cost.findings == 1
        assert cost.wall > 0
        assert cost.memory > 5_000_000
    assert (result.files, result.size) == (2, 42)


def test_caches_are_empty_primed_or_a_change_behind(shop: Path, tmp_path: Path) -> None:
    script = """
import pathlib, sys
tree, cache = map(pathlib.Path, sys.argv[1:])
old = cache / "seen"
now = (tree / "queries.py").read_text() + (tree / "models.py").read_text()
print("new" if not old.exists() else "same" if old.read_text() == now else "changed")
old.write_text(now)
"""
    scenarios = dict.fromkeys(SCENARIOS, ("{cache}",))
    said = {"cold": "new", "filling": "new", "warm": "same", "changed": "changed", "changed-cache": "changed"}
    for word in set(said.values()):
        tool = present(python_tool("t", script, ours=True, scenarios=scenarios, finding=word), tmp_path)
        place = project_root([Tree("shop", shop)], tmp_path / word, None)
        *_, result = measure("shop", place, [tool], 3, 60, unheard)
        found = {lane.scenario: [cost.findings for cost in result.costs(lane)] for lane in result.lanes()}
        assert found == {scenario: [int(each == word)] * 3 for scenario, each in said.items()}


def test_a_scenario_alone_has_a_cache_of_the_same_tree(shop: Path, tmp_path: Path) -> None:
    script = """
import pathlib, sys
tree, cache = map(pathlib.Path, sys.argv[1:])
runs = cache / "runs"
number = int(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text(str(number))
print("\\n".join(["run"] * number))
"""
    scenarios = dict.fromkeys(SCENARIOS, ("{cache}",))
    tool = present(python_tool("t", script, ours=True, scenarios=scenarios, finding="run"), tmp_path)
    place = project_root([Tree("shop", shop)], tmp_path / "scratch")
    *_, result = measure("shop", place, [tool.limited_to(["warm", "changed"])], 2, 60, unheard)
    found = {lane.scenario: [cost.findings for cost in result.costs(lane)] for lane in result.lanes()}
    assert found == {"warm": [2, 4], "changed": [3, 5]}


def test_output_that_says_that_nothing_was_checked_is_a_failure(shop: Path, tmp_path: Path) -> None:
    script = "import sys; print(sys.argv[1] + '/models.py:1: error: no parent')"
    tool = present(python_tool("t", script, ours=True, gave_up=": error: "), tmp_path)
    *_, result = measure("shop", project_root([Tree("shop", shop)], tmp_path / "scratch"), [tool], 1, 60, unheard)
    assert [failure.reason for failure in result.failures] == ["gave up: models.py:1: error: no parent"]


def test_a_tree_without_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError):
        project_root([Tree("empty", tmp_path / "empty")], tmp_path / "scratch")


def test_a_session_is_saved_and_read_again(tmp_path: Path) -> None:
    session = a_session(a_result((a_run(OURS, 1), a_run(PEER, 4))))
    save(session, COMPARE, tmp_path / "results")
    assert load(COMPARE, tmp_path / "results") == session
    assert load(COMPARE, tmp_path) is None


def test_results_stand_between_their_marks() -> None:
    page = "# A\n<!-- results: a -->\nold\n<!-- end of results -->\n<!-- results: b -->\n<!-- end of results -->\n"
    written = between_marks(page, "a", r"new \1")
    assert written == page.replace("old\n", "\nnew \\1\n\n")
    with pytest.raises(ValueError, match="no marks"):
        between_marks(page, "c", "")


def test_the_readme_has_places_for_all_results() -> None:
    page = (REPOSITORY / "benchmarks" / "speed" / "README.md").read_text()
    for name in ("compare", "growth", "plugin"):
        assert "HERE" in between_marks(page, name, "HERE")


def test_a_generated_project_is_a_function_of_its_seed(tmp_path: Path) -> None:
    for name, number, seed in (("one", 60, 1), ("two", 60, 1), ("larger", 90, 1), ("other", 60, 2)):
        generate(tmp_path / name, number, seed)
    texts = {
        tree.name: {path.relative_to(tree): path.read_text() for path in python_files(tree)}
        for tree in tmp_path.iterdir()
    }
    assert len(texts["one"]) == 60
    assert texts["one"] == texts["two"]
    assert texts["one"].items() <= texts["larger"].items()
    assert texts["one"] != texts["other"]


def test_generated_files_are_python_and_import_each_other() -> None:
    made = dict(islice(project(3), 700))
    modules = {path.removesuffix(".py").replace("/", ".") for path in made}
    imported = set()
    for text in made.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("area"):
                imported.add(node.module)
    assert len(imported) > 20
    assert imported <= modules


def test_generated_projects_cache_as_real_ones_do() -> None:
    made = list(dict(islice(project(1), 4000)).values())
    words_in = [text for text in made if "cache" in text.lower()]
    defining = [text for text in made if any(mark in text for mark in ("@lru_cache", "@cached_property", "cache.set("))]
    assert 0.15 < len(words_in) / len(made) < 0.25
    assert 0.01 < len(defining) / len(made) < 0.04


def test_the_command_explains_itself_without_matplotlib() -> None:
    blocked = "import sys; sys.modules['matplotlib'] = None; import runpy; sys.argv = ['speed', '--help']; "
    run = "runpy.run_module('benchmarks.speed', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", blocked + run], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    assert {"compare", "growth", "plugin", "render"} <= set(done.stdout.split())
