"""A QuerySet from a process-wide memo is refined.

## Why

The memo holds a lazy QuerySet. Each refinement creates a new QuerySet with a query of its own: the memo saves
nothing, or only the queries that build the QuerySet (`Period.objects.latest()` in its filter), which can be memoized
for themselves.

## Bad

```python
@lru_cache
def categories():
    return Category.objects.filter(visible=True)

menu = categories().exclude(parent=None)
```

## Good

```python
def categories():
    return Category.objects.filter(visible=True)
```

## Fix safety

`drop-cache` keeps the queries the same where every caller refines; its message says when the function asks for
something, such as `now()`, that the memo froze. `split-function` gives readers a tuple. `drop-copy` drops an `.all()`
that is only read, so that the rows are those of the memo's first read. All three are unsafe.

## Not seen

Receivers whose type the analysis cannot determine; what is done later to a value that was refined once.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import REFINING, Rule, uses_of
from qscache_lint.rules.wording import raises, refining_memo, repair_of_memo
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    for use in uses_of(analysis, UseKind.REFINED, Store.MEMO):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} refines the lazy QuerySet that {origin.name} memoizes: it "
            f"{refining_memo(rule.costs(analysis), analysis, use)}{raises(use)}",
            repair_of_memo(analysis, origin),
        )


RULE = Rule("QSC202", "refined-memoized-queryset", _check, store=Store.MEMO, effects=REFINING)
