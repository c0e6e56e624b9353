"""What names may stand for, behind branches and loops: what a slow reference says, and what happens when it runs.

The programs are random. Each value in them is a number of its own, `see(3, a)` is the place at which `a` is looked at,
and `c(2)` decides what cannot be foreseen.
"""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.scope import State
from qscache_lint.facts.table import FactsTable
from qscache_lint.facts.terms import (
    Call,
    Constant,
    Container,
    Element,
    Guard,
    Join,
    Member,
    Name,
    Narrowed,
    Not,
    Ref,
    Term,
)

Values: TypeAlias = frozenset[int]
Constructs: TypeAlias = frozenset[str]
"""What programs have beside assignments and `if`: "loops", and "others" with `try`, `match`, a walrus …"""
Seen: TypeAlias = dict[int, Values]
"""The values that may be looked at, by the number of the place; a place that nothing leads to is missing."""

_NAMES = ("a", "b", "o.x", "o.y")
_RUNS = 60
_PLACE = (1, 1, 1, 1)

# -- random programs


class _Writer:
    """Writes a program, one draw at a time."""

    def __init__(self, draw: st.DrawFn, constructs: Constructs) -> None:
        self._draw = draw
        self._constructs = constructs
        self._numbers = itertools.count(1)
        self.rows = ["def f():", *(f"    {name} = {next(self._numbers)}" for name in _NAMES)]

    def write(self) -> str:
        self._block(3, "    ", in_loop=False)
        self._look("    ")
        return "\n".join(self.rows) + "\n"

    def _number(self) -> int:
        return next(self._numbers)

    def _name(self) -> str:
        return self._draw(st.sampled_from(_NAMES))

    def _row(self, indent: str, text: str) -> None:
        self.rows.append(indent + text)

    def _look(self, indent: str) -> None:
        for name in _NAMES:
            self._row(indent, f"see({self._number()}, {name})")

    def _test(self) -> str:
        n = self._number
        forms = [f"c({n()})", f"not c({n()})", f"c({n()}) and c({n()})", f"c({n()}) or not c({n()})"]
        if "others" in self._constructs:
            forms.append(f"c({n()}) and see({n()}, a) is None and (a := {n()})")
            forms.append(f"isinstance({self._name()}, int) or c({n()})")
        return self._draw(st.sampled_from(forms))

    def _block(self, depth: int, indent: str, in_loop: bool) -> None:
        kinds = [self._simple, self._simple, self._simple]
        kinds += [self._if, self._if] if depth else []
        kinds += [self._expression, self._delete] if "others" in self._constructs else []
        kinds += [self._try, self._match, self._with] if depth and "others" in self._constructs else []
        kinds += [self._for, self._while] if depth and "loops" in self._constructs else []
        for kind in self._draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
            kind(depth, indent, in_loop)
        ends = ["pass", "pass", "return", "raise Boom", *(["break", "continue"] * 2 if in_loop else [])]
        self._row(indent, self._draw(st.sampled_from(ends)) if depth < 3 else "pass")

    def _simple(self, depth: int, indent: str, in_loop: bool) -> None:
        forms = (
            f"{self._name()} = {self._number()}",
            f"{self._name()} = {self._name()}",
            f"{self._name()} = {self._name()} = {self._number()}",
            f"{self._name()}, b = {self._number()}, {self._number()}",
            f"see({self._number()}, {self._name()})",
            f"a = {self._number()} if {self._test()} else {self._number()}",
        )
        self._row(indent, self._draw(st.sampled_from(forms)))

    def _delete(self, depth: int, indent: str, in_loop: bool) -> None:
        self._row(indent, "del b")

    def _expression(self, depth: int, indent: str, in_loop: bool) -> None:
        n = self._number
        forms = (
            f"c({n()}) and (b := {n()})",
            f"c({n()}) or c({n()}) or (a := {n()})",
            f"(a := {n()}) if c({n()}) else (b := {n()})",
            f"[(b := {n()}) for _ in it() if c({n()})]",
            f"see({n()}, (a := {n()}))",
            f"not (c({n()}) and (a := {n()}))",
            "[a for a in it()]",
        )
        self._row(indent, self._draw(st.sampled_from(forms)))

    def _if(self, depth: int, indent: str, in_loop: bool) -> None:
        self._row(indent, f"if {self._test()}:")
        self._block(depth - 1, indent + "    ", in_loop)
        for _ in range(self._draw(st.integers(0, 2))):
            self._row(indent, f"elif {self._test()}:")
            self._block(depth - 1, indent + "    ", in_loop)
        if self._draw(st.booleans()):
            self._row(indent, "else:")
            self._block(depth - 1, indent + "    ", in_loop)

    def _try(self, depth: int, indent: str, in_loop: bool) -> None:
        """A handler starts with what was there before, or as the body ends: so each name gets one value in it."""
        self._row(indent, "try:")
        for name in self._draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=3)):
            self._row(indent + "    ", self._draw(st.sampled_from(["may()", f"{name} = {self._number()}"])))
        self._row(indent + "    ", "may()")
        self._row(indent, "except Boom:")
        self._block(depth - 1, indent + "    ", in_loop)
        if self._draw(st.booleans()):
            self._row(indent, "else:")
            self._block(depth - 1, indent + "    ", in_loop)
        if not in_loop and self._draw(st.booleans()):
            self._row(indent, "finally:")  # a `break` would go through it
            self._row(indent + "    ", f"{self._name()} = {self._number()}")

    def _match(self, depth: int, indent: str, in_loop: bool) -> None:
        self._row(indent, "match len(it()):")
        for pattern in ("0", "1 | 2", "_")[: self._draw(st.integers(1, 3))]:
            self._row(indent, f"    case {pattern}:")
            self._block(depth - 1, indent + "        ", in_loop)

    def _with(self, depth: int, indent: str, in_loop: bool) -> None:
        self._row(indent, "with o:")
        self._block(depth - 1, indent + "    ", in_loop)

    def _for(self, depth: int, indent: str, in_loop: bool) -> None:
        forms = ("_ in it()", f"a in ({self._number()}, {self._number()})", f"o.x in ({self._number()},)")
        self._loop(f"for {self._draw(st.sampled_from(forms))}:", depth, indent)

    def _while(self, depth: int, indent: str, in_loop: bool) -> None:
        self._loop(f"while {self._draw(st.sampled_from([self._test(), self._test(), 'True']))}:", depth, indent)

    def _loop(self, head: str, depth: int, indent: str) -> None:
        self._row(indent, head)
        self._row(indent, "    it()")
        self._block(depth - 1, indent + "    ", in_loop=True)
        if self._draw(st.booleans()):
            self._row(indent, "else:")
            self._block(depth - 1, indent + "    ", in_loop=False)


