"""A memo that lives as long as the process holds a lazy QuerySet.

## Why

`lru_cache`, a module dict or a global keep the QuerySet object, not its rows. Storing runs nothing. A caller that
refines it, counts it or takes a part of it queries again each time, so the memo saves nothing; a caller that iterates
it keeps every row, stale, for the life of the process, and turns the slices that others take into lists.

## Bad

```python
@lru_cache
def categories():
    return Category.objects.filter(visible=True)
```

## Good

```python
@lru_cache
def categories():
    return tuple(Category.objects.filter(visible=True))
```

or no decorator at all, where callers refine the QuerySet.

## Fix safety

`drop-cache` changes no query where every caller refines. `split-function` and `materialise` give readers a tuple; where
rows are asked for later or in parts they may become stale, and the message says so. All three are unsafe.

## Not seen

Memos whose value the analysis cannot resolve to a QuerySet, and QuerySet constants of a module or class body.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules.base import Rule, definitions_in
from qscache_lint.rules.wording import spares_queries
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for definition in definitions_in(analysis, Store.MEMO):
        origin = definition.origin
        stores = rule.costs(analysis).stores
        spared = spares_queries(analysis, origin)
        otherwise = "what building it looks up" if spared else f"drop {origin.how}"
        yield rule.at_definition(
            definition,
            f"{origin.name} keeps a lazy QuerySet for the life of the process: storing it {stores}",
            f"cache tuple(…) of the rows if callers read them; {otherwise} if they refine the QuerySet",
        )


RULE = Rule("QSC102", "memoized-queryset", _check, store=Store.MEMO)
