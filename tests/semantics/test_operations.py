"""Every row about QuerySets and RawQuerySets is executed: on each shape, in each order, unread, read and unpickled.

What is expected comes from the tables alone: the effect of the row, and what `costs.toml` says of that effect.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import FieldError
from django.db.models import QuerySet
from django.db.models.query import RawQuerySet
from msgspec.structs import replace

from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.queryset_rows import Operation, Operator
from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations import probes
from tests.semantics.operations.observe import Outcome, has_rows, observe, outcome, rolled_back
from tests.semantics.operations.probes import Probe, like
from tests.semantics.operations.states import ORDERS, TABLES, Kind, kinds, read, unpickled, unread

METHODS: Mapping[str, Operation] = {**TABLES.operations, **TABLES.properties}
COMPOUND = frozenset({"union", "intersection", "difference"})
VERSIONS = ((4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1))
pytestmark = pytest.mark.drawn("kind", "build", "left", "right")

KINDS = tuple(pytest.param(kind, id=kind.name) for kind in kinds())
PLAIN = tuple(pytest.param(Kind("plain", order), id=order.name) for order in ORDERS)


def _probes(found: Iterable[Probe], table: Collection[str]) -> list[Any]:
    """Those whose name this Django has, as parameters."""
    return [pytest.param(probe, id=probe.id) for probe in found if probe.name in table]


@pytest.fixture(autouse=True, scope="module")
def _database() -> None:
    prepare()


# -- what the tables promise


def _promised(row: Operation, kind: Kind, probe: Probe, *, was_read: bool) -> Outcome:
    is_empty = not probe.arguments and kind.shape in row.allows_empty
    is_refused = kind.shape in row.raises_on(kind.ordered) and not is_empty
    if is_refused or (kind.shape in row.raises_unread_after and not was_read):
        return _refused(was_read)
    effect = row.effect_on(kind.ordered)
    if effect is Effect.RAISES:
        return _refused(was_read)
    if kind.shape in row.raises_late_after:
        return _refused(was_read, queries=outcome(TABLES.effect_costs[effect], read=was_read)[0])
    statements = 0 if _is_without_instances(row, kind) else row.statements
    queries, rows = outcome(TABLES.effect_costs[effect], read=was_read, statements=statements)
    return Outcome(queries, rows, None, row.gives)


def _is_without_instances(row: Operation, kind: Kind) -> bool:
    """Where plain data comes, nothing is prefetched."""
    return row.effect is Effect.REFINES and kind.shape == "values"


def _promised_by_operator(row: Operator, shape: str, *, was_read: bool) -> Outcome:
    is_refused = shape in row.raises_after or (row.raises_once_read and was_read)
    if is_refused or row.effect is Effect.RAISES:
        return _refused(was_read)
    queries, rows = outcome(TABLES.effect_costs[row.effect], read=was_read)
    return Outcome(queries, rows, None, row.gives)


def _refused(was_read: bool, queries: int = 0) -> Outcome:
    return Outcome(queries, was_read, "refused", None)


def _same(seen: Outcome, promised: Outcome) -> bool:
    """Whether queries, rows and refusal are as promised."""
    return (seen.queries, seen.has_rows, seen.refusal is None) == (
        promised.queries,
        promised.has_rows,
        promised.refusal is None,
    )


# -- methods and properties


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probe", _probes(probes.SYNC + probes.ASYNC, METHODS))
def test_methods_do_what_their_row_says(probe: Probe, kind: Kind) -> None:
    if probe.name in COMPOUND and _sqlite_refuses(kind):
        _assert_refused_by_sqlite(probe, kind)
        return
    row = METHODS[probe.name]
    for build, was_read in ((unread, False), (read, True)):
        seen, promised = observe(build(kind), probe.call), _promised(row, kind, probe, was_read=was_read)
        assert _same(seen, promised), (build.__name__, seen, promised)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probe", _probes(probes.SYNC + probes.ASYNC, METHODS.keys() - COMPOUND))
def test_methods_take_an_unpickled_queryset_for_one_that_was_read(probe: Probe, kind: Kind) -> None:
    assert observe(unpickled(kind), probe.call) == observe(read(kind), probe.call)


def _sqlite_refuses(kind: Kind) -> bool:
    """SQLite has no ORDER BY and no LIMIT in the parts of a compound statement."""
    return kind.shape == "slice" or kind.ordered == "yes"


def _assert_refused_by_sqlite(probe: Probe, kind: Kind) -> None:
    """Django hands out the combined QuerySet; the database cannot run it."""
    from django.db import DatabaseError

    for build in (unread, read):
        queryset = build(kind)
        with metered() as meter:
            combined = probe.call(queryset)
            with pytest.raises(DatabaseError, match="not allowed in subqueries of compound statements"):
                list(combined)
        assert meter.queries == 0


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("probe", _probes(probes.SYNC + probes.ASYNC, METHODS))
def test_methods_give_what_their_row_says(probe: Probe, kind: Kind) -> None:
    if probe.name in COMPOUND and _sqlite_refuses(kind):
        _assert_refused_by_sqlite(probe, kind)
        return
    assert observe(unread(kind), probe.call).gives == METHODS[probe.name].gives


OF_QUERYSETS = frozenset(name for name, row in METHODS.items() if row.gives in ("queryset", "values"))
REFINING = _probes(probes.SYNC, {name for name, row in METHODS.items() if row.effect is Effect.REFINES})


@pytest.mark.parametrize("build", [unread, read, unpickled])
@pytest.mark.parametrize("probe", REFINING)
def test_refining_gives_another_object_and_asks_for_nothing_yet(probe: Probe, build: Any) -> None:
    queryset = build(Kind("plain", ORDERS[0]))
    with metered() as meter:
        refined = probe.call(queryset)
    assert isinstance(refined, (QuerySet, RawQuerySet))
    assert (refined is queryset, has_rows(refined), meter.queries) == (False, False, 0)


@pytest.mark.parametrize("probe", _probes(probes.SYNC, {name for name, row in METHODS.items() if row.copies}))
def test_a_copy_has_the_same_rows(probe: Probe) -> None:
    queryset = Kind("plain", ORDERS[0]).build()
    assert [row.pk for row in probe.call(queryset)] == [row.pk for row in queryset] != []


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("probe", _probes(probes.SYNC, OF_QUERYSETS))
def test_the_order_of_what_comes_back(probe: Probe, kind: Kind) -> None:
    queryset = kind.build()
    refined = probe.call(queryset)
    if probe.label == "aggregate" and kind.order.name == "ordered-by-meta":
        assert not refined.ordered, "an aggregate takes away the order of the Meta"
        return
    seen = "yes" if refined.ordered else "no" if refined.query.default_ordering else "cleared"
    assert seen == _promised_order(METHODS[probe.name], kind, probe)


def _promised_order(row: Operation, kind: Kind, probe: Probe) -> str:
    if row.orders == "meta":
        return "yes" if "meta" in kind.order.name else "no"
    if row.orders == "yes" or (row.orders == "unless_empty" and probe.arguments):
        return "yes"
    return "cleared" if row.orders in ("no", "unless_empty") else kind.ordered


# -- calls without arguments


def _has_no_required_argument(name: str) -> bool:
    parameters = list(inspect.signature(getattr(QuerySet, name)).parameters.values())[1:]
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not inspect.Parameter.empty or each.kind in optional for each in parameters)


def _one(shape: str) -> Any:
    """A QuerySet of one row, of a shape, without an order."""
    reports = _report_model().objects.order_by()
    if shape == "slice":
        return reports[:1]
    if shape == "union":
        return reports.filter(pk=1).union(reports.filter(pk=1))
    return reports.filter(pk=1).values()


EMPTY_CALLS = [
    pytest.param(name, shape, shape in row.allows_empty, id=f"{name}-{shape}")
    for name, row in TABLES.operations.items()
    for shape in row.raises_after
    if _has_no_required_argument(name)
]


@pytest.mark.parametrize(("name", "shape", "is_let_through"), EMPTY_CALLS)
def test_a_call_without_arguments_is_refused_but_where_the_row_lets_it_through(
    name: str, shape: str, is_let_through: bool
) -> None:
    queryset = _one(shape)
    list(queryset)
    seen = observe(queryset, lambda each: getattr(each, name)())
    assert (seen.refusal is None) == is_let_through, seen


def test_every_exemption_from_a_refusal_is_tried() -> None:
    exempt = {(name, shape) for name, row in TABLES.operations.items() for shape in row.allows_empty}
    assert exempt == {(each.values[0], each.values[1]) for each in EMPTY_CALLS if each.values[2]}


# -- operators, statements and protocols

REFINING_OPERATORS = frozenset(symbol for symbol, row in TABLES.operators.items() if row.effect is Effect.REFINES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probe", _probes(probes.LEFT + probes.PROTOCOLS, TABLES.operators))
def test_operators_do_what_their_row_says(probe: Probe, kind: Kind) -> None:
    row = TABLES.operators[probe.name]
    for build, was_read in ((unread, False), (read, True)):
        seen = observe(build(kind), probe.call)
        promised = _promised_by_operator(row, kind.shape, was_read=was_read)
        assert _same(seen, promised), (build.__name__, seen, promised)
    assert observe(unpickled(kind), probe.call) == observe(read(kind), probe.call)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("probe", _probes(probes.LEFT + probes.PROTOCOLS, TABLES.operators))
def test_operators_give_what_their_row_says(probe: Probe, kind: Kind) -> None:
    row = TABLES.operators[probe.name]
    given = observe(unread(kind), probe.call).gives
    assert given == (None if row.effect is Effect.RAISES else row.gives)


@pytest.mark.parametrize("build", [unread, read, unpickled])
@pytest.mark.parametrize("probe", _probes(probes.LEFT + probes.PROTOCOLS, REFINING_OPERATORS))
def test_a_refining_operator_gives_another_object_and_asks_for_nothing_yet(probe: Probe, build: Any) -> None:
    queryset = build(Kind("plain", ORDERS[0]))
    with metered() as meter:
        refined = probe.call(queryset)
    assert isinstance(refined, QuerySet)
    assert (refined is queryset, has_rows(refined), meter.queries) == (False, False, 0)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("symbol", ["[:]", "copy.deepcopy()"])
def test_slices_and_copies_are_ordered_as_before(symbol: str, kind: Kind) -> None:
    assert TABLES.operators[symbol].orders == "as_before"
    before = kind.build()
    for probe in probes.PROTOCOLS:
        if probe.name == symbol:
            after = probe.call(before)
            assert (after.ordered, after.query.default_ordering) == (before.ordered, before.query.default_ordering)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probe", _probes(probes.RIGHT, TABLES.operators))
def test_on_the_right_only_a_union_is_refused(probe: Probe, kind: Kind) -> None:
    shape = "plain" if kind.shape == "slice" else kind.shape
    for build, was_read in ((unread, False), (read, True)):
        promised = _promised_by_operator(TABLES.operators[probe.name], shape, was_read=was_read)
        assert _same(observe(build(kind), probe.call), promised), build.__name__


@pytest.mark.parametrize("right", PLAIN)
@pytest.mark.parametrize("left", PLAIN)
@pytest.mark.parametrize(("symbol", "apply"), probes.COMBINING)
def test_the_order_of_two_combined(symbol: str, apply: Callable[[Any, Any], Any], left: Kind, right: Kind) -> None:
    assert TABLES.operators[symbol].orders == "either"
    first, second = left.build(), right.build()
    if first.model is not second.model:
        with pytest.raises(TypeError, match="two different base models"):
            apply(first, second)
        return
    is_ordered_on_the_right = right.order.name == "ordered"
    assert apply(first, second).ordered == (left.ordered == "yes" or is_ordered_on_the_right)


def test_the_order_of_a_meta_does_not_come_from_the_right() -> None:
    ranked = Kind("plain", ORDERS[1]).build()
    assert ranked.ordered
    for _, apply in probes.COMBINING:
        assert not apply(ranked.order_by(), ranked).ordered
        assert apply(ranked.order_by(), ranked.order_by("kind")).ordered


PRINTING = ("repr()", "str()", "format()", "f-string", "str %")


@pytest.mark.parametrize("probe", _probes(probes.PROTOCOLS, PRINTING))
def test_printing_asks_for_21_rows(probe: Probe) -> None:
    with metered() as meter:
        probe.call(unread(Kind("plain", ORDERS[0])))
    assert [statement[-9:] for statement in meter.statements] == [" LIMIT 21"]


# -- what the comments in the table say


def test_a_dict_of_lookups_is_refused_after_a_slice_and_a_q_is_not() -> None:
    from django.db.models import Q

    reports = _report_model().objects.all()
    with pytest.raises(TypeError, match="slice"):
        reports[:2].complex_filter({"kind": "news"})
    assert len(reports[:2].complex_filter(Q(kind="news"))) > 0


@pytest.mark.parametrize("name", [name for name, row in TABLES.operations.items() if row.refuses_text])
@pytest.mark.parametrize("text", ["kind", "xy", ""])
def test_a_text_is_refused(name: str, text: str) -> None:
    method = getattr(_report_model().objects.all(), name)
    call = async_to_sync(method) if inspect.iscoroutinefunction(method) else method
    with pytest.raises((TypeError, ValueError, FieldError)):
        call(text)


def test_what_is_not_found_is_created_with_more_statements() -> None:
    with rolled_back(), metered() as meter:
        _, created = _report_model().objects.all().get_or_create(**_values("Nowhere"))
    assert created
    assert [statement.partition(" ")[0] for statement in meter.statements] == ["SELECT", "INSERT"]


@pytest.mark.parametrize("probe", _probes(probes.SYNC, METHODS))
def test_an_operation_that_writes_says_so(probe: Probe) -> None:
    row = METHODS[probe.name]
    with rolled_back(), metered() as meter:
        probe.call(_report_model().objects.all())
    writes = any(statement.startswith(("INSERT", "UPDATE", "DELETE")) for statement in meter.statements)
    assert not writes or row.saves or row.effect is Effect.WRITES
    assert writes or not row.saves or probe.name.endswith("_or_create")


def _values(title: str) -> dict[str, Any]:
    return {"title": title, "kind": "news", "author_id": 1, "published": "2020-01-01"}


def test_different_columns_are_refused_by_operators() -> None:
    reports = _report_model().objects.all()
    for _, apply in probes.COMBINING:
        with pytest.raises(TypeError, match="must involve the same values"):
            apply(reports.values("id"), reports)


def test_an_operator_with_none_gives_an_operand_as_it_is() -> None:
    reports = _report_model().objects.all()
    none = reports.none()
    for combined in (reports | none, none | reports, reports ^ none):
        assert combined is reports
    with metered() as meter:
        assert list(none & reports) == []
    assert meter.queries == 0


def test_an_operator_in_place_leaves_the_shared_object_alone() -> None:
    shared = _report_model().objects.filter(kind="news")
    before = str(shared.query)
    mine = shared
    mine |= shared.model.objects.filter(kind="essay")
    assert mine is not shared
    assert str(shared.query) == before


def test_a_slice_on_the_right_of_an_intersection_is_forgotten() -> None:
    reports = _report_model().objects.order_by("title")
    assert len(reports & reports[:2]) == len(reports) > 2


def test_none_stays_empty_whatever_is_done_to_it() -> None:
    with metered() as meter:
        assert list(_report_model().objects.none().filter(kind="news").order_by("title")) == []
    assert meter.queries == 0


def test_a_deep_copy_has_no_rows() -> None:
    import copy

    queryset = read(Kind("plain", ORDERS[0]))
    assert (has_rows(copy.deepcopy(queryset)), has_rows(copy.copy(queryset))) == (False, True)


# -- RawQuerySets


def _raw() -> Any:
    return _report_model().objects.raw("SELECT * FROM newsroom_report ORDER BY id")


def _raw_read() -> Any:
    raw = _raw()
    list(raw)
    return raw


def _raw_unpickled() -> Any:
    import pickle

    return pickle.loads(pickle.dumps(_raw()))


@pytest.mark.parametrize("probe", _probes(probes.RAW, TABLES.raw_operations))
def test_raw_methods_do_what_their_row_says(probe: Probe) -> None:
    row = TABLES.raw_operations[probe.name]
    for build, was_read in ((_raw, False), (_raw_unpickled, False), (_raw_read, True)):
        queries, rows = outcome(TABLES.effect_costs[row.effect], read=was_read, statements=row.statements)
        assert observe(build(), probe.call) == Outcome(queries, rows, None, row.gives), build.__name__


@pytest.mark.parametrize("probe", _probes(probes.PROTOCOLS + probes.RAW_ONLY, TABLES.raw_operators))
def test_raw_operators_do_what_their_row_says(probe: Probe) -> None:
    row = TABLES.raw_operators[probe.name]
    for build, was_read in ((_raw, False), (_raw_unpickled, False), (_raw_read, True)):
        seen, promised = observe(build(), probe.call), _promised_by_operator(row, "plain", was_read=was_read)
        assert _same(seen, promised), (build.__name__, seen, promised)
        assert was_read or row.effect is Effect.RAISES or seen.gives == row.gives


def test_a_raw_queryset_has_no_limit_for_an_index() -> None:
    with metered() as meter:
        _raw()[:2]
    assert not meter.limited


# -- the tables and Django have the same names


def _public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def _is_attribute(thing: object, name: str) -> bool:
    """Whether the name is an attribute or property, no method."""
    found = inspect.getattr_static(type(thing), name, None)
    return not callable(found) and not isinstance(found, classmethod)


def _report_model() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report


def test_methods_and_properties_are_those_of_django() -> None:
    queryset: QuerySet[Any] = QuerySet(_report_model())
    assert _public(queryset) == {name for name in METHODS if not name.startswith("_")}
    assert all(hasattr(queryset, name) for name in METHODS)
    assert {name for name in METHODS if _is_attribute(queryset, name)} == TABLES.properties.keys()


def test_raw_methods_and_properties_are_those_of_django() -> None:
    raw = _raw()
    assert _public(raw) == TABLES.raw_operations.keys()
    properties = {name for name, row in TABLES.raw_operations.items() if row.property}
    assert {name for name in TABLES.raw_operations if _is_attribute(raw, name)} == properties


PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "__and__": ("&", "&="),
    "__or__": ("|", "|="),
    "__xor__": ("^", "^="),
    "__getitem__": ("[]", "[:]", "[::]", "[-1]", "[:-1]"),
    "__iter__": ("for", "iter()", "yield from", "unpacking", "in", "not in", "list +=", "list[:] ="),
    "__aiter__": ("async for",),
    "__len__": ("len()", "reversed()"),
    "__bool__": ("if", "while", "assert", "not", "and", "or", "bool()"),
    "__repr__": ("repr()", "str()", "format()", "f-string", "str %"),
    "__deepcopy__": ("copy.deepcopy()",),
    "__getstate__": ("copy.copy()",),
}
"""The methods by which QuerySets take part in Python's own syntax, and the symbols that call them."""

