"""A QuerySet from a pickling cache is written through: `.update()` or `.delete()`.

## Why

The statement has a WHERE clause of its own and uses none of the rows that the cache has loaded, pickled and unpickled.
The cache does not notice: until the entry expires, every reader gets the old rows, including deleted ones.

## Bad

```python
@memoize()
def lent_pieces():
    return Piece.objects.filter(lent=True)

def bring_back():
    lent_pieces().update(lent=False)
```

## Good

```python
def lent_pieces():
    return Piece.objects.filter(lent=True)

def bring_back():
    lent_pieces().update(lent=False)
    cache.delete(LENT_PIECES)
```

## Fix safety

There is no automatic fix: the code does not tell which rows should be written, and which readers should see it.

## Not seen

Writes on what a refinement gives (that is QSC201), and of single rows. Whether the cache is cleared beside the write is
not examined: the rows were read for nothing in any case.

Django's documentation: [`update()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#update),
[`delete()`](https://docs.djangoproject.com/en/stable/ref/models/querysets/#delete),
[caching and QuerySets](https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets).
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, writes_of
from qscache_lint.rules.wording import loading, raises, storing
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in writes_of(analysis, Store.PICKLED):
        yield rule.at_use(
            use,
            f"{use.operation} writes through the QuerySet that {storing(use.queryset.kept)}: the cache "
            f"{loading(cost, use.queryset)}, and this {cost.writing}{raises(use)}",
            "write through an uncached QuerySet, and delete the cache key",
        )


RULE = Rule("QSC241", "written-pickled-queryset", _check, store=Store.PICKLED, effects=(Effect.WRITES,))
