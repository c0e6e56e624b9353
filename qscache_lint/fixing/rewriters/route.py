"""The route through a function to its storing call: the blocks around it, and the statements before it in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.misses import Misses
from qscache_lint.fixing.rewriters.variables import binds, ends, own
from qscache_lint.reasons import reason

Statements = tuple[cst.BaseStatement, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """A statement before the store; `runs_on_hits`, too, or only on a miss."""

    node: cst.BaseStatement
    missed: tuple[cst.BaseStatement, ...]
    """What is left of it on a miss."""

    runs_on_hits: bool
    depth: int
    """How many blocks are around it on the route."""


@dataclass(frozen=True, eq=False)
class Turn:
    """A compound statement around the store, and what stands behind it in its block.

    `other` are the statements that run instead where `test`, which a miss does not decide, leads elsewhere.
    """

    node: cst.BaseCompoundStatement
    behind: Statements
    test: cst.BaseExpression | None = None
    other: Statements = ()
    leads_when: bool = True
    misses: Misses | None = None
    """What variables have at the test."""


@dataclass(frozen=True, eq=False)
class Route:
    """How the function gets to its store on a miss."""

    steps: tuple[Step, ...]
    turns: tuple[Turn, ...]
    store: cst.SimpleStatementLine
    behind: Statements
    """What follows the store in its own block."""

    misses: Misses
    """What variables have where the store stands."""

    runs_on_hits: bool

    @property
    def continuation(self) -> Iterator[cst.BaseStatement]:
        """The statements that run behind the store, up to the end of the function."""
        yield from self.behind
        block: Sequence[cst.BaseStatement] = self.behind
        for turn in reversed(self.turns):
            if block and ends(block[-1]):
                return
            yield from turn.behind
            block = turn.behind


class Walk:
    """Follows the statements of a function down to the store."""

    def __init__(self, node: cst.FunctionDef, store: cst.Call, misses: Misses) -> None:
        self._name = node.name.value
        self._store = store
        self._misses = misses
        self._steps: list[Step] = []
        self._turns: list[Turn] = []
        self._runs_on_hits = True

    def route(self, body: cst.BaseSuite) -> Route:
        """The route to the store. Raises Refused where it cannot be followed."""
        block = block_of(body)
        while True:
            at = next((index for index, each in enumerate(block) if self._has_store(each)), None)
            if at is None:
                raise Refused(reason("stores-in-expression", function=self._name))
            for statement in block[:at]:
                self._pass(statement)
            inner = self._enter(block[at], block[at + 1 :])
            if inner is None:
                line = block[at]
                assert isinstance(line, cst.SimpleStatementLine)
                steps, turns = tuple(self._steps), tuple(self._turns)
                return Route(steps, turns, line, block[at + 1 :], self._misses, self._runs_on_hits)
            block = inner

    def _has_store(self, node: cst.CSTNode) -> bool:
        return any(each is self._store for each in own(node, cst.Call))

    # -- statements before the store

    def _pass(self, statement: cst.BaseStatement) -> None:
        said = self._misses.test(statement.test) if isinstance(statement, cst.If) else None
        if isinstance(statement, cst.If) and said is not None:
            self._misses.follow(statement.test)
            before, self._runs_on_hits = self._runs_on_hits, False
            for each in branch_of(statement, said=said):
                self._pass(each)
            leaves = branch_of(statement, said=not said)
            self._runs_on_hits = before and not (leaves and ends(leaves[-1]))
            return
        if ends(statement):
            raise Refused(reason("no-store-on-miss", function=self._name))
        missed = on_a_miss((statement,), self._misses)
        self._steps.append(Step(statement, missed, self._runs_on_hits, len(self._turns)))

    # -- statements around the store

    def _enter(self, statement: cst.BaseStatement, behind: Statements) -> Statements | None:
        """The block inside a statement that has the store; None where that is the store's own line."""
        match statement:
            case cst.SimpleStatementLine():
                return None
            case cst.If():
                return self._into_if(statement, behind)
            case cst.Try():
                return self._into_try(statement, behind)
            case cst.With(body=body):
                self._turns.append(Turn(statement, behind))
                return block_of(body)
            case _:
                raise Refused(reason("stores-in-loop", function=self._name))

    def _into_if(self, statement: cst.If, behind: Statements) -> Statements:
        is_in_body = self._has_store(statement.body)
        said = self._misses.test(statement.test)
        if self._has_store(statement.test) or said is (not is_in_body):
            raise Refused(reason("no-store-on-miss", function=self._name))
        self._misses.follow(statement.test)
        inner = branch_of(statement, said=is_in_body)
        if said is not None:
            self._runs_on_hits = False
            self._turns.append(Turn(statement, behind))
        else:
            other = branch_of(statement, said=not is_in_body)
            known = self._misses.copy()
            self._turns.append(Turn(statement, behind, statement.test, other, is_in_body, known))
        return inner

    def _into_try(self, statement: cst.Try, behind: Statements) -> Statements:
        tried = block_of(statement.body)
        self._turns.append(Turn(statement, behind))
        if self._has_store(statement.body):
            return tried
        handler = next((each for each in statement.handlers if self._has_store(each)), None)
        if handler is None or not all(self._only_reads(each) for each in tried):
            raise Refused(reason("stores-after-try", function=self._name))
        self._runs_on_hits = False
        return block_of(handler.body)

    def _only_reads(self, statement: cst.BaseStatement) -> bool:
        """Whether a statement reads the cache: `return cache[key]`, `rows = cache[key]`."""
        line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        value = getattr(line, "value", None)
        returns_read = isinstance(line, cst.Return) and isinstance(value, cst.Name)
        return value is not None and (self._misses.uses(value) or returns_read)


