"""The local split of a function that stores in its body: a builder with the query, called where that was computed.

    def get_items(shelf):                            def get_items_queryset(shelf):
        rows = cache.get(f"items:{shelf}")               return Item.objects.filter(shelf=shelf)
        if rows is None:
            rows = Item.objects.filter(…)     ->     def get_items(shelf):
            cache.set(f"items:{shelf}", rows)            rows = cache.get(f"items:{shelf}")
        return rows                                      if rows is None:
                                                             rows = get_items_queryset(shelf)
                                                             cache.set(f"items:{shelf}", rows)
                                                         return rows

The cached function keeps everything else as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.cached_function import Flavour
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import FunctionChange
from qscache_lint.fixing.rewriters.definitions import Names, Style
from qscache_lint.fixing.rewriters.extraction import Extraction, OnlyComments, comments_in, without_comments
from qscache_lint.fixing.rewriters.misses import code, is_logging
from qscache_lint.fixing.rewriters.route import Step, block_of, branch_of
from qscache_lint.fixing.rewriters.values import is_lazy_query
from qscache_lint.fixing.rewriters.variables import binds, changes, mutates, own, reads

Replacements = Mapping[int, Sequence[cst.CSTNode]]


class ExtractStored(FunctionChange):
    """Puts the builder above the function that stores by its call number `store` (see `calls_in`)."""

    def __init__(self, style: Style, names: Names, store: int, *, is_callable: bool) -> None:
        self._style = style
        self._names = names
        self._store = store
        self._is_callable = is_callable

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        halves = self._halves(node)
        return cst.FlattenSentinel([halves.builder, halves.cached])

    def differences(self, node: cst.FunctionDef) -> tuple[str, ...]:
        """What the builder does otherwise than the function on a miss, and what runs twice, in a sentence each."""
        return tuple(dict.fromkeys(self._halves(node).differences()))

    def _halves(self, node: cst.FunctionDef) -> _Halves:
        extraction = Extraction.of(node, self._store, is_callable=self._is_callable)
        return _Halves(extraction, self._style, self._names)


class _Halves:
    """The builder and the cached function of one extraction."""

    def __init__(self, extraction: Extraction, style: Style, names: Names) -> None:
        self._extraction = extraction
        self._style = style
        self._names = names
        self._node = extraction.node
        self._refuse_shadowed()
        self._other_ends = extraction.other_ends

    def _refuse_shadowed(self) -> None:
        flavour = self._style.cached_function.flavour
        own_names = binds(self._node.body) | self._extraction.parameters
        called = {Flavour.FUNCTION: self._names.builder, Flavour.STATICMETHOD: self._style.owner.partition(".")[0]}
        if called.get(flavour) in own_names:
            raise Refused(f"{self._node.name.value} has a variable called {called[flavour]}")
        receiver = self._receiver
        if receiver and any(receiver in binds(each) for each in self._node.body.body):
            raise Refused(f"{self._node.name.value} binds {receiver} anew")

    @property
    def _receiver(self) -> str:
        if self._style.cached_function.flavour not in (Flavour.METHOD, Flavour.CLASSMETHOD):
            return ""
        first = (*self._node.params.posonly_params, *self._node.params.params)
        if not first:
            raise Refused(f"{self._node.name.value} takes its receiver with others")
        return first[0].name.value

    # -- the builder

    @cached_property
    def builder(self) -> cst.FunctionDef:
        free = Counter(comments_in(self._node.body))
        free -= Counter(comments_in(self.cached.body))
        body = [each.visit(OnlyComments(free)) for each in self._extraction.body]
        lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in free.elements()]
        above = [*lines, *_below_blank(getattr(body[0], "leading_lines", ()))]
        body = [body[0].with_changes(leading_lines=above), *(_set_off(each, old) for old, each in pairwise(body))]
        binding = [each for at, each in enumerate(self._node.decorators) if at in self._style.cached_function.binding]
        bare = self._node.with_changes(decorators=binding, lines_after_decorators=[], body=cst.IndentedBlock([]))
        builder = cst.ensure_type(without_comments(bare), cst.FunctionDef).with_changes(
            name=cst.Name(self._names.builder),
            leading_lines=self._node.leading_lines[: self._attached],
            body=cst.IndentedBlock(body, indent=self._indent),
        )
        return self._style.noted(builder, self._style.builder_note(self._names))

    @property
    def _indent(self) -> str | None:
        return self._node.body.indent if isinstance(self._node.body, cst.IndentedBlock) else None

    @property
    def _attached(self) -> int:
        """Where the comments begin that stand right above the function."""
        lines = self._node.leading_lines
        return next((at + 1 for at in reversed(range(len(lines))) if lines[at].comment is None), 0)

    # -- the cached function

    @cached_property
    def cached(self) -> cst.FunctionDef:
        changed = self._node.body.visit(_Replace(self._replacements))
        assert isinstance(changed, cst.IndentedBlock)
        if not getattr(self._node.body.body[0], "leading_lines", ()):
            first, *others = changed.body
            above = _below_blank(getattr(first, "leading_lines", ()))
            changed = changed.with_changes(body=[first.with_changes(leading_lines=above), *others])
        above = [*self._style.gap, *self._node.leading_lines[self._attached :]]
        return self._node.with_changes(body=changed, leading_lines=above)

    @cached_property
    def _replacements(self) -> Replacements:
        given = self._extraction.given
        found: dict[int, list[cst.CSTNode]] = {id(step.node): [] for step in self._moved}
        for step, saved in self._saved:
            found[id(step.node)] = [*saved, step.node.with_changes(leading_lines=[])]
        if given.variable is None:
            found[id(given.place)] = [self._lazy_call() if given.is_lazy else self._call]
            found |= {} if given.maker is None else {id(given.maker): []}
            return found
        line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(given.variable))], self._call)])
        if given.variable in self._bound_by(self._moved):
            found[id(self._moved[-1].node)] = [line.with_changes(leading_lines=_blank(self._moved[0].node))]
        else:
            store = self._extraction.route.store
            commented = [each for each in store.leading_lines if each.comment is not None]
            found[id(store)] = [
                line.with_changes(leading_lines=_blank(store)),
                store.with_changes(leading_lines=commented),
            ]
        return found

    def _lazy_call(self) -> cst.BaseExpression:
        if self._node.asynchronous is None:
            is_bare = isinstance(self._call, cst.Call) and not self._call.args
            return self._call.func if is_bare else cst.Lambda(cst.Parameters(), self._call)
        if any(True for each in self._extraction.body for _ in own(each, cst.Await)):
            raise Refused(f"{self._node.name.value} awaits while it makes its query, and get_or_set() cannot")
        return self._call

    @cached_property
    def _call(self) -> cst.BaseExpression:
        call = self._style.builder_call(self._names.builder, self._node.params)
        renamed = call.visit(_RenameArguments(self._raw_names))
        assert isinstance(renamed, cst.BaseExpression)
        return renamed

    # -- which statements move

    @cached_property
    def _moved(self) -> tuple[Step, ...]:
        """The steps that only serve the value: they leave the cached function."""
        candidates = [step for step, part in self._extraction.parts if self._may_move(step, part)]
        while True:
            staying = [step for step in candidates if self._outcome(step) & self._used_behind(step, candidates)]
            if self._extraction.given.variable in self._bound_by(self._late_stays(candidates)):
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
        is_placed = self._extraction.given.variable in self._bound_by(moved) and not moved[-1].runs_on_hits
        if goes_on or (self._extraction.route.runs_on_hits and not is_placed):
            raise Refused(f"{self._node.name.value} stores on a hit as well")

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
        found = binds(step.node) | (changes(step.node) & binds(self._node.body))
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
        left = self._node.body.visit(_Replace(gone))
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
        is_placed = self._extraction.given.variable in self._bound_by(moved)
        return steps[: steps.index(moved[-1])] if is_placed else steps

    def _late_stays(self, moved: Sequence[Step]) -> list[Step]:
        steps = (step for step, _ in self._extraction.parts)
        return [step for step in steps if step not in moved and not step.runs_on_hits]

    @staticmethod
    def _bound_by(steps: Sequence[Step]) -> frozenset[str]:
        return frozenset().union(*(binds(step.node) for step in steps))

    def _refuse_early_use(self, moved: Sequence[Step]) -> None:
        """Raises Refused when a statement that stays needs the value before it is complete."""
        variable, steps = self._extraction.given.variable, list(self._extraction.route.steps)
        at = [steps.index(step) for step in moved if variable in binds(step.node)]
        if not at:
            return
        for step in steps[at[0] : steps.index(moved[-1])]:
            if step not in moved and variable in reads(step.node):
                raise Refused(f"{self._node.name.value} needs {variable} before its query is complete")

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
            raise Refused(f"{self._node.name.value} returns something else where it has looked at {variable}")

    def _refuse_changed_twice(self, moved: Sequence[Step]) -> None:
        """Raises Refused when both halves would change an object that the function was given."""
        for step, _ in self._extraction.parts:
            changed = sorted(mutates(step.node) & self._extraction.parameters)
            if step not in moved and changed:
                raise Refused(f"{self._node.name.value} changes {changed[0]}, and its builder would change it again")

    # -- parameters that are bound anew

    @cached_property
    def _raw_names(self) -> dict[str, str]:
        """The names under which the cached function keeps what it was given, by parameter."""
        found = {name: f"raw_{name}" for name in sorted(self._extraction.needed) if self._is_rebound(name)}
        taken = reads(self._node.body) | binds(self._node.body) | self._extraction.parameters
        for name, raw in found.items():
            if raw in taken or name == self._receiver:
                raise Refused(f"{self._node.name.value} binds {name} anew, and has another variable called {raw}")
        return found

    def _rebinding(self, name: str) -> list[Step]:
        stays = (step for step in self._before_call(self._moved) if step not in self._moved)
        return [step for step in stays if name in binds(step.node)]

    def _is_rebound(self, name: str) -> bool:
        rebinding = self._rebinding(name)
        kept = [step for step, _ in self._extraction.parts]
        if all(step in kept and _is_default(step.node, name) for step in rebinding):
            earlier = kept[: kept.index(rebinding[0])] if rebinding else []
            return any(name in reads(step.node) for step in earlier)
        return True

    @cached_property
    def _saved(self) -> list[tuple[Step, list[cst.CSTNode]]]:
        """The steps before which the cached function keeps a parameter, with the statements that do so."""
        found: dict[int, tuple[Step, list[cst.CSTNode]]] = {}
        for name, raw in self._raw_names.items():
            step = self._rebinding(name)[0]
            line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(raw))], cst.Name(name))])
            _, lines = found.setdefault(id(step.node), (step, []))
            lines.append(line if lines else line.with_changes(leading_lines=getattr(step.node, "leading_lines", ())))
        return list(found.values())

    # -- what is different

    def differences(self) -> Iterator[str]:
        function = self._style.cached_function.called(self._node.name.value)
        builder = self._style.cached_function.called(self._names.builder)
        assert self.cached is not None
        extraction = self._extraction
        for turn in extraction.route.turns:
            if isinstance(turn.node, cst.Try) and self._has_part_in(turn.node):
                yield from (_handled(each, function, builder) for each in turn.node.handlers)
            if isinstance(turn.node, cst.With) and not extraction.slicer.misses.uses(turn.node.items[0]):
                yield f"{builder} runs without {', '.join(code(each.item) for each in turn.node.items)}"
        for value in (*extraction.slicer.other_values, *self._other_ends):
            yield f"where {function} returns {value}, {builder} returns the QuerySet"
        for left_out in extraction.slicer.left_out:
            yield f"{builder} leaves out {left_out}"
        for step, _ in extraction.parts:
            if step not in self._moved and self._has_effect(step):
                said = code(without_comments(step.node.with_changes(leading_lines=[])))
                yield f"where {function} misses its cache, {said} runs twice"

    def _has_part_in(self, node: cst.Try) -> bool:
        inside = {id(each) for each in m.findall(node.body, m.MatchIfTrue(lambda each: isinstance(each, cst.BaseStatement)))}
        return any(id(step.node) in inside for step, _ in self._extraction.parts) or self._extraction.given.variable is None

    def _has_effect(self, step: Step) -> bool:
        calls = any(True for _ in own(step.node, cst.Expr))
        tested = step.node.test if isinstance(step.node, cst.If) else step.node
        return calls or (not step.runs_on_hits and not is_lazy_query(tested))


def _blank(statement: cst.CSTNode) -> list[cst.EmptyLine]:
    """The empty lines above a statement."""
    return [each for each in getattr(statement, "leading_lines", ()) if each.comment is None]


def _below_blank(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines above a statement from the first comment on."""
    first = next((at for at, each in enumerate(lines) if each.comment is not None), len(lines))
    return list(lines[first:])


