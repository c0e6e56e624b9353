"""The cache tables, executed: each name that they ship does what its row says."""

from __future__ import annotations

import gc
import inspect
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import replace
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from qscache_lint.knowledge.model import Store, Switch
from qscache_lint.knowledge.tables import Knowledge, load_knowledge
from tests.semantics.caches.claims import TABLES, Claim, executed, obstacle, shipped, with_backends
from tests.semantics.caches.families import nothing_more
from tests.semantics.caches.harmless import PROBES
from tests.semantics.caches.names import Call, Place, call
from tests.semantics.caches.observe import Subject, expected_kept, expected_uses, kept, news, uses
from tests.semantics.caches.out_of_reach import OUT_OF_REACH
from tests.semantics.caches.probes import family_of
from tests.semantics.caches.running import Stage, run
from tests.semantics.django_project import metered, prepare


@pytest.fixture(autouse=True, scope="module")
def _project() -> Iterator[None]:
    """Django; queries may run inside coroutines, where some caches read the rows."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    prepare()
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def store_of(claim: Claim) -> Store | None:
    """What the row makes of a QuerySet; a dummy backend keeps nothing."""
    store: Store | None = claim.row.store
    return None if claim.is_with_a_dummy else store


def forms(claim: Claim) -> list[bool]:
    """Whether the decorator is called: as its form says."""
    return {"bare": [False], "called": [True], "either": [False, True]}[claim.row.form]


MEMOIZERS = [(claim, called) for claim in executed("memoizer") for called in forms(claim)]


def _label(value: object) -> str:
    return {True: "called", False: "bare"}[value] if isinstance(value, bool) else str(value)


# -- memoizers


@pytest.mark.parametrize(("claim", "called"), MEMOIZERS, ids=_label)
def test_a_memoizer_keeps_what_its_row_says(claim: Claim, called: bool, knowledge: Knowledge) -> None:
    def check(stage: Stage) -> None:
        assert kept(stage.subject(called=called)) == expected_kept(store_of(claim), knowledge)

    run(claim, check)


@pytest.mark.parametrize(
    ("claim", "called"), [case for case in MEMOIZERS if case[0].row.lifetime in ("instance", "request")], ids=_label
)
def test_another_instance_or_request_has_a_cache_of_its_own(claim: Claim, called: bool) -> None:
    def check(stage: Stage) -> None:
        subject = stage.subject(called=called)
        first = subject.use()
        subject.with_another_owner()
        assert (subject.use() is not first, subject.runs) == (True, 2)

    run(claim, check)


@pytest.mark.parametrize(
    ("claim", "called", "expression"),
    [(*case, text) for case in MEMOIZERS for text in case[0].row.bypass if not case[0].is_with_a_dummy],
    ids=_label,
)
def test_a_bypass_runs_the_function(claim: Claim, called: bool, expression: str) -> None:
    def check(stage: Stage) -> None:
        subject = stage.subject(called=called)
        first, runs = subject.use(), subject.runs
        again = stage.loop.settle(eval(expression, subject.scope()))
        assert (subject.runs - runs, again is not first, list(again)) == (1, True, list(news()))

    run(claim, check)


@pytest.mark.parametrize(
    ("claim", "called", "expression"),
    [(*case, text) for case in MEMOIZERS for text in case[0].row.invalidate if not case[0].is_with_a_dummy],
    ids=_label,
)
def test_invalidating_empties_the_cache(claim: Claim, called: bool, expression: str) -> None:
    def check(stage: Stage) -> None:
        subject = stage.subject(called=called)
        subject.use()
        subject.use()
        runs = subject.runs
        if expression.startswith("del "):
            exec(expression, subject.scope())
        else:
            stage.loop.settle(eval(expression, subject.scope()))
        subject.use()
        assert subject.runs - runs == 1

    run(claim, check)


def verdict_on_coroutines(stage: Stage, called: bool) -> str:
    """What is kept of an `async def` with this decorator."""
    try:
        subject = stage.subject(called=called, asynchronous=True)
        subject.use()
        subject.use()
    except (RuntimeError, TypeError) as error:
        if "already awaited" in str(error):
            return "object"
        return "nothing" if any(text in str(error) for text in NO_COROUTINES) else f"fails: {error}"
    return "awaited" if subject.runs == 1 else "nothing"


NO_COROUTINES = (
    "cannot pickle 'coroutine' object",
    "require an async Redis client",
    "does not support asyncio",
    "cannot use AsyncToSync in the same thread",
    "can't be used in 'await' expression",
)
"""How packages fail that cannot keep anything of an `async def`."""


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize(("claim", "called"), [case for case in MEMOIZERS if not case[0].is_with_a_dummy], ids=_label)
def test_coroutines_are_kept_as_the_row_says(claim: Claim, called: bool) -> None:
    def check(stage: Stage) -> None:
        assert verdict_on_coroutines(stage, called) == claim.row.coroutines

    run(claim, check)


ON_REDIS = [claim for claim in executed("memoizer") if claim.name == "aiocache.cached(cache=aiocache.Cache.REDIS)"]

if ON_REDIS:

    @pytest.mark.parametrize("claim", ON_REDIS, ids=str)
    def test_a_serializer_counts_more_than_the_cache(claim: Claim, knowledge: Knowledge) -> None:
        def check(stage: Stage) -> None:
            serializer = import_module("aiocache.serializers").PickleSerializer()
            with_serializer = {**stage.family.variants, claim.name: _adding(stage, serializer)}
            family = replace(stage.family, variants=with_serializer)
            decorate = family.object(claim.name, stage.place)
            subject = Subject(claim.row, decorate, family, stage.place, stage.loop, claim.name, None)
            assert kept(subject) == expected_kept(Store.PICKLED, knowledge)

        run(claim, check)


def _adding(stage: Stage, serializer: Any) -> Callable[[Place], Call]:
    """The arguments of the claim's call, and a serializer."""
    given: Call = stage.family.variants[stage.claim.name](stage.place)
    return lambda _: call(**given.keywords, serializer=serializer)