UNSPOKEN = frozenset({
    "__init__", "__setstate__", "__class_getitem__", "__doc__", "__module__", "__dict__", "__weakref__",
    "__firstlineno__", "__static_attributes__", "__slotnames__", "__annotations__", "__annotate__",
})  # fmt: skip
"""What makes objects and classes."""


def _special(*classes: type) -> set[str]:
    names = {name for each in classes for name, value in vars(each).items() if _is_of_django(name, value)}
    return names - UNSPOKEN


def _is_of_django(name: str, value: Any) -> bool:
    """Whether a special method is Django's own: other packages of the tables put theirs into the same class."""
    return name.startswith("__") and (getattr(value, "__module__", None) or "django").startswith("django")


def test_protocols_are_those_of_django() -> None:
    classes = [each for each in QuerySet.__mro__ if each is not object]
    assert _special(*classes) - {"__init_subclass__"} == PROTOCOLS.keys()
    assert {symbol for symbols in PROTOCOLS.values() for symbol in symbols} <= TABLES.operators.keys()


def test_raw_protocols_are_those_of_django() -> None:
    own = {"__getitem__", "__iter__", "__aiter__", "__len__", "__bool__", "__repr__"}
    assert _special(RawQuerySet) == own
    assert {symbol for name in own for symbol in PROTOCOLS[name]} <= TABLES.raw_operators.keys()