def _set_off(statement: cst.CSTNode, before: cst.CSTNode) -> cst.CSTNode:
    """A statement with an empty line above it behind imports and functions."""
    opening = m.SimpleStatementLine([m.Import() | m.ImportFrom()])
    is_open = m.matches(before, opening) and not m.matches(statement, opening)
    is_behind = is_open or isinstance(before, (cst.FunctionDef, cst.ClassDef))
    lines = getattr(statement, "leading_lines", ())
    return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)]) if is_behind and not lines else statement


def _handled(handler: cst.ExceptHandler, function: str, builder: str) -> str:
    error = "an exception" if handler.type is None else code(handler.type)
    last = handler.body.body[-1]
    found = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    match found:
        case cst.Return(value=value):
            does = f"returns {'None' if value is None else code(value)} for {error}"
        case cst.Raise(exc=value) if value is not None:
            does = f"raises {code(value)} for {error}"
        case _:
            does = f"handles {error}"
    return f"where {function} {does}, {builder} raises it"


def _only_builds(statement: cst.BaseStatement) -> bool:
    """Whether a statement does nothing but to put a query together, on one condition or another."""
    if isinstance(statement, cst.If):
        inner = [*block_of(statement.body), *branch_of(statement, said=False)]
        return is_lazy_query(statement.test) and all(_only_builds(each) for each in inner)
    return m.matches(statement, m.SimpleStatementLine([m.Assign([m.AssignTarget(m.Name())])])) and is_lazy_query(statement)


