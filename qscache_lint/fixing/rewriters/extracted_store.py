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
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.cached_function import Flavour
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import FunctionChange
from qscache_lint.fixing.rewriters.anatomy import calls_in
from qscache_lint.fixing.rewriters.definitions import Names, Style
from qscache_lint.fixing.rewriters.extraction import Extraction, OnlyComments, comments_in, without_comments
from qscache_lint.fixing.rewriters.local_imports import without_idle_imports
from qscache_lint.fixing.rewriters.misses import code
from qscache_lint.fixing.rewriters.moving import Moves
from qscache_lint.fixing.rewriters.replacing import Replace, Replacements
from qscache_lint.fixing.rewriters.route import Step
from qscache_lint.fixing.rewriters.type_comments import with_types_of
from qscache_lint.fixing.rewriters.values import is_lazy_query
from qscache_lint.fixing.rewriters.variables import binds, own
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_STATEMENTS = (cst.SimpleStatementLine, cst.If, cst.For, cst.While, cst.With, cst.Try, cst.Match, cst.FunctionDef)


class ExtractStored(FunctionChange):
    """Puts the builder above the function that stores by its call number `store` (see `calls_in`).

    The calls number `gentle` change nothing of what they get.
    """

    def __init__(
        self, style: Style, names: Names, store: int, *, is_callable: bool, gentle: Collection[int] = ()
    ) -> None:
        self._style = style
        self._names = names
        self._store = store
        self._is_callable = is_callable
        self._gentle = gentle

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        halves = self._halves(node)
        return cst.FlattenSentinel([with_types_of(halves.builder, node), with_types_of(halves.cached, node)])

    def differences(self, node: cst.FunctionDef, *, may_raise: bool = True) -> tuple[Reason, ...]:
        """What the builder does otherwise than the function on a miss, and what runs twice.

        `may_raise`: the query may raise something while it is built, for which the function may have a handler.
        """
        return tuple(dict.fromkeys(self._halves(node).differences(may_raise=may_raise)))

    def calls(self, node: cst.FunctionDef) -> tuple[cst.Call, ...]:
        """The calls of the function that its builder has."""
        return tuple(call for statement in self._extraction(node).body for call in calls_in(statement))

    def _extraction(self, node: cst.FunctionDef) -> Extraction:
        return Extraction.of(node, self._store, is_callable=self._is_callable, gentle=self._gentle)

    def _halves(self, node: cst.FunctionDef) -> _Halves:
        return _Halves(self._extraction(node), self._style, self._names)