@st.composite
def _programs(draw: st.DrawFn, *constructs: str) -> str:
    return _Writer(draw, frozenset(constructs)).write()


# -- the slow reference: a branch copies all that is known


@dataclass
class _Known:
    names: dict[str, Values] = field(default_factory=dict)
    live: bool = True

    def fork(self) -> _Known:
        return _Known(dict(self.names), self.live)


def _merged(base: _Known, ends: Iterable[_Known]) -> _Known:
    live = [end for end in ends if end.live]
    if not live:
        return _Known(dict(base.names), live=False)
    names: dict[str, Values] = {}
    for end in live:
        for name, values in end.names.items():
            names[name] = names.get(name, frozenset()) | values
    return _Known(names)


class _Reference:
    """Interprets a program with sets of values."""

    def __init__(self) -> None:
        self.seen: dict[int, set[int]] = {}
        self._state = _Known()
        self._loops: list[tuple[list[_Known], list[_Known]]] = []
        """The states at the breaks and at the continues of each loop that is open."""

    def run(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            if not self._state.live:
                return
            self._statement(statement)

    def _branch(self, statements: Sequence[ast.stmt], start: _Known) -> _Known:
        self._state = start.fork()
        self.run(statements)
        return self._state

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                value = self._value(node.value)
                for target in node.targets:
                    self._bind(target, value, node.value)
            case ast.Delete(targets=[ast.Name(id=name)]):
                self._state.names.pop(name, None)
            case ast.Expr():
                self._value(node.value)
            case ast.Return() | ast.Raise():
                self._state.live = False
            case ast.Break() | ast.Continue():
                self._loops[-1][isinstance(node, ast.Continue)].append(self._state.fork())
                self._state.live = False
            case ast.With():
                self.run(node.body)
            case ast.If():
                self._value(node.test)
                base = self._state
                self._state = _merged(base, [self._branch(node.body, base), self._branch(node.orelse, base)])
            case ast.Match():
                base = self._state
                ends = [self._branch(case.body, base) for case in node.cases]
                takes_all = any(isinstance(case.pattern, ast.MatchAs) for case in node.cases)
                self._state = _merged(base, ends if takes_all else [base, *ends])
            case ast.Try():
                self._try(node)
            case ast.For() | ast.While():
                self._loop(node)

    def _try(self, node: ast.Try) -> None:
        base = self._state
        body = self._branch(node.body, base)
        failed = _merged(base, [base, _Known(dict(body.names))])
        ends = [self._branch(node.orelse, body), *(self._branch(each.body, failed) for each in node.handlers)]
        self._state = _merged(base, ends)
        was_live, self._state.live = self._state.live, True
        self.run(node.finalbody)
        self._state.live = was_live

    def _loop(self, node: ast.For | ast.While) -> None:
        entry = self._state
        while True:
            self._state = entry.fork()
            if isinstance(node, ast.While):
                self._value(node.test)
            left = self._state.fork()
            left.live = not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant))
            if isinstance(node, ast.For):
                self._bind(node.target, self._elements(node.iter))
            self._loops.append(([], []))
            self.run(node.body)
            breaks, continues = self._loops.pop()
            again = _merged(entry, [entry, self._state, *continues])
            if again.names == entry.names:
                break
            entry = again
        self._state = _merged(left, [self._branch(node.orelse, left), *breaks])

    def _elements(self, node: ast.expr) -> Values:
        elements = node.elts if isinstance(node, ast.Tuple) else []
        return frozenset(
            each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, int)
        )

    def _bind(self, target: ast.expr, values: Values, given: ast.expr | None = None) -> None:
        if isinstance(target, ast.Tuple) and isinstance(given, ast.Tuple):
            for inner, value in zip(target.elts, given.elts, strict=True):
                self._bind(inner, self._value(value))
        else:
            self._state.names[ast.unparse(target)] = values

    def _value(self, node: ast.expr) -> Values:
        match node:
            case ast.Constant(value=int(value)):
                return frozenset({value})
            case ast.Name() | ast.Attribute():
                return self._state.names.get(ast.unparse(node), frozenset())
            case ast.NamedExpr():
                given = self._value(node.value)
                self._bind(node.target, given)
                return given
            case ast.UnaryOp(operand=inner) | ast.Compare(left=inner):
                return self._value(inner)
            case ast.BoolOp(values=[first, *rest]):
                self._value(first)
                self._perhaps(rest)
            case ast.IfExp():
                self._value(node.test)
                return self._perhaps([node.body]) | self._perhaps([node.orelse])
            case ast.ListComp(generators=[part]) if isinstance(node.elt, ast.NamedExpr):
                self._perhaps([*part.ifs, node.elt])
            case ast.Call(func=ast.Name(id="see"), args=[ast.Constant(value=int(place)), looked_at]):
                self.seen.setdefault(place, set()).update(self._value(looked_at))
        return frozenset()

    def _perhaps(self, nodes: Sequence[ast.expr]) -> Values:
        """Expressions of which only the first ones may run."""
        value: Values = frozenset()
        for number, node in enumerate(nodes):
            base = self._state.fork()
            value = self._value(node) if number == len(nodes) - 1 else self._perhaps([node])
            self._state = _merged(base, [base, self._state])
        return value