# -- stores and reads


def spellings(slot: Any) -> list[str]:
    """How an argument can be written: "position", "keyword"."""
    return [*(["position"] if slot.index >= 0 else []), *(["keyword"] if slot.keyword else [])]


def give(claim: Claim, spelling: str, key: str, value: Any, further: Call) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a store call: the value in its slot, the key in that of the key."""
    row = claim.row
    value = {key: value} if getattr(row, "mapping", False) else value
    slots = [(row.value, value), *([(row.key, key)] if row.key else [])]
    by_keyword = [slot for slot, _ in slots if (spelling == "keyword" and slot.keyword) or slot.index < 0]
    keywords = {slot.keyword: given for slot, given in slots if slot in by_keyword}
    positions = {slot.index: given for slot, given in slots if slot.keyword not in keywords}
    free = iter(further.arguments)
    count = len(positions) + len(further.arguments)
    return [positions[index] if index in positions else next(free) for index in range(count)], keywords


def readers(name: str) -> list[Claim]:
    return [claim for claim in shipped(load_knowledge().caches) if claim.table == "read" and claim.name == name]


def read(stage: Stage, receiver: Any, key: str) -> Any:
    """What the cache hands out for a key."""
    name = stage.claim.name
    custom = stage.family.reads.get(stage.claim.full_name) or stage.family.reads.get(name)
    if custom:
        return stage.loop.settle(custom(receiver, key))
    reader = next(claim for claim in readers(name) if claim.method not in ("pop", "popleft"))
    arguments = [key] if reader.row.key else []
    return stage.loop.settle(getattr(receiver, reader.method)(*arguments))


STORES = [(claim, spelling) for claim in executed("store") for spelling in spellings(claim.row.value)]


@pytest.mark.parametrize(("claim", "spelling"), STORES, ids=_label)
def test_a_store_keeps_what_its_row_says(claim: Claim, spelling: str, knowledge: Knowledge) -> None:
    store = store_of(claim)

    def check(stage: Stage) -> None:
        receiver, queryset = stage.object(), news()
        value = (lambda *_: queryset) if claim.row.calls_value else queryset
        further = stage.family.more.get(claim.full_name, nothing_more)(stage.place)
        arguments, keywords = give(claim, spelling, stage.place.word, value, further)
        with metered() as storing:
            result = stage.method(receiver)(*arguments, **keywords)
        assert storing.queries == (knowledge.store_costs[store].at_store if store else 0)
        assert not storing.limited
        if store is None:
            assert not isinstance(read(stage, receiver, stage.place.word), type(queryset))
            return
        with metered() as hitting:
            hit = read(stage, receiver, stage.place.word)
        assert hitting.queries == knowledge.store_costs[store].at_hit
        assert (hit is queryset) == (store is not Store.PICKLED)
        assert uses(lambda: read(stage, receiver, stage.place.word)) == expected_uses(store, knowledge)
        assert not claim.row.hands_out or list(result) == list(news())

    run(claim, check)


@pytest.mark.parametrize("claim", [claim for claim in executed("store") if claim.row.lifetime == "context"], ids=str)
def test_another_context_has_a_value_of_its_own(claim: Claim) -> None:
    def check(stage: Stage) -> None:
        variable = stage.object()
        stage.method(variable)(news())
        assert Context().run(variable.get, "nothing") == "nothing"

    run(claim, check)


READS = [
    (claim, spelling)
    for claim in executed("read")
    if not claim.is_with_a_dummy
    for spelling in (spellings(claim.row.key) if claim.row.key else ["position"])
]


@pytest.mark.parametrize(("claim", "spelling"), READS, ids=_label)
def test_a_read_hands_out_what_was_stored(claim: Claim, spelling: str) -> None:
    def check(stage: Stage) -> None:
        receiver, key = stage.object(), stage.place.word
        storer = next(
            found
            for found in shipped(load_knowledge().caches)
            if found.table == "store" and found.name == claim.name and not found.row.hands_out and not found.row.mapping
        )
        arguments, keywords = give(storer, "position", key, news(), call())
        stage.loop.settle(getattr(receiver, storer.method)(*arguments, **keywords))
        with metered() as reading:
            hit = stage.method(receiver)(*_key(claim, spelling, key)[0], **_key(claim, spelling, key)[1])
        assert reading.queries == 0
        assert list(hit[key] if claim.row.several else hit) == list(news())

    run(claim, check)


def _key(claim: Claim, spelling: str, key: str) -> tuple[list[Any], dict[str, Any]]:
    if claim.row.key is None:
        return [], {}
    given: Any = [key] if claim.row.several else key
    return ([given], {}) if spelling == "position" else ([], {claim.row.key.keyword: given})


DEFAULTS = [
    (claim, spelling) for claim in executed("read") if claim.row.default for spelling in spellings(claim.row.default)
]


@pytest.mark.parametrize(("claim", "spelling"), DEFAULTS, ids=_label)
def test_a_read_gives_its_default_when_there_is_nothing(claim: Claim, spelling: str) -> None:
    def check(stage: Stage) -> None:
        default = news().filter(author__name="Ada")
        keys = [stage.place.word] if claim.row.key else []
        method = stage.method(stage.object())
        slot = claim.row.default
        given = method(*keys, default) if spelling == "position" else method(*keys, **{slot.keyword: default})
        assert list(given) == list(default)

    run(claim, check)


# -- holders


@pytest.mark.parametrize("claim", executed("holder"), ids=str)
def test_a_holder_keeps_the_object_within_its_lifetime(claim: Claim, knowledge: Knowledge) -> None:
    def check(stage: Stage) -> None:
        holder, queryset = stage.object(), news()
        if claim.row.lifetime == "instance":
            promised = expected_uses(claim.row.store, knowledge)
            assert_ends_with_its_key(holder, queryset, lambda kept: uses(kept) == promised)
            return
        with metered() as storing:
            holder.rows = queryset
        assert storing.queries == knowledge.store_costs[claim.row.store].at_store
        assert holder.rows is queryset
        assert uses(lambda: holder.rows) == expected_uses(claim.row.store, knowledge)
        assert not hasattr(holder, "__setitem__") or entry_of(holder, queryset) is queryset
        assert not ELSEWHERE[claim.row.lifetime](lambda: hasattr(holder, "rows"))

    run(claim, check)


def assert_ends_with_its_key(holder: Any, queryset: Any, is_used_as_promised: Callable[[Any], bool]) -> None:
    """A dict of weak keys keeps the object itself, and no longer than the instance that is the key."""
    keys = [type("Key", (), {})()]
    with metered() as storing:
        holder[keys[0]] = queryset
    assert storing.queries == 0
    assert holder[keys[0]] is queryset
    assert is_used_as_promised(lambda: holder[keys[0]])
    keys.clear()
    gc.collect()
    assert len(holder) == 0


def entry_of(holder: Any, value: Any) -> Any:
    """What is handed out for a key, in a holder that has entries, too."""
    holder["entry"] = value
    return holder["entry"]


def _in_another_thread(see: Callable[[], bool]) -> bool:
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(see()))
    thread.start()
    thread.join()
    return seen[0]


def _in_another_session(see: Callable[[], bool]) -> bool:
    """A page of streamlit in a session of its own does not see what another session keeps."""
    page = "import streamlit\nstreamlit.text('rows' in streamlit.session_state)"
    run_page = import_module("streamlit.testing.v1").AppTest.from_string(page).run()
    return bool(run_page.text[0].value == "True")


ELSEWHERE: dict[str, Callable[[Callable[[], bool]], bool]] = {
    "thread": _in_another_thread,
    "context": lambda see: Context().run(see),
    "session": _in_another_session,
}


# -- serializers


def _claims_nothing(claim: Claim) -> bool:
    """Whether a row says that what a serializer reads is not known."""
    return getattr(claim.row, "reads", "") == "unknown"


def serializer_cases() -> Iterator[tuple[Claim, Any, str]]:
    """Each argument that is serialised, in each spelling; where every one is, one by position and one by keyword."""
    for claim in executed("serializer"):
        if _claims_nothing(claim):
            continue
        for slot in claim.row.value:
            yield from ((claim, slot, spelling) for spelling in spellings(slot))
        if not claim.row.value:
            yield claim, None, "position"


SERIALIZERS = list(serializer_cases())


def _slot_label(value: object) -> str:
    if value is None:
        return "any argument"
    return getattr(value, "keyword", None) or _label(value) if not hasattr(value, "index") else str(value)


@pytest.mark.parametrize(("claim", "slot", "spelling"), SERIALIZERS, ids=_slot_label)
def test_a_serializer_reads_what_its_row_says(claim: Claim, slot: Any, spelling: str) -> None:
    def check(stage: Stage) -> None:
        function = stage.object()
        receiver = function
        if claim.method:
            function = getattr(receiver, claim.method)
        arguments, keywords = serialised(stage, slot, spelling, news())
        refused = False
        with metered() as meter:
            try:
                result = stage.loop.settle(function(*arguments, **keywords))
                stage.family.finish(stage.place, receiver, result)
            except refusals(stage) as error:
                refused = "QuerySet" in str(error)
                if not refused:
                    raise
        assert (what_was_read(meter), refused) == (claim.row.reads, claim.row.refuses)

    run(claim, check)


def refusals(stage: Stage) -> tuple[type[Exception], ...]:
    """The exceptions by which the package refuses a QuerySet."""
    parts = [name.rpartition(".") for name in stage.family.refusals]
    return tuple(getattr(import_module(module), name) for module, _, name in parts)


def serialised(stage: Stage, slot: Any, spelling: str, value: Any) -> tuple[list[Any], dict[str, Any]]:
    further = stage.family.more.get(stage.claim.full_name, nothing_more)(stage.place)
    arguments, keywords = list(further.arguments), dict(further.keywords)
    if slot is None:
        return [*arguments, value], keywords
    wrapped = _wrapped(slot, value)
    if spelling == "keyword":
        return arguments, {**keywords, slot.keyword: wrapped}
    # What stands before it and is not asked for is empty: the `args` before the `kwargs`.
    arguments += [()] * (slot.index - len(arguments))
    return [*arguments[: slot.index], wrapped, *arguments[slot.index :]], keywords


def _wrapped(slot: Any, value: Any) -> Any:
    """The argument in which a slot has the value, which may be a container around it."""
    as_member = {"[]": [value], "[][]": [(value,)]}.get(slot.entry, value)
    named = {"args": (value,), "kwargs": {"rows": value}, "kwds": {"rows": value}, "dict_": {"rows": value}}
    return named.get(slot.keyword, as_member)


def what_was_read(meter: Any) -> str:
    """ "rows" when a whole query ran, "few" when only one with a limit did."""
    if meter.queries == 0:
        return "none"
    return "rows" if any(" LIMIT " not in statement for statement in meter.statements) else "few"


# -- what only looks like a cache of QuerySets


@pytest.mark.parametrize("claim", executed("harmless"), ids=str)
def test_what_is_harmless_hands_out_no_kept_queryset(claim: Claim) -> None:
    def check(stage: Stage) -> None:
        PROBES[claim.name](stage)

    run(claim, check)


# -- the tables as a whole


def _tested() -> set[str]:
    """The labels of the claims that tests were made of."""
    several = (*[case[0] for case in MEMOIZERS], *[case[0] for case in STORES], *[case[0] for case in READS])
    one = (*[case[0] for case in SERIALIZERS], *executed("holder"), *executed("harmless"))
    return {claim.label for claim in (*several, *one)}


def test_every_name_is_executed_but_for_what_is_missing_here() -> None:
    claims = [claim for claim in shipped(load_knowledge().caches) if not _claims_nothing(claim)]
    with_an_obstacle = {claim.label for claim in claims if all(obstacle(tried) for tried in with_backends(claim))}
    assert {claim.label for claim in claims} - _tested() == with_an_obstacle


SWITCHES = [
    row
    for row in load_knowledge().caches.switch
    if any(claim.name.startswith(f"{row.call}(") for table in ("memoizer", "store") for claim in executed(table))
]


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda row: f"{row.call}, {row.keyword}")
def test_a_switch_is_an_argument_of_its_call(switch: Switch, tmp_path: Path) -> None:
    function = family_of(switch.call).object(switch.call, Place(str(tmp_path)))
    parameters = inspect.signature(function).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    assert switch.keyword in parameters or takes_any
    assert switch.index == -1 or list(parameters)[switch.index] == switch.keyword


def test_every_argument_that_is_written_into_a_name_has_a_switch() -> None:
    knowledge = load_knowledge()
    switched = [f"{row.call}({row.keyword}=" for rows in knowledge.switches.values() for row in rows]
    assert [name for name in knowledge.variants if not name.startswith(tuple(switched))] == []
    assert [start for start in switched if not any(name.startswith(start) for name in knowledge.variants)] == []


def test_the_package_of_a_row_has_its_modules() -> None:
    provided = _providers()
    claims = [claim for table in TABLES for claim in executed(table) if claim.package not in ("", "Django")]
    wrong = {claim.name for claim in claims if not _has(claim.package, provided.get(_top(claim), []))}
    assert wrong == set()


def _providers() -> dict[str, list[str]]:
    """The distributions that have each top-level module, told by their files: not all of them list their modules."""
    found: dict[str, list[str]] = {}
    for distribution in distributions():
        tops = {file.parts[0].removesuffix(".py") for file in distribution.files or () if file.suffix in (".py", ".so")}
        for top in tops:
            found.setdefault(top.partition(".")[0], []).append(distribution.metadata["Name"])
    return found


def _top(claim: Claim) -> str:
    return re.split(r"\W", claim.name, maxsplit=1)[0]


def _has(package: str, distributions: list[str]) -> bool:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    return plain(package) in {plain(name) for name in distributions}


def test_out_of_reach_are_names_of_the_tables() -> None:
    assert set(OUT_OF_REACH) - {claim.label for claim in shipped(load_knowledge().caches)} == set()


def test_every_harmless_name_has_a_probe() -> None:
    harmless = {claim.name for claim in shipped(load_knowledge().caches) if claim.table == "harmless"}
    within_reach = harmless - {label.removeprefix("harmless ") for label in OUT_OF_REACH}
    assert set(PROBES) == within_reach
