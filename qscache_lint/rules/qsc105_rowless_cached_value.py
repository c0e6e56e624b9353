"""A manager, a raw query or an iterator over a QuerySet is cached, which stores no rows.

## Why

What is cached looks like rows and is only a way to get them. What happens at the second call depends on the value:

| value | in a memo | in a pickling cache |
|---|---|---|
| `.iterator()`, a generator | the first reader exhausts it, others get nothing | TypeError |
| `map`, `filter`, `zip`, `iter`, `reversed` | the same | pickled with its rows, unless it calls a lambda |
| `.aiterator()`, an asynchronous generator | the first `async for` exhausts it | TypeError |
| `itertools.chain` and its kin | the same | the same, and refused since Python 3.14 |
| `RawQuerySet` | the first reader loads rows that stay, stale | its SQL is pickled: a query at each hit |
| a manager | a query at each use | pickled by its class, or PicklingError: a query at each use |
| a related manager | a query at each use | AttributeError or PicklingError |

In 78 real projects it found two, both a `map` in a `cached_property` that no code reads yet (`benchmarks/corpus`).

## Bad

```python
@lru_cache(maxsize=None)
def headlines():
    return map(str, Story.objects.published())
```

## Good

```python
@lru_cache(maxsize=None)
def headlines():
    return tuple(map(str, Story.objects.published()))
```

A manager or a raw query needs no cache: it costs nothing to create.

## Fix safety

`materialise` puts `list()` around an iterator where it is made, or `tuple()` in a memo, whose callers share it; an
asynchronous one has to be read by hand. It is unsafe: every caller gets the rows, as the cache promised, and a caller
that relied on `next()` notices.

## Not seen

Iterators over anything but a QuerySet, and values in another container; an iterator in an attribute that an object
fills by hand, which may rely on keeping its position; managers and raw queries that an instance or a request keeps,
where they are another name, or keep the rows once these are read; what is handed to a helper that keeps it on an
object.

Django's documentation: [`iterator()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator),
[raw queries](https://docs.djangoproject.com/en/stable/topics/db/sql/#performing-raw-queries),
[related managers](https://docs.djangoproject.com/en/stable/ref/models/relations/),
[pickling QuerySets](https://docs.djangoproject.com/en/stable/ref/models/querysets/#pickling-querysets).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import ASYNC_ITERATOR, ITERATOR, ONCE
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.kept_kinds import MANAGER, RAW, RELATED
from qscache_lint.rules.base import Rule
from qscache_lint.rules.wording import keeping, rows_kept
from qscache_lint.values import Finding

_USED_UP = "the first reader exhausts it, and every later one gets nothing"
_AGAIN = "each use queries again, so the cache saves nothing"
_LATER: Mapping[tuple[str, Store], str] = {
    (ITERATOR, Store.PICKLED): "pickling fails if it is a generator or calls a lambda",
    (ITERATOR, Store.MEMO): _USED_UP,
    (ITERATOR, Store.SCOPED): _USED_UP,
    (ASYNC_ITERATOR, Store.PICKLED): "it cannot be pickled, so storing it raises TypeError",
    (ASYNC_ITERATOR, Store.MEMO): _USED_UP,
    (ASYNC_ITERATOR, Store.SCOPED): _USED_UP,
    (RAW, Store.PICKLED): "only its SQL is pickled, so every hit runs the query again",
    (RAW, Store.MEMO): "storing it loads nothing, and the first iteration freezes every row",
    (MANAGER, Store.PICKLED): f"{_AGAIN}; one with QuerySet methods raises PicklingError",
    (MANAGER, Store.MEMO): _AGAIN,
    (RELATED, Store.PICKLED): "it cannot be pickled, so storing it raises an error",
    (RELATED, Store.MEMO): _AGAIN,
}
"""What happens from then on, by what is kept and where."""


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for definition in analysis.rowless:
        origin, value = definition.origin, definition.rowless[0]
        article = "an" if value.kind in ONCE else "a"
        path = " on one path" if definition.values else ""
        cure = rows_kept(origin.store)
        found = rule.at_definition(
            definition,
            f"{keeping(origin)} {article} {value.kind}{path}, which keeps no rows: {_LATER[value.kind, origin.store]}",
            f"cache {cure}" if value.kind in ONCE else f"cache {cure}, or do not cache it: creating it costs nothing",
        )
        yield replace(found, trail=(*definition.contained, *found.trail))


RULE = Rule("QSC105", "rowless-cached-value", _check)