def _by_reference(source: str) -> Seen:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    reference = _Reference()
    reference.run(function.body)
    return {place: frozenset(values) for place, values in reference.seen.items()}


# -- the facts


class _Facts:
    """The facts of a program, with the calls of `see` by the number of the place."""

    def __init__(self, source: str) -> None:
        record = read_source(source.encode())
        assert isinstance(record, ModuleRecord)
        self._terms = record.terms
        self._conditions = record.conditions
        self._looks = {
            self._number(term): (ref, term.arguments[1].value)
            for ref, term in enumerate(record.terms)
            if isinstance(term, Call) and record.terms[term.function] == Name("see")
        }

    def _number(self, call: Call) -> int:
        """The number that a call has as its first argument."""
        term = self._terms[call.arguments[0].value]
        assert isinstance(term, Constant)
        assert isinstance(term.value, int)
        return term.value

    @property
    def seen(self) -> Seen:
        return {place: self._values(value, set()) for place, (_, value) in self._looks.items()}

    def _values(self, ref: Ref, passed: set[Ref]) -> Values:
        if ref in passed:
            return frozenset()
        passed.add(ref)
        match self._terms[ref]:
            case Constant(value=int(value)):
                return frozenset({value})
            case Name():
                return frozenset()  # nothing is known of it
            case term:
                return frozenset().union(*(self._values(each, passed) for each in self._behind(term)))

    def _behind(self, term: Term) -> list[Ref]:
        """The terms of which one is the value of a term."""
        match term:
            case Join(choices=choices):
                return [choice.value for choice in choices]
            case Narrowed(base=base):
                return [base]
            case Member(base=base, position=position):
                return [self._container(base).entries[position].value]
            case Element(base=base):
                return [entry.value for entry in self._container(base).entries]
        raise AssertionError(term)

    def _container(self, ref: Ref) -> Container:
        term = self._terms[ref]
        assert isinstance(term, Container)
        return term

    def explains(self, place: int, value: int, results: Mapping[int, bool]) -> bool:
        """Whether the tests of the facts let a place be reached, with this value, where `c(…)` came out so."""
        call, looked_at = self._looks[place]
        return self._hold(self._conditions.get(call, ()), results) and self._may_be(looked_at, value, results)

    def _may_be(self, ref: Ref, value: int, results: Mapping[int, bool]) -> bool:
        match self._terms[ref]:
            case Constant(value=number):
                return number == value
            case Join(choices=choices):
                return any(
                    self._hold(choice.guards, results) and self._may_be(choice.value, value, results)
                    for choice in choices
                )
            case term:
                return any(self._may_be(each, value, results) for each in self._behind(term))

    def _hold(self, guards: Iterable[Guard], results: Mapping[int, bool]) -> bool:
        return all(self._may_come_out(guard.test, guard.result, results) for guard in guards)

    def _may_come_out(self, ref: Ref, result: bool, results: Mapping[int, bool]) -> bool:
        """Whether a test may have come out as `result`; one that was not made has not."""
        match self._terms[ref]:
            case Call(function=function) as call if self._terms[function] == Name("c"):
                return results.get(self._number(call)) is result
            case Call():
                return result  # every value is an integer
            case Constant(value=value):
                return bool(value) is result
            case Not(operand=operand):
                return self._may_come_out(operand, not result, results)
            case Join(choices=choices):
                return any(
                    self._hold(choice.guards, results) and self._may_come_out(choice.value, result, results)
                    for choice in choices
                )
            case _:
                return True  # decided elsewhere