# -- the tables and the probes are complete


def test_every_row_of_every_version_has_a_probe_and_every_probe_a_row() -> None:
    tables = [load_knowledge(version) for version in VERSIONS]
    for found, names in (
        (probes.SYNC + probes.ASYNC, [{**table.operations, **table.properties} for table in tables]),
        (probes.LEFT + probes.PROTOCOLS, [table.operators for table in tables]),
        (probes.RAW, [table.raw_operations for table in tables]),
        (probes.PROTOCOLS + probes.RAW_ONLY, [table.raw_operators for table in tables]),
    ):
        assert {probe.name for probe in found} == {name for table in names for name in table}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_no_name_has_two_rows_in_one_version(version: tuple[int, int]) -> None:
    tables = TABLES.querysets
    for names in (
        [name for row in tables.operation if row.holds_in(version) for name in row.names],
        [symbol for row in tables.operator if row.holds_in(version) for symbol in row.symbols],
        [name for row in tables.raw if row.holds_in(version) for name in row.names],
        [symbol for row in tables.raw_operator if row.holds_in(version) for symbol in row.symbols],
    ):
        assert sorted(names) == sorted(set(names))


def test_probes_have_names_of_their_own() -> None:
    for found in (probes.SYNC + probes.ASYNC, probes.LEFT + probes.PROTOCOLS + probes.RAW_ONLY, probes.RAW):
        names = [probe.id for probe in found]
        assert sorted(names) == sorted(set(names))