def on_a_miss(statements: Statements, misses: Misses) -> Statements:
    """What is left of statements on a miss: of tests which that decides, the branch; `misses` follows them."""
    left: list[cst.BaseStatement] = []
    for statement in statements:
        if not isinstance(statement, cst.If):
            left.append(statement)
            misses.follow(statement)
            continue
        said = misses.test(statement.test)
        if said is None:
            left.append(_with_branches(statement, misses))
            misses.follow(statement)
        else:
            misses.follow(statement.test)
            left.extend(on_a_miss(branch_of(statement, said=said), misses))
    return tuple(left)


def _with_branches(statement: cst.If, misses: Misses) -> cst.If:
    """An `if` that a miss does not decide, with what a miss leaves of its branches."""
    body = _suite_on_a_miss(statement.body, misses)
    other = statement.orelse
    match other:
        case cst.If():
            orelse = _else_of(on_a_miss((other,), misses.copy()))
        case cst.Else():
            orelse = other.with_changes(body=_suite_on_a_miss(other.body, misses))
        case _:
            orelse = None
    is_same = body is statement.body and (orelse is other or getattr(orelse, "body", 0) is getattr(other, "body", 1))
    return statement if is_same else statement.with_changes(body=body, orelse=orelse)


def _else_of(left: Statements) -> cst.If | cst.Else | None:
    match left:
        case ():
            return None
        case (cst.If() as only,):
            return only
        case _:
            return cst.Else(cst.IndentedBlock(left))


def _suite_on_a_miss(suite: cst.BaseSuite, misses: Misses) -> cst.BaseSuite:
    if not isinstance(suite, cst.IndentedBlock):
        return suite
    block = block_of(suite)
    left = on_a_miss(block, misses.copy())
    return suite if len(left) == len(block) and all(map(_is, left, block)) else with_block(suite, left)


def _is(left: object, right: object) -> bool:
    return left is right


def with_block(suite: cst.IndentedBlock, block: Iterable[cst.BaseStatement]) -> cst.IndentedBlock:
    """A block with other statements, or `pass` where none is left."""
    return suite.with_changes(body=[*block] or [cst.SimpleStatementLine([cst.Pass()])])


def branch_of(statement: cst.If, *, said: bool) -> Statements:
    """The statements of an `if` that run when its test says so."""
    if said:
        return block_of(statement.body)
    if isinstance(statement.orelse, cst.If):
        return (statement.orelse,)
    return () if statement.orelse is None else block_of(statement.orelse.body)


def block_of(suite: cst.BaseSuite) -> Statements:
    """The statements of a block; those behind a colon on one line get lines of their own."""
    if isinstance(suite, cst.IndentedBlock):
        return tuple(each for each in suite.body if isinstance(each, cst.BaseStatement))
    return tuple(
        cst.SimpleStatementLine([each.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
        for each in suite.body
        if isinstance(each, cst.BaseSmallStatement)
    )


def bound_around(route: Route) -> frozenset[str]:
    """The variables that the statements around the store bind themselves: `with open() as x`, `except E as x`."""
    names: frozenset[str] = frozenset()
    for turn in route.turns:
        match turn.node:
            case cst.With(items=items):
                names = names.union(*(binds(each) for each in items))
            case cst.Try(handlers=handlers):
                names = names.union(*(binds(each.name) for each in handlers if each.name is not None))
            case cst.If(test=test):
                names |= binds(test)
    return names
