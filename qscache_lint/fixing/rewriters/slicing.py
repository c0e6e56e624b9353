"""The backward slice: of the statements before a value, those that compute it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.misses import Misses, code, is_logging
from qscache_lint.fixing.rewriters.route import Statements, Step, block_of, with_block
from qscache_lint.fixing.rewriters.values import is_lazy_query, is_no_queryset
from qscache_lint.fixing.rewriters.variables import (
    Names,
    binds,
    changes,
    ends,
    mutates,
    needs,
    own,
    reads,
    surely_binds,
)
from qscache_lint.reasons import reason

_IDLE = m.SimpleStatementLine([m.Pass() | m.Expr(m.SimpleString() | m.ConcatenatedString() | m.Ellipsis())])


@dataclass(frozen=True)
class Slice:
    """The statements that a value needs, and the variables that these need; `parts`: those of each step."""

    statements: Statements
    needed: Names
    parts: tuple[tuple[Step, Statements], ...] = ()


@dataclass
class Slicer:
    """Slices the function `name`. What it leaves out, though it may do something, is in `left_out`.

    `gentle` are the ids of calls that change nothing of what they get.
    """

    name: str
    misses: Misses
    aliases: Mapping[str, Names]
    function: cst.FunctionDef
    gentle: frozenset[int] = frozenset()
    left_out: list[str] = field(default_factory=list)
    other_values: list[str] = field(default_factory=list)
    """What the function returns from a cache of its own, where it returns no QuerySet."""

    def steps(self, steps: Sequence[Step], needed: Names) -> Slice:
        """What `needed` takes of the steps."""
        parts: list[tuple[Step, Statements]] = []
        for step in reversed(steps):
            found = self.block(step.missed, needed, is_whole=not step.runs_on_hits)
            needed = found.needed
            if found.statements:
                parts.insert(0, (step, found.statements))
        return Slice(tuple(each for _, part in parts for each in part), needed, tuple(parts))

    def block(self, block: Statements, needed: Names, *, is_whole: bool = False) -> Slice:
        """What `needed` takes of the statements of a block. `is_whole`: no part of a statement is left out."""
        kept: list[cst.BaseStatement] = []
        for statement in reversed(block):
            found, needed = self._statement(statement, needed, is_whole=is_whole)
            kept[:0] = () if found is None else (found,)
        return Slice(tuple(kept), needed)

    def _statement(
        self, statement: cst.BaseStatement, needed: Names, *, is_whole: bool
    ) -> tuple[cst.BaseStatement | None, Names]:
        if m.matches(statement, _IDLE) or is_logging(statement):
            return None, needed
        if isinstance(statement, cst.If) and (not is_whole or self.misses.uses(statement)):
            return self._if(statement, needed)
        leaves = any(True for _ in own(statement, cst.Return, cst.Raise, cst.Assert))
        if not leaves and not self._serves(statement, needed):
            self._leave_out(statement)
            return None, needed
        if self.misses.uses(statement):
            if isinstance(statement, cst.SimpleStatementLine) and not leaves and not binds(statement) & needed:
                return None, needed
            raise Refused(reason("query-of-cached", function=self.name))
        if ends(statement):
            needed = frozenset()
        return statement, (needed - surely_binds(statement)) | needs(statement)

    def _if(self, statement: cst.If, needed: Names) -> tuple[cst.BaseStatement | None, Names]:
        """The branches as far as they are needed."""
        if self._returns_other_rows(statement):
            return None, needed
        assert isinstance(statement.body, (cst.IndentedBlock, cst.SimpleStatementSuite))
        body, taken = self._suite(statement.body, needed)
        other, passed = self._orelse(statement.orelse, needed)
        if body is None and other is None:
            return None, needed
        before = taken | passed | reads(statement.test)
        if body is statement.body and other is statement.orelse:
            return statement, before
        empty = cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])])
        return statement.with_changes(body=body or empty, orelse=other), before

    def _suite(self, suite: cst.BaseSuite, needed: Names) -> tuple[cst.BaseSuite | None, Names]:
        block = block_of(suite)
        found = self.block(block, needed)
        if not found.statements:
            return None, needed
        is_same = isinstance(suite, cst.SimpleStatementSuite) and len(found.statements) == len(block)
        is_same |= len(found.statements) == len(block) and all(
            each is old for each, old in zip(found.statements, block, strict=True)
        )
        if is_same:
            return suite, found.needed
        base = suite if isinstance(suite, cst.IndentedBlock) else cst.IndentedBlock([])
        return with_block(base, found.statements), found.needed

    def _orelse(self, orelse: cst.If | cst.Else | None, needed: Names) -> tuple[cst.If | cst.Else | None, Names]:
        if orelse is None:
            return None, needed
        if isinstance(orelse, cst.If):
            found, before = self._if(orelse, needed)
            return (found if isinstance(found, cst.If) else None), before
        body, before = self._suite(orelse.body, needed)
        if body is None:
            return None, needed
        return (orelse if body is orelse.body else orelse.with_changes(body=body)), before

    def _returns_other_rows(self, statement: cst.If) -> bool:
        """Whether a branch returns something from a cache of its own that is no QuerySet."""
        last = block_of(statement.body)[-1]
        found = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
        if not isinstance(found, cst.Return) or statement.orelse is not None or not self.misses.uses(statement.body):
            return False
        if found.value is None or not is_no_queryset(found.value, self.function):
            return False
        self.other_values.append(code(found.value))
        return True

    def _serves(self, statement: cst.BaseStatement, needed: Names) -> bool:
        """Whether a statement binds something needed, or may change an object that is needed."""
        together = needed.union(*(self.aliases.get(name, frozenset()) for name in needed))
        return bool(binds(statement) & needed or changes(statement, self.gentle) & together)

    def _leave_out(self, statement: cst.BaseStatement) -> None:
        """Remember what a statement does besides giving something to the cache and to logs."""
        said = [code(each) for each in own(statement, cst.Expr, cst.Assign) if self._matters(each)]
        self.left_out[:0] = said

    def leave_out_behind(self, statement: cst.BaseStatement) -> None:
        """Remember what a statement behind the store does."""
        self.left_out.extend(code(each) for each in own(statement, cst.Expr) if self._matters(each))

    def _matters(self, statement: cst.CSTNode) -> bool:
        if is_logging(statement) or self.misses.uses(statement) or is_lazy_query(statement):
            return False
        if isinstance(statement, cst.Assign):
            return not binds(statement) & self._of_the_cache
        return not self._is_dead(statement)

    def _is_dead(self, statement: cst.CSTNode) -> bool:
        """Whether a statement only changes an object that the function has made itself: the parts of a key."""
        changed = mutates(statement)
        made = {name for each in own(self.function.body, cst.Assign) for name in binds(each)}
        calls = [each for each in m.findall(statement, m.Call()) if isinstance(each, cst.Call)]
        return len(calls) == 1 and bool(changed) and changed <= made

    @cached_property
    def _of_the_cache(self) -> Names:
        """The variables of which keys, lifetimes and log entries are made."""
        body = self.function.body
        calls = (each for each in own(body, cst.Call, cst.ComparisonTarget) if self.misses.is_use(each))
        logs = (each for each in own(body, cst.Expr) if is_logging(each))
        names = frozenset[str]().union(*(reads(each) for each in (*calls, *logs)))
        while True:
            assigned = (each for each in own(body, cst.Assign, cst.AugAssign, cst.NamedExpr) if binds(each) & names)
            more = names.union(*(reads(each) for each in assigned))
            if more == names:
                return names
            names = more
