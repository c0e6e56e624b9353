"""Python's builtins and its standard library."""

from __future__ import annotations

import csv
import io
import logging
import operator
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import islice
from typing import Any

from tests.semantics.consumers.probing import Given, Probes, awaited
from tests.semantics.consumers.shapes import choices, numbers, records, titles
from tests.semantics.newsroom.models import Story

SUBJECT = Probes()
probe = SUBJECT.probe


# -- builtins


@probe("list", "tuple", "set", "frozenset", "reversed", "len", "any", "all", "iter", "bool", "dict.fromkeys",
       "enumerate", "isinstance", "id", "type", "callable", "hash", "str", "repr", "ascii", "format",
       "itertools.repeat", "operator.truth", "operator.not_", "operator.length_hint", "collections.deque",
       "collections.Counter", "copy.copy", "random.choice", "random.choices", "operator.getitem", "hasattr",
       "operator.contains", "operator.countOf", "operator.indexOf", "itertools.tee", "itertools.batched",
       "itertools.combinations", "itertools.combinations_with_replacement", "itertools.permutations",
       "itertools.islice", "itertools.groupby", "itertools.pairwise", "heapq.heapify", "random.sample",
       "json.dumps", "json.dump", "issubclass", "next", "random.shuffle")  # fmt: skip
def alone(given: Given) -> None:
    """With nothing else but what it cannot be called without; what comes is looked into."""
    if given.use.kind == "keyword":
        look_into(given(**NAMED.get(given.use.name, {})))
    else:
        look_into(given(*BESIDE.get(given.use.name, ())))


BESIDE: dict[str, tuple[Any, ...]] = {
    "isinstance": (list,),
    "issubclass": (list,),
    "hasattr": ("filter",),
    "operator.getitem": (0,),
    "operator.contains": (None,),
    "operator.countOf": (None,),
    "operator.indexOf": (Story(pk=1),),
    "itertools.batched": (2,),
    "itertools.combinations": (2,),
    "itertools.combinations_with_replacement": (2,),
    "itertools.islice": (2,),
    "random.sample": (2,),
    "json.dump": (io.StringIO(),),
}
NAMED: dict[str, dict[str, int]] = {
    "itertools.batched": {"n": 2},
    "itertools.combinations": {"r": 2},
    "itertools.combinations_with_replacement": {"r": 2},
}


def look_into(result: Any) -> None:
    """Ask an iterator for its first items."""
    if isinstance(result, Iterator):
        list(islice(result, 3))


@probe("itertools.cycle", "itertools.chain.from_iterable", shape=choices)
def without_end(given: Given) -> None:
    look_into(given())


@probe("copy.deepcopy")
def deep_copy(given: Given) -> None:
    assert len(list(given())) == 12


@probe("sorted", "min", "max")
def by_title(given: Given) -> None:
    given(key=operator.attrgetter("title"))


@probe("sum", "math.fsum", "math.prod", "statistics.mean", "statistics.fmean", "statistics.median", "statistics.mode",
       "statistics.stdev", "itertools.accumulate", shape=numbers)  # fmt: skip
def of_numbers(given: Given) -> None:
    look_into(given())


@probe("dict", "collections.OrderedDict", shape=choices)
def of_pairs(given: Given) -> None:
    assert given()[2] == "Story 01"


@probe("aiter")
def asynchronous(given: Given) -> None:
    awaited(given().__anext__())


@probe("zip", "itertools.chain", "itertools.zip_longest", "itertools.product", "itertools.compress")
def side_by_side(given: Given) -> None:
    list(given([1, 2, 3])) if given.use.kind == "argument" else list(given(**beside_keyword(given)))


def beside_keyword(given: Given) -> dict[str, Any]:
    return {"selectors": [1, 0]} if given.use.slot.keyword == "data" else {"data": [1, 2]}


@probe("map")
def mapped(given: Given) -> None:
    list(given(lambda *found: found, [1, 2]))


