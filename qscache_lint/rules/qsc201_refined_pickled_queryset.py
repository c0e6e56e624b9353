"""A QuerySet from a pickling cache is refined.

## Why

The cache ran the whole query and pickled every row. A refinement (`.filter()`, `.all()`, `.get()`, `.last()`, an
unordered `.first()`, `.aggregate()`, `|` …) discards these rows: it runs a query of its own. On a miss the whole table
is read for nothing, on a hit all rows are unpickled for nothing.

## Bad

```python
story = getRecentStories(0).filter(published_date__lt=the_date)[0]
```

## Good

```python
story = build_recent_stories().filter(published_date__lt=the_date)[0]
```

where `build_recent_stories` is the function without the cache.

## Fix safety

`split-function` leaves the refining callers on an uncached function and moves the callers that read rows to a cached
one that returns a list. `drop-copy` drops an `.all()` that is only read; it is unsafe, since the rows are as old as the
entry. See docs/fix-safety.md.

## Not seen

Receivers whose type the analysis cannot determine; what is done later to a value that was refined once.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import REFINING, Rule, uses_of
from qscache_lint.rules.wording import loading, raises, refining, repair, storing, why_unbounded
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in uses_of(analysis, UseKind.REFINED, Store.PICKLED):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} refines the QuerySet that {storing(origin)}: the cache {loading(cost, use.queryset)}, "
            f"and this {refining(cost, use)}{why_unbounded(use.queryset)}{raises(use)}",
            repair(origin),
        )


RULE = Rule("QSC201", "refined-pickled-queryset", _check, store=Store.PICKLED, effects=REFINING)