def test_async_methods_have_the_row_of_their_twin() -> None:
    """But for what is said of a plain `for` (`once`), and of a call that needs no `await` (`on_rows`)."""
    twins = [name for name in TABLES.operations if f"a{name}" in TABLES.operations]
    assert {f"a{name}" for name in twins} == {probe.name for probe in probes.ASYNC}
    for name in twins:
        twin = TABLES.operations[f"a{name}"]
        alike = replace(TABLES.operations[name], names=twin.names, once=twin.once, on_rows=twin.on_rows)
        assert twin == alike


def test_async_methods_are_those_that_have_to_be_awaited() -> None:
    asked = {name for name in TABLES.operations if _is_async(getattr(QuerySet, name))}
    assert asked == {probe.name for probe in probes.ASYNC}


def _is_async(method: Any) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)


def _operations() -> tuple[Operation, ...]:
    return (*TABLES.querysets.operation, *TABLES.querysets.raw)


def _operators() -> tuple[Operator, ...]:
    return (*TABLES.querysets.operator, *TABLES.querysets.raw_operator)


def test_what_refines_gives_a_queryset_and_what_queries_does_not() -> None:
    lazy = ("queryset", "values", "raw")
    for row in _operations():
        assert (row.effect is Effect.REFINES) == (row.gives in lazy), row.names
    for operator in _operators():
        assert (operator.effect is not Effect.REFINES) or operator.gives in lazy, operator.symbols
        assert (operator.effect is not Effect.REQUERIES) or operator.gives not in lazy, operator.symbols


