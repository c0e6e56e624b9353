"""A pickled QuerySet is passed to something that refines it.

## Why

The cache ran the query and pickled every row; the callee puts the QuerySet's own SQL into a query of its own, or
queries through it, and discards these rows.

## Bad

```python
Comment.objects.filter(story__in=recent_stories())
```

## Good

```python
Comment.objects.filter(story__in=[story.pk for story in cached_recent_stories()])
```

or pass an uncached QuerySet, and let the database do the work in one query.

## Fix safety

The callee keeps the uncached QuerySet when the function is split.

## Not seen

Functions outside the project that are not in the tables of consumers.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.uses import UseKind
from qscache_lint.rules.base import REFINING, Rule, uses_of
from qscache_lint.rules.wording import loading, refining, repair, storing, why_unbounded
from qscache_lint.values import Finding


def _check(rule: Rule, analysis: Analysis) -> Iterator[Finding]:
    cost = rule.costs(analysis)
    for use in uses_of(analysis, UseKind.PASSED_ON, Store.PICKLED):
        origin = use.queryset.origin
        assert origin is not None
        yield rule.at_use(
            use,
            f"{use.operation} re-queries the QuerySet that {storing(origin)}: the cache {loading(cost, use.queryset)}, "
            f"and this {refining(cost, use)}{why_unbounded(use.queryset)}",
            repair(origin),
        )


RULE = Rule("QSC221", "pickled-queryset-passed-on", _check, store=Store.PICKLED, effects=REFINING)