def _is_default(statement: cst.BaseStatement, name: str) -> bool:
    """`x = x or default`, `if x is None: x = default`: what changes nothing when it runs a second time."""
    variable = m.Name(name)
    assigned = [m.AssignTarget(variable)]
    either = m.Assign(assigned, m.BooleanOperation(left=variable, operator=m.Or()))
    none = m.Comparison(left=variable, comparisons=[m.ComparisonTarget(m.Is(), m.Name("None"))])
    body = m.IndentedBlock([m.SimpleStatementLine([m.Assign(assigned)])]) | m.SimpleStatementSuite([m.Assign(assigned)])
    guarded = m.If(test=none | m.UnaryOperation(m.Not(), variable), body=body, orelse=None)
    return m.matches(statement, m.SimpleStatementLine([either]) | guarded)


class _Replace(cst.CSTTransformer):
    """Puts other nodes in the place of some, by the identity of these; a block that loses all gets a `pass`."""

    def __init__(self, places: Replacements) -> None:
        super().__init__()
        self._places = places

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        fresh = self._places.get(id(original_node))
        if fresh is None:
            return updated_node
        if not fresh:
            return cst.RemoveFromParent()
        return fresh[0] if len(fresh) == 1 else cst.FlattenSentinel(fresh)


class _RenameArguments(cst.CSTTransformer):
    """Gives the variables that are handed on other names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        value = updated_node.value
        if isinstance(value, cst.Name) and value.value in self._names:
            return updated_node.with_changes(value=cst.Name(self._names[value.value]))
        return updated_node
