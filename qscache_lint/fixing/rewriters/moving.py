"""Which statements leave the cached function for its builder, and which arguments it has to keep for the call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.extraction import Extraction
from qscache_lint.fixing.rewriters.misses import is_logging
from qscache_lint.fixing.rewriters.replacing import Replace
from qscache_lint.fixing.rewriters.route import Step, block_of, branch_of
from qscache_lint.fixing.rewriters.values import is_lazy_query
from qscache_lint.fixing.rewriters.variables import binds, changes, mutates, own, reads
from qscache_lint.reasons import reason


class Moves:
    """Tells which steps of an extraction move."""

    def __init__(self, extraction: Extraction) -> None:
        self._extraction = extraction

    @property
    def is_placed(self) -> bool:
        """Whether the call stands where the last statement was that moves; else it stands right before the store."""
        return self._places(self.moved)

    def _places(self, moved: Sequence[Step]) -> bool:
        return self._extraction.given.variable in _bound_by(moved)

    @cached_property
    def moved(self) -> tuple[Step, ...]:
        """The steps that only serve the value: they leave the cached function."""
        candidates = [step for step, part in self._extraction.parts if self._may_move(step, part)]
        while True:
            staying = [step for step in candidates if self._outcome(step) & self._used_behind(step, candidates)]
            if self._extraction.given.variable in _bound_by(self._late_stays(candidates)):
                staying += [step for step in candidates if self._extraction.given.variable in binds(step.node)]
            staying += [step for step in candidates if self._raises_early(step, candidates)]
            if not staying:
                break
            candidates = [step for step in candidates if step not in staying]
        self._refuse_early_use(candidates)
        self._refuse_changed_twice(candidates)
        self._refuse_on_hits(candidates)
        return tuple(candidates)

    def _refuse_on_hits(self, moved: Sequence[Step]) -> None:
        """Raises Refused when a hit would be replaced by what the builder gives."""
        late = [at for at, (step, _) in enumerate(self._extraction.parts) if not step.runs_on_hits]
        if not late:
            return
        goes_on = any(step.runs_on_hits for step, _ in self._extraction.parts[late[0] :])
        is_placed = self._places(moved) and not moved[-1].runs_on_hits
        if goes_on or (self._extraction.route.runs_on_hits and not is_placed):
            raise Refused(reason("stores-on-hit", function=self._extraction.name))

    def _may_move(self, step: Step, part: Sequence[cst.CSTNode]) -> bool:
        if len(part) != 1 or part[0] is not step.node or any(True for _ in own(step.node, cst.Return)):
            return False
        if not step.runs_on_hits or not self._has_hits:
            return True
        is_overwritten = self._extraction.given.variable in binds(step.node) and bool(self._extraction.route.turns)
        return _only_builds(step.node) and not is_overwritten

    @property
    def _has_hits(self) -> bool:
        route, misses = self._extraction.route, self._extraction.slicer.misses
        is_read = any(misses.uses(step.node) for step in route.steps) or bool(route.turns)
        return is_read or self._extraction.given.is_lazy

    def _outcome(self, step: Step) -> frozenset[str]:
        """The variables that a step leaves changed, other than the stored one."""
        found = binds(step.node) | (changes(step.node) & binds(self._extraction.node.body))
        return found - {self._extraction.given.variable or ""}

    def _used_behind(self, step: Step, moved: Sequence[Step]) -> frozenset[str]:
        """The variables that the cached function reads behind a step, without the steps that move."""
        steps = self._extraction.route.steps
        later = (each for each in steps[steps.index(step) + 1 :] if each not in moved)
        return self._used_around.union(*(reads(each.node) for each in later))

    @cached_property
    def _used_around(self) -> frozenset[str]:
        """The variables that the function reads beside its steps and the value."""
        gone: dict[int, Sequence[cst.CSTNode]] = {id(step.node): [] for step in self._extraction.route.steps}
        gone[id(self._extraction.given.place)] = [cst.Name("None")]
        if self._extraction.given.maker is not None:
            gone[id(self._extraction.given.maker)] = []
        left = self._extraction.node.body.visit(Replace(gone))
        return reads(left) if isinstance(left, cst.CSTNode) else frozenset()

    def _raises_early(self, step: Step, moved: Sequence[Step]) -> bool:
        """Whether a step may raise before another one that stays."""
        if not any(True for _ in own(step.node, cst.Raise, cst.Assert)):
            return False
        later = self._before_call(moved)[self._extraction.route.steps.index(step) :]
        return any(each not in moved and not is_logging(each.node) for each in later)

    def _before_call(self, moved: Sequence[Step]) -> tuple[Step, ...]:
        """The steps before the place where the cached function calls the builder."""
        steps = self._extraction.route.steps
        return steps[: steps.index(moved[-1])] if self._places(moved) else steps

    def _late_stays(self, moved: Sequence[Step]) -> list[Step]:
        steps = (step for step, _ in self._extraction.parts)
        return [step for step in steps if step not in moved and not step.runs_on_hits]

    def _refuse_early_use(self, moved: Sequence[Step]) -> None:
        """Raises Refused when a statement that stays needs the value before it is complete."""
        variable, steps = self._extraction.given.variable, list(self._extraction.route.steps)
        at = [steps.index(step) for step in moved if variable in binds(step.node)]
        if not at:
            return
        for step in steps[at[0] : steps.index(moved[-1])]:
            if step not in moved and variable in reads(step.node):
                raise Refused(reason("needed-early", function=self._extraction.name, name=variable))

        for step in steps[at[0] :]:
            returned = [each.value for each in own(step.node, cst.Return) if isinstance(each, cst.Return)]
            if returned:
                between = steps[at[0] : steps.index(step)]
                self._refuse_return_of(step, variable, returned, [each for each in between if each not in moved])

    def _refuse_return_of(
        self, step: Step, variable: str | None, returned: Sequence[cst.BaseExpression | None], between: Sequence[Step]
    ) -> None:
        """Raises Refused where a step returns instead of the value, and it or what is before it asks the value."""
        asks = any(variable in reads(each.node) and not is_logging(each.node) for each in between)
        if not asks and variable not in reads(step.node):
            return
        is_empty = m.If(test=m.UnaryOperation(m.Not(), m.Name(variable or "")), orelse=None)
        empty = m.List([]) | m.Tuple([]) | m.Call(func=m.Attribute(attr=m.Name("none")), args=[])
        if asks or not m.matches(step.node, is_empty) or not all(each and m.matches(each, empty) for each in returned):
            raise Refused(reason("looks-then-leaves", function=self._extraction.name, name=variable))

    def _refuse_changed_twice(self, moved: Sequence[Step]) -> None:
        """Raises Refused when both halves would change an object that the function was given."""
        for step, _ in self._extraction.parts:
            changed = sorted(mutates(step.node) & self._extraction.parameters)
            if step not in moved and changed:
                raise Refused(reason("changed-twice", function=self._extraction.name, name=changed[0]))

    # -- parameters that are bound anew

    @cached_property
    def raw_names(self) -> dict[str, str]:
        """The names under which the cached function keeps what it was given, by parameter."""
        found = {name: f"raw_{name}" for name in sorted(self._extraction.needed) if self._is_rebound(name)}
        taken = reads(self._extraction.node.body) | binds(self._extraction.node.body) | self._extraction.parameters
        for name, raw in found.items():
            if raw in taken:
                raise Refused(reason("rebound-name-taken", function=self._extraction.name, name=name, other=raw))
        return found

    def rebinding(self, name: str) -> list[Step]:
        stays = (step for step in self._before_call(self.moved) if step not in self.moved)
        return [step for step in stays if name in binds(step.node)]

    def _is_rebound(self, name: str) -> bool:
        rebinding = self.rebinding(name)
        kept = [step for step, _ in self._extraction.parts]
        if all(step in kept and _is_default(step.node, name) for step in rebinding):
            earlier = kept[: kept.index(rebinding[0])] if rebinding else []
            return any(name in reads(step.node) for step in earlier)
        return True


def _bound_by(steps: Sequence[Step]) -> frozenset[str]:
    return frozenset[str]().union(*(binds(step.node) for step in steps))


def _only_builds(statement: cst.BaseStatement) -> bool:
    """Whether a statement does nothing but to put a query together, on one condition or another."""
    if isinstance(statement, cst.If):
        inner = [*block_of(statement.body), *branch_of(statement, said=False)]
        return is_lazy_query(statement.test) and all(_only_builds(each) for each in inner)
    is_plain = m.matches(statement, m.SimpleStatementLine([m.Assign([m.AssignTarget(m.Name())])]))
    return is_plain and is_lazy_query(statement)


def _is_default(statement: cst.BaseStatement, name: str) -> bool:
    """`x = x or default`, `if x is None: x = default`: what changes nothing when it runs a second time."""
    variable = m.Name(name)
    assigned = [m.AssignTarget(variable)]
    either = m.Assign(assigned, m.BooleanOperation(left=variable, operator=m.Or()))
    none = m.Comparison(left=variable, comparisons=[m.ComparisonTarget(m.Is(), m.Name("None"))])
    body = m.IndentedBlock([m.SimpleStatementLine([m.Assign(assigned)])]) | m.SimpleStatementSuite([m.Assign(assigned)])
    guarded = m.If(test=none | m.UnaryOperation(m.Not(), variable), body=body, orelse=None)
    return m.matches(statement, m.SimpleStatementLine([either]) | guarded)