class _Halves:
    """The builder and the cached function of one extraction."""

    def __init__(self, extraction: Extraction, style: Style, names: Names) -> None:
        self._extraction = extraction
        self._style = style
        self._names = names
        self._node = extraction.node
        self._moves = Moves(extraction)
        self._refuse_shadowed()
        self._other_ends = extraction.other_ends

    def _refuse_shadowed(self) -> None:
        flavour = self._style.cached_function.flavour
        own_names = binds(self._node.body) | self._extraction.parameters
        called = {Flavour.FUNCTION: self._names.builder, Flavour.STATICMETHOD: self._style.owner.partition(".")[0]}
        if called.get(flavour) in own_names:
            raise Refused(reason("shadowed", function=self._node.name.value, what="variable", name=called[flavour]))
        receiver = self._receiver
        if receiver and any(receiver in binds(each) for each in self._node.body.body):
            raise Refused(reason("receiver-rebound", function=self._node.name.value, name=receiver))

    @property
    def _receiver(self) -> str:
        if self._style.cached_function.flavour not in (Flavour.METHOD, Flavour.CLASSMETHOD):
            return ""
        first = (*self._node.params.posonly_params, *self._node.params.params)
        if not first:
            raise Refused(reason("receiver-with-others", function=self._node.name.value))
        return first[0].name.value

    # -- the builder

    @cached_property
    def builder(self) -> cst.FunctionDef:
        free = Counter(comments_in(self._node.body))
        free -= Counter(comments_in(self.cached.body))
        body: list[cst.BaseStatement] = []
        for each in self._extraction.body:
            statement = each.visit(OnlyComments(free))
            assert isinstance(statement, cst.BaseStatement)
            body.append(_set_off(statement, body[-1]) if body else statement)
        lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in free.elements()]
        above = [*lines, *_below_blank(getattr(body[0], "leading_lines", ()))]
        body[0] = body[0].with_changes(leading_lines=above)
        binding = [each for at, each in enumerate(self._node.decorators) if at in self._style.cached_function.binding]
        bare = self._node.with_changes(decorators=binding, lines_after_decorators=[], body=cst.IndentedBlock([]))
        builder = cst.ensure_type(without_comments(bare), cst.FunctionDef).with_changes(
            name=cst.Name(self._names.builder),
            leading_lines=self._node.leading_lines[: self._attached],
            body=cst.IndentedBlock(body, indent=self._indent),
        )
        return self._style.noted(builder, self._style.extracted_note(self._names))

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
        changed = self._node.body.visit(Replace(self._replacements))
        assert isinstance(changed, cst.IndentedBlock)
        assert isinstance(self._node.body, cst.IndentedBlock)
        changed = without_idle_imports(changed, self._node.body.body)
        if not getattr(self._node.body.body[0], "leading_lines", ()):
            first, *others = changed.body
            above = _below_blank(getattr(first, "leading_lines", ()))
            changed = changed.with_changes(body=[first.with_changes(leading_lines=above), *others])
        above = [*self._style.gap, *self._node.leading_lines[self._attached :]]
        return self._node.with_changes(body=changed, leading_lines=above)

    @cached_property
    def _replacements(self) -> Replacements:
        given = self._extraction.given
        found: dict[int, list[cst.CSTNode]] = {id(step.node): [] for step in self._moves.moved}
        for step, saved in self._saved:
            found[id(step.node)] = [*saved, step.node.with_changes(leading_lines=[])]
        if given.variable is None:
            found[id(given.place)] = [self._lazy_call() if given.is_lazy else self._call]
            found |= {} if given.maker is None else {id(given.maker): []}
            return found
        line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(given.variable))], self._call)])
        if self._moves.is_placed:
            found[id(self._moves.moved[-1].node)] = [line.with_changes(leading_lines=_blank(self._moves.moved[0].node))]
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
            call = self._call
            return call.func if isinstance(call, cst.Call) and not call.args else cst.Lambda(cst.Parameters(), call)
        if any(True for each in self._extraction.body for _ in own(each, cst.Await)):
            raise Refused(reason("awaits-in-get-or-set", function=self._node.name.value))
        return self._call

    @cached_property
    def _call(self) -> cst.BaseExpression:
        call = self._style.builder_call(self._names.builder, self._node.params)
        renamed = call.visit(_RenameArguments(self._moves.raw_names))
        assert isinstance(renamed, cst.BaseExpression)
        return renamed

    @cached_property
    def _saved(self) -> list[tuple[Step, list[cst.CSTNode]]]:
        """The steps before which the cached function keeps a parameter, with the statements that do so."""
        found: dict[int, tuple[Step, list[cst.CSTNode]]] = {}
        for name, raw in self._moves.raw_names.items():
            step = self._moves.rebinding(name)[0]
            line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(raw))], cst.Name(name))])
            _, lines = found.setdefault(id(step.node), (step, []))
            lines.append(line if lines else line.with_changes(leading_lines=getattr(step.node, "leading_lines", ())))
        return list(found.values())

    # -- what is different

    def differences(self, *, may_raise: bool) -> Iterator[Reason]:
        function = self._style.cached_function.called(self._node.name.value)
        builder = self._style.cached_function.called(self._names.builder)
        assert self.cached is not None
        extraction = self._extraction
        for turn in extraction.route.turns:
            if may_raise and isinstance(turn.node, cst.Try) and self._has_part_in(turn.node):
                yield from (_handled(each, function, builder) for each in turn.node.handlers)
            if isinstance(turn.node, cst.With) and not extraction.slicer.misses.uses(turn.node.items[0]):
                items = ", ".join(code(each.item) for each in turn.node.items)
                yield reason("context-left-out", builder=builder, what=items)
        for value in (*extraction.slicer.other_values, *self._other_ends):
            yield reason("returns-queryset", function=function, value=value, builder=builder)
        for left_out in extraction.slicer.left_out:
            yield reason("left-out", builder=builder, what=left_out)
        for step, _ in extraction.parts:
            if step not in self._moves.moved and self._has_effect(step):
                said = code(without_comments(step.node.with_changes(leading_lines=[])))
                yield reason("runs-twice", function=function, what=said)

    def _has_part_in(self, node: cst.Try) -> bool:
        """Whether the builder has something of what is tried."""
        inside = {id(each) for each in own(node.body, *_STATEMENTS)}
        is_whole = self._extraction.given.variable is None
        return is_whole or any(id(step.node) in inside for step, _ in self._extraction.parts)

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


def _set_off(statement: cst.BaseStatement, before: cst.BaseStatement) -> cst.BaseStatement:
    """A statement with an empty line above it behind imports and functions."""
    opening = m.SimpleStatementLine([m.Import() | m.ImportFrom()])
    is_open = m.matches(before, opening) and not m.matches(statement, opening)
    is_behind = is_open or isinstance(before, (cst.FunctionDef, cst.ClassDef))
    lines = getattr(statement, "leading_lines", ())
    return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)]) if is_behind and not lines else statement


def _handled(handler: cst.ExceptHandler, function: str, builder: str) -> Reason:
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
    return reason("exception-differs", function=function, does=does, builder=builder)


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