@probe("itertools.starmap", shape=choices)
def star_mapped(given: Given) -> None:
    list(given(lambda *found: found))


@probe("filter", "itertools.dropwhile", "itertools.takewhile", "itertools.filterfalse")
def tested(given: Given) -> None:
    list(given(lambda story: story.kind == "news"))


@probe("list", member="extend")
def extend(given: Given) -> None:
    given.method([])


@probe("collections.deque", member=("extend", "extendleft"))
def extend_deque(given: Given) -> None:
    given.method(given.target())


@probe("set", member=("update", "union", "intersection", "difference", "symmetric_difference", "issubset",
                      "issuperset", "isdisjoint", "intersection_update", "difference_update"))  # fmt: skip
def sets(given: Given) -> None:
    given.method({Story(pk=1)})


@probe("dict", member="update", shape=choices)
def update(given: Given) -> None:
    given.method({})


@probe("str", member="join", shape=titles)
def join(given: Given) -> None:
    assert "Story 01" in given.method(", ")


# -- texts


@probe("str", member="format")
def format_text(given: Given) -> None:
    assert "Story 01" in given.method("{} {}", "")


@probe("print")
def printed(given: Given) -> None:
    with redirect_stdout(io.StringIO()) as text:
        given("", end="")
    assert "Story 01" in text.getvalue()


@probe("pprint.pprint", "pprint.pp")
def pretty(given: Given) -> None:
    with redirect_stdout(io.StringIO()) as text:
        given()
    assert "Story 01" in text.getvalue()


@probe("pprint.pformat")
def pretty_text(given: Given) -> None:
    assert "Story 01" in given()


LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


@probe(*(f"logging.{level}" for level in LEVELS))
def logged_by_module(given: Given) -> None:
    with written() as text:
        given(*pattern(given))
    assert "Story 01" in text.getvalue()


@probe("logging.Logger", "logging.getLogger()", member=LEVELS)
def logged(given: Given) -> None:
    with written() as text:
        given.method(logging.getLogger("newsroom"), *pattern(given))
    assert "Story 01" in text.getvalue()


def pattern(given: Given) -> list[str]:
    """What stands before the QuerySet in a call that logs it; nothing when it is the message itself."""
    return ["%s"][: given.use.position]


@contextmanager
def written() -> Iterator[io.StringIO]:
    """What is logged inside the block, whatever its level."""
    root, text = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


# -- the standard library


@probe("operator.is_", "operator.is_not", "operator.eq", "operator.ne")
def compared(given: Given) -> None:
    given(None)


@probe("operator.or_", "operator.and_", "operator.xor", "operator.ior", "operator.iand", "operator.ixor")
def combined(given: Given) -> None:
    list(given(Story.objects.filter(kind="news")))


@probe("operator.itemgetter()")
def item_getter(given: Given) -> None:
    given.call(given.target(0))


@probe("operator.attrgetter()")
def attribute_getter(given: Given) -> None:
    given.call(given.target("model"))


@probe("functools.reduce")
def reduced(given: Given) -> None:
    given(lambda found, _: found, 0)


@probe("heapq.nlargest", "heapq.nsmallest")
def largest(given: Given) -> None:
    given(2, key=operator.attrgetter("title"))


@probe("heapq.merge", shape=titles)
def merged(given: Given) -> None:
    look_into(given(["Story"]))


@probe("csv.writer()", member="writerows", shape=choices)
def write_rows(given: Given) -> None:
    given.method(given.target(io.StringIO()))


@probe("csv.DictWriter", member="writerows", shape=records)
def write_records(given: Given) -> None:
    given.method(csv.DictWriter(io.StringIO(), ["title"]))


@probe("concurrent.futures.ThreadPoolExecutor", member="map")
def in_threads(given: Given) -> None:
    with given.target(1) as pool:
        list(given.method(pool, lambda *stories: stories, [1]))