# -- what happens


class _Boom(Exception):
    """What a program raises, and may catch."""


class _Stop(BaseException):
    """Ends a run that takes too long."""


class _Box(SimpleNamespace):
    def __enter__(self) -> _Box:
        return self

    def __exit__(self, *raised: object) -> None:
        return None


class _Run:
    """One run of a program, with random results."""

    def __init__(self, source: str, chance: random.Random) -> None:
        self._chance = chance
        self._left = 200
        self.results: dict[int, bool] = {}
        self.seen: list[tuple[int, int, dict[int, bool]]] = []
        """The places that were reached, in order, with the value and the results until then."""
        around = {"c": self._decide, "may": self._may, "it": self._some, "see": self._see, "o": _Box(), "Boom": _Boom}
        exec(compile(source, "program", "exec"), around)  # our own text
        with suppress(_Boom, _Stop, NameError):
            around["f"]()  # type: ignore[operator]

    def _draw(self) -> bool:
        self._left -= 1
        if not self._left:
            raise _Stop
        return self._chance.random() < 0.5

    def _decide(self, number: int) -> bool:
        self.results[number] = self._draw()
        return self.results[number]

    def _may(self) -> None:
        if self._draw():
            raise _Boom

    def _some(self) -> list[int]:
        return [0, 0][: self._draw() + self._draw()]

    def _see(self, place: int, value: int) -> None:
        self.seen.append((place, value, dict(self.results)))


def _runs(source: str) -> Iterator[_Run]:
    chance = random.Random(source)
    for _ in range(_RUNS):
        yield _Run(source, chance)


# -- the tests


@settings(deadline=None, derandomize=True)
@given(_programs("loops", "others"))
def test_values_are_those_of_the_reference(source: str) -> None:
    assert _Facts(source).seen == _by_reference(source)


@settings(deadline=None, derandomize=True)
@given(_programs("loops", "others"))
def test_whatever_happens_is_among_the_values(source: str) -> None:
    seen = _Facts(source).seen
    for run in _runs(source):
        for place, value, _ in run.seen:
            assert value in seen[place], (place, value)


@settings(deadline=None, derandomize=True)
@given(_programs("others"))
def test_tests_on_the_way_are_those_that_were_passed(source: str) -> None:
    """In a loop, tests of another round would tell nothing."""
    facts = _Facts(source)
    for run in _runs(source):
        for place, value, results in run.seen:
            assert facts.explains(place, value, results), (place, value)


