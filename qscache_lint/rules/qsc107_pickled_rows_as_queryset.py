"""A QuerySet is stored in a pickling cache, and every known use reads all its rows.

## Why

The cache pickles the QuerySet with every row, and all callers want every row: nothing is wasted. But nothing in the
code says so, and the next caller that refines the value discards all rows. A list makes it explicit. The rule is off by
default.

## Bad

```python
@memoize()
def get_categories():
    return Category.objects.filter(visible=True)


def menu():
    return [category.title for category in get_categories()]
```

## Good

```python
@memoize()
def get_categories():
    return list(Category.objects.filter(visible=True))
```

## Fix safety

`materialise` stores a list. It is unsafe, because readers get a list instead of a QuerySet; see docs/fix-safety.md.
`store-rows` does so where the function that stores is the only reader, and is safe where nothing else can get the
entry.

## Not seen

Readers that the analysis cannot follow, such as tags of a library: where it finds none, QSC101 is reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, unbounded
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for definition in unbounded(analysis, only_read=True):
        origin = definition.origin
        what = f"{origin.name} returns" if origin.function is not None else f"{origin.how} stores"
        yield rule.at_definition(
            definition,
            f"{what} a QuerySet, and every known use reads all its rows: storing a list would make that explicit",
            "store list(…) of the rows",
        )


RULE = Rule("QSC107", "pickled-rows-as-queryset", _check, store=Store.PICKLED)