def test_rows_say_nothing_that_has_no_meaning() -> None:
    """What is refused gives nothing, what is no QuerySet has no order, and a property takes no arguments."""
    rows: tuple[Operation | Operator, ...] = (*_operations(), *_operators())
    for row in rows:
        assert row.gives in ("queryset", "values") or row.orders == "as_before"
        assert row.effect is not Effect.RAISES or row.gives == "data"
    for operator in _operators():
        assert operator.effect is not Effect.RAISES or not (operator.raises_after or operator.raises_once_read)
    for operation in _operations():
        assert not operation.property or not _has_refusals(operation)
        assert operation.effect is not Effect.RAISES or not _has_refusals(operation)


def _has_refusals(row: Operation) -> bool:
    return bool(row.raises_after or row.allows_empty or row.refines_arguments)


def test_exceptions_change_something() -> None:
    """An exceptional row that says the same as its row, or a state twice, would never be missed."""
    for row in TABLES.querysets.operation:
        assert all(case.effect is not row.effect or case.raises_after for case in row.exceptional)
        refused = (*row.raises_after, *row.raises_unread_after, *row.raises_late_after)
        assert sorted(refused) == sorted(set(refused))
        assert set(row.allows_empty) <= set(row.raises_after)


def test_those_that_take_other_querysets_are_those_of_django() -> None:
    takers = {name for name in TABLES.operations if "other_qs" in inspect.signature(getattr(QuerySet, name)).parameters}
    assert takers == {name for name, row in TABLES.operations.items() if row.refines_arguments} == COMPOUND


def test_refining_arguments() -> None:
    """An operation that takes other QuerySets puts them into its own statement, and reads none of them."""
    for name in (name for name, row in TABLES.operations.items() if row.refines_arguments):
        reports = _report_model().objects.order_by()
        shared = like(reports)
        list(shared)
        with metered() as meter:
            list(getattr(reports.filter(kind="news"), name)(shared))
        assert len(re.findall(r"\bSELECT\b", meter.statements[0])) > 1
        assert meter.queries == 1