@settings(deadline=None, derandomize=True)
@given(_programs())
def test_tests_leave_one_value(source: str) -> None:
    """Where nothing but tests decides, they say which value it is."""
    facts = _Facts(source)
    for run in _runs(source):
        for place, value, results in run.seen:
            assert [each for each in facts.seen[place] if facts.explains(place, each, results)] == [value], place


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            ["a = 1", "while c(2):", "    if c(3):", "        a = 4", "        continue", "    see(5, a)", "    a = 6",
             "see(7, a)"],
            {5: {1, 4, 6}, 7: {1, 4, 6}},
            id="a round that goes on early",
        ),
        pytest.param(
            ["a = 1", "while c(2) and see(3, a) is None and (a := 4):", "    it()", "see(5, a)"],
            {3: {1, 4}, 5: {1, 4}},
            id="a walrus in the test of a loop",
        ),
        pytest.param(
            ["a = 1", "while True:", "    it()", "    if c(2):", "        a = 3", "        break", "    a = 4",
             "see(5, a)"],
            {5: {3}},
            id="the one way out",
        ),
    ],
)  # fmt: skip
def test_everything_happens_that_may(rows: list[str], expected: dict[int, set[int]]) -> None:
    """The tests above would see it: the runs reach whatever the facts say."""
    source = "\n    ".join(["def f():", *rows, ""])
    happened: dict[int, set[int]] = {}
    for run in _runs(source):
        for place, value, _ in run.seen:
            happened.setdefault(place, set()).add(value)
    assert happened == expected
    assert _Facts(source).seen == _by_reference(source) == expected


# -- the state itself

_PATHS = st.sampled_from(["a", "o", "o.x", "o.y", "o.x.z", "ox.y"])
_Step: TypeAlias = "tuple[str, str] | list[list[_Step]] | None"
"""To bind or forget a path, to go on behind several branches, or not at all."""
_STEPS: st.SearchStrategy[list[_Step]] = st.recursive(
    st.lists(st.tuples(st.sampled_from(["bind", "bind", "forget"]), _PATHS) | st.none(), max_size=4),
    lambda steps: st.lists(
        st.tuples(st.sampled_from(["bind", "bind", "forget"]), _PATHS) | st.lists(steps, min_size=2, max_size=3),
        max_size=4,
    ),
    max_leaves=12,
)


def _below(path: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(f"{path}.")]


class _Both:
    """Takes each step with a state, and with copies of dictionaries."""

    def __init__(self) -> None:
        self.table = FactsTable()
        self.state = State()
        self._numbers = itertools.count()

    def take(self, steps: Sequence[_Step], known: _Known) -> _Known:
        """Takes steps from what is known; returns what is known then."""
        for step in steps:
            if not known.live:
                break
            known = self._step(step, known)
            assert self.state.live == known.live
            if known.live:
                assert {path: self._values(ref) for path, ref in self.state.names.items()} == known.names
        return known

    def _step(self, step: _Step, known: _Known) -> _Known:
        if step is None:
            self.state.live = known.live = False
            return known
        if isinstance(step, list):
            return self._branches(step, known)
        kind, path = step
        for name in [*_below(path, known.names), path]:
            known.names.pop(name, None)
        if kind == "forget":
            self.state.forget(path)
        else:
            number = next(self._numbers)
            self.state.bind(path, self.table.add(Constant(number), _PLACE))
            known.names[path] = frozenset({number})
        return known

    def _branches(self, branches: Sequence[Sequence[_Step]], known: _Known) -> _Known:
        ends, copies = [], []
        for branch in branches:
            mark = self.state.mark()
            copies.append(self.take(branch, known.fork()))
            ends.append(self.state.leave(mark))
            assert {path: self._values(ref) for path, ref in self.state.names.items()} == known.names
        self.state.merge(self.table, ends, _PLACE)
        live = [copy for copy in copies if copy.live]
        merged = _merged(known, copies)
        for path in [*merged.names]:
            if "." in path and any(path not in copy.names for copy in live):
                del merged.names[path]
        return merged

    def _values(self, ref: Ref) -> Values:
        term = self.table.term(ref)
        if isinstance(term, Join):
            return frozenset().union(*(self._values(choice.value) for choice in term.choices))
        assert isinstance(term, Constant)
        assert isinstance(term.value, int)
        return frozenset({term.value})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_STEPS)
def test_a_state_goes_back_and_merges_as_copies_do(steps: list[_Step]) -> None:
    both = _Both()
    both.take(steps, _Known())
